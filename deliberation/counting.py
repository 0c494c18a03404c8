"""Which of several ballots of one voice counts: precedence, revision, suspended pairs.

The answer depends on the set of ballots alone, never on the order in which they are looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.errors import Refusal
from deliberation.ballot_records import BallotState

Channel = Literal["online", "paper"]
Precedence = Literal["later_act", "paper_first", "online_first"]
LATE: Literal["late"] = "late"
STANDING = ("valid", "suspended")


class BallotsAmiss(Refusal):
    code = "ballots_amiss"
    text = "选票对不上：{problem}。"


class RulingAmiss(Refusal):
    code = "ruling_amiss"
    text = "裁定不能用：{problem}。"


class AlreadyVoted(Refusal):
    code = "already_voted"
    text = "您已经投过了。不记名表决的票投出后谁也找不到是哪一张，所以不能改。"


@dataclass(frozen=True, slots=True)
class BallotAct:
    """One act of voting. `seq` is its place in the ballot log, unlike any other's.

    The act took place between `earliest` and `latest`, aware datetimes: the same instant online;
    for paper what the witnesses attest. `cast_by` is the person who acted, `is_proxy` if for
    another. `option` is the key of the answer.
    """

    seq: int
    entry_id: str
    option: str
    channel: Channel
    earliest: datetime
    latest: datetime
    cast_by: str
    is_proxy: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What two people decided about one ballot: void, or the one that stands for its voice."""

    seq: int
    state: Literal["void", "valid"]
    reason: str
    first_signer: str
    second_signer: str


@dataclass(frozen=True)
class CountRule:
    """Fixed when the vote opens: its window [opens, closes) and what goes before what.

    `successions` are documented changes of who speaks for a voice: (entry id, former, present).
    """

    opens: datetime
    closes: datetime
    precedence: Precedence = "later_act"
    successions: frozenset[tuple[str, str, str]] = frozenset()


@dataclass(frozen=True)
class VoiceCount:
    """What became of the ballots of one voice.

    `counted` is the one that counts. None with `is_suspended`: the voice took part, for no
    option, until it is resolved. None otherwise: every ballot was late or void.
    """

    entry_id: str
    counted: BallotAct | None
    is_suspended: bool
    states: dict[int, BallotState | Literal["late"]] = field(hash=False)

    @property
    def took_part(self) -> bool:
        """True if the voice is in the numbers of those who took part."""
        return self.counted is not None or self.is_suspended


def check_may_cast_again(mode: str, *, has_voted: bool) -> None:
    """Refuse a second ballot of a detached vote: the first can be found by nobody."""
    if mode == "detached" and has_voted:
        raise AlreadyVoted()


def count_ballots(
    acts: Iterable[BallotAct], rule: CountRule, *, rulings: Iterable[Ruling] = ()
) -> dict[str, VoiceCount]:
    """What counts for every voice that cast a ballot, by entry id in their order.

    Own ballots go before proxies'. A later valid act of the same person replaces an earlier one;
    acts whose order nobody can tell, or of two persons without a documented change, agree or are
    suspended. Rulings void a ballot or name the one that stands.
    """
    by_entry: dict[str, list[BallotAct]] = {}
    seqs: set[int] = set()
    for act in acts:
        _check_act(act, seqs)
        by_entry.setdefault(act.entry_id, []).append(act)
    ruled = _rulings_by_seq(rulings, seqs)
    return {
        entry_id: _count_voice(entry_id, by_entry[entry_id], rule, ruled)
        for entry_id in sorted(by_entry)
    }


def _check_act(act: BallotAct, seqs: set[int]) -> None:
    if act.seq in seqs:
        raise BallotsAmiss(problem=f"第 {act.seq} 张出现了两次")
    seqs.add(act.seq)
    if act.earliest.tzinfo is None or act.latest.tzinfo is None:
        raise BallotsAmiss(problem=f"第 {act.seq} 张的时间没有写时区")
    if act.earliest > act.latest:
        raise BallotsAmiss(problem=f"第 {act.seq} 张的时间首尾颠倒")
    if act.channel == "online" and act.earliest != act.latest:
        raise BallotsAmiss(problem=f"第 {act.seq} 张是网上投的，时间应当准确")


def _rulings_by_seq(rulings: Iterable[Ruling], seqs: set[int]) -> dict[int, Ruling]:
    ruled: dict[int, Ruling] = {}
    for ruling in rulings:
        signers = {ruling.first_signer.strip(), ruling.second_signer.strip()} - {""}
        if len(signers) < 2 or not ruling.reason.strip():
            raise RulingAmiss(problem="要写明理由，由两个不同的人签字")
        if ruling.seq not in seqs:
            raise RulingAmiss(problem=f"没有第 {ruling.seq} 张票")
        if ruling.seq in ruled:
            raise RulingAmiss(problem=f"第 {ruling.seq} 张票裁定了两次")
        ruled[ruling.seq] = ruling
    return ruled


