"""Training of links: from labelled conversations to the weights of `nlp.matters.LinkModel`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.chat_model import INTENTS
from nlp.corpus import Line
from nlp.matters import OPEN_MAX, OURS, LinkModel, Matter, Said, best_matter, link_numbers, opened
from nlp.plain import plain

LINK_STRENGTH = 3.0
OUR_INTENTS = frozenset(INTENTS[place] for place in OURS)


def said_of(line: Line, side: NDArray[np.float64], thread: NDArray[np.float64]) -> Said:
    """A labelled line with the model's side of it, as linking sees messages."""
    return Said(line.key, line.sender, plain(line.text), side.tolist(), thread.tolist())


def conversations(lines: Sequence[Line]) -> list[list[int]]:
    """Rows of each conversation, in order."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row, line in enumerate(lines):
        groups.setdefault((line.source, line.group), []).append(row)
    return list(groups.values())


def link_table(
    lines: Sequence[Line], sides: NDArray[np.float64], threads: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Numbers and truth of each pair of a message and a matter open before it."""
    numbers: list[list[float]] = []
    truth: list[int] = []
    for rows in conversations(lines):
        matters: list[Matter] = []
        for index, row in enumerate(rows):
            line, said = lines[row], said_of(lines[row], sides[row], threads[row])
            last = max((matter.last_index for matter in matters), default=-1)
            for matter in matters[-OPEN_MAX:]:
                newest = matter.last_index == last
                numbers.append(link_numbers(said, index, matter, newest))
                truth.append(int(line.same_as == matter.first.key))
            _follow_labels(matters, line, said, index)
    return np.array(numbers, dtype=np.float32), np.array(truth)


def _follow_labels(matters: list[Matter], line: Line, said: Said, index: int) -> None:
    """Go on by the labels, but open what the model would: it must learn to leave that alone."""
    for matter in matters:
        if line.same_as == matter.first.key:
            matter.add(said, index)
            return
    if said.opens:
        matters.append(opened(said, index))


def fit_links(numbers: NDArray[np.float32], truth: NDArray[np.int64], least: float) -> LinkModel:
    """A fitted link model with the given least probability."""
    from sklearn.linear_model import LogisticRegression  # optional dependency

    fitted: Any = LogisticRegression(C=LINK_STRENGTH, max_iter=2000).fit(numbers, truth)
    return LinkModel(fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]), least)


def link_score(
    model: LinkModel,
    lines: Sequence[Line],
    sides: NDArray[np.float64],
    threads: NDArray[np.float64],
) -> tuple[int, int, int]:
    """Right, said and real links when the model walks through conversations by itself."""
    right = said_count = real = 0
    for rows in conversations(lines):
        matters: list[Matter] = []
        for index, row in enumerate(rows):
            said = said_of(lines[row], sides[row], threads[row])
            going_on = best_matter(model, said, index, matters[-OPEN_MAX:])
            answer = going_on[0].first.key if going_on else None
            right += answer is not None and answer == lines[row].same_as
            said_count += answer is not None
            real += lines[row].same_as is not None
            if going_on:
                going_on[0].add(said, index)
            elif said.opens:
                matters.append(opened(said, index))
    return right, said_count, real


def train_links(
    lines: Sequence[Line], sides: NDArray[np.float64], threads: NDArray[np.float64]
) -> dict[str, Any]:
    """Fit the link model, its least probability chosen for the best F1; as plain numbers."""
    numbers, truth = link_table(lines, sides, threads)
    scores = {}
    for least in (0.2, 0.25, 0.3, 0.35, 0.4):
        model = fit_links(numbers, truth, least)
        right, said_count, real = link_score(model, lines, sides, threads)
        scores[least] = 2 * right / max(said_count + real, 1)
    best = max(scores, key=scores.__getitem__)
    model = fit_links(numbers, truth, best)
    return {
        "weights": [round(float(weight), 5) for weight in model.weights],
        "bias": round(model.bias, 5),
        "least": best,
    }
