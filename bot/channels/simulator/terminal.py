"""The demonstration chat in a terminal: choose who and where, type, read what everyone says."""

import asyncio
import sys
from contextlib import suppress

from bot.house import House
from bot.simulator import (
    Line,
    Room,
    Someone,
    cast_of,
    lines_of,
    lines_since,
    room_of,
    rooms_of,
    someone,
    speak,
)
from core.actor import SYSTEM
from core.errors import Refusal
from core.transaction import Transaction

POLL_SECONDS = 0.3
BACKLOG = 12


async def talk(house: House, *, sender: str, room: str) -> None:
    """Play one person in one room until the input ends; lines of others appear as they come."""
    person, where = await house.db.read(SYSTEM, _place, sender, room)
    write(
        f"您是 {person.name}（{person.about}），在“{where.name}”。输入文字回车发送，Ctrl-D 结束。"
    )
    backlog = await house.db.read(SYSTEM, lines_of, where.key, limit=BACKLOG)
    shown: set[int] = set()
    for line in backlog:
        _show(line, shown)
    watch = asyncio.create_task(_watch(house, where.key, shown))
    try:
        await _read_and_speak(house, person.sender, where.key)
        await asyncio.sleep(POLL_SECONDS * 2)  # the answer to the last words is still to be shown
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


def people_and_rooms(tx: Transaction) -> list[tuple[Someone, list[Room]]]:
    """Everybody who can be played, with the rooms each is in."""
    return [(person, rooms_of(tx, person)) for person in cast_of(tx)]


def write(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def _read_and_speak(house: House, sender: str, room: str) -> None:
    while True:
        typed = await asyncio.to_thread(sys.stdin.readline)
        if not typed:
            return
        if not typed.strip():
            continue
        try:
            await speak(house, sender=sender, room=room, text=typed.strip())
        except Refusal as refusal:
            write(f"（{refusal}）")


async def _watch(house: House, room: str, shown: set[int]) -> None:
    while True:
        newest = max(shown, default=0)
        for line in await house.db.read(SYSTEM, lines_since, [room], after=newest):
            _show(line, shown)
        await asyncio.sleep(POLL_SECONDS)


def _show(line: Line, shown: set[int]) -> None:
    if line.id in shown:
        return
    shown.add(line.id)
    text = line.text or ("[图片]" if line.media else "")
    write(f"{line.name or '机器人'}：{text}" + (f"\n    {line.link}" if line.link else ""))


def _place(tx: Transaction, sender: str, room: str) -> tuple[Someone, Room]:
    person = someone(tx, sender)
    rooms = rooms_of(tx, person)
    return person, room_of(rooms, room) if room else rooms[-1]