def _count_voice(
    entry_id: str, acts: Sequence[BallotAct], rule: CountRule, ruled: dict[int, Ruling]
) -> VoiceCount:
    states: dict[int, BallotState | Literal["late"]] = {}
    valid: list[BallotAct] = []
    for act in sorted(acts, key=lambda act: act.seq):
        if act.seq in ruled and ruled[act.seq].state == "void":
            states[act.seq] = "void"
        elif act.earliest >= rule.closes:
            states[act.seq] = LATE
        elif act.latest < rule.opens:
            states[act.seq] = "void"
        else:
            states[act.seq] = "superseded"
            valid.append(act)
    standing = _standing(valid, rule)
    counted = _agreed(standing, rule)
    open_acts = standing if counted is None else []
    named = [act for act in acts if act.seq in ruled and ruled[act.seq].state == "valid"]
    counted = _resolved(named, open_acts) if named else counted
    if counted is not None:
        states[counted.seq] = "valid"
        return VoiceCount(entry_id, counted, False, states)
    for act in standing:
        states[act.seq] = "suspended"
    return VoiceCount(entry_id, None, bool(standing), states)


def _resolved(named: Sequence[BallotAct], suspended: Sequence[BallotAct]) -> BallotAct:
    """The one suspended act that a ruling lets stand; rulings settle nothing that is settled."""
    for act in named:
        if act not in suspended:
            raise RulingAmiss(problem=f"第 {act.seq} 张票没有暂停，不需要裁定")
    if len(named) > 1:
        raise RulingAmiss(problem=f"第 {named[0].seq} 张和第 {named[1].seq} 张不能都算")
    return named[0]


def _standing(valid: Sequence[BallotAct], rule: CountRule) -> list[BallotAct]:
    """The acts that no other act replaces."""
    first = _of_first_rank(valid, rule)
    return [act for act in first if not any(_replaces(other, act, rule) for other in first)]


def _of_first_rank(valid: Sequence[BallotAct], rule: CountRule) -> list[BallotAct]:
    """Own ballots before proxies', then the channel the rule puts first, if it puts one.

    A ballot that may have come outside the window pushes nothing aside.
    """
    kept = list(valid)
    if any(not act.is_proxy and _is_surely_in_time(act, rule) for act in kept):
        kept = [act for act in kept if not act.is_proxy]
    preferred = {"paper_first": "paper", "online_first": "online"}.get(rule.precedence)
    if any(act.channel == preferred and _is_surely_in_time(act, rule) for act in kept):
        kept = [act for act in kept if act.channel == preferred]
    return kept


def _is_surely_in_time(act: BallotAct, rule: CountRule) -> bool:
    return rule.opens <= act.earliest and act.latest < rule.closes


def _replaces(later: BallotAct, earlier: BallotAct, rule: CountRule) -> bool:
    if not _is_surely_in_time(later, rule) or not _is_surely_later(later, earlier):
        return False
    if later.cast_by == earlier.cast_by and later.is_proxy == earlier.is_proxy:
        return True
    return (earlier.entry_id, earlier.cast_by, later.cast_by) in rule.successions


def _is_surely_later(later: BallotAct, earlier: BallotAct) -> bool:
    if later.channel == earlier.channel == "online":
        return (later.earliest, later.seq) > (earlier.earliest, earlier.seq)
    # Clocks of two channels agree to the second at best.
    return later.earliest.replace(microsecond=0) > earlier.latest.replace(microsecond=0)


def _agreed(standing: Sequence[BallotAct], rule: CountRule) -> BallotAct | None:
    """The act that counts when all that stand say the same and one of them surely stands."""
    if len({act.option for act in standing}) != 1:
        return None
    sure = [act for act in standing if _is_surely_in_time(act, rule)]
    return max(sure, key=lambda act: (act.latest, act.seq), default=None)


def rulings_for_log(counts: Iterable[VoiceCount]) -> tuple[tuple[int, BallotState], ...]:
    """(seq, state) of every ballot the log must be told about, by seq.

    A reader of the log takes the last ballot of a voice that is valid or suspended, so earlier
    revisions need no word; a late ballot that stands in the log is void there.
    """
    told: list[tuple[int, BallotState]] = []
    for voice in counts:
        last = max((seq for seq, state in voice.states.items() if state in STANDING), default=-1)
        for seq, state in voice.states.items():
            if state == LATE:
                told.append((seq, "void"))
            elif state in ("void", "suspended") or (state == "superseded" and seq > last):
                told.append((seq, state))
    return tuple(sorted(told))
