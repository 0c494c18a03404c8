"""The tower: a small hidden layer over embedded n-grams, for what single n-grams do not tell.

It shares vocabulary and weighing with `nlp.linear.Linear` and answers for the same names. The
embeddings begin as a latent semantic index of public texts (Deerwester et al. 1990), so that words
of like use lie close before any label is seen.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp.linear import Known, Vector, file_hash


@dataclass(frozen=True, slots=True)
class Tower:
    """`embedding` has a row per n-gram; `mix` leads from it and `numbers` from the caller's
    numbers to the hidden units, `out` and `direct` from hidden units and numbers to the names.
    """

    embedding: Vector
    mix: Vector
    numbers: Vector
    shift: Vector
    out: Vector
    direct: Vector
    bias: Vector

    def scores(self, known: Known, numbers: list[float]) -> Vector:
        """The score of each name; numbers left out at the end are 0."""
        heard = np.array(numbers, dtype=np.float32)
        hidden = self.shift + heard @ self.numbers[: len(numbers)]
        if known.rows:
            hidden += known.values @ self.embedding.take(known.rows, axis=0) @ self.mix
        np.maximum(hidden, 0.0, out=hidden)
        result: Vector = hidden @ self.out + heard @ self.direct[: len(numbers)] + self.bias
        return result


def save_tower(tower: Tower, path: Path) -> str:
    """Write `tower` as one npz file and return the first 12 hex digits of its SHA-256."""
    steps = np.maximum(np.abs(tower.embedding).max(axis=0), 1e-6) / 127
    np.savez_compressed(
        path,
        embedding=np.rint(tower.embedding / steps).astype(np.int8),
        steps=steps.astype(np.float32),
        mix=tower.mix.astype(np.float16),
        numbers=tower.numbers.astype(np.float16),
        shift=tower.shift.astype(np.float32),
        out=tower.out.astype(np.float16),
        direct=tower.direct.astype(np.float16),
        bias=tower.bias.astype(np.float32),
    )
    return file_hash(path)


def load_tower(path: Path) -> Tower:
    """The tower of a file written by `save_tower`."""
    with np.load(path, allow_pickle=False) as file:
        rest = {
            name: file[name].astype(np.float32)
            for name in ("mix", "numbers", "shift", "out", "direct", "bias")
        }
        return Tower(file["embedding"].astype(np.float32) * file["steps"], **rest)
