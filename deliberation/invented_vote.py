"""An invented vote, whole and signed, so that anybody can try the bundle and its verifier."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core import merkle
from core.canonical import Json, canonical
from core.errors import Refusal
from core.signatures import private_key, public_key
from deliberation.ballot_log import Tip, Waiting, append, draw_batch
from deliberation.ballot_records import (
    BallotState,
    Closing,
    LateBallot,
    Mode,
    NamedBallot,
    Opening,
    Record,
    Ruling,
    seal_choice,
    seal_entry,
    seal_person,
)
from deliberation.bundle import Vote
from deliberation.bundle_documents import (
    OpenedBallot,
    Option,
    Question,
    RollLine,
    check_mode,
    count_votes,
    digest,
    is_weighed,
    lines_document,
    profile_document,
    question_document,
    roll_totals,
)
from deliberation.profiles import Profile
from deliberation.receipts import draw_code
from deliberation.tree_heads import Stage, sign_head

BALLOTS_MAX = 200_000
DAYS = 7
TURNOUT = (86, 100)
CHANNELS = ("wechat",) * 12 + ("paper",) * 4 + ("desk", "visit", "phone")
CHOICES = ("yes",) * 16 + ("no",) * 2 + ("abstain",) + ("invalid",)
OPENED = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
QUESTION = Question(
    title="演示：要不要给东门装一盏路灯（虚构）",
    text="这是一次编出来的表决，只用来试验票程序。没有这个村，也没有这些人。",
    options=(
        Option("yes", "yes", "同意"),
        Option("no", "no", "不同意"),
        Option("abstain", "abstain", "弃权"),
    ),
    terms={"opens": "2026-03-02", "closes": "2026-03-08", "precedence": "后来的有效选票算数"},
)


class PaperOnly(Refusal):
    code = "paper_only"
    text = "“{title}”按法律只能纸质投票、公开计票，这里不办，也不编演示。"


@dataclass(slots=True)
class _Box:
    """The ballot box while it fills: records, tree, heads and what opens the seals."""

    motion: str
    key: Ed25519PrivateKey
    records: list[Record]
    tip: Tip
    peaks: merkle.Peaks
    heads: list[dict[str, Json]]
    openings: dict[str, OpenedBallot]

    def put(self, record: Record) -> None:
        line, self.tip = append(self.tip, record)
        self.peaks = merkle.grow(self.peaks, merkle.leaf_hash(line))
        self.records.append(record)

    def head(self, stage: Stage, *, day: int, tally_hash: str = "") -> None:
        self.heads.append(
            sign_head(
                self.heads,
                motion=self.motion,
                stage=stage,
                time=OPENED + timedelta(days=day, hours=12),
                size=self.peaks.size,
                root=merkle.peaks_root(self.peaks).hex(),
                key=self.key,
                tally_hash=tally_hash,
            )
        )

    def seal(self, random: Random) -> str:
        option, salt = random.choice(CHOICES), random.randbytes(32)
        seal = seal_choice(option, salt)
        self.openings[seal] = OpenedBallot(option, salt)
        return seal


def invent_vote(*, ballots: int, mode: Mode, profile: Profile, seed: int) -> Vote:
    """A counted vote of `ballots` ballots; the same arguments give the same vote.

    Named votes have revisions, ballots that came late, some declared void and some suspended.
    """
    assert 0 <= ballots <= BALLOTS_MAX
    check_mode(profile, mode)
    if profile.effect == "paper_only":
        raise PaperOnly(title=profile.title)
    random = Random(f"{seed} {mode} {profile.id} {ballots}")
    key = private_key(sha256(f"yunshequ demo {seed}".encode()).digest())
    revisions = ballots // 20 if mode == "named" else 0
    roll = _roll(ballots - revisions, profile, random)
    box = _Box(f"演示-{seed}", key, [], Tip(), merkle.Peaks(), [], {})
    box.put(
        Opening(
            motion=box.motion,
            mode=mode,
            key=public_key(key),
            question=digest(question_document(QUESTION)),
            profile=digest(profile_document(profile)),
            roll=roll_totals(profile, roll),
        )
    )
    box.head("open", day=0)
    voters = [line.seal for line in random.sample(roll, ballots - revisions)]
    if mode == "named":
        _fill_named(box, voters, revisions, random)
        voted: tuple[str, ...] = ()
    else:
        _fill_detached(box, voters, random)
        voted = tuple(sorted(voters))
    count = canonical(count_votes(profile, QUESTION, roll, box.records, box.openings))
    box.head("tally", day=DAYS + 1, tally_hash=digest(count))
    return Vote(
        question=QUESTION,
        profile=profile,
        roll=roll,
        records=tuple(box.records),
        heads=tuple(box.heads),
        tally=count,
        openings=box.openings,
        voted=voted,
    )


def _roll(voters: int, profile: Profile, random: Random) -> tuple[RollLine, ...]:
    taking_part, of = TURNOUT
    size = max(12, -(-voters * of // taking_part))
    return tuple(_roll_line(number, profile, random) for number in range(size))


def _roll_line(number: int, profile: Profile, random: Random) -> RollLine:
    who, salt = seal_person(f"演示户 {number}", random.randbytes(32)), random.randbytes(32)
    area = random.randint(4_500, 18_000) if is_weighed(profile) else 0
    seal = seal_entry(who=who, heads=1, area=area, salt=salt)
    return RollLine(seal, who, 1, area, salt)


def _fill_named(box: _Box, voters: list[str], revisions: int, random: Random) -> None:
    cast = voters + random.sample(voters, revisions)
    versions: dict[str, int] = {}
    ballots: list[int] = []
    for place, entry in enumerate(cast):
        for day in _days_before(place, len(cast)):
            box.head("daily", day=day)
        versions[entry] = versions.get(entry, 0) + 1
        ballots.append(len(box.records))
        channel = random.choice(CHANNELS)
        scan = random.randbytes(32).hex() if channel == "paper" else ""
        box.put(NamedBallot(entry, versions[entry], channel, box.seal(random), scan))
    box.put(Closing(len(ballots)))
    box.head("close", day=DAYS)
    for entry in voters[: min(3, len(voters))]:
        box.put(LateBallot(entry, "wechat", box.seal(random)))
    for ballot in random.sample(ballots, min(len(ballots) // 50, 20)):
        state: BallotState = random.choice(("void", "suspended"))
        reason = "forged_name" if state == "void" else "two_channels_at_once"
        box.put(Ruling(ballot, state, reason))


def _fill_detached(box: _Box, voters: list[str], random: Random) -> None:
    waiting: list[Waiting] = []
    receipts: set[str] = set()
    for place in range(len(voters)):
        for day in _days_before(place, len(voters)):
            waiting = _draw_all(box, waiting, closing=False, random=random)
            box.head("daily", day=day)
        code = draw_code(random)
        while code in receipts:
            code = draw_code(random)
        receipts.add(code)
        waiting.append(Waiting(box.seal(random), code))
    _draw_all(box, waiting, closing=True, random=random)
    box.put(Closing(len(voters), voted=digest(lines_document(voters))))
    box.head("close", day=DAYS)


def _draw_all(box: _Box, waiting: list[Waiting], *, closing: bool, random: Random) -> list[Waiting]:
    batch, left = draw_batch(waiting, closing=closing, random=random)
    while batch is not None:
        box.put(batch)
        batch, left = draw_batch(left, closing=closing, random=random)
    return list(left)


def _days_before(place: int, total: int) -> range:
    """The days that end just before ballot `place` of `total`, spread evenly."""
    reached = place * DAYS // total
    before = (place - 1) * DAYS // total if place else 0
    return range(before + 1, reached + 1)
