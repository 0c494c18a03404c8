"""Topics: what many texts tell of, found one text at a time.

Leader clustering (each text joins the nearest topic or opens its own) over words of title and
beginning, two-character pieces of the title, weighed by rarity, compared with the sum of a topic's
texts by cosine; two topics that a text finds near each other become one. Compare Allan, Topic
Detection and Tracking (2002), "single-pass clustering".
"""

import math
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from itertools import pairwise
from operator import itemgetter
from typing import Generic, TypeVar

from nlp.nearness import place_factor, time_factor
from nlp.plain import plain
from nlp.segment import fast_words
from nlp.topic_names import little_words, most_named, name_of, places_in, words_name

JOIN_LEAST = 0.32
WORDS_LEAST = 2
MEAN_LEAST = 0.19
MERGE_LEAST = 0.43
TITLE_WEIGHT = 3
BODY_CHARACTERS = 200
TITLE_CHARACTERS = 60
FIRST_SENTENCE_CHARACTERS = 40
TELLING_MAX = 16
HOLDING_MAX = 60
CANDIDATES_MAX = 4
CENTRE_TERMS_MAX = 400
NORM_DRIFT = 1.05
NAMED_MAX = 40

_SIGN = re.compile(r"\[[^\[\]]{1,12}\]")

Key = TypeVar("Key", bound=Hashable)


LOGS = 4096
COUNT_LEAST = 500  # with fewer texts known, words count as rare as if there were as many
_LOGS = [math.log(count + 0.5) for count in range(LOGS)]
# At most once a character in the body, and thrice as heavy in the title and its pairs.
_COUNTS_MAX = BODY_CHARACTERS + TITLE_WEIGHT * (2 * TITLE_CHARACTERS + 1)
_WEIGHTS = [0.0, *(1.0 + math.log(count) for count in range(1, _COUNTS_MAX + 1))]


@dataclass(frozen=True, slots=True)
class Said(Generic[Key]):
    """A text to be sorted: `title` may be empty, `at` an aware time, `place` a known place."""

    key: Key
    title: str
    body: str
    at: datetime | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Topic(Generic[Key]):
    """What at least two texts tell of.

    `members` stand in the order of their adding, `examples` are the most central of them; `first`
    and `last` are times; `trend` compares the later with the earlier half of the days from first
    to last: "上升", "持平" or "下降".
    """

    name: str
    members: tuple[Key, ...]
    examples: tuple[Key, ...]
    first: datetime | None
    last: datetime | None
    places: tuple[str, ...]
    trend: str

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True, slots=True)
class Split:
    """A text's terms with their weights (words, and two-character pieces of the title), and those
    of its words that tell something.
    """

    weights: dict[str, float]
    words: frozenset[str]


@dataclass(slots=True)
class _Group:
    """The texts of a topic to be: their summed weights by term, without rarity, and its length."""

    members: list[int] = field(default_factory=list)
    centre: dict[str, float] = field(default_factory=dict)
    lengths: float = 0.0
    length: float = 0.0
    length_for: int = 0
    last_second: float | None = None
    place: str | None = None
    words: set[str] = field(default_factory=set)


class _Rarities(dict[str, float]):
    """How rare each term is, worked out when first asked for; `forget` when counts have changed."""

    def __init__(self, counts: dict[str, int]) -> None:
        super().__init__()
        self._counts = counts
        self.log_all = 0.0

    def __missing__(self, term: str) -> float:
        count = self._counts.get(term, 0)
        # A word that one text alone uses says nothing about what texts share.
        if count < 2:
            rarity = 0.0
        else:
            rarity = self.log_all - (_LOGS[count] if count < LOGS else math.log(count + 0.5))
        self[term] = rarity
        return rarity

    def forget(self, texts: int) -> None:
        """There are so many texts now, and more of some terms."""
        self.log_all = math.log(max(texts, COUNT_LEAST) + 1.0)
        self.clear()


