"""Linear models over character n-grams and a few numbers, in numpy alone."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


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
        rows, values = self.rows(pieces)
        total = self.bias.copy()
        if rows:
            total += values @ self.weights[rows]
        if numbers is not None:
            total += np.asarray(numbers, dtype=np.float32) @ self.dense
        return total

    def telling(self, pieces: Sequence[str], name: str, most: int) -> list[str]:
        """The n-grams that spoke most for `name` against the mean of all, strongest first."""
        rows, values = self.rows(pieces)
        if not rows:
            return []
        weights = self.weights[rows]
        even = np.full(len(self.names), 1 / len(self.names), dtype=np.float32)
        gains = values * (weights[:, self.names.index(name)] - weights @ even)
        texts = list(dict.fromkeys(p for p in pieces if p in self.vocabulary))
        order = np.argsort(-gains)[: most * 6]
        return [texts[i] for i in order if gains[i] > 0]

    def rows(self, pieces: Sequence[str]) -> tuple[list[int], Vector]:
        """Rows of the known n-grams of a text and the weight of each, of length one together."""
        last = _LAST.get(id(self))
        if last is not None and last[0] is self and last[1] is pieces:
            return last[2], last[3]
        find = self.vocabulary.get
        counts: dict[int, int] = {}
        for piece in pieces:
            row = find(piece)
            if row is not None:
                counts[row] = counts.get(row, 0) + 1
        rows = list(counts)
        values = np.fromiter(counts.values(), dtype=np.float32, count=len(rows))
        np.log(values, out=values)
        values += 1.0
        values *= self.idf[rows]
        length = float(np.sqrt(values @ values))
        if length > 0:
            values /= length
        _LAST[id(self)] = (self, pieces, rows, values)
        return rows, values


# A text is scored and then asked for the words that told: its rows are looked up once. Model and
# n-grams themselves are held, so that no other can be taken for them.
_LAST: dict[int, tuple[Linear, Sequence[str], list[int], Vector]] = {}


def softmax(scores: Vector) -> Vector:
    """Probabilities of scores, summing to one."""
    powers = np.exp(scores - scores.max())
    result: Vector = powers / powers.sum()
    return result


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
