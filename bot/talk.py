"""What people talk about: the topics of a community's cases of the last days, with their course."""

import re
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.web.resident.places import without_room
from cases.recent import Brought, brought_up, brought_up_stamp, counts_between, those_of, voices
from core.transaction import Transaction
from deliberation.tables import TITLE_MAX
from nlp.topic_names import without_people
from nlp.topics import Said, Topic, topics_of

SPANS = (7, 30, 90)
BAR_DAYS = {7: 1, 30: 3, 90: 7}
TEXTS_MAX = 3000
TOPICS_MAX = 50
KEPT_MAX = 64
EXAMPLES = 3
EXAMPLE_CHARACTERS = 80
DRAFT_CASES_MAX = 200

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Example:
    """A case of a topic, without numbers and names of people."""

    id: int
    number: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Talked:
    """A topic of a community: how many cases, how many voices, when and where."""

    name: str
    case_ids: tuple[int, ...]
    voice_count: int
    trend: str
    places: tuple[str, ...]
    first: datetime
    last: datetime
    bars: tuple[int, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """A community's talk over `days`: topics, all cases by time, and what was left out.

    `bars` count all cases of each part of the span, `starts` are the parts' beginnings;
    `case_count` is their sum. Of more than TEXTS_MAX cases only the newest are sorted into topics:
    then `cut` is true.
    """

    days: int
    topics: tuple[Talked, ...]
    case_count: int
    bars: tuple[int, ...]
    starts: tuple[datetime, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Material:
    """What the topics are found in, read in one transaction."""

    since: datetime
    until: datetime
    days: int
    brought: Sequence[Brought]
    voices: dict[int, int]
    bars: tuple[int, ...]
    cut: bool


TalkKey = tuple[int, int, datetime, tuple[int, int]]


class TalkCache:
    """Talks already found, by community, span, hour and stamp; the last used stay."""

    def __init__(self) -> None:
        self._kept: OrderedDict[TalkKey, Talk] = OrderedDict()

    def get(self, key: TalkKey) -> Talk | None:
        """The talk of the key, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: TalkKey, talk: Talk) -> None:
        """Keep a talk; the longest unused gives way."""
        self._kept[key] = talk
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)


def talk_key(tx: Transaction, community_id: int, days: int) -> TalkKey:
    """What a talk is kept under: it changes with every case and every hour."""
    hour = tx.now.replace(minute=0, second=0, microsecond=0)
    since = hour - timedelta(days=days)
    return community_id, days, hour, brought_up_stamp(tx, community_id, since=since)


def material(tx: Transaction, community_id: int, days: int) -> Material:
    """The cases of the last days, newest TEXTS_MAX of them, with the people behind each."""
    since = _edges(tx.now, days)[0]
    brought = brought_up(tx, community_id, since=since, limit=TEXTS_MAX + 1)
    kept = brought[:TEXTS_MAX]
    return Material(
        since=since,
        until=tx.now,
        days=days,
        brought=kept,
        voices=voices(tx, [case.id for case in kept]) if kept else {},
        bars=counts_between(tx, community_id, _edges(tx.now, days)),
        cut=len(brought) > TEXTS_MAX,
    )


def talk_of(found: Material) -> Talk:
    """The topics of the material, most voices first; pure, so that a thread may do it."""
    said = [
        Said(case.id, "", case.text, case.at, without_room(case.place or "") or None)
        for case in reversed(found.brought)
    ]
    by_id = {case.id: case for case in found.brought}
    topics = [_talked(topic, by_id, found) for topic in topics_of(said)]
    topics.sort(key=lambda one: (-one.voice_count, -len(one.case_ids), one.name))
    return Talk(
        days=found.days,
        topics=tuple(topics[:TOPICS_MAX]),
        case_count=sum(found.bars),
        bars=found.bars,
        starts=tuple(_edges(found.until, found.days)[:-1]),
        cut=found.cut,
    )


def draft_words(
    tx: Transaction, community_id: int, *, name: str, days: int, case_ids: Sequence[int]
) -> tuple[str, str, list[int]]:
    """Title, text and cases of a consultation draft on a topic; nobody's own words are in it.

    Of the ids given only those count that belong to the community and the actor may see.
    """
    cases = those_of(tx, community_id, list(case_ids)[:DRAFT_CASES_MAX])
    people = sum(voices(tx, [case.id for case in cases]).values()) if cases else 0
    places = Counter(without_room(case.place) for case in cases if case.place)
    where = "、".join(place for place, _ in places.most_common(4) if place)
    kinds = Counter(case.category for case in cases)
    kind = kinds.most_common(1)[0][0] if kinds else ""
    lines = [
        f"最近 {days} 天，有 {len(cases)} 件诉求（{people} 人次）说到这件事"
        + (f"，多数属于{kind}" if kind else "")
        + (f"，涉及 {where}。" if where else "。"),
        "",
        "想请大家一起商量：",
        "1. 现在是什么情况，影响到谁？",
        "2. 可以怎么办，各要花多少钱、多长时间？",
        "3. 谁来办，什么时候办好，怎么算办好？",
    ]
    title = f"商量一下：{without_people(name)}"[:TITLE_MAX]
    return title, "\n".join(lines), [case.id for case in cases]


def _talked(topic: Topic[int], by_id: dict[int, Brought], found: Material) -> Talked:
    times = sorted(by_id[case_id].at for case_id in topic.members)
    return Talked(
        name=topic.name,
        case_ids=topic.members,
        voice_count=sum(max(found.voices.get(case_id, 0), 1) for case_id in topic.members),
        trend=topic.trend,
        places=topic.places,
        first=times[0],
        last=times[-1],
        bars=_bars(times, found),
        examples=tuple(_example(by_id[case_id]) for case_id in topic.examples[:EXAMPLES]),
    )


def _example(case: Brought) -> Example:
    words = _BLANKS.sub(" ", without_people(case.text)).strip()
    short = words if len(words) <= EXAMPLE_CHARACTERS else words[: EXAMPLE_CHARACTERS - 1] + "…"
    return Example(case.id, case.number, case.at, short)


def _edges(until: datetime, days: int) -> list[datetime]:
    """The moments between the parts of a span that ends at `until`, first and last included."""
    width = BAR_DAYS[days]
    count = -(-days // width)
    return [until - timedelta(days=width * (count - number)) for number in range(count + 1)]


def _bars(times: Sequence[datetime], found: Material) -> tuple[int, ...]:
    """How many of the times fall into each part of the span, a part's end included."""
    edges = _edges(found.until, found.days)
    bars = [0] * (len(edges) - 1)
    for at in times:
        bars[min(max(bisect_left(edges, at) - 1, 0), len(bars) - 1)] += 1
    return tuple(bars)
