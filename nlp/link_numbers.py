"""Numbers of a message and of two messages of a talk, from which linking tells what goes together.

A message is compared with every earlier one: who speaks, how far apart they stand, what words,
places and categories they share, and what was said between them.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.address import places_in
from nlp.categories import lexicon, words_in
from nlp.linear import Vector
from nlp.signals import INTENT_COUNT, QUOTE, without_quote

OURS = (0, 1, 2, 3, 4, 10)
REQUEST, SUGGESTION, EMERGENCY, COMMAND = 0, 2, 3, 10
APART, OPENS, FOLLOWS = 0, 1, 2
CHARACTERS = 300
REACH = 20  # how many messages back an earlier one may stand
QUOTE_CHARACTERS = 10
SIGNALS = 29  # of `nlp.signals.numbers_of`: the cues and the writer's part
STAFF, OFFICE = 24, 25
LEXICON = slice(30, 43)
LEAST = 1e-3

_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        r"也|同(?:求|感|问|样|上)|一样|\+\d",
        r"又|还(?:是|没|在|有|不)|再|到现在|上次|第[二三四五几\d]+[次回]|好几|[两三四五几\d]+[次回趟]",
        r"^(?:对了|话说|另外|还有个?事|顺便|问一下|请问|各位|有人知道|有没有人|谁家|求|说到|插一句)",
        r"登记|催|查|进度|撤|结了|关了|报修|记[一个]?下|汇总",
        r"^(?:这|那|它|他|她|就|都|对|是|不是|没|有|在|行|好|嗯|可以)",
        r"支持|赞成|附议|同意|可以|举双手|投|我看行|^[行对是]|^好",
        r"刚|现在|已经|打了|报了|没人|没有人|还没|来了",
        r"^\D{0,4}\d|[左右东西南北]边|楼|单元|栋|号|组",
        r"看到|听到|听见|我家|我们|我这|我也|俺",
        r"物业|社区|师傅|保安|村里|谁管|有人管|什么时候|几点|多久",
        r"冒|漏|响|叫|闻|臭|烟|火|血|倒|晕|哭",
    )
)
_ALSO, _AGREES, _BARE = SIGNALS, SIGNALS + 5, SIGNALS + len(_CUES)
_SIGN = re.compile(r"\[(?:图片|视频|照片|语音|位置)\]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_HOME = re.compile(r"(?<!\d)(\d{1,2})(?:[-—#栋幢座]|号楼|动)")
_COMMON = frozenset("的了是我不在有这人就你都没他她一个们来去说那啊吗呢吧还也要到上下里")
_QUOTED_WHO = re.compile(r"^[^：:]{1,19}[：:]")


@dataclass(frozen=True, slots=True)
class Words:
    """What linking looks at in the words and the writer's name, whatever was said around.

    `pairs` are two-character pieces, `letters` the telling characters, `terms` words of the
    lexicon and `kinds` what these stand for, `name` the pieces of the writer's name and `home` the
    building in it; `categories` is the lexicon's word on each.
    """

    numbers: tuple[float, ...]
    categories: Vector
    pairs: frozenset[str]
    letters: frozenset[str]
    terms: frozenset[str]
    kinds: frozenset[tuple[int, str]]
    buildings: frozenset[str]
    units: frozenset[str]
    spots: frozenset[str]
    name: frozenset[str]
    home: str
    quote: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message as linking sees it: its id, sender and words, and the model's side of it.

    `thread` holds the chances that it stands apart, opens a matter, or goes on with one.
    """

    key: str
    sender: str
    words: Words
    side: Sequence[float]
    thread: Sequence[float] = (0.0, 0.0, 0.0)

    @property
    def ours(self) -> float:
        """The probability that the message concerns the community."""
        return sum(self.side[place] for place in OURS)


