"""Could the map be chance? Votes shuffled within each statement show what chance alone draws.

Shuffling keeps who answered what and how each statement was answered, and breaks only the tie
between answers of one person. A map announces groups when hardly any shuffled table is as clear.
"""

from dataclasses import dataclass

import numpy as np

from deliberation.opinion_directions import Floats, widths
from deliberation.opinion_projection import centred

PERMUTATIONS = 199
# Factions that do not exist do more harm than ones that go unseen: one false map in a hundred.
LEVEL = 0.01
POWER_MIN = 0.5  # below it silence means "too little data", not "no groups"
_PLANTED = 40
_PLANTED_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class ChanceTest:
    """`p` is the share of tables, the real one among them, at least as clear as the real one.

    `power` is None when groups are seen; else the share of tables with two planted camps, answered
    by the same people on the same statements, that would have been told from chance.
    """

    p: float
    permutations: int
    power: float | None

    @property
    def is_seen(self) -> bool:
        return self.p <= LEVEL

    @property
    def is_telling(self) -> bool:
        """Whether camps, had there been any, would likely have been seen."""
        return self.is_seen or (self.power is not None and self.power >= POWER_MIN)


def compare_with_chance(votes: Floats, *, permutations: int, seed: int) -> ChanceTest:
    """Compare the clarity of a matrix (people x statements, NaN not answered) with chance."""
    dice = np.random.default_rng([seed, permutations])
    table = ShuffledTable(votes)
    real = table.clarity()
    chance = np.empty(permutations)
    for run in range(permutations):
        table.shuffle(dice)
        chance[run] = table.clarity()
    # Rounding must not make a table clearer than its own copy.
    p = (1 + int((chance >= real * (1 - 1e-6)).sum())) / (permutations + 1)
    power = None
    if p > LEVEL:
        power = _power(votes, limit=float(np.quantile(chance, 1 - LEVEL)), dice=dice)
    return ChanceTest(p, permutations, power)


class ShuffledTable:
    """Differences from the mean, statements by people, whose answers can be shuffled in place."""

    def __init__(self, votes: Floats) -> None:
        differences = centred(votes)
        self._rows = np.ascontiguousarray(differences.T, dtype=np.float32)
        self._total = float((differences**2).sum())
        self._places = np.flatnonzero(~np.isnan(votes.T))
        self._values = self._rows.ravel()[self._places]
        ends = np.searchsorted(self._places, np.arange(1, len(self._rows)) * len(votes))
        self._parts = [part for part in np.split(self._values, ends) if part.size > 1]

    def clarity(self) -> float:
        """Share of all differences along the two directions, the first counted twice, 0 to 2."""
        first, second = widths(self._rows)
        return (2 * first + second) / self._total if self._total > 0 else 0.0

    def shuffle(self, dice: np.random.Generator) -> None:
        for part in self._parts:
            dice.shuffle(part)
        self._rows.ravel()[self._places] = self._values


def _power(votes: Floats, *, limit: float, dice: np.random.Generator) -> float:
    """Share of planted tables clearer than `limit`."""
    seen = sum(ShuffledTable(_planted(votes, dice)).clarity() > limit for _ in range(_PLANTED))
    return float(seen) / _PLANTED


def _planted(votes: Floats, dice: np.random.Generator) -> Floats:
    """The same people answering the same statements, in two camps of equal size.

    On half of the statements three in four of one camp agree, and one in four of the other.
    """
    people, statements = votes.shape
    camp = np.equal(dice.permutation(people) % 2, 0)
    disputed = np.less(2 * dice.permutation(statements), statements)
    turned = np.less(dice.random(statements), 0.5)
    agrees = dice.random(votes.shape) < np.where(
        camp[:, None] ^ turned[None, :], _PLANTED_SHARE, 1 - _PLANTED_SHARE
    )
    planted = votes.copy()
    for column in np.flatnonzero(~disputed):
        rows = np.flatnonzero(~np.isnan(votes[:, column]))
        planted[rows, column] = votes[dice.permutation(rows), column]
    replaced = ~np.isnan(votes) & (votes != 0) & disputed[None, :]
    return np.where(replaced, np.where(agrees, 1.0, -1.0), planted)
