"""The ballot log of one motion: sealed records in a chain, none of which can change unseen.

A record is a line of canonical JSON that holds its place (`seq`) and the leaf hash of the record
before it (`previous`). The first fixes motion, question, rule, roll and signing key; so any root
of the tree over the lines (`core.merkle`) stands for the whole vote.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from core import merkle
from core.canonical import NotCanonical, canonical, parsed
from core.errors import Refusal
from deliberation.ballot_records import (
    Batch,
    Closing,
    LateBallot,
    Mode,
    NamedBallot,
    Opening,
    Record,
    Ruling,
)

ZERO = "0" * 64  # stands where there is nothing before
BATCH_MIN = 10
# A line must stay below what a verifier reads at once; a seal takes 67 bytes of it.
BATCH_MAX = 5_000


class LogOutOfOrder(Refusal):
    code = "ballot_log_out_of_order"
    text = "票箱记录的次序不对：{why}。"
    status = 409


class LogBroken(Refusal):
    code = "ballot_log_broken"
    text = "票箱记录被改动过：第 {seq} 条{why}。"
    status = 500


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of a log: how many records, and the leaf hash (hex) of the last."""

    size: int = 0
    last: str = ZERO


def append(tip: Tip, record: Record) -> tuple[bytes, Tip]:
    """The next line (without newline) and the new tip; `check_next` says whether it may come."""
    line = canonical({**record.body(), "seq": tip.size, "previous": tip.last})
    return line, Tip(tip.size + 1, merkle.leaf_hash(line).hex())


def write_log(records: Iterable[Record]) -> tuple[bytes, ...]:
    """The lines of a whole log, each record checked to be in its place."""
    state, tip, lines = LogState(), Tip(), []
    for record in records:
        check_next(state, record)
        line, tip = append(tip, record)
        lines.append(line)
    return tuple(lines)


def check_chain(lines: Iterable[bytes]) -> Tip:
    """The tip of a log read back from storage; LogBroken names the first line that does not fit."""
    tip = Tip()
    for line in lines:
        try:
            value = parsed(line)
        except NotCanonical as trouble:
            raise LogBroken(seq=tip.size, why="读不懂") from trouble
        if not isinstance(value, dict) or value.get("seq") != tip.size:
            raise LogBroken(seq=tip.size, why="不在它的位置上")
        if value.get("previous") != tip.last:
            raise LogBroken(seq=tip.size, why="与前一条接不上")
        tip = Tip(tip.size + 1, merkle.leaf_hash(line).hex())
    return tip


def log_root(lines: Iterable[bytes]) -> str:
    """The root (hex) of the tree over the lines."""
    return merkle.root(merkle.leaf_hash(line) for line in lines).hex()


# What may follow -------------------------------------------------------------------------------


@dataclass(slots=True)
class LogState:
    """What is needed to judge the next record; `check_next` keeps it, one record at a time."""

    mode: Mode | None = None
    closed: bool = False
    size: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    seals: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    short_batch: bool = False


def check_next(state: LogState, record: Record) -> None:
    """Take the record into the state, or raise LogOutOfOrder and leave the state as it was."""
    _check_time(state, record)
    match record:
        case Opening():
            state.mode = record.mode
        case NamedBallot():
            _take_ballot(state, record)
        case Batch():
            _take_batch(state, record)
        case Ruling():
            if record.ballot not in state.named:
                raise LogOutOfOrder(why=f"第 {record.ballot} 条不是选票")
        case Closing():
            _take_closing(state, record)
        case LateBallot():
            pass
    state.size += 1


def _check_time(state: LogState, record: Record) -> None:
    if (state.mode is None) != isinstance(record, Opening):
        raise LogOutOfOrder(why="开箱记录要在最前面，而且只有一条")
    if state.closed and not isinstance(record, Ruling | LateBallot):
        raise LogOutOfOrder(why="已经截止")
    if not state.closed and isinstance(record, LateBallot):
        raise LogOutOfOrder(why="还没有截止，不算迟到")
    if state.mode == "detached" and isinstance(record, NamedBallot | LateBallot | Ruling):
        raise LogOutOfOrder(why="不记名的票箱不收记名票")
    if state.mode == "named" and isinstance(record, Batch):
        raise LogOutOfOrder(why="记名的票箱不收不记名票")


