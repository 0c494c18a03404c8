"""Spans of formal addresses: house, unit, floor and room numbers, by tokens and learned weights.

A token is a number or letter with its mark (`3栋`, `501室`). Token after token is named by the mean
of a linear model over cues and of small networks over what the cues mean; the names before count.
The labels are those of the address corpus of Li, Lu, Xie and Li, "Neural Chinese Address Parsing"
(NAACL 2019).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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

LABELS: tuple[str, ...] = ("houseno", "cellno", "floorno", "roomno")
CUE_SEED, FIELD_SEED = 1_000, 2_000
FIXED_CUES = sum(not wanted for _, wanted in CUES)
FIXED_FIELDS = sum(not wanted for _, wanted in FIELDS)
Weights: TypeAlias = NDArray[np.float32]
Span: TypeAlias = tuple[int, int, str]

_LABEL_OF = dict(zip("hcfr", LABELS, strict=True))
_NONE = np.array([place for place, state in enumerate(STATES) if state in "dnop"])
_SOME = np.array([place for place, state in enumerate(STATES) if state not in "dnop"])
_LETTERED = re.compile(r"[A-Za-z]+(?=\d)")
_BATCH = 1_024
_WEIGHTS = Path(__file__).parent / "weights" / "spans.npz"


@dataclass(frozen=True, slots=True)
class Network:
    """A hidden layer over what fields and letters mean.

    `meaning` has a row per field key and then one per field for no key, `letters` the rows that
    `SpanModel.letters` names; `mix` leads from both to the hidden units, `out` to the states.
    """

    meaning: Weights
    letters: Weights
    mix: Weights
    shift: Weights
    out: Weights
    bias: Weights

    def begun(self, rows: Numbers, letters: Numbers) -> Weights:
        """The hidden units before the labels that stand before are known."""
        seen = self.meaning[rows].reshape(len(rows), -1)
        near = self.letters[letters].reshape(len(rows), -1)
        fields = len(FIELDS) * self.meaning.shape[1]
        units: Weights = seen @ self.mix[: seen.shape[1]] + near @ self.mix[fields:] + self.shift
        return units

    def scores(self, begun: Weights, rows: Numbers) -> Weights:
        """The states' scores, by begun units and the fields that tell of the labels before."""
        seen = self.meaning[rows].reshape(len(rows), -1)
        end = len(FIELDS) * self.meaning.shape[1]
        units = np.maximum(begun + seen @ self.mix[end - seen.shape[1] : end], 0)
        result: Weights = units @ self.out + self.bias
        return result


@dataclass(frozen=True, slots=True)
class SpanModel:
    """Ascending keys, each with a row of weights for the states and a last row for no key.

    `letters` leads from code points below 65,536 to rows of the networks' letters.
    """

    cue_keys: Keys
    cue_weights: Weights
    bias: Weights
    field_keys: Keys
    field_weights: Weights
    letters: Numbers
    networks: tuple[Network, ...]


def rows_of(known: Keys, keys: Keys) -> Numbers:
    """The place of each key among the ascending `known`, one after the last for unknown ones."""
    place = np.searchsorted(known, keys)
    return np.where(known.take(place, mode="clip") == keys, place, len(known))


def field_rows(known: Keys, keys: Keys, first: int = 0) -> Numbers:
    """As `rows_of` for the fields from the place `first` on: each has its own row for unknown."""
    rows = rows_of(known, keys)
    return np.where(rows < len(known), rows, rows + first + np.arange(keys.shape[1]))


@cache
def span_model() -> SpanModel:
    """The shipped weights, loaded once."""
    return load_spans(_WEIGHTS)


def letter_rows(points: Numbers) -> Numbers:
    """Row by code point: 0 unknown, 1 no letter at all, 2 a digit, then the known letters."""
    rows = np.zeros(65_536, np.int64)
    rows[0] = 1
    rows[[ord(digit) for digit in "0123456789"]] = 2
    rows[points] = np.arange(3, len(points) + 3)
    return rows


