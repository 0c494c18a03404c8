"""What of a group's talk concerns us. Talk that does not is counted and let go, never stored."""

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from prometheus_client import Counter
from sqlalchemy import String, bindparam, literal_column, select
from sqlmodel import col

from bot.dialogue.router import ME_TOO, PLAIN_WORDS
from bot.dialogue.turn import GroupPlace
from bot.knowledge import Found
from bot.messages import Incoming, Kind
from bot.readers import Readers
from bot.tables import Dialog
from community.places import gazetteer
from community.tables import DISTRICT, Area, Building, Group
from community.thresholds import thresholds_of
from core.actor import SYSTEM
from core.database import Database
from core.transaction import Transaction
from nlp.reading import Context, Reading, read

GROUP_SECONDS = 30.0  # how long what is known of a group is believed before it is read again
GROUPS_MAX = 5_000
MATTERS_MAX = 12
MATTER_SECONDS = 30 * 60
LATEST_MATTER_SECONDS = 10 * 60
# The talk around a message is held in memory for a moment, never stored: it tells requests from
# talk better than the words alone, and most of what only sounds like danger from what is.
TALK_MAX = 8
TALK_CHARACTERS_MAX = 120
TALK_SECONDS = 15 * 60
# What stands in a talk for a message without words.
SIGNS = {Kind.IMAGE: "[图片]", Kind.VOICE: "[语音]", Kind.LOCATION: "[位置]"}
# Words that lean on what was said before are few; a longer message stands for itself.
LEANING_MAX = 24
DIALOG_POLL_SECONDS = 2.0

HEARD = Counter("yunshequ_heard_total", "messages heard, by intent", ["where", "intent"])

Room = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Matter:
    """Something asked for lately in a group, by its message."""

    message_id: str
    sender: str
    text: str
    place: str | None
    case_id: int
    at: float


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A community as far as hearing needs it: names of places, what nicknames stand for, and how
    sure the bot must be there.
    """

    community_id: int
    gazetteer: tuple[str, ...] = ()
    nicknames: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)


NOWHERE = Neighbourhood(DISTRICT)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that concerns us, with all that is known before any transaction."""

    reading: Reading
    community_id: int
    group: GroupPlace | None
    gazetteer: tuple[str, ...]
    joined_case: int | None
    is_ours: bool = True
    thresholds: Mapping[str, float] = field(default_factory=dict)
    found: tuple[Found, ...] | None = None  # articles that may answer; None: nothing was asked


@dataclass(slots=True)
class _Known:
    group: GroupPlace | None
    place: Neighbourhood
    until: float


