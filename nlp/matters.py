"""Matters: which earlier message a message goes on about, weighed over the whole talk.

Every message chooses softly among the earlier ones and "none of them", as in mention ranking for
coreference (Durrett and Klein 2013); choosing a follow-up leads on to what that follows, so that
the chance of a first message is the sum over all ways that lead to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.linear import Vector, file_hash
from nlp.link_numbers import Said, pair_numbers, reached, said_numbers

LINKS_FILE = "links.npz"


@dataclass(frozen=True, slots=True)
class LinkWeights:
    """A small hidden layer over the numbers of the later message, the earlier one and the pair.

    `later`, `earlier` and `pair` lead to the hidden units and, in their last column, straight to
    the score; `shift` likewise is added there, and `out` weighs the hidden units.
    """

    later: Vector
    earlier: Vector
    pair: Vector
    shift: Vector
    out: Vector


@dataclass(frozen=True, slots=True)
class LinkModel:
    """Weights, and how likely a link must be: of a message that concerns us, and of another."""

    weights: LinkWeights
    least: float
    lift: float


def load_links(path: Path, numbers: Mapping[str, Any]) -> LinkModel:
    """The model of a file written by `save_links`, with the bars that stand in the manifest."""
    with np.load(path, allow_pickle=False) as file:
        values = {name: file[name].astype(np.float32) for name in LinkWeights.__slots__}
    return LinkModel(LinkWeights(**values), float(numbers["least"]), float(numbers["lift"]))


def save_links(weights: LinkWeights, path: Path) -> str:
    """Write the weights as one npz file and return the first 12 hex digits of its SHA-256."""
    values = {name: getattr(weights, name).astype(np.float16) for name in LinkWeights.__slots__}
    np.savez_compressed(path, **values)
    return file_hash(path)


def pair_scores(weights: LinkWeights, talk: Sequence[Said]) -> Vector:
    """The score of each pair of `reached(len(talk))` against "none", which scores 0."""
    alone = said_numbers(talk)
    rows, others = reached(len(talk))
    raw = (alone @ weights.later)[rows] + (alone @ weights.earlier)[others]
    raw += pair_numbers(talk) @ weights.pair + weights.shift
    result: Vector = np.maximum(raw[:, :-1], 0) @ weights.out + raw[:, -1]
    return result


def first_chances(
    scores: Vector, size: int, opened: Sequence[bool] | None = None
) -> NDArray[np.float64]:
    """The chance that a row's message is about the matter that began with a column's message.

    Of `scores` as `pair_scores` gives them; each row sums to one, and its own column is the chance
    that it begins something or nothing. What is `opened`, a matter known as such, can only be the
    same as an earlier one of these.
    """
    rows, _ = reached(size)
    starts = np.searchsorted(rows, np.arange(size + 1))
    chances = np.zeros((size, size))
    for place in range(size):
        powers = np.exp(np.minimum(scores[starts[place] : starts[place + 1]], 30.0), dtype=float)
        first = place - len(powers)
        if opened is not None and opened[place]:
            powers *= opened[first:place]
        total = 1.0 + powers.sum()
        chances[place] = (powers / total) @ chances[first:place]
        chances[place, place] = 1.0 / total
    return chances


def best_first(
    model: LinkModel, talk: Sequence[Said], opened: Sequence[bool] | None = None
) -> tuple[int, float]:
    """The place of the message that most likely began what the last message of a talk is about,
    and how likely; a talk of one message has the chance 0.
    """
    size = len(talk)
    if size < 2:
        return 0, 0.0
    chances = first_chances(pair_scores(model.weights, talk), size, opened)[-1, :-1]
    best = int(chances.argmax())
    return best, float(chances[best])
