"""Linear models over character n-grams and a few numbers, in numpy alone."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Known:
    """N-grams of one text that a model knows: the texts, their rows, their weights."""

    pieces: list[str]
    rows: list[int]
    values: Vector


# What a number of occurrences counts for: one, and its logarithm more.
_LOG_MAX = 2_048
_LOG = [0.0, *(1.0 + math.log(count) for count in range(1, _LOG_MAX + 1))]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of a softmax over `names`.

    `weights` has a row per n-gram of `vocabulary` and a column per name; `idf` one number per
    n-gram; `dense` a row per extra number that the caller computes; `bias` one per name.
    """

    names: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: Vector
    weights: Vector
    dense: Vector
    bias: Vector

    def scores(self, pieces: Sequence[str], numbers: Sequence[float] | None = None) -> Vector:
        """The score of each name for a text of these n-grams, length of text evened out."""
        return self.scores_of(self.rows(pieces), numbers)

    def scores_of(self, known: Known, numbers: Sequence[float] | None = None) -> Vector:
        """As `scores`, for n-grams looked up already; numbers left out at the end are 0."""
        total = self.bias.copy()
        if known.rows:
            total += known.values @ self.weights.take(known.rows, axis=0)
        if numbers is not None:
            total += np.array(numbers, dtype=np.float32) @ self.dense[: len(numbers)]
        return total

    def telling(self, known: Known, name: str, most: int) -> list[str]:
        """The n-grams that spoke most for `name` against the mean of all, strongest first."""
        if not known.rows:
            return []
        weights = self.weights.take(known.rows, axis=0)
        gains = known.values * (weights[:, self.names.index(name)] - weights.mean(axis=1))
        order = (-gains).argsort()[:most].tolist()
        texts = list(known.pieces)
        return [texts[place] for place in order if gains[place] > 0]

    def rows(self, pieces: Sequence[str]) -> Known:
        """The known n-grams of a text and the weight of each, of length one together."""
        find = self.vocabulary.get
        known: list[str] = []
        rows: list[int] = []
        often: list[tuple[int, int]] = []
        for piece, count in Counter(pieces).items():
            row = find(piece)
            if row is not None:
                if count > 1:
                    often.append((len(rows), count))
                known.append(piece)
                rows.append(row)
        values: Vector = self.idf.take(rows) if rows else _NO_VALUES
        for place, count in often:
            values[place] *= 1.0 + math.log(count)
        length = math.sqrt(float(values @ values))
        if length > 0:
            values /= length
        return Known(known, rows, values)


_NO_VALUES: Vector = np.zeros(0, dtype=np.float32)


def softmax(scores: Sequence[float]) -> list[float]:
    """Probabilities of scores, summing to one."""
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def likeliest(chances: Sequence[float]) -> int:
    """The place of the greatest of some numbers."""
    return max(range(len(chances)), key=chances.__getitem__)


def save_linear(model: Linear, path: Path) -> str:
    """Write `model` as one npz file and return the first 12 hex digits of its SHA-256."""
    by_row = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    words = "\n".join(by_row).encode()
    # One byte a weight is enough: the step is a 127th of the largest weight of a name.
    steps = np.maximum(np.abs(model.weights).max(axis=0), 1e-6) / 127
    np.savez_compressed(
        path,
        names=np.frombuffer("\n".join(model.names).encode(), dtype=np.uint8),
        vocabulary=np.frombuffer(words, dtype=np.uint8),
        idf=model.idf.astype(np.float16),
        weights=np.rint(model.weights / steps).astype(np.int8),
        steps=steps.astype(np.float32),
        dense=model.dense.astype(np.float32),
        bias=model.bias.astype(np.float32),
    )
    return file_hash(path)


def load_linear(path: Path) -> Linear:
    """The model of a file written by `save_linear`."""
    with np.load(path, allow_pickle=False) as file:
        words = file["vocabulary"].tobytes().decode().split("\n")
        return Linear(
            names=tuple(file["names"].tobytes().decode().split("\n")),
            vocabulary={word: row for row, word in enumerate(words)},
            idf=file["idf"].astype(np.float32),
            weights=file["weights"].astype(np.float32) * file["steps"],
            dense=file["dense"],
            bias=file["bias"],
        )


def file_hash(path: Path) -> str:
    """The first 12 hex digits of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def seen_in(documents: Sequence[Sequence[str]], least: int) -> dict[str, int]:
    """How many documents hold each n-gram, for those that at least `least` hold."""
    counts: Counter[str] = Counter()
    for pieces in documents:
        counts.update(set(pieces))
    return {piece: count for piece, count in counts.items() if count >= least}
