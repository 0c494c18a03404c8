"""Answers counted: by statement, by group, with intervals and with small cells kept back."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from deliberation.opinion_directions import Floats

CELL_MIN = 5  # answers; fewer would tell who said what
_Z = 1.959964  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Answers:
    """How some people answered one statement. Not answering is not an answer."""

    agree: int
    disagree: int
    passed: int

    @property
    def seen(self) -> int:
        return self.agree + self.disagree + self.passed


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % Wilson interval (Wilson, JASA 1927), all 0 to 1."""

    low: float
    middle: float
    high: float


def share(count: int, of: int) -> Share:
    """The share of `count` in `of`; without any answers it may be anything from 0 to 1."""
    if of == 0:
        return Share(0.0, 0.5, 1.0)
    rate = count / of
    scale = 1 + _Z**2 / of
    middle = (rate + _Z**2 / (2 * of)) / scale
    reach = _Z / scale * sqrt(rate * (1 - rate) / of + _Z**2 / (4 * of**2))
    # At 0 and 1 the interval ends there; rounding must not take it past.
    return Share(max(0.0, min(rate, middle - reach)), rate, min(1.0, max(rate, middle + reach)))


def least_difference(here: Share, there: Share) -> float:
    """Lower end of the 95 % interval of here less there (Newcombe, Stat. Med. 1998, method 10)."""
    below = (here.middle - here.low) ** 2 + (there.high - there.middle) ** 2
    return here.middle - there.middle - sqrt(below)


def count_answers(votes: Floats) -> tuple[Answers, ...]:
    """The answers to each statement of a matrix (people x statements, NaN not answered)."""
    agree, disagree, passed = ((votes == value).sum(axis=0) for value in (1, -1, 0))
    return tuple(
        Answers(int(yes), int(no), int(neither))
        for yes, no, neither in zip(agree, disagree, passed, strict=True)
    )


def count_by_part(
    votes: Floats, parts: NDArray[np.int64], part_count: int
) -> tuple[tuple[Answers, ...], ...]:
    """For each statement the answers of each part; `parts` has a number for every person."""
    columns = [count_answers(votes[parts == part]) for part in range(part_count)]
    return tuple(zip(*columns, strict=True))


def shown(cells: Sequence[Answers]) -> tuple[Answers | None, ...]:
    """The cells of one statement, None where they stay hidden.

    Hidden are cells with fewer than CELL_MIN answers. A single hidden cell could be had back by
    taking the others from the total; then the smallest of the others is hidden with it.
    """
    hidden = {place for place, cell in enumerate(cells) if cell.seen < CELL_MIN}
    if len(hidden) == 1 and len(cells) > 1:
        others = [place for place in range(len(cells)) if place not in hidden]
        hidden.add(min(others, key=lambda place: cells[place].seen))
    return tuple(None if place in hidden else cell for place, cell in enumerate(cells))