class TopicBook(Generic[Key]):
    """Texts sorted into topics as they come; the same texts in the same order, the same topics."""

    def __init__(self, expected: Iterable[Said[Key]] = (), *, are_all: bool = False) -> None:
        """`expected` are texts to come: how rare their words are is known from the start.

        When they `are_all`, a term that one text alone uses is left out: nothing can share it.
        """
        self._texts: list[Said[Key]] = []
        self._weights: list[dict[str, float]] = []
        self._groups: dict[int, _Group] = {}
        self._group_of: list[int] = []
        self._holding: dict[str, dict[int, None]] = {}
        self._counts: dict[str, int] = {}
        self._rare = _Rarities(self._counts)
        self._count = 0
        self._known: dict[Key, Split] = {}
        for said in expected:
            split = split_text(said.title, said.body)
            self._known[said.key] = split
            self._count_in(split.weights)
        if are_all:
            counts = self._counts
            for key, split in self._known.items():
                shared = {term: one for term, one in split.weights.items() if counts[term] > 1}
                self._known[key] = Split(shared, split.words)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, said: Said[Key]) -> None:
        """Sort a text into the nearest topic, or open a new one for it."""
        split = self._known.pop(said.key, None)
        if split is None:
            split = split_text(said.title, said.body)
            self._count_in(split.weights)
        number = len(self._texts)
        self._texts.append(said)
        self._weights.append(split.weights)
        near = self._near(split, said)
        if near and near[0][0] >= JOIN_LEAST:
            home = near[0][1]
            if len(near) > 1 and near[1][0] >= JOIN_LEAST:
                home = self._merged(home, near[1][1])
        else:
            home = number
            self._groups[home] = _Group()
        self._group_of.append(home)
        self._take_in(home, number)
        self._groups[home].words |= split.words

    def topics(self, least: int = 2) -> list[Topic[Key]]:
        """Topics of at least `least` texts, two at the fewest, largest first, then latest."""
        chosen = [g for g in self._groups.values() if len(g.members) >= max(least, 2)]
        topics = [self._topic(group) for group in chosen]
        return sorted(
            topics, key=lambda t: (-t.size, -(t.last.timestamp() if t.last else 0.0), t.name)
        )

    def join_near(self) -> None:
        """Make one of topics that have come near each other, smaller ones into larger ones."""
        for number in sorted(self._groups, key=lambda n: (-len(self._groups[n].members), n)):
            group = self._groups.get(number)
            if group is None or len(group.members) < 2:
                continue
            rare = self._rare
            mine = {term: weight * rare[term] for term, weight in group.centre.items()}
            for other in self._candidates(mine):
                if other != number and other in self._groups and number in self._groups:
                    number = self._merged(number, other)

    def _count_in(self, weights: dict[str, float]) -> None:
        self._count += 1
        counts = self._counts
        for term in weights:
            counts[term] = counts.get(term, 0) + 1
        self._rare.forget(self._count)

    def _near(self, split: Split, said: Said[Key]) -> list[tuple[float, int]]:
        """The nearest topics with their cosine, time included, best first, at most two."""
        rare = self._rare
        mine = {term: weight * rare[term] for term, weight in split.weights.items()}
        length = math.sqrt(sum(value * value for value in mine.values()))
        if length == 0.0:
            return []
        asked = [(term, value * rare[term]) for term, value in mine.items() if value]
        second = said.at.timestamp() if said.at else None
        found = []
        for number in self._candidates(mine):
            group = self._groups[number]
            centre = group.centre
            dot = 0.0
            for term, weight in asked:
                theirs = centre.get(term)
                if theirs is not None:
                    dot += weight * theirs
            cosine = dot / (length * self._length(group) or 1.0)
            # The sum of many unlike texts resembles everything: the mean must be alike as well.
            if dot < MEAN_LEAST * length * group.lengths:
                continue
            if not _share_enough(split, said.place, group):
                continue
            found.append((cosine * time_factor(second, group.last_second), number))
        found.sort(key=lambda one: (-one[0], one[1]))
        return found[:2]

    def _candidates(self, mine: dict[str, float]) -> list[int]:
        telling = sorted(mine.items(), key=itemgetter(1), reverse=True)[:TELLING_MAX]
        gains: dict[int, float] = {}
        known = gains.get
        for term, value in telling:
            holding = self._holding.get(term)
            # A word in very many topics tells none of them from the others.
            if holding and value and len(holding) <= HOLDING_MAX:
                gain = value * self._rare[term]
                for number in holding:
                    gains[number] = known(number, 0.0) + gain
        return [number for number, _ in nlargest(CANDIDATES_MAX, gains.items(), key=itemgetter(1))]

    def _length(self, group: _Group) -> float:
        # Rarities drift slowly as texts come: a length is good until a twentieth more are known.
        if group.length_for == 0 or self._count > group.length_for * NORM_DRIFT:
            rare = self._rare
            squares = [(weight * rare[term]) ** 2 for term, weight in group.centre.items()]
            group.length = math.sqrt(sum(squares))
            group.length_for = self._count
        return group.length

    def _take_in(self, home: int, number: int) -> None:
        group = self._groups[home]
        group.members.append(number)
        rare, centre, holding = self._rare, group.centre, self._holding
        squares = 0.0
        for term, weight in self._weights[number].items():
            squares += (weight * rare[term]) ** 2
            centre[term] = centre.get(term, 0.0) + weight
            held = holding.get(term)
            if held is None:
                holding[term] = {home: None}
            else:
                held[home] = None
        group.lengths += math.sqrt(squares)
        said = self._texts[number]
        group.place = said.place or group.place
        if said.at is not None:
            group.last_second = max(said.at.timestamp(), group.last_second or 0.0)
        self._trim(home, group)
        group.length_for = 0

    def _trim(self, home: int, group: _Group) -> None:
        if len(group.centre) <= 2 * CENTRE_TERMS_MAX:
            return
        kept = sorted(group.centre.items(), key=lambda item: (-item[1], item[0]))
        for term, _ in kept[CENTRE_TERMS_MAX:]:
            self._holding[term].pop(home, None)
        group.centre = dict(kept[:CENTRE_TERMS_MAX])

    def _merged(self, one: int, other: int) -> int:
        """The number of the topic that both are in if they are near enough, else `one`."""
        first, second = self._groups[one], self._groups[other]
        rare = self._rare
        dot = sum(
            weight * second.centre[term] * rare[term] ** 2
            for term, weight in first.centre.items()
            if term in second.centre
        )
        if dot < MERGE_LEAST * self._length(first) * self._length(second):
            return one
        home, gone = (one, other) if len(first.members) >= len(second.members) else (other, one)
        group, lost = self._groups[home], self._groups.pop(gone)
        for number in lost.members:
            self._group_of[number] = home
        group.members = sorted(group.members + lost.members)
        for term, weight in lost.centre.items():
            group.centre[term] = group.centre.get(term, 0.0) + weight
            holding = self._holding[term]
            holding.pop(gone, None)
            holding[home] = None
        group.lengths += lost.lengths
        group.words |= lost.words
        seconds = [s for s in (group.last_second, lost.last_second) if s is not None]
        group.last_second = max(seconds, default=None)
        return home

    def _topic(self, group: _Group) -> Topic[Key]:
        central = sorted(group.members, key=lambda number: -self._centrality(group, number))
        texts = [self._texts[number] for number in central]
        times = sorted(at for at in (self._texts[n].at for n in group.members) if at is not None)
        named = [
            [said.place] if said.place else places_in(_head(said)) for said in texts[:NAMED_MAX]
        ]
        places = most_named(named)
        titles = [said.title for said in texts if said.title]
        return Topic(
            name=name_of(titles) if titles else words_name([_head(said) for said in texts], places),
            members=tuple(self._texts[number].key for number in group.members),
            examples=tuple(said.key for said in texts[:3]),
            first=times[0] if times else None,
            last=times[-1] if times else None,
            places=tuple(places),
            trend=trend_of(times),
        )

    def _centrality(self, group: _Group, number: int) -> float:
        weights = self._weights[number]
        rare = self._rare
        values = [(weight * rare[term], term) for term, weight in weights.items()]
        length = math.sqrt(sum(value * value for value, _ in values)) or 1.0
        return sum(v * group.centre.get(term, 0.0) * rare[term] for v, term in values) / length