def words_of(text: str, sender: str, signals: Sequence[float]) -> Words:
    """The words of a plain text; `signals` are those of `nlp.signals.numbers_of` for it."""
    own = without_quote(text)[:CHARACTERS]
    bare = _SIGN.sub("", own).strip()
    size = len(bare)
    places = places_in(own)
    home = _HOME.search(sender)
    terms = frozenset(words_in(own))
    meanings = lexicon().meanings
    cues = [float(cue.search(own) is not None) for cue in _CUES]
    cues += [float(not bare), float(size <= 4), float(size <= 8), float(size <= 14)]
    cues += [float(size > 25), float(bool(places))]
    return Words(
        numbers=(*signals[:SIGNALS], *cues),
        categories=np.array(signals[LEXICON], dtype=np.float32),
        pairs=pairs_of(own),
        letters=frozenset(own) - _COMMON,
        terms=terms,
        kinds=frozenset(kind for term in terms for kind in meanings[term]),
        buildings=frozenset(place.building for place in places if place.building),
        units=frozenset(place.unit for place in places if place.unit),
        spots=frozenset(place.spot for place in places if place.spot),
        name=frozenset(
            part[place : place + 2]
            for part in _CHINESE.findall(sender)
            for place in range(len(part) - 1)
        ),
        home=home[1] if home else "",
        quote=_quote(text),
        text=text,
    )


def pairs_of(own: str) -> frozenset[str]:
    """The two-character pieces of a text that are no punctuation or digits alone."""
    pairs = {own[place : place + 2] for place in range(len(own) - 1)}
    return frozenset(pair for pair in pairs if pair.isalnum() and not pair.isdigit())


def _quote(text: str) -> str:
    hit = QUOTE.match(text)
    return _QUOTED_WHO.sub("", hit[1])[:QUOTE_CHARACTERS] if hit else ""


def said_numbers(talk: Sequence[Said]) -> Vector:
    """The numbers of each message by itself, a row each."""
    sides = np.array([said.side for said in talk], dtype=np.float32)
    threads = np.array([said.thread for said in talk], dtype=np.float32)
    ours = sides[:, OURS].sum(axis=1, keepdims=True)
    chances = np.hstack([ours, threads, sides[:, :INTENT_COUNT]]).clip(LEAST, 1 - LEAST)
    words = np.array([said.words.numbers for said in talk], dtype=np.float32)
    odds = np.log(chances / (1 - chances))
    result: Vector = np.hstack([words, ours, sides, threads, odds]).astype(np.float32)
    return result


