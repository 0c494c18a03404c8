"""The documents of a vote's bundle, as bytes: question, rule, roll, count. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from core.canonical import Json, canonical
from core.errors import Refusal
from deliberation.ballot_log import standings
from deliberation.ballot_records import Batch, Mode, Record, RollTotals
from deliberation.profiles import Profile
from deliberation.tally import tally

OptionKind = Literal["yes", "no", "abstain"]
INVALID = "invalid"  # what a spoilt paper says; every question has it besides its options
ANSWER_KINDS = ("yes", "no", "abstain", INVALID)


class SealNotOpened(Refusal):
    code = "seal_not_opened"
    text = "有一张计入的选票打不开（{seal}），不能计票。"
    status = 500


class NotDetachable(Refusal):
    code = "not_detachable"
    text = "“{title}”要按人头和面积两样计票，面积会认出是谁家，只能记名。"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer on the ballot; each of kind `yes` asks for approval by itself."""

    key: str
    kind: OptionKind
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the notice says: title, words, options, and the terms fixed with it (dates, rules)."""

    title: str
    text: str
    options: tuple[Option, ...]
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RollLine:
    """One voter as the roll is published: the seal, and the facts that open it."""

    seal: str
    who: str
    heads: int
    area: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class OpenedBallot:
    """Choice and salt of a sealed ballot."""

    option: str
    salt: bytes


def digest(document: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(document).hexdigest()


def is_weighed(profile: Profile) -> bool:
    """True if the rule compares heads or floor area, not only lines of the roll."""
    return any(name.endswith(("heads", "area")) for name in profile.numbers)


def check_mode(profile: Profile, mode: Mode) -> None:
    """Refuse a detached vote under a rule whose weights would name the voter."""
    if mode == "detached" and is_weighed(profile):
        raise NotDetachable(title=profile.title)


def question_document(question: Question) -> bytes:
    options = [
        {"key": option.key, "kind": option.kind, "text": option.text} for option in question.options
    ]
    return canonical(
        {
            "title": question.title,
            "text": question.text,
            "options": options,
            "terms": dict(question.terms),
        }
    )


def profile_document(profile: Profile) -> bytes:
    """The rule as data that a stranger can apply: every comparison with its article."""
    checks = [
        {
            "stage": requirement.stage,
            "lhs": requirement.lhs,
            "op": requirement.op,
            "ratio": requirement.ratio,
            "rhs": requirement.rhs,
            "article": requirement.article,
            "words": requirement.words,
        }
        for requirement in profile.requirements
    ]
    since = profile.effective_from
    return canonical(
        {
            "id": profile.id,
            "version": profile.version,
            "title": profile.title,
            "effect": profile.effect,
            "unit": profile.unit,
            "law": profile.law,
            "edition": profile.edition,
            "articles": list(profile.articles),
            "effective_from": since.isoformat() if since else "",
            "checks": checks,
        }
    )


def lines_document(seals: Iterable[str]) -> bytes:
    """A sorted list of seals, one a line: the roll, or who has voted (detached)."""
    return "".join(f"{seal}\n" for seal in sorted(seals)).encode()


def roll_totals(profile: Profile, roll: Sequence[RollLine]) -> RollTotals:
    """What the opening record says of the roll. Unweighed lines count as one head without area."""
    weights = [_weight(profile, line) for line in roll]
    return RollTotals(
        entries=len(roll),
        heads=sum(heads for heads, _ in weights),
        area=sum(area for _, area in weights),
        sha256=digest(lines_document(line.seal for line in roll)),
    )


def _weight(profile: Profile, line: RollLine) -> tuple[int, int]:
    return (line.heads, line.area) if is_weighed(profile) else (1, 0)


# The count -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StandingBallot:
    """A ballot that counts, with its weight; `seal` is None while it is suspended."""

    seal: str | None
    heads: int
    area: int


def standing_ballots(
    profile: Profile, roll: Sequence[RollLine], records: Sequence[Record]
) -> list[StandingBallot]:
    """Those who took part, one for each line of the roll."""
    batches = [record for record in records if isinstance(record, Batch)]
    if batches:
        return [StandingBallot(seal, 1, 0) for batch in batches for seal in batch.ballots]
    weights = {line.seal: _weight(profile, line) for line in roll}
    return [
        StandingBallot(None if stands.suspended else stands.choice, *weights[entry])
        for entry, stands in standings(records).items()
        if stands.ballot is not None
    ]


def count_votes(
    profile: Profile,
    question: Question,
    roll: Sequence[RollLine],
    records: Sequence[Record],
    openings: Mapping[str, OpenedBallot],
) -> dict[str, Json]:
    """The count as announced: numbers, answers, and for each `yes` option the rule's judgement."""
    present = standing_ballots(profile, roll, records)
    totals = roll_totals(profile, roll)
    numbers = {
        "roll": totals.entries,
        "heads": totals.heads,
        "area": totals.area,
        "attend": len(present),
        "part_heads": sum(ballot.heads for ballot in present),
        "part_area": sum(ballot.area for ballot in present),
    }
    answers = {key: {"count": 0, "heads": 0, "area": 0} for key in _keys(question)}
    for ballot in present:
        if ballot.seal is None:
            continue
        if ballot.seal not in openings:
            raise SealNotOpened(seal=ballot.seal)
        answer = answers[openings[ballot.seal].option]
        answer["count"] += 1
        answer["heads"] += ballot.heads
        answer["area"] += ballot.area
    results: list[Json] = [
        _result(profile, question, option.key, numbers, answers)
        for option in question.options
        if option.kind == "yes"
    ]
    return {"numbers": numbers, "answers": answers, "results": results}


def _keys(question: Question) -> list[str]:
    return [*(option.key for option in question.options), INVALID]


def _result(
    profile: Profile,
    question: Question,
    asked: str,
    numbers: Mapping[str, int],
    answers: Mapping[str, Mapping[str, int]],
) -> dict[str, Json]:
    named = dict(numbers)
    named["registered"] = named["interested"] = numbers["roll"]
    named["voted"] = numbers["attend"]
    kinds: dict[str, str] = {option.key: option.kind for option in question.options}
    kinds[INVALID] = INVALID
    for kind in ANSWER_KINDS:
        keys = [asked] if kind == "yes" else [key for key in kinds if kinds[key] == kind]
        for suffix, unit in (("", "count"), ("_heads", "heads"), ("_area", "area")):
            named[kind + suffix] = sum(answers[key][unit] for key in keys)
    judged = tally(profile, {name: named[name] for name in profile.numbers})
    return {
        "option": asked,
        "outcome": judged.outcome,
        "checks": [check.as_json() for check in judged.checks],
    }
