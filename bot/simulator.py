"""The demonstration chat: who is in it, what was said, and saying something.

A channel like any other, with the name CHANNEL and no other: whoever speaks here is an identity
of that channel, so nobody real can be spoken for.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from bot.demo import DISTRICT_PEOPLE, PLACES
from bot.house import House
from bot.inbox import receive
from bot.messages import Answer, Incoming, Kind, Media
from bot.outbox import GROUP_PREFIX
from bot.tables import SimulatorLine
from cases.desk import check_text
from community.people import local_day
from community.roles import ROLE_WORDS
from community.tables import (
    Area,
    Dwelling,
    Group,
    Household,
    Identity,
    Residency,
    Resident,
    RoleGrant,
)
from core.actor import SYSTEM
from core.columns import new_id
from core.errors import NotFound
from core.transaction import Transaction

CHANNEL = "simulator"
PRIVATE_PREFIX = "private:"
CAST_MAX = 300
ROOMS_MAX = 50
LINES_MAX = 200
# Ids hold the milliseconds of their making above these bits (core/columns.py).
ID_MS_SHIFT = 22
# Another process may commit an older id a little later: look back this far each time.
OVERLAP = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the demo cast; `about` says in a few words who it is."""

    sender: str
    name: str
    about: str
    community_id: int
    community: str
    community_code: str
    bot_name: str


@dataclass(frozen=True, slots=True)
class Room:
    """A group, or (with an empty chat) the talk between a person and the official account."""

    key: str
    chat: str
    name: str
    community: str

    @property
    def is_private(self) -> bool:
        return not self.chat


@dataclass(frozen=True, slots=True)
class Line:
    """One line as everyone in the room sees it; the bot's have no sender."""

    id: int
    room: str
    sender: str
    name: str
    text: str
    link: str
    media: str
    at: datetime


def cast_of(tx: Transaction) -> list[Someone]:
    """Everybody who can be played: bound identities of this channel, by community and number."""
    people = tx.look(
        select(
            col(Identity.sender),
            col(Resident.id),
            col(Resident.name),
            col(Resident.residency),
            col(Resident.city),
            col(Dwelling.address),
            col(Area.id).label("community_id"),
            col(Area.name).label("community"),
            col(Area.code),
            col(Area.bot_name),
        )
        .join(Resident, col(Resident.id) == col(Identity.resident_id))
        .join(Area, col(Area.id) == col(Resident.community_id))
        .outerjoin(Household, col(Household.id) == col(Resident.household_id))
        .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .where(col(Identity.channel) == CHANNEL, col(Resident.left_at).is_(None))
        .order_by(col(Area.id), col(Resident.number))
        .limit(CAST_MAX)
    ).all()
    roles = _roles(tx, [person.id for person in people])
    return [
        Someone(
            sender=person.sender,
            name=person.name,
            about=_about(roles.get(person.id), person.residency, person.city, person.address),
            community_id=person.community_id,
            community=person.community,
            community_code=person.code,
            bot_name=person.bot_name,
        )
        for person in people
    ]


def someone(tx: Transaction, sender: str) -> Someone:
    """The person of the cast with this name in chat; NotFound for anyone else."""
    for person in cast_of(tx):
        if person.sender == sender:
            return person
    raise NotFound


def rooms_of(tx: Transaction, person: Someone) -> list[Room]:
    """Where the person can speak: the official account, and the groups of the community.

    People of the seeded district are in the groups they are written down for.
    """
    query = (
        select(col(Group.chat), col(Group.name))
        .where(col(Group.channel) == CHANNEL, col(Group.community_id) == person.community_id)
        .order_by(col(Group.id))
        .limit(ROOMS_MAX)
    )
    written = _WRITTEN_ROOMS.get(person.sender)
    groups = [
        Room(row.chat, row.chat, row.name, person.community)
        for row in tx.look(query)
        if written is None or row.chat in written
    ]
    account = Room(
        PRIVATE_PREFIX + person.sender, "", f"{person.community}公众号", person.community
    )
    return [*groups, account]


def room_of(rooms: Sequence[Room], key: str) -> Room:
    """The room with this key; NotFound when the person is not in it."""
    for room in rooms:
        if room.key == key:
            return room
    raise NotFound


def lines_of(tx: Transaction, room: str, *, limit: int = LINES_MAX) -> list[Line]:
    """The latest lines of a room, oldest first."""
    query = _LINES.where(col(SimulatorLine.room) == room)
    rows = tx.look(query.order_by(col(SimulatorLine.id).desc()).limit(limit)).all()
    return [Line(*tuple(row)) for row in reversed(rows)]


def lines_since(tx: Transaction, rooms: Collection[str], *, after: int) -> list[Line]:
    """Lines of these rooms from OVERLAP before the id `after` on, whichever process wrote them.

    The overlap repeats lines; the caller knows which it has shown.
    """
    floor = after - (int(OVERLAP.total_seconds() * 1000) << ID_MS_SHIFT)
    query = _LINES.where(col(SimulatorLine.room).in_(rooms), col(SimulatorLine.id) > floor)
    return [
        Line(*tuple(row)) for row in tx.look(query.order_by(col(SimulatorLine.id)).limit(LINES_MAX))
    ]


