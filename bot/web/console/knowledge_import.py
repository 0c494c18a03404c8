"""Articles out of a file: tried first, its problems said row by row; then taken over."""

import asyncio
from datetime import date
from pathlib import PurePath

from aiohttp import web

from bot.article_exchange import article_file, read_article_file, take_in_all
from bot.web.answers import see_other
from bot.web.console.knowledge import Place, chosen_place, wanted_place
from bot.web.console.roster import XLSX
from bot.web.console.shell import show_console, staff, trouble_of, typed_in
from bot.web.forms import Fields, FormTrouble, path_id
from bot.web.keys import HOUSE
from community.article_file import FILE_MAX, ArticleFile
from community.article_import import (
    COLUMN_NOTES,
    ArticleCheck,
    article_entries,
    article_template,
    check_articles,
)
from community.articles import RIGHT
from community.people import local_day
from core.errors import NotFound, Refusal
from core.transaction import Transaction

UPLOAD_BYTES_MAX = FILE_MAX + 100_000
PROBLEMS_MAX = 200
PURPOSE = "articles"
HOLD_SECONDS = 3_600
TEMPLATE_NAME = "%E7%9F%A5%E8%AF%86%E5%BA%93%E6%A8%A1%E6%9D%BF.xlsx"  # 知识库模板
EXPORT_NAME = "%E7%9F%A5%E8%AF%86%E5%BA%93"  # 知识库


async def show_import(request: web.Request) -> web.Response:
    """Where to get the template, and the form to upload."""
    return await _page(request)


async def send_template(request: web.Request) -> web.Response:
    """The empty workbook to fill in."""
    staff(request, RIGHT)
    return _file(await asyncio.to_thread(article_template), TEMPLATE_NAME, XLSX)


async def send_articles(request: web.Request) -> web.Response:
    """Every article of a place as XLSX or Markdown; goes in again unchanged."""
    actor = staff(request, RIGHT)
    db, kind = request.app[HOUSE].db, request.match_info["kind"]
    area, _ = await db.read(actor, chosen_place, wanted_place(request))
    entries = await db.read(actor, article_entries, area.id)
    body = await asyncio.to_thread(article_file, entries, f"articles.{kind}")
    media_type = XLSX if kind == "xlsx" else "text/markdown"
    return _file(body, f"{EXPORT_NAME}.{kind}", media_type)


async def upload(request: web.Request) -> web.Response:
    """Try a file: nothing is taken over yet; the page offers to do it when nothing is wrong."""
    actor = staff(request, RIGHT)
    house = request.app[HOUSE]
    data = await request.post()
    fields = Fields(data)
    typed = typed_in(data)
    place = path_id(typed.get("community", ""))
    try:
        file = fields.upload("file", "文件", bytes_max=FILE_MAX)
        if file is None and "file" not in fields.errors:
            fields.wrong("file", "请先选一个 Excel、CSV 或 Markdown 文件。")
        fields.check()
        assert file is not None
        name = PurePath(file.name).name[:100]
        found = await _read(file.content, name, local_day(house.db.clock()))
        check = await house.db.read(actor, _check, place, found)
    except Refusal as refusal:
        if not isinstance(refusal, FormTrouble) and refusal.status not in (401, 404, 503):
            refusal = FormTrouble({"file": str(refusal)}, typed)
        return await _page(request, refusal=refusal, typed=typed)
    held = ""
    if not found.problems:
        # The file waits under its own hash; who may go on with it is signed.
        stored = await asyncio.to_thread(house.files.keep, file.content)
        held = house.signer.sign(PURPOSE, [stored, name, str(place)])
    return await _page(request, typed=typed, name=name, found=found, check=check, held=held)


async def begin(request: web.Request) -> web.Response:
    """Take a tried file over; doing it twice changes nothing the second time."""
    actor = staff(request, RIGHT)
    house = request.app[HOUSE]
    data = await request.post()
    held = data.get("held", "")
    value = house.signer.open(PURPOSE, str(held), seconds_max=HOLD_SECONDS)
    if not isinstance(value, list) or len(value) != 3:
        raise NotFound
    stored, name, place = str(value[0]), str(value[1]), path_id(str(value[2]))
    try:
        path = house.files.path(stored)
    except NotFound:
        # It was taken over before: pressed twice, or gone back.
        return see_other(f"/console/knowledge?community={place}", done="imported")
    content = await asyncio.to_thread(path.read_bytes)
    found = await _read(content, name, local_day(house.db.clock()))
    await take_in_all(house, actor, place, found.entries)
    await asyncio.to_thread(house.files.discard, stored)
    return see_other(f"/console/knowledge?community={place}", done="imported")


async def _read(content: bytes, name: str, today: date) -> ArticleFile:
    return await asyncio.to_thread(read_article_file, content, name, today=today)


def _check(tx: Transaction, place: int, found: ArticleFile) -> tuple[Place, ArticleCheck]:
    area, _ = chosen_place(tx, place)
    return area, check_articles(tx, area.id, found.entries)


async def _page(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    name: str = "",
    found: ArticleFile | None = None,
    check: tuple[Place, ArticleCheck] | None = None,
    held: str = "",
) -> web.Response:
    actor = staff(request, RIGHT)
    trouble = trouble_of(refusal) if refusal is not None else {}
    wanted = path_id(typed["community"]) if typed and "community" in typed else None
    if wanted is None:
        wanted = wanted_place(request)
    area, among = await request.app[HOUSE].db.read(actor, chosen_place, wanted)
    return show_console(
        request,
        "knowledge_import.html",
        here="more",
        area=area,
        among=among,
        columns=COLUMN_NOTES,
        megabytes=FILE_MAX // 1_048_576,
        name=name,
        found=found,
        problems=found.problems[:PROBLEMS_MAX] if found else (),
        check=check[1] if check else None,
        held=held,
        **trouble,
    )


def _file(body: bytes, name: str, media_type: str) -> web.Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }
    return web.Response(body=body, content_type=media_type, headers=headers)
