"""Is there a gap between the groups, or do opinions shade into each other?

Any cloud can be cut in pieces, and answers that hang together need not be camps: they may be one
long scale from yes to no. The groups are compared with those cut in the same way out of clouds
without any gap, of the same length and breadth (Liu, Hayes, Nobel, Marron, JASA 2008).
"""

import numpy as np

from deliberation.opinion_clusters import clusters
from deliberation.opinion_directions import Floats

CLOUDS = 99
LEVEL = 0.05
_JUDGED_MAX = 400


def has_gap(points: Floats, count: int, *, size_min: int, seed: int) -> bool:
    """Whether `count` groups of these points stand further apart than cuts through one cloud."""
    order = np.argsort((points**2).sum(axis=1), kind="stable")
    picked = points[order[:: max(1, -(-len(points) // _JUDGED_MAX))]]
    size_min = max(1, size_min * len(picked) // len(points))
    real = clusters(picked, count, size_min=size_min, seed=seed)
    if real is None:
        return False
    dice = np.random.default_rng([seed, count, CLOUDS])
    breadths = picked.std(axis=0)
    clearer = 1
    for _ in range(CLOUDS):
        cloud = dice.standard_normal(picked.shape) * breadths
        cut = clusters(cloud, count, size_min=size_min, seed=seed)
        clearer += cut is not None and cut.silhouette >= real.silhouette - 1e-9
    return clearer / (CLOUDS + 1) <= LEVEL
