"""Spans of formal addresses: house, unit, floor and room numbers, by tokens and learned weights.

A token is a number or letter with its mark (`3栋`, `501室`); a linear model over the token, its
neighbours and the labels before it names each one. The labels are those of the address corpus of
Li, Lu, Xie and Li, "Neural Chinese Address Parsing" (NAACL 2019).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LABELS: tuple[str, ...] = ("houseno", "cellno", "floorno", "roomno")
JOIN, NONE = "join", "none"
STATES: tuple[str, ...] = (*LABELS, JOIN, NONE)
TEXT_LONGEST = 400

_SHORT = dict(zip(STATES, "hcfrj_", strict=True))
_NUMBER = r"(?:[A-Za-z]{0,2}\d+[A-Za-z]?(?![A-Za-z])|\d+|[一二三四五六七八九十百零]+)"
_MARK = (
    r"(?:号楼|号库|栋|幢|撞|座|单元|楼|层|[Ff](?![A-Za-z])|室|号房|号|房间|房|弄|街|排|区|组团|梯|组|期|单|档|铺|户|"
    r"村|路|巷|里|米|公里|院|门|栏|轴|队|社|段|道|省道|国道|支|中|小)"
)
_LETTER_MARK = r"(?:单元|座|栋|幢|楼|室|号楼|区|门)"
_TOKEN = re.compile(
    rf"第?(?:地下|负)?{_NUMBER}{_MARK}?|[A-Za-z甲乙丙丁戊东西南北中前后]{_LETTER_MARK}|[A-Za-z](?![A-Za-z])"
)
_END_MARK = re.compile(rf"{_MARK}$|{_LETTER_MARK}$")
_DASH = re.compile(r"(?<=\d)[一_—－](?=\d)")
_MARKET = re.compile(r"市场|商城|商贸|皮革|珠宝|建材|服装|汽配|商业|广场|中心|大厦|城")
_HOMES = re.compile(r"小区|花园|苑|新村|公寓|家园|社区|嘉园|园")
_WEIGHTS = Path(__file__).parent / "weights" / "spans.json"


@dataclass(frozen=True, slots=True)
class Token:
    """A number or letter of an address with its mark and the shape of what stands before it."""

    start: int
    end: int
    text: str
    mark: str
    shape: str


@dataclass(frozen=True, slots=True)
class SpanModel:
    """Weights of each cue for the states, and the bias of the states."""

    weights: dict[str, tuple[float, ...]]
    bias: tuple[float, ...]


def tokens_of(text: str) -> list[Token]:
    """The numbers and letters of an address that may carry a label."""
    tokens = []
    for hit in _TOKEN.finditer(_DASH.sub("-", text[:TEXT_LONGEST])):
        word = hit.group()
        mark = _END_MARK.search(word)
        kept = mark.group() if mark and mark.start() else ""
        core = word[: len(word) - len(kept)]
        tokens.append(Token(hit.start(), hit.end(), word, kept, _shape(core)))
    return tokens


def _shape(core: str) -> str:
    if core.isdigit() and core.isascii():
        return f"d{min(len(core), 5)}"
    if not core.isascii():
        return "c"
    digits = sum(letter.isdigit() for letter in core)
    if not digits:
        return f"a{min(len(core), 4)}"
    return ("mL" if core[0].isalpha() else "mR") + str(min(digits, 4))


def cues_of(text: str) -> list[tuple[Token, list[str], list[tuple[str, str]]]]:
    """For each token its fixed cues, and those that wait for the labels before it.

    A waiting cue is a pair of what stands before and after the labels.
    """
    text = _DASH.sub("-", text[:TEXT_LONGEST])
    tokens = tokens_of(text)
    kind = ("M" if _MARKET.search(text) else "") + ("R" if _HOMES.search(text) else "")
    result = []
    for place, token in enumerate(tokens):
        last = tokens[place - 1] if place else None
        following = tokens[place + 1 :][:2]
        result.append((token, *_cues(text, kind, token, last, following, len(tokens) - place)))
    return result


def _cues(
    text: str, kind: str, token: Token, last: Token | None, following: Sequence[Token], left: int
) -> tuple[list[str], list[tuple[str, str]]]:
    start, end = token.start, token.end
    before = text[last.end : start] if last else "^"
    before = before if last and len(before) <= 1 else "T"
    after = text[end : following[0].start] if following else ("$" if end == len(text) else "T")
    after = after if len(after) <= 1 else "T"
    next_mark = following[0].mark if following else "$"
    next_shape = following[0].shape if following else "$"
    if following and after == "T":
        next_mark, next_shape = "T" + next_mark, "T"
    second = following[1].mark if len(following) > 1 else "$"
    itself = f"{token.mark}|{token.shape}"
    ahead = f"{after}{next_mark}"
    near, far = text[start - 1 : start] if start else "", text[max(0, start - 2) : start]
    road = "r" if near and near in "路街道弄巷村" else ""
    rest = str(min(left - 1, 3))
    fixed = [
        "x" + itself,
        f"n{itself}{ahead}{next_shape}",
        f"m{token.mark}{ahead}/{second}",
        f"c{token.mark}{near}",
        f"d{token.mark}{far}",
        f"e{itself}{near}",
        f"r{itself}{text[end : end + 1]}",
        f"C{token.mark}{text[max(0, start - 3) : start]}",
        f"N{token.mark}{text[end : end + 2]}",
    ]
    earlier = f"{last.mark}{last.shape}" if last else "^"
    waiting = [
        (f"p{itself}{before}", "1"),
        (f"q{itself}{before}/{ahead}", "1"),
        (f"y{itself}", "s"),
        (f"z{itself}{before}", "2"),
        (f"w{itself}{before}/{ahead}{next_shape}/{earlier}", "1"),
        (f"v{itself}{before}{earlier}/{text[end : end + 1]}", "1"),
        (f"u{token.mark}{far}", "1"),
        (f"t{before}{ahead}", "1"),
        (f"s{token.shape}{before}", "1s"),
        (f"F{itself}{kind}{before}", "1"),
        (f"L{itself}{rest}", "1s"),
        (f"P{itself}{road}{ahead}", "s"),
        (f"G{itself}{kind}{before}{ahead}", "s"),
        (f"H{token.text}", "1"),
    ]
    return fixed, waiting


def filled(waiting: Sequence[tuple[str, str]], history: str) -> list[str]:
    """Waiting cues with the labels before: `1` the last, `2` the last two, `s` all kinds seen."""
    last, two = history[-1:] or "^", history[-2:] or "^"
    seen = "".join(sorted({letter for letter in history if letter in "hcfr"}))
    ends = {"1": last, "2": two, "s": seen, "1s": f"{last}{seen}"}
    return [f"{cue}~{ends[wanted]}" for cue, wanted in waiting]


def short(state: str) -> str:
    """The letter that stands for a state in the history."""
    return _SHORT[state]


@cache
def span_model() -> SpanModel:
    """The shipped weights, loaded once."""
    data = json.loads(_WEIGHTS.read_text(encoding="utf-8"))
    scale = data["scale"]
    weights = {cue: tuple(value * scale for value in row) for cue, row in data["weights"].items()}
    return SpanModel(weights, tuple(data["bias"]))


def address_spans(text: str) -> list[tuple[int, int, str]]:
    """House, unit, floor and room numbers of an address as (start, end, label), in order."""
    model = span_model()
    find = model.weights.get
    history = ""
    spans: list[tuple[int, int, str]] = []
    for token, fixed, waiting in cues_of(text):
        totals = list(model.bias)
        for cue in (*fixed, *filled(waiting, history)):
            row = find(cue)
            if row is not None:
                for column, value in enumerate(row):
                    totals[column] += value
        state = STATES[totals.index(max(totals))]
        if state == JOIN and spans:
            spans[-1] = (spans[-1][0], token.end, spans[-1][2])
        elif state in LABELS:
            spans.append((token.start, token.end, state))
        history += _SHORT[state]
    return spans
