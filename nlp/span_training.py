"""Training of address spans: from labelled addresses to small whole-number weights."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.corpus import json_lines
from nlp.spans import JOIN, LABELS, NONE, STATES, Token, cues_of, filled, short

CUE_LEAST = 3
STRENGTH = 0.5
STEPS = 64


def gold_spans(row: Mapping[str, Any]) -> set[tuple[int, int, str]]:
    """The four kinds of spans of a labelled address as (start, end, label)."""
    spans, place = set(), 0
    for label, words in row["spans"]:
        if label in LABELS:
            spans.add((place, place + len(words), label))
        place += len(words)
    return spans


def states_of(tokens: Sequence[Token], gold: Iterable[tuple[int, int, str]]) -> list[str]:
    """The state of each token; the tokens of a span over several join the first."""
    states = [NONE] * len(tokens)
    for start, end, label in gold:
        inside = [i for i, t in enumerate(tokens) if t.start >= start and t.end <= end]
        if inside and tokens[inside[0]].start == start and tokens[inside[-1]].end == end:
            states[inside[0]] = label
            for place in inside[1:]:
                states[place] = JOIN
    return states


def train_spans(source: Path, target: Path) -> dict[str, Any]:
    """Fit on the labelled addresses of `source` and write the weights; what the manifest says."""
    from sklearn.feature_extraction import DictVectorizer  # optional dependency
    from sklearn.linear_model import LogisticRegression  # optional dependency

    rows: list[dict[str, float]] = []
    truth: list[str] = []
    for row in json_lines(source):
        cues = cues_of(row["text"])
        history = ""
        states = states_of([token for token, _, _ in cues], gold_spans(row))
        for (_, fixed, waiting), state in zip(cues, states, strict=True):
            rows.append(dict.fromkeys([*fixed, *filled(waiting, history)], 1.0))
            truth.append(state)
            history += short(state)
    vectors = DictVectorizer(dtype=np.float32)
    table = vectors.fit_transform(rows)
    kept = np.where(np.asarray(table.sum(axis=0)).ravel() >= CUE_LEAST)[0]
    fitted = LogisticRegression(C=STRENGTH, max_iter=200).fit(table[:, kept], truth)
    order = [list(fitted.classes_).index(state) for state in STATES]
    scaled = np.rint(fitted.coef_[order] * STEPS).astype(int)
    cues_kept = [vectors.feature_names_[column] for column in kept]
    weights = {
        cue: scaled[:, place].tolist()
        for place, cue in enumerate(cues_kept)
        if scaled[:, place].any()
    }
    bias = [round(float(value), 4) for value in fitted.intercept_[order]]
    data = {"scale": 1 / STEPS, "bias": bias, "weights": weights}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    target.write_text(text + "\n", encoding="utf-8")
    return {"tokens": len(rows), "cues": len(weights)}
