"""The demonstration chat as a page: it looks like group chat on a phone, and is live."""

import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.house import House
from bot.links import LINK_SECONDS_MAX, PURPOSE, SESSION, LinkUsed
from bot.messages import Media
from bot.simulator import (
    CHANNEL,
    Line,
    Room,
    Someone,
    cast_of,
    last_lines,
    line_in,
    lines_of,
    lines_since,
    room_of,
    rooms_of,
    speak,
)
from bot.web.answers import SESSION_COOKIE, inner_path, see_other, set_cookie, show
from bot.web.csrf import token_for
from bot.web.forms import Fields, path_id
from bot.web.keys import CLOSING, HOUSE, PAGES, VISITOR
from bot.web.pictures import ACCEPT, PHOTO_BYTES_MAX, keep_photo
from bot.web.render import tint
from bot.web.session import begin_session
from community.tables import Identity
from core.actor import SYSTEM
from core.errors import NotFound
from core.transaction import Transaction

POLL_SECONDS = 0.3
BEAT_SECONDS = 15.0
SEEN_MAX = 1_000
STAMP_AFTER = timedelta(minutes=5)
TEXT_MAX = 1_000
SUGGESTIONS = (
    "三栋二单元电梯又坏了，老人下不来楼",
    "我们也是，二单元",
    "今晚谁去跳广场舞",
    "那边灯坏了",
    "12栋有人家里着火了！！",
    "@小云 我的事",
)
OPEN_WORDS = "打开我的页面"
TITLE_MAX = 12
_ADDRESS = re.compile(r"https?://[^\s，。）)]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the page shows it; `stamp` is the moment above it, where a pause went before."""

    line: Line
    text: str
    links: tuple[tuple[str, str], ...]  # what leads where
    is_mine: bool
    avatar: int
    stamp: datetime | None


@dataclass(frozen=True, slots=True)
class RoomShown:
    """A room in the list of chats, with its latest words."""

    room: Room
    last: Line | None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the page shows."""

    cast: Sequence[Someone]
    person: Someone | None
    rooms: Sequence[RoomShown]
    room: Room | None
    lines: Sequence[Shown]

    @property
    def newest(self) -> int:
        """The id of the latest line the page knows."""
        last = [shown.last.id for shown in self.rooms if shown.last is not None]
        return max([*last, *(shown.line.id for shown in self.lines)], default=0)


async def show_simulator(request: web.Request) -> web.Response:
    """Choose who to be (`as`) and where (`room`), and talk."""
    query = request.query
    scene = await request.app[HOUSE].db.read(
        SYSTEM, _scene, query.get("as", ""), query.get("room", "")
    )
    return show(
        request,
        "simulator/page.html",
        scene=scene,
        suggestions=SUGGESTIONS,
        say=query.get("say", "")[:TEXT_MAX],
        accept=ACCEPT,
        photo_bytes_max=PHOTO_BYTES_MAX,
    )


async def send_line(request: web.Request) -> web.Response:
    """Say something, with a picture or without; scripts get 204, plain forms the page again."""
    house = request.app[HOUSE]
    fields = Fields(await request.post())
    sender = fields.text("as", "人物", most=120)
    room = fields.text("room", "群", most=200)
    words = fields.text("text", "要说的话", most=TEXT_MAX, required=False)
    upload = fields.upload("photo", "照片", bytes_max=PHOTO_BYTES_MAX)
    fields.check()
    if upload is not None:
        photo = await keep_photo(house.files, upload)
        media = Media(photo.media_type, stored=photo.sha256, size=photo.size)
        await speak(house, sender=sender, room=room, text=words, media=media)
    else:
        await speak(house, sender=sender, room=room, text=words)
    if request.headers.get("X-Requested-With") == "fetch":
        return web.Response(status=204)
    return see_other(_place(sender, room))


async def stream_lines(request: web.Request) -> web.StreamResponse:
    """Server-sent events: every new line in any of the person's rooms, as a piece of the page.

    Asks the database, so that lines other processes write arrive as well.
    """
    house = request.app[HOUSE]
    sender, open_room = request.query.get("as", ""), request.query.get("room", "")
    scene = await house.db.read(SYSTEM, _scene, sender, open_room)
    if scene.person is None:
        raise NotFound
    after = path_id(request.headers.get("Last-Event-ID", "")) or path_id(
        request.query.get("after", "")
    )
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    with suppress(ConnectionResetError, ConnectionAbortedError):  # the page was closed
        await _pump(request, response, scene, after)
    return response


async def _pump(
    request: web.Request, response: web.StreamResponse, scene: Scene, after: int
) -> None:
    house, closing = request.app[HOUSE], request.app[CLOSING]
    here = scene.room.key if scene.room is not None else ""
    keys = [shown.room.key for shown in scene.rooms]
    stamped = scene.lines[-1].line.at if scene.lines else None
    seen: dict[int, None] = {}
    is_first, quiet = True, 0.0
    while not closing.is_set():
        for line in await house.db.read(SYSTEM, lines_since, keys, after=after):
            # The page knows these already; those of its own room it can tell apart by itself.
            is_known = is_first and line.id <= after and line.room != here
            if line.id in seen or is_known:
                seen[line.id] = None
                continue
            seen[line.id] = None
            await response.write(_event(request, scene, line, stamped))
            stamped = line.at if line.room == here else stamped
            after, quiet = max(after, line.id), 0.0
        is_first = False
        while len(seen) > SEEN_MAX:
            del seen[next(iter(seen))]
        if quiet >= BEAT_SECONDS:
            await response.write(b": beat\n\n")
            quiet = 0.0
        quiet += POLL_SECONDS
        await _rest(closing)


async def _rest(closing: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_SECONDS):
            await closing.wait()
    except TimeoutError:
        return


async def open_page(request: web.Request) -> web.Response:
    """Follow a link of a line as the person who looks at the phone."""
    house = request.app[HOUSE]
    fields = Fields(await request.post())
    sender = fields.text("as", "人物", most=120)
    line_id = fields.row_id("line", "消息")
    number = fields.whole("link", "链接", least=0, most=20)
    fields.check()
    path, token = await house.db.run(SYSTEM, _open, house, sender, line_id or 0, number)
    response = see_other(path)
    if token:
        set_cookie(request, response, SESSION_COOKIE, token, seconds=int(SESSION.total_seconds()))
    return response


async def show_picture(request: web.Request) -> web.StreamResponse:
    """A picture of a line, for whoever is in that room."""
    house = request.app[HOUSE]
    line_id = path_id(request.match_info["line"])
    sha256 = await house.db.read(SYSTEM, _picture, request.query.get("as", ""), line_id)
    headers = {"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=3600"}
    return web.FileResponse(house.files.path(sha256), headers=headers)


def _scene(tx: Transaction, sender: str, key: str) -> Scene:
    cast = cast_of(tx)
    person = next((p for p in cast if p.sender == sender), None)
    if person is None:
        if sender:
            raise NotFound
        return Scene(cast, None, (), None, ())
    rooms = rooms_of(tx, person)
    last = last_lines(tx, [room.key for room in rooms])
    shown = [RoomShown(room, last.get(room.key)) for room in rooms]
    if not key:
        return Scene(cast, person, shown, None, ())
    room = room_of(rooms, key)
    lines: list[Shown] = []
    for line in lines_of(tx, room.key):
        lines.append(_shown(line, sender, lines[-1].line.at if lines else None))
    return Scene(cast, person, shown, room, lines)


def _shown(line: Line, sender: str, before: datetime | None) -> Shown:
    """The line with its addresses taken out of the words, to be shown as cards below them."""
    words, links = _apart(line.text)
    if line.link:
        links.append((OPEN_WORDS, line.link))
    return Shown(
        line=line,
        text=words,
        links=tuple(links),
        is_mine=line.sender == sender,
        avatar=tint(line.sender) if line.sender else 0,
        stamp=line.at if before is None or line.at - before > STAMP_AFTER else None,
    )


def _apart(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Words without addresses, and the addresses; a few words before one are its title."""
    kept: list[str] = []
    links: list[tuple[str, str]] = []
    for row in text.split("\n"):
        addresses = _ADDRESS.findall(row)
        rest = _ADDRESS.sub("", row).strip(" ：:")
        is_title = bool(addresses) and 0 < len(rest) <= TITLE_MAX
        links += [(rest if is_title else OPEN_WORDS, address) for address in addresses]
        if not is_title and (rest or not addresses):
            kept.append(rest if addresses else row)
    return "\n".join(kept).strip().rstrip("：:"), links


def _event(request: web.Request, scene: Scene, line: Line, before: datetime | None) -> bytes:
    assert scene.person is not None
    shown = _shown(line, scene.person.sender, before)
    house, visitor = request.app[HOUSE], request[VISITOR]
    html = request.app[PAGES].text(
        "simulator/line.html",
        {
            "shown": shown,
            "person": scene.person,
            "csrf": token_for(house.signer, visitor.secret),
        },
    )
    who = shown.line.name or "机器人"
    data = json.dumps(
        {
            "id": str(shown.line.id),
            "room": shown.line.room,
            "last": f"{who}：{shown.text or '[图片]'}",
            "html": html,
        },
        ensure_ascii=False,
    )
    return f"id: {shown.line.id}\nevent: line\ndata: {data}\n\n".encode()


def _open(tx: Transaction, house: House, sender: str, line_id: int, number: int) -> tuple[str, str]:
    """Where a link of a line leads, and the session it opens for the person, if it is theirs."""
    scene = _scene(tx, sender, "")
    line = line_in(tx, line_id, [shown.room.key for shown in scene.rooms])
    links = _shown(line, sender, None).links
    if number >= len(links):
        raise NotFound
    address = urlsplit(links[number][1])
    path = inner_path(f"{address.path}?{address.query}" if address.query else address.path)
    token = path.removeprefix("/l/")
    if token == path:
        return path, ""
    value = house.signer.open(PURPOSE, token, seconds_max=LINK_SECONDS_MAX)
    assert isinstance(value, list)
    owner = tx.look(
        select(col(Identity.id), col(Identity.sender)).where(
            col(Identity.id) == int(value[0]), col(Identity.channel) == CHANNEL
        )
    ).first()
    if owner is None or owner.sender != sender:
        raise LinkUsed
    return inner_path(str(value[1])), begin_session(tx, lasts=SESSION, identity_id=owner.id)


def _picture(tx: Transaction, sender: str, line_id: int) -> str:
    scene = _scene(tx, sender, "")
    line = line_in(tx, line_id, [shown.room.key for shown in scene.rooms])
    if not line.media:
        raise NotFound
    return line.media


def _place(sender: str, room: str) -> str:
    return f"/simulator?as={quote(sender)}&room={quote(room)}"
