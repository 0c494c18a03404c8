"""The directions in which a table of differences is widest, found without a full decomposition."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT_MAX = 160  # up to this many rows or columns the whole decomposition is as quick
_STEPS = 120
_QUICK_STEPS = 24
# Smaller than this share of the largest is rounding, not opinion.
_ROUNDING = 1e-10


def widest(differences: Floats) -> tuple[Floats, Floats]:
    """Two unit directions (columns x 2) and their squared singular values; zeros where none is.

    A direction's sign is fixed by its own entries: the sum of their cubes is positive.
    """
    rows, columns = differences.shape
    wide = rows < columns
    gram = differences @ differences.T if wide else differences.T @ differences
    sizes, vectors = _two_largest(lambda vector: gram @ vector, gram, _STEPS)
    directions, found = np.zeros((columns, 2)), np.zeros(2)
    for place in range(sizes.size):
        if sizes[place] <= max(_ROUNDING * sizes[0], _ROUNDING):
            break
        vector = differences.T @ vectors[:, place] if wide else vectors[:, place]
        directions[:, place] = _upright(vector / np.linalg.norm(vector))
        found[place] = sizes[place]
    return directions, found


def widths(differences: NDArray[np.float32]) -> Floats:
    """The two largest squared singular values, for large tables to about one in a thousand."""
    turned = differences if differences.shape[0] >= differences.shape[1] else differences.T
    gram = None
    if turned.shape[1] <= EXACT_MAX:
        gram = turned.T.astype(np.float64) @ turned
    sizes, _ = _two_largest(
        lambda vector: turned.T @ (turned @ vector.astype(np.float32)),
        gram,
        _QUICK_STEPS,
        size=turned.shape[1],
    )
    found = np.zeros(2)
    found[: sizes.size] = sizes
    return found


def _two_largest(
    multiply: Callable[[Floats], NDArray[np.floating]],
    gram: Floats | None,
    steps: int,
    size: int | None = None,
) -> tuple[Floats, Floats]:
    """The two largest eigenvalues, falling, and their vectors as columns."""
    if gram is not None and len(gram) <= EXACT_MAX:
        sizes, vectors = np.linalg.eigh(gram)
    else:
        sizes, vectors = _lanczos(multiply, size or len(gram if gram is not None else []), steps)
    return sizes[::-1][:2], vectors[:, ::-1][:, :2]


def _lanczos(
    multiply: Callable[[Floats], NDArray[np.floating]], size: int, steps: int
) -> tuple[Floats, Floats]:
    """Eigenvalues (rising) and vectors seen from `steps` products (Lanczos 1950, kept orthogonal).

    The start is always the same, so that equal tables give equal answers.
    """
    vector = np.random.default_rng(size).standard_normal(size)
    vector /= np.linalg.norm(vector)
    kept = np.zeros((steps, size))
    diagonal, beside = np.zeros(steps), np.zeros(steps)
    taken = 0
    for step in range(steps):
        kept[step] = vector
        taken = step + 1
        product = multiply(vector).astype(np.float64)
        diagonal[step] = float(vector @ product)
        for _ in range(2):
            product -= kept[:taken].T @ (kept[:taken] @ product)
        length = float(np.linalg.norm(product))
        if length <= 1e-9 * max(1.0, abs(diagonal[0])):
            break
        beside[step] = length
        vector = product / length
    small = np.diag(diagonal[:taken]) + np.diag(beside[: taken - 1], 1)
    small += np.diag(beside[: taken - 1], -1)
    sizes, turned = np.linalg.eigh(small)
    return sizes, kept[:taken].T @ turned


def _upright(vector: Floats) -> Floats:
    cubes = float((vector**3).sum())
    if abs(cubes) > 1e-9:
        return vector if cubes > 0 else -vector
    first = vector[np.flatnonzero(np.abs(vector) > 1e-9)[0]]
    return vector if first > 0 else -vector