class Hearing:
    """The ears of one process: groups, gazetteers, open dialogues and the latest open matters.

    Everything here can be lost: it is read again from the database when needed.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.readers: Readers | None = None  # without any, this process reads for itself
        self._rooms: OrderedDict[Room, _Known] = OrderedDict()
        self._communities: dict[str, tuple[float, Neighbourhood]] = {}
        self._places: dict[int, Neighbourhood] = {}
        self._matters: OrderedDict[Room, deque[Matter]] = OrderedDict()
        self._talk: OrderedDict[Room, tuple[float, deque[tuple[str, str, str]]]] = OrderedDict()
        self._dialogs: set[tuple[str, str, str]] = set()
        self._dialogs_read = 0.0

    async def hear(self, incoming: Incoming) -> Heard | None:
        """What a message says to us, and whether it is for us; None in a group nobody bound."""
        if incoming.is_private:
            return await self._hear_private(incoming)
        room = (incoming.channel, incoming.chat)
        known = self._rooms.get(room)
        if known is None or known.until < time.monotonic():
            known = await self._learn(room)
        if known.group is None:
            _count("unbound", "unknown")
            return None
        matters = self._open_matters(room)
        talk = self._talk_of(room)
        before = tuple(talk)
        said = incoming.text[:TALK_CHARACTERS_MAX] or SIGNS.get(incoming.kind, "")
        talk.append((incoming.message_id, incoming.sender, said))
        reading = await self._read(incoming, known.place, matters, before)
        _count("group", reading.intent.value)
        joined = self._joined(incoming, reading, matters)
        ours = reading.concerns_us or await self._expects(incoming, joined)
        community_id = known.group.community_id
        place = known.place
        return Heard(
            reading, community_id, known.group, place.gazetteer, joined, ours, place.thresholds
        )

    def note(self, incoming: Incoming, heard: Heard, case_id: int) -> None:
        """Remember that this message is about an open case, for what is said next."""
        room = _room(incoming)
        matters = self._matters.setdefault(room, deque(maxlen=MATTERS_MAX))
        self._matters.move_to_end(room)
        if incoming.text:
            matters.append(
                Matter(
                    incoming.message_id,
                    incoming.sender,
                    incoming.text,
                    heard.reading.place,
                    case_id,
                    time.monotonic(),
                )
            )
        while len(self._matters) > GROUPS_MAX:
            self._matters.popitem(last=False)

    def expect(self, incoming: Incoming) -> None:
        """A dialogue with this sender is open: the next words are for us, whatever they are."""
        self._dialogs.add((incoming.channel, incoming.chat, incoming.sender))

    async def _hear_private(self, incoming: Incoming) -> Heard:
        place = await self._neighbourhood(incoming.community)
        room = _room(incoming)
        matters = self._open_matters(room)
        reading = await self._read(incoming, place, matters)
        _count("private", reading.intent.value)
        joined = self._joined(incoming, reading, matters)
        return Heard(
            reading,
            place.community_id,
            None,
            place.gazetteer,
            joined,
            thresholds=place.thresholds,
        )

    async def _read(
        self,
        incoming: Incoming,
        place: Neighbourhood,
        matters: list[Matter],
        talk: tuple[tuple[str, str, str], ...] = (),
    ) -> Reading:
        leans = len(incoming.text) <= LEANING_MAX
        context = Context(
            sender=incoming.sender,
            addressed=incoming.addressed,
            messages=talk,
            matters=tuple((m.message_id, m.sender, m.text) for m in matters) if leans else (),
            links=leans and bool(matters),
            gazetteer=place.gazetteer,
            thresholds=place.thresholds,
        )
        if self.readers is None:
            reading = read(incoming.text, context)
        else:
            where = "\0".join(_room(incoming))
            reading = await self.readers.read(
                where, incoming.text, context, place=place.community_id
            )
        meant = place.nicknames.get(reading.place or "")
        return replace(reading, place=meant) if meant else reading

    def _talk_of(self, room: Room) -> deque[tuple[str, str, str]]:
        """The last words of a group; after a silence they have nothing to do with the next."""
        now = time.monotonic()
        at, talk = self._talk.pop(room, (now, deque(maxlen=TALK_MAX)))
        if now - at > TALK_SECONDS:
            talk.clear()
        self._talk[room] = (now, talk)
        while len(self._talk) > GROUPS_MAX:
            self._talk.popitem(last=False)
        return talk

    def _open_matters(self, room: Room) -> list[Matter]:
        oldest = time.monotonic() - MATTER_SECONDS
        return [m for m in self._matters.get(room, ()) if m.at >= oldest]

    def _joined(self, incoming: Incoming, reading: Reading, matters: list[Matter]) -> int | None:
        """The case the message goes on about: by the reading, or the latest for a "me too"."""
        for matter in matters:
            if matter.message_id == reading.same_as and _may_be_same(reading, matter):
                return matter.case_id
        latest = [m for m in matters if m.at >= time.monotonic() - LATEST_MATTER_SECONDS]
        if not latest:
            return None
        if ME_TOO.match(incoming.text):
            return latest[-1].case_id
        if incoming.kind in (Kind.IMAGE, Kind.VOICE) and not incoming.text:
            own = [m for m in latest if m.sender == incoming.sender]
            return own[-1].case_id if own else None
        return None

    async def _expects(self, incoming: Incoming, joined: int | None) -> bool:
        """Whether a message that asks for nothing is for us all the same."""
        if incoming.addressed or joined is not None:
            return True
        if len(incoming.text) <= 60 and any(p.match(incoming.text.strip()) for p in PLAIN_WORDS):
            return True
        if time.monotonic() - self._dialogs_read > DIALOG_POLL_SECONDS:
            self._dialogs_read = time.monotonic()
            self._dialogs = await self._db.read(SYSTEM, _open_dialogs)
        return (incoming.channel, incoming.chat, incoming.sender) in self._dialogs

    async def _learn(self, room: Room) -> _Known:
        group, place = await self._db.read(SYSTEM, _group, *room)
        known = _Known(group, self._same(place), time.monotonic() + GROUP_SECONDS)
        self._rooms[room] = known
        self._rooms.move_to_end(room)
        while len(self._rooms) > GROUPS_MAX:
            self._rooms.popitem(last=False)
        return known

    async def _neighbourhood(self, code: str) -> Neighbourhood:
        until, place = self._communities.get(code, (0.0, NOWHERE))
        if until < time.monotonic():
            place = self._same(await self._db.read(SYSTEM, _community, code))
            self._communities[code] = (time.monotonic() + GROUP_SECONDS, place)
        return place

    def _same(self, place: Neighbourhood) -> Neighbourhood:
        """The one object for what is known of a community, however many groups it has."""
        kept = self._places.get(place.community_id)
        if kept != place:
            kept = self._places[place.community_id] = place
        return kept


_GROUP = (
    select(
        col(Group.id),
        col(Group.community_id),
        col(Group.grid_id),
        literal_column("community_building.name", String()).label("building"),
        col(Group.name),
        col(Area.bot_name),
        col(Group.is_muted),
    )
    .join(Area, col(Area.id) == col(Group.community_id))
    .outerjoin(Building, col(Building.id) == col(Group.building_id))
    .where(col(Group.channel) == bindparam("channel"), col(Group.chat) == bindparam("chat"))
)


@lru_cache
def _counter(where: str, intent: str) -> Counter:
    return HEARD.labels(where, intent)


def _count(where: str, intent: str) -> None:
    _counter(where, intent).inc()


def _may_be_same(reading: Reading, matter: Matter) -> bool:
    """Two places that have nothing to do with each other are two matters."""
    here, there = reading.place, matter.place
    return here is None or there is None or here in there or there in here


def _room(incoming: Incoming) -> Room:
    # In private the sender is the room.
    return (incoming.channel, incoming.chat or f"private:{incoming.sender}")


def _group(tx: Transaction, channel: str, chat: str) -> tuple[GroupPlace | None, Neighbourhood]:
    row = tx.look(_GROUP, {"channel": channel, "chat": chat}).first()
    if row is None or row.is_muted:
        return None, NOWHERE
    group = GroupPlace(row.id, row.community_id, row.grid_id, row.building, row.name, row.bot_name)
    return group, neighbourhood(tx, row.community_id)


def _community(tx: Transaction, code: str) -> Neighbourhood:
    """The community with this code; without a code, the only one there is; else NOWHERE."""
    query = select(col(Area.id)).where(col(Area.kind) == "community")
    rows = tx.look(query.where(col(Area.code) == code) if code else query.limit(2)).all()
    if len(rows) != 1:
        return NOWHERE
    return neighbourhood(tx, rows[0].id)


def neighbourhood(tx: Transaction, community_id: int) -> Neighbourhood:
    """Names and nicknames of a community's facilities and buildings, and its own thresholds."""
    known = gazetteer(tx, community_id)
    return Neighbourhood(
        community_id, known.names, known.nicknames, thresholds_of(tx, community_id)
    )


def _open_dialogs(tx: Transaction) -> set[tuple[str, str, str]]:
    query = select(col(Dialog.channel), col(Dialog.chat), col(Dialog.sender)).where(
        col(Dialog.expires_at) > tx.now, col(Dialog.chat) != ""
    )
    return {(row.channel, row.chat, row.sender) for row in tx.look(query)}
