"""What nearly all share, and what sets a group apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from deliberation.opinion_answers import (
    CELL_MIN,
    Answers,
    Share,
    least_difference,
    share,
    shown,
)

TYPICAL_MAX = 5
Side = Literal["agree", "disagree"]


@dataclass(frozen=True, slots=True)
class Typical:
    """A statement that a group answers more one way than all the others together.

    `here` and `there` are the shares of that answer in the group and among the rest;
    `difference_min` is the lower end of the interval of their difference, above 0.
    """

    statement: int
    side: Side
    here: Share
    there: Share
    difference_min: float


def consensus(cells: Sequence[Answers]) -> float:
    """How surely every group agrees: the product over groups of (agree + 1) / (seen + 2), 0 to 1.

    Group-informed consensus of Polis: one group that disagrees outweighs its small size.
    """
    return prod((cell.agree + 1) / (cell.seen + 2) for cell in cells)


def typical_statements(table: Sequence[Sequence[Answers]], group: int) -> tuple[Typical, ...]:
    """The statements that set a group apart from the rest, surest difference first.

    `table` has for each statement the answers of every group. Statements with a hidden cell are
    left out: nothing about them may be said of this group.
    """
    found = []
    for statement, cells in enumerate(table):
        here, there = cells[group], _rest(cells, group)
        if there.seen < CELL_MIN or shown(cells)[group] is None:
            continue
        sides: tuple[tuple[Side, int, int], ...] = (
            ("agree", here.agree, there.agree),
            ("disagree", here.disagree, there.disagree),
        )
        for side, ours, theirs in sides:
            shares = share(ours, here.seen), share(theirs, there.seen)
            least = least_difference(*shares)
            # A group is told by what most of it says, not by what it says less rarely than others.
            if least > 0 and shares[0].middle > 0.5:
                found.append(Typical(statement, side, *shares, least))
    found.sort(key=lambda one: (-one.difference_min, one.statement))
    return tuple(found[:TYPICAL_MAX])


def _rest(cells: Sequence[Answers], group: int) -> Answers:
    others = [cell for place, cell in enumerate(cells) if place != group]
    return Answers(
        sum(cell.agree for cell in others),
        sum(cell.disagree for cell in others),
        sum(cell.passed for cell in others),
    )
