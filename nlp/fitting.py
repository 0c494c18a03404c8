"""Fitting: from n-grams and labels to the weights of `nlp.linear.Linear` (development only)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.linear import Linear, Vector, seen_in

LEAST_MESSAGES = 3
SEED = 20261122


def vocabulary_of(documents: Sequence[Sequence[str]]) -> tuple[dict[str, int], Vector]:
    """Rows and inverse document frequencies of n-grams that three messages or more hold."""
    counts = seen_in(documents, LEAST_MESSAGES)
    pieces = sorted(counts)
    seen = np.array([counts[piece] for piece in pieces], dtype=np.float32)
    idf = np.log((1 + len(documents)) / (1 + seen)) + 1
    return {piece: row for row, piece in enumerate(pieces)}, idf.astype(np.float32)


def matrix(documents: Sequence[Sequence[str]], vocabulary: dict[str, int], idf: Vector) -> Any:
    """A sparse matrix with a unit-length row per document, as `Linear` weighs n-grams."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # optional dependency

    starts, columns, values = [0], [], []
    for pieces in documents:
        counts = Counter(vocabulary[piece] for piece in pieces if piece in vocabulary)
        rows = list(counts)
        weight = (1 + np.log(np.array(list(counts.values()), dtype=np.float32))) * idf[rows]
        weight /= max(float(np.sqrt(weight @ weight)), 1e-9)
        columns += rows
        values.append(weight)
        starts.append(len(columns))
    data = np.concatenate(values) if values else np.zeros(0, dtype=np.float32)
    return csr_matrix((data, columns, starts), shape=(len(documents), len(vocabulary)))


def beside(sparse: Any, numbers: NDArray[np.float32]) -> Any:
    """The sparse matrix with the dense numbers as further columns."""
    from scipy.sparse import csr_matrix, hstack  # optional dependency

    return hstack([sparse, csr_matrix(numbers)]).tocsr()


def logistic(
    table: Any, labels: Sequence[str], weights: NDArray[np.float64], *, strength: float
) -> Any:
    """A fitted multinomial logistic regression; a larger `strength` trusts the data more."""
    from sklearn.linear_model import LogisticRegression  # optional dependency

    model = LogisticRegression(C=strength, max_iter=150, tol=2e-3)
    return model.fit(table, np.asarray(labels), sample_weight=weights)


def probabilities(model: Any, table: Any, names: Sequence[str]) -> NDArray[np.float64]:
    """Probabilities of a fitted model with one column per name, zero for those it never saw."""
    result = np.zeros((table.shape[0], len(names)))
    result[:, [list(names).index(name) for name in model.classes_]] = model.predict_proba(table)
    return result


def margins(table: Any, labels: Sequence[str], *, strength: float) -> Any:
    """A fitted linear support vector machine, one class against the rest."""
    from sklearn.svm import LinearSVC  # optional dependency

    return LinearSVC(C=strength, random_state=SEED).fit(table, np.asarray(labels))


def columns_of(
    model: Any, names: Sequence[str], rows: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """N-gram weights, dense weights and bias of a fitted model, one column per name.

    A name the model never saw gets a bias that no text overcomes.
    """
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2 and coefficients.shape[0] == 1:
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercept = np.array([-intercept[0], intercept[0]]) / 2
    weights = np.zeros((coefficients.shape[1], len(names)), dtype=np.float32)
    bias = np.full(len(names), -30.0, dtype=np.float32)
    for place, name in enumerate(model.classes_):
        weights[:, list(names).index(name)] = coefficients[place]
        bias[list(names).index(name)] = intercept[place]
    return weights[:rows], weights[rows:], bias


def as_linear(
    names: Sequence[str],
    vocabulary: dict[str, int],
    idf: Vector,
    parts: Sequence[tuple[Any, Sequence[str]]],
) -> Linear:
    """One `Linear` that holds several fitted models over the same vocabulary side by side."""
    blocks = [columns_of(model, heads, len(vocabulary)) for model, heads in parts]
    return Linear(
        names=tuple(names),
        vocabulary=vocabulary,
        idf=idf,
        weights=np.hstack([block[0] for block in blocks]),
        dense=np.hstack([block[1] for block in blocks]),
        bias=np.concatenate([block[2] for block in blocks]),
    )


def pruned(vocabulary: dict[str, int], idf: Vector, model: Any, keep: int) -> dict[str, int]:
    """The `keep` n-grams whose weights matter most, numbered anew in order of spelling."""
    strength = np.abs(model.coef_[:, : len(vocabulary)]).max(axis=0) * idf
    pieces = sorted(vocabulary, key=lambda piece: -float(strength[vocabulary[piece]]))[:keep]
    return {piece: row for row, piece in enumerate(sorted(pieces))}


def temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The factor on scores whose softmax gives held-out labels the highest likelihood."""
    factors = np.geomspace(0.2, 12.0, 120)

    def loss(factor: float) -> float:
        scaled = scores * factor
        scaled -= scaled.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scaled).sum(axis=1))
        return float((log_sum - scaled[np.arange(len(truth)), truth]).mean())

    return float(min(factors, key=loss))