@cache
def reached(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the later and the earlier message of each pair in a talk, later ones in order."""
    later, earlier = np.tril_indices(size, -1)
    near = later - earlier <= REACH
    return later[near], earlier[near]


def pair_numbers(talk: Sequence[Said]) -> Vector:
    """The numbers of each pair of `reached(len(talk))`, a row each."""
    later, earlier = reached(len(talk))
    sides = np.array([said.side for said in talk], dtype=np.float32)
    threads = np.array([said.thread for said in talk], dtype=np.float32)
    ours = sides[:, OURS].sum(axis=1)
    gap = (later - earlier).astype(np.float32)
    same, own_between, latest = _speakers(talk, later, earlier)
    shared = _shared(talk, later, earlier)
    alike = shared[:, 0] > 0
    category = sides[:, INTENT_COUNT:]
    norm = np.maximum(np.sqrt((category * category).sum(axis=1)), 1e-6)
    kind = (category[later] * category[earlier]).sum(axis=1) / (norm[later] * norm[earlier])
    staff = np.array([said.words.numbers[STAFF] + said.words.numbers[OFFICE] for said in talk])
    between = _sum_between(ours, later, earlier)
    follows, first = threads[later, FOLLOWS], ours[earlier]
    cues = np.array([said.words.numbers for said in talk], dtype=np.float32)
    bare = cues[later, _BARE]
    columns = [
        gap / 10,
        np.log(gap),
        gap == 1,
        gap == 2,
        gap <= 4,
        same,
        same * (gap <= 2),
        latest,
        own_between,
        kind,
        kind * ours[later] * first,
        _highest_between(threads[:, OPENS], later, earlier),
        between,
        np.minimum(between, 3) * same,
        np.minimum(_sum_between(staff, later, earlier), 2),
        follows * threads[earlier, OPENS],
        follows * threads[earlier, FOLLOWS],
        follows * same,
        follows * (gap == 1),
        follows * first,
        ours[later] * first,
        sides[earlier, REQUEST] * sides[later, EMERGENCY],
        bare * same,
        bare * (gap == 1),
        cues[later, _ALSO] * first,
        cues[later, _AGREES] * sides[earlier, SUGGESTION],
        sides[later, COMMAND] * first,
        sides[later, COMMAND] * alike,
    ]
    intents = sides[later, :INTENT_COUNT] * sides[earlier, :INTENT_COUNT]
    table: Vector = np.hstack([np.column_stack(columns), intents, shared]).astype(np.float32)
    return table


def _speakers(
    talk: Sequence[Said], later: NDArray[np.int64], earlier: NDArray[np.int64]
) -> tuple[Vector, Vector, Vector]:
    """Of each pair: one speaker, the later one spoke between, the earlier is their latest."""
    names: dict[str, int] = {}
    numbers = np.array([names.setdefault(said.sender, len(names)) for said in talk])
    equal = (numbers[:, None] == numbers[None, :]).astype(np.float32)
    total = equal.cumsum(axis=1)
    between = (total[later, later - 1] - total[later, earlier]) > 0
    same = equal[later, earlier]
    return same, between.astype(np.float32), same * ~between


def _sum_between(
    values: NDArray[np.float32], later: NDArray[np.int64], earlier: NDArray[np.int64]
) -> Vector:
    total = values.cumsum()
    result: Vector = total[later - 1] - total[earlier]
    return result


def _highest_between(
    values: NDArray[np.float32], later: NDArray[np.int64], earlier: NDArray[np.int64]
) -> Vector:
    """The highest value between the messages of each pair, 0 where none stands between."""
    size = len(values)
    table = np.zeros((size, size), dtype=np.float32)
    for place in range(2, size):
        table[place, : place - 1] = np.maximum.accumulate(values[place - 1 : 0 : -1])[::-1]
    result: Vector = table[later, earlier]
    return result


def _shared(talk: Sequence[Said], later: NDArray[np.int64], earlier: NDArray[np.int64]) -> Vector:
    """What the words, names and places of each pair share or deny."""
    words = [said.words for said in talk]
    rows = [
        _shared_words(words[one], words[other], talk[one].sender == talk[other].sender)
        for one, other in zip(later.tolist(), earlier.tolist(), strict=True)
    ]
    lexicon = np.array([one.categories for one in words])
    common = np.minimum(lexicon[later], lexicon[earlier]).sum(axis=1, keepdims=True)
    return np.hstack([np.array(rows, dtype=np.float32), common, common > 0])


def _shared_words(one: Words, other: Words, mine: bool) -> list[float]:
    """Numbers of a later and an earlier message's words; `mine` when one person wrote both."""
    pairs = len(one.pairs & other.pairs)
    letters = len(one.letters & other.letters)
    homes = one.buildings or ({one.home} if one.home else frozenset())
    theirs = other.buildings or ({other.home} if other.home else frozenset())
    placed, placed_before = one.numbers[-1], other.numbers[-1]
    return [
        pairs,
        pairs / max(len(one.pairs), 1),
        pairs / max(len(other.pairs), 1),
        letters / 3,
        letters / max(len(one.letters), 1),
        letters / max(len(other.letters), 1),
        pairs > 0,
        len(one.terms & other.terms),
        *_agreement(one.terms, other.terms),
        *_agreement(one.kinds, other.kinds),
        *_agreement(one.buildings, other.buildings),
        *_agreement(one.units, other.units),
        not one.spots.isdisjoint(other.spots),
        *_agreement(homes, theirs),
        placed * (1 - placed_before),
        not mine and not other.name.isdisjoint(one.pairs),
        not mine and not one.name.isdisjoint(other.pairs),
        bool(one.quote) and one.quote in other.text,
        bool(one.quote),
    ]


def _agreement(one: Set[Any], other: Set[Any]) -> tuple[bool, bool]:
    """Whether two sets of names have one in common, and whether they deny each other."""
    if not one or not other:
        return False, False
    common = not one.isdisjoint(other)
    return common, not common