def _take_ballot(state: LogState, record: NamedBallot) -> None:
    version = state.versions.get(record.entry, 0) + 1
    if record.version != version:
        raise LogOutOfOrder(why=f"这一户的下一张票应当是第 {version} 版")
    _take_seals(state, [record.choice])
    state.versions[record.entry] = version
    state.named.add(state.size)


def _take_batch(state: LogState, record: Batch) -> None:
    if not 0 < len(record.ballots) == len(record.receipts) <= BATCH_MAX:
        raise LogOutOfOrder(why="一批票的张数与回执数要相同，也不能太多")
    if state.short_batch:
        raise LogOutOfOrder(why=f"不足 {BATCH_MIN} 张的一批只能是最后一批")
    fresh = set(record.receipts)
    if len(fresh) != len(record.receipts) or state.receipts & fresh:
        raise LogOutOfOrder(why="回执重复")
    _take_seals(state, record.ballots)
    state.receipts |= fresh
    state.short_batch = len(record.ballots) < BATCH_MIN


def _take_closing(state: LogState, record: Closing) -> None:
    if record.ballots != len(state.seals):
        raise LogOutOfOrder(why=f"票箱里是 {len(state.seals)} 张，不是 {record.ballots} 张")
    if bool(record.voted) != (state.mode == "detached"):
        raise LogOutOfOrder(why="不记名的表决截止时要定下投过票的名单，记名的没有这份名单")
    state.closed = True


def _take_seals(state: LogState, seals: Sequence[str]) -> None:
    fresh = set(seals)
    if len(fresh) != len(seals) or state.seals & fresh:
        raise LogOutOfOrder(why="同一张票入箱两次")
    state.seals |= fresh


# Which ballots count ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What the log holds for one line of the roll (named mode).

    `recorded` versions came in time; `ballot` is the seq of the one that stands, None if none
    does; a suspended one stands as present, for no option.
    """

    recorded: int
    ballot: int | None
    choice: str
    channel: str
    suspended: bool


def standings(records: Iterable[Record]) -> dict[str, Standing]:
    """By line of the roll: the last version that no ruling has taken away. Lines without: absent.

    Depends on versions and rulings alone; `records` is the log from its opening.
    """
    ballots: dict[int, NamedBallot] = {}
    states: dict[int, str] = {}
    for seq, record in enumerate(records):
        if isinstance(record, NamedBallot):
            ballots[seq] = record
        elif isinstance(record, Ruling):
            states[record.ballot] = record.state
    found: dict[str, Standing] = {}
    for seq, ballot in ballots.items():
        state = states.get(seq, "valid")
        before = found.get(ballot.entry)
        recorded = 1 + (before.recorded if before else 0)
        if state in ("valid", "suspended"):
            stands = Standing(recorded, seq, ballot.choice, ballot.channel, state == "suspended")
        elif before:
            stands = Standing(
                recorded, before.ballot, before.choice, before.channel, before.suspended
            )
        else:
            stands = Standing(recorded, None, "", "", False)
        found[ballot.entry] = stands
    return found


# Detached ballots ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A detached ballot that has not entered the log: its seal and its receipt code, no more."""

    choice: str
    receipt: str


def draw_batch(
    waiting: Sequence[Waiting], *, closing: bool, random: Random
) -> tuple[Batch | None, tuple[Waiting, ...]]:
    """The ballots that enter the log now, and those that stay.

    Ten always stay behind until the close, drawn by lot, so that no batch is small and the day of
    a batch does not tell the day of a ballot. At the close all that wait go in together. `random`
    must be a `SystemRandom` in a real vote.
    """
    if not waiting or (not closing and len(waiting) < 2 * BATCH_MIN):
        return None, tuple(waiting)
    drawn = random.sample(list(waiting), len(waiting))
    count = len(drawn) if closing else len(drawn) - BATCH_MIN
    count = min(count, BATCH_MAX)
    taken, left = drawn[:count], drawn[count:]
    batch = Batch(
        tuple(sorted(one.choice for one in taken)), tuple(sorted(one.receipt for one in taken))
    )
    return batch, tuple(left)
