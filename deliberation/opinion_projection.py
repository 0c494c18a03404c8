"""Opinions as points on a plane: the two directions in which people differ most.

Votes are 1 agree, -1 disagree, 0 pass, NaN not answered. A missing answer counts as the mean of its
statement, so it says nothing. Answers to few statements would crowd near the middle whatever their
person thinks; so points are stretched by the share of statements answered, as Polis does (Small,
Bjorkegren, Erkkila, Shaw, Megill: Polis, Recerca 2021), softened for those who answered very few.
"""

from dataclasses import dataclass

import numpy as np

from deliberation.opinion_directions import Floats, widest

# Stretch is sqrt(m / (answers + SOFTNESS * m)): without it two answers weigh like two hundred.
SOFTNESS = 0.1
# Equal answers must give equal points, whatever the last bits of a product are.
_DECIMALS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """`points` (people x 2) in the order given; `loadings` (statements x 2) are unit directions.

    `shares` are the two directions' shares of all differences, each 0 to 1.
    """

    points: Floats
    loadings: Floats
    shares: tuple[float, float]


def centred(votes: Floats) -> Floats:
    """Votes less the mean of their statement; 0 where nothing was answered."""
    seen = ~np.isnan(votes)
    filled = np.where(seen, votes, 0.0)
    means = filled.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.where(seen, filled - means, 0.0)


def project(votes: Floats) -> Plane:
    """The plane of a matrix of votes (people x statements).

    Each direction points to where most of its weight agrees: no sign is left to chance.
    """
    statements = votes.shape[1]
    differences = centred(votes)
    loadings, sizes = widest(differences)
    answered = (~np.isnan(votes)).sum(axis=1)
    stretch = np.sqrt(statements / (answered + SOFTNESS * statements))
    total = float((differences**2).sum())
    shares = sizes / total if total > 0 else np.zeros(2)
    points = (differences @ loadings) * stretch[:, None]
    return Plane(
        points=np.round(points, _DECIMALS) + 0.0,
        loadings=loadings,
        shares=(float(shares[0]), float(shares[1])),
    )
