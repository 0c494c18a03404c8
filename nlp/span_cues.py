"""What an address parser looks at: the numbers and letters of addresses and what stands around.

Every cue is a whole number that mixes the values of a few columns, so that the cues of
thousands of addresses are found and looked up together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

TEXT_LONGEST = 400
LEFT, RIGHT = 8, 5  # letters seen before and after a token
STATES = "AJcdfhnopr"
"""What a token can be: `h`, `c`, `f`, `r` the four labels, `J` more of the token before, `A` a
letter for the house with the room's number; `n` a road's number, `d` in a road's name, `p` in a
place's name, `o` anything else."""

Numbers: TypeAlias = NDArray[np.int64]
Mixed: TypeAlias = NDArray[np.uint64]
Keys: TypeAlias = NDArray[np.uint32]
Cues: TypeAlias = tuple[tuple[str, str], ...]

_NUMBER = (
    r"(?:[A-Za-z]{1,2}\d+[A-Za-z]?(?![A-Za-z])|\d+[A-Za-z](?![A-Za-z])|\d+|"
    r"[一二三四五六七八九十百零两]+)"
)
_MARK = (
    r"(?:办公室|号楼|高楼|塔楼|号库|号馆|号门(?![面卫市])|栋|幢|撞|懂|座|单元号|单元|单无|楼|搂|层|"
    r"[Ff](?![A-Za-z])|室|号房|号|房(?!间)|弄|街|排|区|组团|梯|组|期|单|档|铺位|铺|户|商位|标段|"
    r"店(?![面铺])|馆|仓(?!库)|间|村|路|巷|里|米|公里|院|门洞|门面|门|栏|轴|队|社|段|道|省道|国道|支|"
    r"中|小|位|号馆)"
)
_LETTER_MARK = r"(?:单元|座|栋|幢|楼|室|号楼|区|门|馆|塔楼|梯|层)"
_TOKEN = re.compile(
    rf"第?(?:地下|负)?{_NUMBER}{_MARK}?|[A-Za-z甲乙丙丁戊东西南北中前后]{_LETTER_MARK}|"
    r"架空层|首层|[A-Za-z](?![A-Za-z])"
)
_END_MARK = re.compile(rf"{_MARK}$|{_LETTER_MARK}$")
_DASH = re.compile(r"(?<=\d)[一_—－](?=\d)")
_MARKET = re.compile(r"市场|商城|商贸|皮革|珠宝|建材|服装|汽配|商业|广场|中心|大厦|城")
_HOMES = re.compile(r"小区|花园|苑|新村|公寓|家园|社区|园")
_SENSES = {
    mark: sense
    for sense, marks in {
        "B": "栋 幢 撞 懂 号楼 高楼 塔楼 座 号库 号馆 馆",
        "U": "单元 单 单无 单元号 门洞 梯 号门",
        "F": "层 F f",
        "L": "楼 搂",
        "R": "室 号房 房 办公室 间 商位 铺 档 店 户 铺位",
        "N": "号",
        "X": "弄 街 巷 里 路 道 段 省道 国道 支 村 米 公里",
        "Q": "区 期 组团 组 队 社 排 院 轴 门 栏 中 小 位 标段",
    }.items()
    for mark in marks.split()
}

# What lies between tokens: nothing before the first, other words, nothing after the last, nothing
# between two; a single letter is its code point and _LETTER more.
_FIRST, _WORDS, _LAST, _CLOSE, _DASHED, _LETTER = 1, 2, 3, 4, 5, 8
_DASHES = np.array([ord(letter) + _LETTER for letter in "-_－—,， 、~#之."])

# Cues with weights of their own: columns, then the part of the labels before that counts; those
# without such a part come first, here and below.
CUES: Cues = (
    ("sense", ""),
    ("sense tie sense-1", ""),
    ("sense tie1 sense1", ""),
    ("sense tie sense-1 tie1 sense1", ""),
    ("sense tie tie1", ""),
    ("sense tie tie1 c1", ""),
    ("sense c1", ""),
    ("sense c1 c2", ""),
    ("sense tie1 sense1 sense2", ""),
    ("sense d1", ""),
    ("sense tie", "one"),
    ("sense tie sense-1 tie1 sense1", "one"),
    ("sense tie tie1 sense1", "both"),
    ("sense tie sense-1 sense-2", "two"),
    ("sense c1", "both"),
    ("sense tie tie1", "two"),
    ("sense c1 c2", "one"),
    ("sense tie tie1 sense1", "two"),
    ("sense d1", "seen"),
)

