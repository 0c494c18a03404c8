"""Points on a plane put into groups: k-means, and how many groups by silhouette."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.opinion_directions import Floats

Labels = NDArray[np.int64]

GROUPS_MAX = 5  # looked for; more may be asked for
RESTARTS = 12
ROUNDS_MAX = 200
ASIDE_MAX = 0.1  # share of the people who may stand too far out to make a group
JUDGED_MAX = 2_000  # people whose silhouette is taken; more are picked evenly from the middle out


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """`labels` number the groups from 0 by size, in the order of the points.

    `silhouette` (-1 to 1) is the mean over people: how much nearer their own group than the next.
    """

    labels: Labels
    silhouette: float

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(int(size) for size in np.bincount(self.labels))


def best_clusters(points: Floats, *, size_min: int, seed: int) -> Clusters | None:
    """The clustering with 2 to GROUPS_MAX groups of at least `size_min` with the best silhouette.

    None when the points cannot be put into two such groups.
    """
    ruler = _Ruler(points)
    best = None
    for count in range(2, GROUPS_MAX + 1):
        found = clusters(points, count, size_min=size_min, seed=seed, ruler=ruler)
        if found is None or min(found.sizes) < size_min:
            continue
        if best is None or found.silhouette > best.silhouette + 1e-12:
            best = found
    return best


def clusters(
    points: Floats, count: int, *, size_min: int, seed: int, ruler: "_Ruler | None" = None
) -> Clusters | None:
    """The tightest of several k-means runs into `count` groups; None with fewer distinct points.

    Runs whose groups all have `size_min` people are preferred to tighter ones. Where no run has, a
    few people far from all others are put aside, and join the nearest group at the end. Starts are
    drawn by distance alone, in the order of distance from the middle: neither the order of the
    people nor the direction of the axes matters.
    """
    order = np.argsort((points**2).sum(axis=1), kind="stable")
    ordered = points[order]
    if _distinct(ordered) < count:
        return None
    dice = np.random.default_rng([seed, count])
    first = labels = _tightest(ordered, count, size_min, dice)
    kept = np.ones(len(ordered), dtype=np.bool_)
    while (small := np.bincount(labels, minlength=count) < size_min).any():
        kept[np.flatnonzero(kept)[small[labels]]] = False
        if kept.mean() < 1 - ASIDE_MAX or _distinct(ordered[kept]) < count:
            labels, kept = first, np.ones(len(ordered), dtype=np.bool_)
            break
        labels = _tightest(ordered[kept], count, size_min, dice)
    if not kept.all():
        labels = _nearest(ordered, _centres(ordered[kept], labels, count))
    back = np.empty_like(labels)
    back[order] = _by_size(labels)
    return Clusters(back, (ruler or _Ruler(points)).silhouette(back))


def _distinct(points: Floats) -> int:
    return len(np.unique(points[:, 0] + 1j * points[:, 1]))


def _tightest(points: Floats, count: int, size_min: int, dice: np.random.Generator) -> Labels:
    """The best of RESTARTS runs: large enough groups first, then the smallest distances."""
    best: tuple[bool, float] | None = None
    labels = np.zeros(len(points), dtype=np.int64)
    for _ in range(RESTARTS):
        spread, found = _k_means(points, _starts(points, count, dice))
        rank = (int(np.bincount(found, minlength=count).min()) < size_min, spread)
        # Equally tight runs differ by rounding only: the first stays.
        if best is None or rank < (best[0], best[1] * (1 - 1e-9)):
            best, labels = rank, found
    return labels


def _starts(points: Floats, count: int, dice: np.random.Generator) -> Floats:
    """k-means++: each next start drawn by the square of its distance to those there are."""
    chosen = [int(dice.integers(len(points)))]
    nearest = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        heap = np.cumsum(nearest)
        chosen.append(int(np.searchsorted(heap, dice.random() * heap[-1], side="right")))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def _k_means(points: Floats, centres: Floats) -> tuple[float, Labels]:
    """Sum of squared distances and labels when no label changes any more."""
    count = len(centres)
    labels = _nearest(points, centres)
    for _ in range(ROUNDS_MAX):
        moved = _centres(points, labels, count)
        empty = np.bincount(labels, minlength=count) == 0
        centres = np.where(empty[:, None], centres, moved)
        found = _nearest(points, centres)
        if np.array_equal(found, labels):
            break
        labels = found
    return float(((points - centres[labels]) ** 2).sum()), labels


def _nearest(points: Floats, centres: Floats) -> Labels:
    reach: Floats = (centres**2).sum(axis=1) - 2 * (points @ centres.T)
    found: Labels = reach.argmin(axis=1)
    return found


def _centres(points: Floats, labels: Labels, count: int) -> Floats:
    """The mean of each group's points; 0 for a group without any."""
    sizes = np.maximum(np.bincount(labels, minlength=count), 1)
    sums = [np.bincount(labels, points[:, axis], minlength=count) for axis in (0, 1)]
    return np.stack(sums, axis=1) / sizes[:, None]


def _by_size(labels: Labels) -> Labels:
    """Labels numbered by size, on a tie by who comes first."""
    sizes = np.bincount(labels)
    firsts = np.array([np.argmax(labels == label) for label in range(len(sizes))])
    ranks = np.lexsort((firsts, -sizes))
    new = np.empty(len(sizes), dtype=np.int64)
    new[ranks] = np.arange(len(sizes))
    return new[labels]


class _Ruler:
    """Distances between people, measured once and used for every number of groups."""

    def __init__(self, points: Floats) -> None:
        order = np.argsort((points**2).sum(axis=1), kind="stable")
        step = max(1, -(-len(points) // JUDGED_MAX))
        self._picked = order[::step]
        picked = points[self._picked]
        squares = (picked**2).sum(axis=1)
        gaps = picked @ (-2 * picked.T)
        gaps += squares[:, None]
        gaps += squares[None, :]
        self._distances = np.sqrt(np.maximum(gaps, 0.0, out=gaps), out=gaps)

    def silhouette(self, labels: Labels) -> float:
        """Mean silhouette (Rousseeuw 1987) of the people judged; alone in a group counts 0."""
        picked = labels[self._picked]
        people = len(picked)
        members = np.eye(int(labels.max()) + 1)[picked]
        sizes = members.sum(axis=0)
        sums = self._distances @ members
        own = (np.arange(people), picked)
        inside = sums[own] / np.maximum(sizes[picked] - 1, 1)
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), np.inf)
        means[own] = np.inf
        outside = means.min(axis=1)
        larger = np.maximum(np.maximum(inside, outside), 1e-300)
        lone = (sizes[picked] <= 1) | ~np.isfinite(outside)
        return float(np.where(lone, 0.0, (outside - inside) / larger).mean())