def last_lines(tx: Transaction, rooms: Collection[str]) -> dict[str, Line]:
    """The latest line of each room, by room."""
    newest = (
        select(func.max(col(SimulatorLine.id)))
        .where(col(SimulatorLine.room).in_(rooms))
        .group_by(col(SimulatorLine.room))
    )
    found = [Line(*tuple(row)) for row in tx.look(_LINES.where(col(SimulatorLine.id).in_(newest)))]
    return {line.room: line for line in found}


def line_in(tx: Transaction, line_id: int, rooms: Collection[str]) -> Line:
    """One line of these rooms; NotFound for any other."""
    query = _LINES.where(col(SimulatorLine.id) == line_id, col(SimulatorLine.room).in_(rooms))
    row = tx.look(query).first()
    if row is None:
        raise NotFound
    return Line(*tuple(row))


def room_for(recipient: str) -> str:
    """The room in which words for this recipient of the outbox appear."""
    if recipient.startswith(GROUP_PREFIX):
        return recipient.removeprefix(GROUP_PREFIX)
    return PRIVATE_PREFIX + recipient


def write_line(
    tx: Transaction, *, room: str, sender: str, text: str, link: str = "", media: str = ""
) -> int:
    """Add a line to a room; returns its id."""
    line_id = new_id()
    row = {"id": line_id, "room": room, "sender": sender, "text": text, "link": link}
    tx.write(SimulatorLine, {**row, "media": media, "at": tx.now})
    return line_id


async def speak(
    house: House,
    *,
    sender: str,
    room: str,
    text: str,
    media: Media | None = None,
    message_id: str = "",
) -> Answer:
    """Say something as a person of the cast, as if typed into the chat, and hear the answer.

    The line, and what the bot says to it at once, are seen by everyone in the room. NotFound when
    there is no such person, or the person is not in that room.
    """
    if media is None:
        check_text(text)
    person, where, line_id = await house.db.run(
        SYSTEM, _say, sender=sender, room=room, text=text, media=media.stored if media else ""
    )
    words, is_addressed = _unaddressed(text, person.bot_name)
    answer = await receive(
        house,
        Incoming(
            channel=CHANNEL,
            message_id=message_id or str(line_id),
            sender=sender,
            text=words,
            chat=where.chat,
            kind=Kind.IMAGE if media is not None else Kind.TEXT,
            media=(media,) if media is not None else (),
            addressed=is_addressed,
            nickname=person.name,
            community=person.community_code,
        ),
    )
    if answer.text:
        await house.db.run(SYSTEM, write_line, room=where.key, sender="", text=answer.text)
    return answer


def _say(
    tx: Transaction, *, sender: str, room: str, text: str, media: str
) -> tuple[Someone, Room, int]:
    person = someone(tx, sender)
    where = room_of(rooms_of(tx, person), room)
    return person, where, write_line(tx, room=room, sender=sender, text=text, media=media)


def _unaddressed(text: str, bot_name: str) -> tuple[str, bool]:
    """The words without the bot's name before them, and whether it was there."""
    for name in (f"@{bot_name}", "@机器人"):
        if name in text:
            return text.replace(name, "", 1).strip(" \u2005,，:："), True
    return text, False


def _roles(tx: Transaction, resident_ids: Sequence[int]) -> dict[int, str]:
    """The latest role each of them holds today, in words."""
    today = local_day(tx.now)
    query = (
        select(col(RoleGrant.resident_id), col(RoleGrant.role))
        .where(
            col(RoleGrant.resident_id).in_(resident_ids),
            col(RoleGrant.from_date) <= today,
            (col(RoleGrant.until_date).is_(None)) | (col(RoleGrant.until_date) >= today),
        )
        .order_by(col(RoleGrant.id))
    )
    return {row.resident_id: ROLE_WORDS.get(row.role, row.role) for row in tx.look(query)}


def _about(role: str | None, residency: Residency, city: str, address: str | None) -> str:
    if role is not None:
        return role
    if residency is Residency.AWAY:
        return f"在外：{city}" if city else "在外"
    home = address or "居民"
    return f"{home} 租户" if residency is Residency.TENANT else home


_WRITTEN_ROOMS = {
    person.sender: person.rooms
    for person in (*DISTRICT_PEOPLE, *(p for place in PLACES for p in place.people))
    if person.sender
}
_LINES = (
    select(
        col(SimulatorLine.id),
        col(SimulatorLine.room),
        col(SimulatorLine.sender),
        func.coalesce(col(Resident.name), "").label("name"),
        col(SimulatorLine.text),
        col(SimulatorLine.link),
        col(SimulatorLine.media),
        col(SimulatorLine.at),
    )
    .outerjoin(
        Identity,
        (col(Identity.channel) == CHANNEL) & (col(Identity.sender) == col(SimulatorLine.sender)),
    )
    .outerjoin(Resident, col(Resident.id) == col(Identity.resident_id))
)