# Cues whose meaning is learned as a few numbers.
FIELDS: Cues = (
    ("text", ""),
    *((f"{name}{place}", "") for place in ("", "-1", "-2", "1", "2", "3") for name in
      ("mark", "shape", "sense")),
    ("gap", ""),
    ("gap1", ""),
    ("gap-1", ""),
    ("gap2", ""),
    ("around", ""),
    ("order", ""),
    ("left", ""),
    ("c1 c2", ""),
    ("c1 c2 c3", ""),
    ("d1 d2", ""),
    ("", "one"),
    ("", "two"),
    ("", "seen"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokens:
    """The numbers and letters of addresses, text after text.

    `owner` is the place of a token's text, `order` its place in the text; `start` and `end` count
    in the text; `columns` hold what stands at each token, `letters` the code points around it.
    """

    owner: Numbers
    order: Numbers
    start: Numbers
    end: Numbers
    words: list[str]
    columns: dict[str, Mixed]
    letters: Numbers


def tokens_in(texts: Sequence[str]) -> Tokens:
    """The numbers and letters that may carry a label; of long texts the first 400 letters count."""
    flat, base = ["\0" * LEFT], LEFT
    words: list[str] = []
    facts: list[tuple[int, ...]] = []
    for owner, whole in enumerate(texts):
        text = _DASH.sub("-", whole[:TEXT_LONGEST])
        found = [(hit.group(), *hit.span()) for hit in _TOKEN.finditer(text)]
        if not found:
            continue
        around = 1 + (_MARKET.search(text) is not None) + 2 * (_HOMES.search(text) is not None)
        finish = base + len(text)
        before = (owner, base, base, base, 0, 0, 1, 1, 1, 1)
        after = (owner, base, finish, finish, 0, 0, 2, 2, 2, 2)
        facts += (before, before)
        for word, start, end in found:
            facts.append((owner, base, base + start, base + end, around, 1, *_facts(word)))
            words.append(word)
        facts += (after, after, after)
        flat += (text, "\0" * LEFT)
        base = finish + LEFT
    codes = np.frombuffer("".join(flat).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    table = np.array(facts, dtype=np.int64).reshape(-1, 10)
    return _arranged(table, codes.astype(np.int64), words)


def _arranged(table: Numbers, codes: Numbers, words: list[str]) -> Tokens:
    owner, base, start, end, around, real, mark, shape, sense, text = table.T
    at = np.flatnonzero(real)
    gap = np.full(len(table), _WORDS)
    if len(at):
        wide = start[1:] - end[:-1]
        between = np.where(wide == 1, codes[end[:-1]] + _LETTER, _WORDS)
        between[wide == 0] = _CLOSE
        first, last = (real[1:] == 1) & (real[:-1] == 0), (real[1:] == 0) & (real[:-1] == 1)
        between[first] = np.where(wide[first] == 0, _FIRST, _WORDS)
        between[last] = np.where(wide[last] == 0, _LAST, _WORDS)
        gap[1:] = between
    tie = np.where(np.isin(gap, _DASHES), _DASHED, np.where(gap >= _LETTER, _WORDS, gap))
    here, there = start[at], end[at]
    order = _orders(at)
    left = np.bincount(owner[at], minlength=1)[owner[at]] - order if len(at) else order
    columns = {"around": around[at], "text": text[at]}
    for name, column in (("mark", mark), ("shape", shape), ("sense", sense)):
        for step in (-2, -1, 0, 1, 2, 3):
            columns[f"{name}{step or ''}"] = column[at + step]
    for step in (-1, 0, 1, 2):
        columns[f"gap{step or ''}"], columns[f"tie{step or ''}"] = gap[at + step], tie[at + step]
    for step in (1, 2, 3):
        columns[f"c{step}"] = codes[here - step]
        columns[f"d{step}"] = codes[there + step - 1]
    columns |= {"order": np.minimum(order, 4), "left": np.minimum(left, 5)}
    letters = np.concatenate(
        [codes[here[:, None] - np.arange(1, LEFT + 1)], codes[there[:, None] + np.arange(RIGHT)]],
        axis=1,
    )
    keys = {name: column.astype(np.uint64) for name, column in columns.items()}
    return Tokens(owner[at], order, here - base[at], there - base[at], words, keys, letters)


def _orders(at: Numbers) -> Numbers:
    """The place of each token in its text: tokens of one text stand side by side in `at`."""
    fresh = np.ones(len(at), dtype=bool)
    fresh[1:] = np.diff(at) > 1
    count = np.arange(len(at))
    return count - np.maximum.accumulate(np.where(fresh, count, 0)) if len(at) else count


@lru_cache(maxsize=20_000)
def _facts(word: str) -> tuple[int, int, int, int]:
    """Mark, shape, sense and wording of a token as whole numbers."""
    hit = _END_MARK.search(word)
    mark = hit.group() if hit and hit.start() else ""
    core = word[: len(word) - len(mark)]
    sense = _SENSES.get(mark, mark and "O") + _size(core.lstrip("第"))
    return _code(mark), _code(_shape(core)), _code(sense), _code(word)


def _code(words: str) -> int:
    return crc32(words.encode("utf-8", "surrogatepass"))


def _shape(core: str) -> str:
    if core.isdigit() and core.isascii():
        return f"d{min(len(core), 6)}"
    if not core.isascii():
        return "c"
    digits = sum(letter.isdigit() for letter in core)
    if not digits:
        return f"a{min(len(core), 4)}"
    return ("mL" if core[0].isalpha() else "mR") + str(min(digits, 4))


def _size(core: str) -> str:
    if core.isascii() and core.isdigit():
        return str(min(len(core), 5))
    if not core.isascii():
        if core.startswith(("地下", "负")):
            return "u"
        return "e" if core in "东西南北中前后甲乙丙丁戊" else str(min(len(core), 2))
    return "a" if core.isalpha() else "m"


_FACTOR, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
_HALF = np.uint64(32)


def _mixed(keys: Mixed, column: Mixed) -> Mixed:
    keys = (keys ^ column) * _FACTOR
    return keys ^ (keys >> _SHIFT)


def begun_keys(columns: dict[str, Mixed], cues: Cues, seed: int) -> Mixed:
    """The cues of all tokens, one row each, before the labels that stand before are mixed in."""
    count = len(columns["text"])
    result = np.empty((count, len(cues)), np.uint64)
    for place, (names, _) in enumerate(cues):
        # Mixed first, lest small numbers of one column pass for those of the next.
        keys = _mixed(np.full(count, seed + place, np.uint64), np.full(count, _SHIFT))
        for name in names.split():
            keys = _mixed(keys, columns[name])
        result[:, place] = keys
    return result


def ended_keys(begun: Mixed, cues: Cues, parts: dict[str, Mixed]) -> Keys:
    """The keys of some cues with what they want to know of the labels before."""
    if parts:
        begun = _mixed(begun, np.stack([parts[wanted] for _, wanted in cues], axis=1))
    return (begun >> _HALF).astype(np.uint32)


class History:
    """The labels before each token of some texts, as far as they have been read."""

    def __init__(self, texts: int) -> None:
        self._last = np.full(texts, len(STATES))
        self._before = np.full(texts, len(STATES))
        self._seen = np.zeros(texts, np.int64)

    def add(self, owner: Numbers, states: Numbers) -> None:
        """One more label of each of these texts."""
        self._before[owner] = self._last[owner]
        self._last[owner] = states
        self._seen[owner] |= 1 << states

    def parts(self, owner: Numbers) -> dict[str, Mixed]:
        """What the cues may want to know of the labels before in these texts, by name."""
        last, before, seen = self._last[owner], self._before[owner], self._seen[owner] & _LABELLED
        parts = {"one": last, "two": last * 32 + before, "seen": seen, "both": seen * 32 + last}
        return {name: part.astype(np.uint64) for name, part in parts.items()}


_LABELLED = sum(1 << STATES.index(state) for state in "cfhnr")
