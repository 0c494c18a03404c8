"""My data: everything kept about me and who looked, to take along, to have deleted."""

import asyncio

from aiohttp import web

from bot.my_file import MyFile, ask_deletion, file_as_json, file_as_zip, my_file
from bot.web.answers import see_other, show
from bot.web.keys import HOUSE, VISITOR


async def show_my_data(request: web.Request) -> web.Response:
    """Every part of the file, with what it is kept for."""
    return show(request, "resident/my-data.html", file=await _file(request))


async def export_json(request: web.Request) -> web.Response:
    """The same as JSON, to take along."""
    content = file_as_json(await _file(request))
    return _download(content, "my-data.json", "application/json")


async def export_zip(request: web.Request) -> web.Response:
    """The same as ZIP, with pictures and voice notes."""
    house = request.app[HOUSE]
    content = await asyncio.to_thread(file_as_zip, await _file(request), house.files)
    return _download(content, "my-data.zip", "application/zip")


async def ask_to_delete(request: web.Request) -> web.Response:
    """Ask the desk to delete everything; it becomes a case with a number."""
    actor = request[VISITOR].person()
    opened = await request.app[HOUSE].db.run(actor, ask_deletion)
    return see_other(f"/cases/{opened.case_id}", done="deletion")


async def _file(request: web.Request) -> MyFile:
    house = request.app[HOUSE]
    return await house.db.read(request[VISITOR].person(), my_file, house.vault)


def _download(content: bytes, name: str, content_type: str) -> web.Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=content, content_type=content_type, headers=headers)
