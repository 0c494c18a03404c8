"""Training of the tower: embeddings from public texts, then Adam over labelled rows (development).

Adam after Kingma and Ba (2015), dropout after Srivastava et al. (2014); written out in numpy, since
the tower is small and the result must be the same for one seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.fitting import SEED, Table
from nlp.linear import Vector
from nlp.tower import Tower

WIDTH = 64
HIDDEN = 128
EMBEDDING_SCALE = 8.0
ROUNDS = 30
BATCH = 128
RATE = 2e-3
EMBEDDING_RATE = 0.2  # of RATE: the embeddings stay near what public texts taught
DROPPED_PIECES, DROPPED_UNITS = 0.3, 0.4
DECAY = 1e-4
BETA1, BETA2, TINY = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of the rows for one head: a one-hot row each, zero where nobody said."""

    columns: slice
    labels: NDArray[np.float32]


def embeddings(texts: Any) -> Vector:
    """A vector of WIDTH numbers for each column of a sparse matrix of texts (truncated SVD)."""
    from sklearn.decomposition import TruncatedSVD  # optional dependency

    fitted = TruncatedSVD(WIDTH, random_state=SEED, n_iter=3).fit(texts)
    result: Vector = (fitted.components_.T * EMBEDDING_SCALE).astype(np.float32)
    return result


@dataclass(slots=True)
class _Moments:
    """Adam's two running means for each array."""

    first: dict[str, Vector] = field(default_factory=dict)
    second: dict[str, Vector] = field(default_factory=dict)

    def step(self, name: str, value: Vector, slope: Vector, rows: Any = slice(None)) -> Vector:
        """How far to go for `rows` of the array, for a rate of one."""
        first = self.first.setdefault(name, np.zeros_like(value))
        second = self.second.setdefault(name, np.zeros_like(value))
        first[rows] = BETA1 * first[rows] + (1 - BETA1) * slope
        second[rows] = BETA2 * second[rows] + (1 - BETA2) * slope * slope
        result: Vector = first[rows] / (np.sqrt(second[rows]) + TINY)
        return result


def fit_tower(
    table: Table, truths: Sequence[Truth], weights: NDArray[np.float64], embedding: Vector
) -> Tower:
    """The tower fitted on a table, all heads at once; rows are drawn by their weights."""
    chance = np.random.default_rng(SEED)
    width = sum(truth.labels.shape[1] for truth in truths)
    values = _first_values(chance, embedding, table.numbers.shape[1], width)
    moments = _Moments()
    share = weights / weights.sum()
    steps = int(ROUNDS * weights.sum() / weights.max() / BATCH)
    for step in range(steps):
        picked = chance.choice(len(weights), BATCH, p=share)
        slopes, rows = _slopes(values, table, truths, picked, chance)
        fall = min(1.0, (steps - step) / (steps * 0.5))
        correction = np.sqrt(1 - BETA2 ** (step + 1)) / (1 - BETA1 ** (step + 1))
        rate = np.float32(RATE * fall * correction)
        for name, slope in slopes.items():
            if name == "embedding":
                moved = moments.step(name, values[name], slope, rows)
                values[name][rows] -= rate * np.float32(EMBEDDING_RATE) * moved
            else:
                values[name] -= rate * moments.step(name, values[name], slope)
    return Tower(**values)


def tower_scores(tower: Tower, table: Table) -> Vector:
    """Scores of the rows of a table, as `Tower.scores` gives them one by one."""
    raw = table.sparse @ tower.embedding @ tower.mix + table.numbers @ tower.numbers
    hidden = np.maximum(raw + tower.shift, 0)
    result: Vector = np.asarray(hidden @ tower.out + table.numbers @ tower.direct) + tower.bias
    return result


def _first_values(
    chance: np.random.Generator, embedding: Vector, count: int, width: int
) -> dict[str, Vector]:
    size = embedding.shape[1]
    return {
        "embedding": embedding.copy(),
        "mix": _spread(chance, size, HIDDEN),
        "numbers": _spread(chance, count, HIDDEN) * np.float32(0.5),
        "shift": np.zeros(HIDDEN, dtype=np.float32),
        "out": _spread(chance, HIDDEN, width),
        "direct": np.zeros((count, width), dtype=np.float32),
        "bias": np.zeros(width, dtype=np.float32),
    }


def _spread(chance: np.random.Generator, rows: int, columns: int) -> Vector:
    spread: Vector = (chance.standard_normal((rows, columns)) / rows**0.5).astype(np.float32)
    return spread


def _slopes(
    values: dict[str, Vector],
    table: Table,
    truths: Sequence[Truth],
    picked: NDArray[np.int64],
    chance: np.random.Generator,
) -> tuple[dict[str, Vector], NDArray[np.int64]]:
    """Slopes of the loss on the picked rows, and which rows of the embedding they touch."""
    sparse = table.sparse[picked].copy()
    sparse.data = sparse.data * _kept(chance, sparse.data.shape, DROPPED_PIECES)
    numbers = table.numbers[picked]
    embedded = sparse @ values["embedding"]
    raw = embedded @ values["mix"] + numbers @ values["numbers"] + values["shift"]
    mask = _kept(chance, raw.shape, DROPPED_UNITS) * (raw > 0)
    hidden = raw * mask
    scores = hidden @ values["out"] + numbers @ values["direct"] + values["bias"]
    error = np.zeros_like(scores)
    for truth in truths:
        labels = truth.labels[picked]
        error[:, truth.columns] = _softmax(scores[:, truth.columns]) - labels
        error[labels.sum(axis=1) == 0, truth.columns] = 0
    error = (error / len(picked)).astype(np.float32)
    back = (error @ values["out"].T) * mask
    columns = np.unique(sparse.indices)
    slopes = {
        "out": hidden.T @ error + DECAY * values["out"],
        "direct": numbers.T @ error + DECAY * values["direct"],
        "bias": error.sum(axis=0),
        "mix": embedded.T @ back + DECAY * values["mix"],
        "numbers": numbers.T @ back + DECAY * values["numbers"],
        "shift": back.sum(axis=0),
        "embedding": sparse[:, columns].T @ (back @ values["mix"].T),
    }
    return {name: slope.astype(np.float32) for name, slope in slopes.items()}, columns


def _kept(chance: np.random.Generator, shape: tuple[int, ...], dropped: float) -> Vector:
    kept: Vector = (chance.random(shape) >= dropped).astype(np.float32) / np.float32(1 - dropped)
    return kept


def _softmax(scores: Vector) -> Vector:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Vector = powers / powers.sum(axis=1, keepdims=True)
    return result
