"""Fitting of the small networks that name address tokens: Adam on shuffled batches, with dropout.

Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015); Srivastava et al., "Dropout"
(2014).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nlp.span_cues import FIELDS, LEFT, RIGHT, STATES, Numbers

Weights: TypeAlias = NDArray[np.float32]
Parts: TypeAlias = dict[str, Weights]

FIELD_SIZE, LETTER_SIZE, HIDDEN = 8, 24, 96
DROPPED = 0.3
EPOCHS, BATCH, RATE = 12, 128, 3e-3
SLOW, SLOWER = 0.9, 0.98
_TABLES = ("meaning", "letters", "direct")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows the tables of fields and letters have, with those for unknown ones."""

    fields: int
    letters: int


class _Adam:
    def __init__(self, parts: Parts, steps: int) -> None:
        self.parts, self.steps, self.done, self.rate = parts, steps, 0, RATE
        self.mean = {name: np.zeros_like(part) for name, part in parts.items()}
        self.square = {name: np.zeros_like(part) for name, part in parts.items()}

    def begin(self) -> None:
        self.rate = RATE * (1 - self.done / self.steps) + 1e-5
        self.done += 1

    def whole(self, name: str, slope: Weights) -> None:
        mean, square = self.mean[name], self.square[name]
        mean += (1 - SLOW) * (slope - mean)
        square += (1 - SLOWER) * (slope * slope - square)
        size = np.sqrt(square / (1 - SLOWER**self.done)) + 1e-6
        self.parts[name] -= self.rate * (mean / (1 - SLOW**self.done)) / size

    def rows(self, name: str, rows: Numbers, slopes: Weights) -> None:
        """Only the rows of a table that the batch has touched move."""
        touched, place = np.unique(rows, return_inverse=True)
        slope = np.zeros((len(touched), slopes.shape[1]), np.float32)
        np.add.at(slope, place.ravel(), slopes)
        mean = self.mean[name][touched] * SLOW + (1 - SLOW) * slope
        square = self.square[name][touched] * SLOWER + (1 - SLOWER) * slope * slope
        self.mean[name][touched], self.square[name][touched] = mean, square
        self.parts[name][touched] -= self.rate * mean / (np.sqrt(square) + 1e-6)


def fit_network(
    fields: Numbers, letters: Numbers, truth: Numbers, sizes: Sizes, seed: int
) -> tuple[Parts, Weights]:
    """The parts of a `nlp.spans.Network` and the weights that lead from fields to the states.

    `fields` and `letters` hold rows of the tables for each token, `truth` its state.
    """
    luck = np.random.default_rng(seed)
    parts = _begun(sizes, luck)
    rounds = -(-len(truth) // BATCH)
    adam = _Adam(parts, EPOCHS * rounds)
    for _ in range(EPOCHS):
        shuffled = luck.permutation(len(truth))
        for batch in np.split(shuffled, range(BATCH, len(truth), BATCH)):
            _step(adam, fields[batch], letters[batch], truth[batch], luck)
    direct = parts.pop("direct")
    return parts, direct


def _begun(sizes: Sizes, luck: np.random.Generator) -> Parts:
    inputs = len(FIELDS) * FIELD_SIZE + (LEFT + RIGHT) * LETTER_SIZE

    def drawn(rows: int, columns: int, scale: float) -> Weights:
        return (luck.standard_normal((rows, columns)) * scale).astype(np.float32)

    return {
        "meaning": drawn(sizes.fields, FIELD_SIZE, 0.1),
        "letters": drawn(sizes.letters, LETTER_SIZE, 0.1),
        "mix": drawn(inputs, HIDDEN, 2 / inputs**0.5),
        "shift": np.zeros(HIDDEN, np.float32),
        "out": drawn(HIDDEN, len(STATES), 0.1),
        "bias": np.zeros(len(STATES), np.float32),
        "direct": np.zeros((sizes.fields, len(STATES)), np.float32),
    }


def _step(
    adam: _Adam, fields: Numbers, letters: Numbers, truth: Numbers, luck: np.random.Generator
) -> None:
    parts, count = adam.parts, len(truth)

    def kept(shape: tuple[int, ...]) -> Weights:
        here = luck.random(shape, dtype=np.float32) >= DROPPED
        return here.astype(np.float32) / np.float32(1 - DROPPED)

    seen = parts["meaning"][fields].reshape(count, -1)
    near = parts["letters"][letters].reshape(count, -1)
    inputs = np.concatenate([seen, near], axis=1)
    kept_inputs = kept(inputs.shape)
    inputs *= kept_inputs
    units = inputs @ parts["mix"] + parts["shift"]
    kept_units = kept(units.shape) * (units > 0)
    active = units * kept_units
    scores = active @ parts["out"] + parts["bias"] + parts["direct"][fields].sum(axis=1)
    slope = np.exp(scores - scores.max(axis=1, keepdims=True))
    slope /= slope.sum(axis=1, keepdims=True)
    slope[np.arange(count), truth] -= 1
    slope /= count
    unit_slope = (slope @ parts["out"].T) * kept_units
    input_slope = (unit_slope @ parts["mix"].T) * kept_inputs
    adam.begin()
    adam.whole("out", active.T @ slope)
    adam.whole("bias", slope.sum(axis=0))
    adam.whole("mix", inputs.T @ unit_slope)
    adam.whole("shift", unit_slope.sum(axis=0))
    wide = seen.shape[1]
    adam.rows("meaning", fields.ravel(), input_slope[:, :wide].reshape(-1, FIELD_SIZE))
    adam.rows("letters", letters.ravel(), input_slope[:, wide:].reshape(-1, LETTER_SIZE))
    adam.rows("direct", fields.ravel(), np.repeat(slope, fields.shape[1], axis=0))
