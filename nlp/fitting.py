"""Fitting: from n-grams and labels to the weights of `nlp.linear.Linear` (development only)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.linear import Linear, Vector, seen_in

LEAST_MESSAGES = 3
SEED = 20261122
STEPS_MAX = 70


def vocabulary_of(
    documents: Sequence[Sequence[str]], most: int | None = None
) -> tuple[dict[str, int], Vector]:
    """Rows and inverse document frequencies of n-grams that three messages or more hold.

    Of more than `most` those are kept that most messages hold.
    """
    counts = seen_in(documents, LEAST_MESSAGES)
    pieces = sorted(sorted(counts, key=lambda piece: (-counts[piece], piece))[:most])
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


@dataclass(frozen=True, slots=True)
class Table:
    """Texts to fit on: a sparse row of n-grams and a dense row of numbers each."""

    sparse: Any
    numbers: NDArray[np.float32]

    def rows(self, which: NDArray[np.int64]) -> "Table":
        """The table of some of the rows."""
        return Table(self.sparse[which], self.numbers[which])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted softmax; names and shapes as scikit-learn's: a row per class, n-grams first."""

    classes_: tuple[str, ...]
    coef_: NDArray[np.float32]
    intercept_: NDArray[np.float32]

    def scores(self, table: Table, names: Sequence[str]) -> NDArray[np.float32]:
        """Scores, a column per name; very low for a name it never saw."""
        count = table.sparse.shape[1]
        known = table.sparse @ self.coef_[:, :count].T
        known = known + table.numbers @ self.coef_[:, count:].T + self.intercept_
        result = np.full((table.sparse.shape[0], len(names)), -30.0, dtype=np.float32)
        result[:, [list(names).index(name) for name in self.classes_]] = known
        return result


def stacked(tables: Sequence[Table]) -> Table:
    """All rows of the tables, one below the other."""
    from scipy.sparse import vstack  # optional dependency

    return Table(
        vstack([table.sparse for table in tables]).tocsr(),
        np.vstack([table.numbers for table in tables]),
    )


def logistic(
    table: Table, labels: Sequence[str], weights: NDArray[np.float64], *, strength: float
) -> Fitted:
    """A fitted multinomial logistic regression; a larger `strength` trusts the data more."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # optional dependency

    classes = tuple(sorted(set(labels)))
    place = {name: column for column, name in enumerate(classes)}
    truth = np.zeros((len(labels), len(classes)), dtype=np.float32)
    truth[np.arange(len(labels)), [place[label] for label in labels]] = 1
    weight = np.asarray(weights, dtype=np.float32)[:, None]
    sparse, across, numbers = table.sparse, table.sparse.T.tocsr(), table.numbers
    count, extra = sparse.shape[1], numbers.shape[1]
    shape = (count + extra + 1, len(classes))

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = flat.astype(np.float32).reshape(shape)
        scores = sparse @ values[:count] + numbers @ values[count:-1] + values[-1]
        scores -= scores.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scores).sum(axis=1, keepdims=True))
        penalty = float((values[:-1] ** 2).sum()) / (2 * strength)
        total = float((weight * (log_sum - (scores * truth).sum(axis=1, keepdims=True))).sum())
        error = weight * (np.exp(scores - log_sum) - truth)
        slope = np.vstack([across @ error, numbers.T @ error, error.sum(axis=0, keepdims=True)])
        slope[:-1] += values[:-1] / strength
        return total + penalty, slope.astype(np.float64).ravel()

    best = minimize(
        loss,
        np.zeros(shape[0] * shape[1]),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS_MAX, "ftol": 1e-5, "maxcor": 8},
    )
    values = best.x.astype(np.float32).reshape(shape)
    return Fitted(classes, values[:-1].T.copy(), values[-1].copy())


def probabilities(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities of rows of scores."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


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
