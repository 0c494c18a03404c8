"""Which statement a person is shown next."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log

from deliberation.opinion_answers import Answers

VIEWS_MIN = 5  # answers every statement gets before any is preferred
SITTING = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement and its answers so far; `part` are those of the asked person's own part.

    The part is the person's kind of residency: at home, away, tenant.
    """

    statement: str
    answers: Answers
    part: Answers


def next_statements(
    candidates: Sequence[Candidate],
    *,
    answered: Collection[str],
    person: str,
    count: int = SITTING,
) -> list[str]:
    """The statements to show this person next, at most `count`, none answered before.

    First those with fewer than VIEWS_MIN answers, fewest first; then those the person's own part
    has answered fewer than VIEWS_MIN times; then drawn by weight: undecided statements more often,
    ones that many pass less often. The draw depends on the person, the statement and its answers
    only, so the same question gets the same answer and different people see different statements.
    """
    open_ones = [one for one in candidates if one.statement not in answered]
    return [one.statement for one in sorted(open_ones, key=lambda one: _rank(one, person))[:count]]


def weight(answers: Answers) -> float:
    """How much a further answer tells, above 0 and at most 1: uncertainty times understanding."""
    decided = answers.agree + answers.disagree
    agreeing = (answers.agree + 1) / (decided + 2)
    understood = 1 - (answers.passed + 1) / (answers.seen + 2)
    return 4 * agreeing * (1 - agreeing) * understood


def _rank(one: Candidate, person: str) -> tuple[int, float, str]:
    draw = -log(_chance(person, one)) / weight(one.answers)
    if one.answers.seen < VIEWS_MIN:
        return (0, one.answers.seen + _chance(person, one), one.statement)
    if one.part.seen < VIEWS_MIN:
        return (1, one.part.seen + _chance(person, one), one.statement)
    return (2, draw, one.statement)


def _chance(person: str, one: Candidate) -> float:
    """A number between 0 and 1, neither included."""
    key = f"{len(person)}:{person}:{one.statement}:{one.answers.seen}".encode()
    return (int.from_bytes(hashlib.sha256(key).digest()[:6], "big") + 0.5) / 2**48
