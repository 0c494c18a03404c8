"""Training of address spans: from labelled addresses to the small weights of `nlp.spans`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.corpus import json_lines
from nlp.linear import file_hash
from nlp.span_cues import (
    CUES,
    FIELDS,
    STATES,
    History,
    Keys,
    Numbers,
    Tokens,
    begun_keys,
    ended_keys,
    tokens_in,
)
from nlp.span_network import Sizes, fit_network
from nlp.spans import (
    CUE_SEED,
    FIELD_SEED,
    FIXED_CUES,
    FIXED_FIELDS,
    LABELS,
    Network,
    Span,
    SpanModel,
    Weights,
    add_span,
    field_rows,
    letter_rows,
    rows_of,
)

TEXTS_LEAST = 3  # a piece that fewer texts hold is not kept
STRENGTH = 1 / 3
NEVER = -20.0  # the score of a state that no address has
NETWORKS = 2
_SHORT = dict(zip(LABELS, "hcfr", strict=True)) | {
    "roadno": "n",
    "subroadno": "n",
    "subRoadno": "n",
    "road": "d",
    "subRoad": "d",
    "subroad": "d",
    "poi": "p",
    "subpoi": "p",
    "community": "p",
}


def _pieces(row: Mapping[str, Any]) -> list[Span]:
    """Every labelled piece of an address as (start, end, label)."""
    pieces, place = [], 0
    for label, words in row["spans"]:
        pieces.append((place, place + len(words), label))
        place += len(words)
    return pieces


def gold_spans(row: Mapping[str, Any]) -> set[Span]:
    """The four kinds of spans of a labelled address as (start, end, label)."""
    return {piece for piece in _pieces(row) if piece[2] in LABELS}


def states_of(words: Sequence[tuple[str, int, int]], row: Mapping[str, Any]) -> str:
    """The state of each token (words, start, end) of a labelled address, as its letter.

    The tokens of a span over several join the first.
    """
    states = ["o"] * len(words)
    for start, end, label in _pieces(row):
        inside = [i for i, word in enumerate(words) if start <= word[1] and word[2] <= end]
        if label not in LABELS:
            for place in inside:
                states[place] = _SHORT.get(label, "o")
        elif inside and words[inside[0]][1] == start and words[inside[-1]][2] == end:
            states[inside[0]] = _SHORT[label]
            for place in inside[1:]:
                states[place] = "J"
    gold = gold_spans(row)
    for place, word in enumerate(words):
        both: list[Span] = []
        add_span(both, *word, "A")
        if both and gold.issuperset(both):
            states[place] = "A"
    return "".join(states)


def _truth(rows: Sequence[Mapping[str, Any]], tokens: Tokens) -> Numbers:
    words: list[list[tuple[str, int, int]]] = [[] for _ in rows]
    places = zip(
        tokens.owner.tolist(), tokens.words, tokens.start.tolist(), tokens.end.tolist(), strict=True
    )
    for owner, word, start, end in places:
        words[owner].append((word, start, end))
    letters = "".join(states_of(found, row) for found, row in zip(words, rows, strict=True))
    return np.array([STATES.index(letter) for letter in letters])


def _keys(tokens: Tokens, truth: Numbers, texts: int) -> tuple[Keys, Keys]:
    """The keys of cues and fields of each token, with the true labels before it."""
    cues = begun_keys(tokens.columns, CUES, CUE_SEED)
    fields = begun_keys(tokens.columns, FIELDS, FIELD_SEED)
    count = len(truth)
    done = [np.empty((count, len(CUES)), np.uint32), np.empty((count, len(FIELDS)), np.uint32)]
    history = History(texts)
    for step in range(int(tokens.order.max()) + 1):
        here = np.flatnonzero(tokens.order == step)
        owner = tokens.owner[here]
        parts = history.parts(owner)
        for keys, begun, all_cues, fixed in (
            (done[0], cues, CUES, FIXED_CUES),
            (done[1], fields, FIELDS, FIXED_FIELDS),
        ):
            keys[here, :fixed] = ended_keys(begun[here, :fixed], all_cues[:fixed], {})
            keys[here, fixed:] = ended_keys(begun[here, fixed:], all_cues[fixed:], parts)
        history.add(owner, truth[here])
    return done[0], done[1]


def _kept(keys: Keys, owner: Numbers) -> Keys:
    """The keys that at least three texts hold, ascending."""
    half = np.uint64(32)
    pairs = np.unique(keys.astype(np.uint64) << half | owner[:, None].astype(np.uint64))
    found, counts = np.unique(pairs >> half, return_counts=True)
    kept: Keys = found[counts >= TEXTS_LEAST].astype(np.uint32)
    return kept


def _points(texts: Sequence[str]) -> Numbers:
    """The code points that at least three texts hold, digits left out."""
    points = np.array([ord(letter) for text in texts for letter in set(text)])
    found, counts = np.unique(points, return_counts=True)
    known = found[(counts >= TEXTS_LEAST) & (found < 65_536) & (found > 0)]
    return known[~np.isin(known, [ord(digit) for digit in "0123456789"])]


def _fit_cues(keys: Keys, kept: Keys, truth: Numbers) -> tuple[Weights, Weights]:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # optional dependency
    from sklearn.linear_model import LogisticRegression  # optional dependency

    rows = rows_of(kept, keys)
    starts = np.arange(len(rows) + 1) * rows.shape[1]
    values = np.ones(rows.size, np.float32)
    table = csr_matrix((values, rows.ravel(), starts), shape=(len(rows), len(kept) + 1))
    fitted = LogisticRegression(C=STRENGTH, max_iter=300).fit(table[:, : len(kept)], truth)
    weights = np.zeros((len(kept), len(STATES)), np.float32)
    bias = np.full(len(STATES), NEVER, np.float32)
    weights[:, fitted.classes_], bias[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    return weights, bias


def fit_spans(rows: Sequence[Mapping[str, Any]]) -> tuple[SpanModel, int]:
    """The model of labelled addresses, of three states at least, and how many tokens they have."""
    texts = [row["text"] for row in rows]
    tokens = tokens_in(texts)
    truth = _truth(rows, tokens)
    cues, fields = _keys(tokens, truth, len(rows))
    cue_keys, field_keys = _kept(cues, tokens.owner), _kept(fields, tokens.owner)
    weights, bias = _fit_cues(cues, cue_keys, truth)
    letters = letter_rows(_points(texts))
    sizes = Sizes(fields=len(field_keys) + len(FIELDS), letters=int(letters.max()) + 1)
    near = letters.take(tokens.letters, mode="clip")
    fitted = [
        fit_network(field_rows(field_keys, fields), near, truth, sizes, seed)
        for seed in range(NETWORKS)
    ]
    # Half of the say to the linear model, half to the networks together.
    share = np.float32(0.5 / NETWORKS)
    networks = tuple(
        Network(**(one | {"out": one["out"] * share, "bias": one["bias"] * share}))
        for one, _ in fitted
    )
    model = SpanModel(
        cue_keys=cue_keys,
        cue_weights=np.concatenate([weights / 2, np.zeros((1, len(STATES)))]).astype(np.float32),
        bias=(bias / 2).astype(np.float32),
        field_keys=field_keys,
        field_weights=sum((direct for _, direct in fitted[1:]), fitted[0][1]) * share,
        letters=letters,
        networks=networks,
    )
    return model, len(truth)


def save_spans(model: SpanModel, path: Path) -> str:
    """Write `model` as one npz file and return the first 12 hex digits of its SHA-256."""
    weights = model.cue_weights[:-1]
    step = np.maximum(np.abs(weights).max(axis=0), 1e-6) / 127
    points = np.flatnonzero(model.letters > 2)  # letters that are known
    parts: dict[str, Any] = {
        name: np.stack([getattr(one, name) for one in model.networks]).astype(np.float16)
        for name in Network.__slots__
    }
    np.savez_compressed(
        path,
        cue_keys=model.cue_keys,
        cue_weights=np.rint(weights / step).astype(np.int8),
        cue_step=step.astype(np.float32),
        cue_bias=model.bias,
        field_keys=model.field_keys,
        field_weights=model.field_weights.astype(np.float16),
        points=points[np.argsort(model.letters[points])].astype(np.uint16),
        **parts,
    )
    return file_hash(path)


def train_spans(source: Path, target: Path) -> dict[str, Any]:
    """Fit on the labelled addresses of `source` and write the weights; what the manifest says."""
    model, tokens = fit_spans(list(json_lines(source)))
    digest = save_spans(model, target)
    return {"hash": digest, "tokens": tokens, "cues": len(model.cue_keys) + len(model.field_keys)}