def load_spans(path: Path) -> SpanModel:
    """The model of a file written by `nlp.span_training.save_spans`."""
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    nothing = np.zeros((1, len(STATES)), np.float32)
    parts = {name: data[name].astype(np.float32) for name in Network.__slots__}
    count = len(parts["bias"])
    return SpanModel(
        cue_keys=data["cue_keys"],
        cue_weights=np.concatenate([data["cue_weights"] * data["cue_step"], nothing]),
        bias=data["cue_bias"],
        field_keys=data["field_keys"],
        field_weights=data["field_weights"].astype(np.float32),
        letters=letter_rows(data["points"].astype(np.int64)),
        networks=tuple(
            Network(**{name: part[place] for name, part in parts.items()}) for place in range(count)
        ),
    )


def named(model: SpanModel, tokens: Tokens, texts: int) -> Numbers:
    """The state of each token of so many texts, as a place in `STATES`."""
    cues = begun_keys(tokens.columns, CUES, CUE_SEED)
    fields = begun_keys(tokens.columns, FIELDS, FIELD_SEED)
    cue_rows = rows_of(model.cue_keys, ended_keys(cues[:, :FIXED_CUES], CUES[:FIXED_CUES], {}))
    rows = field_rows(
        model.field_keys, ended_keys(fields[:, :FIXED_FIELDS], FIELDS[:FIXED_FIELDS], {})
    )
    letters = model.letters.take(tokens.letters, mode="clip")
    begun = model.bias + model.cue_weights[cue_rows].sum(axis=1)
    begun += model.field_weights[rows].sum(axis=1)
    units = [network.begun(rows, letters) for network in model.networks]
    states = np.zeros(len(tokens.owner), np.int64)
    history = History(texts)
    by_order = np.argsort(tokens.order, kind="stable")
    for here in np.split(by_order, np.flatnonzero(np.diff(tokens.order[by_order])) + 1):
        owner = tokens.owner[here]
        parts = history.parts(owner)
        cue_rows = rows_of(
            model.cue_keys, ended_keys(cues[here, FIXED_CUES:], CUES[FIXED_CUES:], parts)
        )
        keys = ended_keys(fields[here, FIXED_FIELDS:], FIELDS[FIXED_FIELDS:], parts)
        rows = field_rows(model.field_keys, keys, FIXED_FIELDS)
        totals = begun[here] + model.cue_weights[cue_rows].sum(axis=1)
        totals += model.field_weights[rows].sum(axis=1)
        for network, unit in zip(model.networks, units, strict=True):
            totals += network.scores(unit[here], rows)
        states[here] = decided(totals)
        history.add(owner, states[here])
    return states


def decided(totals: Weights) -> Numbers:
    """The likeliest state of each row; a label must be likelier than no label of whatever kind."""
    chances = np.exp(totals - totals.max(axis=1, keepdims=True))
    some, none = chances[:, _SOME], chances[:, _NONE]
    labelled = some.max(axis=1) >= none.sum(axis=1)
    chosen: Numbers = np.where(labelled, _SOME[some.argmax(axis=1)], _NONE[none.argmax(axis=1)])
    return chosen


def spans_of(texts: Sequence[str]) -> list[list[Span]]:
    """House, unit, floor and room numbers of each address as (start, end, label), in order.

    Many addresses together cost far less than one by one.
    """
    return [
        spans
        for first in range(0, len(texts), _BATCH)
        for spans in _spans_of(span_model(), texts[first : first + _BATCH])
    ]


def _spans_of(model: SpanModel, texts: Sequence[str]) -> list[list[Span]]:
    tokens = tokens_in(texts)
    spans: list[list[Span]] = [[] for _ in texts]
    if not tokens.words:
        return spans
    states = named(model, tokens, len(texts))
    places = zip(
        tokens.owner.tolist(), tokens.start.tolist(), tokens.end.tolist(), states, strict=True
    )
    for word, (owner, start, end, state) in zip(tokens.words, places, strict=True):
        add_span(spans[owner], word, start, end, STATES[state])
    return spans


def add_span(spans: list[Span], word: str, start: int, end: int, state: str) -> None:
    """Add what the state of one more token means to the spans of its text."""
    label = _LABEL_OF.get(state)
    if label:
        spans.append((start, end, label))
    elif state == "J" and spans:
        spans[-1] = (spans[-1][0], end, spans[-1][2])
    elif state == "A" and (letters := _LETTERED.match(word)):
        middle = start + letters.end()
        spans += ((start, middle, "houseno"), (middle, end, "roomno"))


def address_spans(text: str) -> list[Span]:
    """House, unit, floor and room numbers of an address as (start, end, label), in order."""
    return spans_of([text])[0]
