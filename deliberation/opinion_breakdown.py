"""Answers of the people at home, away and renting, or of any other fact known about them."""

from dataclasses import dataclass

import numpy as np

from core.errors import Refusal
from deliberation.opinion_answers import Answers, count_by_part, shown
from deliberation.opinion_votes import Votes

PARTS_MAX = 12
UNKNOWN = "未填"
RESIDENCY_WORDS = {"home": "在地", "away": "在外", "tenant": "租住"}


class TooManyParts(Refusal):
    code = "too_many_parts"
    text = "“{fact}”这一列有 {count} 种写法，最多 {most} 种，分开看会认出人来。"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`cells` has for each statement the answers of each part; None stays hidden.

    `people` counts the people of each part who answered anything.
    """

    fact: str
    parts: tuple[str, ...]
    people: tuple[int, ...]
    cells: tuple[tuple[Answers | None, ...], ...]


def breakdown(votes: Votes, fact: str) -> Breakdown:
    """The answers of everyone by one fact about them (a column kept when the file was read)."""
    values = [value or UNKNOWN for value in votes.facts[fact]]
    parts = sorted(set(values))
    if len(parts) > PARTS_MAX:
        raise TooManyParts(fact=fact, count=len(parts), most=PARTS_MAX)
    numbers = np.array([parts.index(value) for value in values], dtype=np.int64)
    table = count_by_part(votes.matrix, numbers, len(parts))
    return Breakdown(
        fact=fact,
        parts=tuple(RESIDENCY_WORDS.get(part, part) for part in parts),
        people=tuple(values.count(part) for part in parts),
        cells=tuple(shown(cells) for cells in table),
    )
