"""导入名册: a file is tried first, its problems said row by row; then it is taken over."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.house import House
from bot.roster_import import discard_upload, keep_upload, run_import
from bot.web.answers import see_other
from bot.web.console.shell import (
    chosen_community,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, FormTrouble, path_id
from bot.web.keys import HOUSE
from community.roster import (
    CHECKED,
    DONE,
    FAILED,
    RUNNING,
    RosterHasProblems,
    access_import,
    visible_imports,
)
from community.roster_columns import COLUMNS, roster_template
from community.tables import Area, RosterImport
from core.actor import Actor
from core.errors import Refusal
from core.sheets import FILE_MAX
from core.transaction import Transaction

UPLOAD_BYTES_MAX = FILE_MAX + 100_000
LOOK_AGAIN_MS = 1_200
TEMPLATE_NAME = "%E5%B1%85%E6%B0%91%E5%90%8D%E5%86%8C%E6%A8%A1%E6%9D%BF.xlsx"  # 居民名册模板
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE_WORDS = {
    CHECKED: "试过了，还没导入",
    RUNNING: "正在导入",
    DONE: "导入好了",
    FAILED: "没有导完",
}

Imports = dict[int, asyncio.Task[None]]
IMPORTS: web.AppKey[Imports] = web.AppKey("imports", dict)
"""The imports this process is at work on; one that was cut short goes on when asked."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """The page before anything is uploaded."""

    area: Area
    among: list[Area]
    imports: Sequence[RosterImport]


def prepare(app: web.Application) -> None:
    """Let the application hold imports that go on behind its pages, and stop them at its end."""
    app[IMPORTS] = {}
    app.on_shutdown.append(_stop)


async def show_roster(request: web.Request) -> web.Response:
    """Where to get the template, the form to upload, and the imports so far."""
    return await _page(request)


async def send_template(request: web.Request) -> web.Response:
    """The empty workbook to fill in."""
    staff(request, "people.edit")
    body = await asyncio.to_thread(roster_template)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{TEMPLATE_NAME}"}
    return web.Response(body=body, content_type=XLSX, headers=headers)


async def upload(request: web.Request) -> web.Response:
    """Try a file: nothing is taken over yet."""
    actor = staff(request, "people.edit")
    data = await request.post()
    fields = Fields(data)
    try:
        community_id = fields.row_id("community", "社区") or 0
        file = fields.upload("file", "文件", bytes_max=FILE_MAX)
        if file is None and "file" not in fields.errors:
            fields.wrong("file", "请先选一个 Excel 或 CSV 文件。")
        fields.check()
        assert file is not None
        kept = await keep_upload(
            request.app[HOUSE],
            actor,
            community_id,
            file_name=file.name,
            content=file.content,
        )
    except Refusal as refusal:
        if not isinstance(refusal, FormTrouble) and refusal.status not in (401, 404, 503):
            refusal = FormTrouble({"file": str(refusal)}, typed_in(data))
        return await _page(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/roster/{kept.id}")


async def show_import(request: web.Request) -> web.Response:
    """What the try found; while it is taken over, how far it is; at the end, what it did."""
    return await _import_page(request)


async def begin(request: web.Request) -> web.Response:
    """Take the file over, or go on where it was cut short."""
    actor = staff(request, "people.edit")
    house = request.app[HOUSE]
    import_id = row_id(request, "import_id")
    found = await house.db.read(actor, access_import, import_id)
    problem_count = int(found.report.get("problem_count", 0))
    if problem_count:
        return await _import_page(request, refusal=RosterHasProblems(count=problem_count))
    running = request.app[IMPORTS]
    if import_id not in running and found.state in (CHECKED, RUNNING):
        task = asyncio.create_task(_take_over(house, actor, import_id))
        running[import_id] = task
        task.add_done_callback(lambda ended: _note_end(running, import_id, ended))
    return see_other(f"/console/roster/{import_id}")


async def give_up(request: web.Request) -> web.Response:
    """Forget a file that was only tried."""
    actor = staff(request, "people.edit")
    house = request.app[HOUSE]
    import_id = row_id(request, "import_id")
    if import_id not in request.app[IMPORTS]:
        found = await house.db.read(actor, access_import, import_id)
        if found.state == CHECKED:
            await discard_upload(house, actor, import_id)
    return see_other("/console/roster", done="removed")


async def _take_over(house: House, actor: Actor, import_id: int) -> None:
    try:
        await run_import(house, actor, import_id)
    except Refusal as refusal:
        log.info("import %d ended: %s", import_id, refusal.code)  # its row says why


def _note_end(running: Imports, import_id: int, ended: asyncio.Task[None]) -> None:
    """Let go of the task; nobody waits for it, so a bug in it is logged here."""
    running.pop(import_id, None)
    if not ended.cancelled() and ended.exception() is not None:
        log.error("import %d broke off", import_id, exc_info=ended.exception())


async def _stop(app: web.Application) -> None:
    tasks = list(app[IMPORTS].values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _page(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "people.edit")
    trouble = trouble_of(refusal) if refusal is not None else {}
    wanted = path_id((typed or {}).get("community", "")) or wanted_community(request)
    desk = await request.app[HOUSE].db.read(actor, _desk, wanted)
    return show_console(
        request,
        "roster.html",
        here="people",
        shelf_here="roster",
        desk=desk,
        columns=COLUMNS,
        states=STATE_WORDS,
        megabytes=FILE_MAX // 1_048_576,
        **trouble,
    )


def _desk(tx: Transaction, wanted: int | None) -> Desk:
    area, among = chosen_community(tx, wanted, "people.edit")
    return Desk(area, among, visible_imports(tx, area.id))


async def _import_page(request: web.Request, *, refusal: Refusal | None = None) -> web.Response:
    actor = staff(request, "people.edit")
    trouble = trouble_of(refusal) if refusal is not None else {}
    import_id = row_id(request, "import_id")
    found = await request.app[HOUSE].db.read(actor, access_import, import_id)
    is_here = import_id in request.app[IMPORTS]
    return show_console(
        request,
        "roster_import.html",
        here="people",
        shelf_here="roster",
        found=found,
        report=found.report,
        states=STATE_WORDS,
        is_running=is_here,
        is_cut_short=found.state == RUNNING and not is_here,
        again_ms=LOOK_AGAIN_MS,
        **trouble,
    )