def topics_of(texts: Sequence[Said[Key]], least: int = 2) -> list[Topic[Key]]:
    """The topics of texts that are all at hand, taken in the order of their times."""
    book = TopicBook(texts, are_all=True)
    for said in sorted(texts, key=lambda said: said.at.timestamp() if said.at else math.inf):
        book.add(said)
    book.join_near()
    return book.topics(least)


def split_text(title: str, body: str) -> Split:
    """A text's terms and telling words; without a title the beginning of the body stands for it."""
    head = _SIGN.sub(" ", plain(title[: 2 * TITLE_CHARACTERS]))[:TITLE_CHARACTERS]
    rest = _SIGN.sub(" ", plain(body[: 2 * BODY_CHARACTERS]))[:BODY_CHARACTERS]
    if not head.strip():
        head, rest = rest[:FIRST_SENTENCE_CHARACTERS], rest[FIRST_SENTENCE_CHARACTERS:]
    counts: dict[str, int] = {}
    pieces: set[str] = set()
    little = little_words()
    for text, weight in ((head, TITLE_WEIGHT), (rest, 1)):
        run = ""
        for word in fast_words(text):
            # What everybody writes (请加快, 建设力度) is no matter, neither as word nor as pieces.
            if word in little or not word.isalnum():
                run = ""
                continue
            if len(word) > 1:
                counts[word] = counts.get(word, 0) + weight
            if weight == TITLE_WEIGHT:
                pieces.update(one + two for one, two in pairwise(run[-1:] + word))
                run = word
    words = frozenset(counts)
    for piece in pieces:
        counts[piece] = counts.get(piece, 0) + TITLE_WEIGHT
    return Split({term: _WEIGHTS[count] for term, count in counts.items()}, words)


def _share_enough(split: Split, place: str | None, group: _Group) -> bool:
    """Whether a text shares two telling words with a topic, or one and the place."""
    shared = {word for word in split.words if word in group.centre}
    # A word of the topic may be cut otherwise here: 楼道 stands inside 单元楼|道 as a piece.
    shared |= {word for word in group.words if word in split.weights}
    if len(shared) >= WORDS_LEAST:
        return True
    return len(shared) == 1 and place_factor(place, group.place) > 1.0


def trend_of(times: Sequence[datetime]) -> str:
    """Whether the later half of the span of sorted times holds clearly more, or fewer, of them."""
    if len(times) < 3 or times[0] == times[-1]:
        return "持平"
    middle = times[0] + (times[-1] - times[0]) / 2
    early = sum(at <= middle for at in times)
    late = len(times) - early
    if late > 1.5 * early:
        return "上升"
    return "下降" if early > 1.5 * late else "持平"


def _head(said: Said[Key]) -> str:
    if said.title:
        return said.title
    return said.body[: 2 * FIRST_SENTENCE_CHARACTERS]
