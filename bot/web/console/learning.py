"""纠正与模型: what the bot may learn from, runs of training, and which model is in use."""

import asyncio
import json
import logging
from typing import Any

from aiohttp import web

from bot.house import House
from bot.training import (
    RIGHT,
    begin_training,
    compared,
    is_running,
    learning,
    put_in_use,
    train,
)
from bot.web.answers import see_other
from bot.web.console.shell import show_console, staff, trouble_of
from bot.web.console.why import INTENT_WORDS
from bot.web.keys import HOUSE
from core.errors import Refusal
from nlp.installed import chosen_version, installed_models
from nlp.reading import WEIGHTS, models

LOOK_AGAIN_MS = 2_000
VERSION_LENGTH_MAX = 60
HEAD_WORDS = {"intent": "意图", "category": "类别"}

Runs = dict[int, asyncio.Task[None]]
RUNS: web.AppKey[Runs] = web.AppKey("training", dict)
"""The runs of training this process has begun."""

log = logging.getLogger(__name__)


def prepare(app: web.Application) -> None:
    """Let the application hold runs of training behind its pages, and stop them at its end."""
    app[RUNS] = {}
    app.on_shutdown.append(_stop)


async def show_learning(request: web.Request) -> web.Response:
    """The page; while a run goes on it looks again by itself."""
    return await _page(request)


async def begin(request: web.Request) -> web.Response:
    """Train anew behind the page."""
    actor = staff(request, RIGHT)
    house = request.app[HOUSE]
    try:
        run_id = await house.db.run(actor, begin_training)
    except Refusal as refusal:
        return await _page(request, refusal=refusal)
    running = request.app[RUNS]
    task = running[run_id] = asyncio.create_task(train(house, run_id))
    task.add_done_callback(lambda ended: _note_end(running, run_id, ended))
    return see_other("/console/learning")


async def use(request: web.Request) -> web.Response:
    """Another model of those installed, or the one that ships."""
    actor = staff(request, RIGHT)
    version = str((await request.post()).get("version", ""))[:VERSION_LENGTH_MAX]
    try:
        await put_in_use(request.app[HOUSE], actor, version)
    except Refusal as refusal:
        return await _page(request, refusal=refusal)
    return see_other("/console/learning", done="model_chosen")


async def _stop(app: web.Application) -> None:
    tasks = list(app[RUNS].values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _note_end(running: Runs, run_id: int, ended: asyncio.Task[None]) -> None:
    """Let go of the task; nobody waits for it, so a bug in it is logged here."""
    running.pop(run_id, None)
    if not ended.cancelled() and ended.exception() is not None:
        log.error("a run of training broke off", exc_info=ended.exception())


async def _page(request: web.Request, *, refusal: Refusal | None = None) -> web.Response:
    actor = staff(request, RIGHT)
    house = request.app[HOUSE]
    trouble = trouble_of(refusal) if refusal is not None else {}
    found = await house.db.read(actor, learning)
    latest = found.runs[0] if found.runs else None
    now = house.db.clock()
    return show_console(
        request,
        "learning.html",
        here="more",
        found=found,
        latest=latest,
        running=latest is not None and is_running(latest, now),
        classes=[] if latest is None else _in_words(latest.scores),
        now=now,
        again_ms=LOOK_AGAIN_MS,
        **await asyncio.to_thread(_models_of, house),
        **trouble,
    )


def _models_of(house: House) -> dict[str, Any]:
    """The model in use here, the one that was chosen, the one that ships, and all installed."""
    shipped = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))["version"]
    folder = house.settings.models
    return {
        "in_use": models().version,
        "chosen": chosen_version(folder) or shipped,
        "shipped": shipped,
        "installed": installed_models(folder),
    }


def _in_words(scores: dict[str, Any]) -> list[tuple[str, str, int, float, float, bool]]:
    return [
        (HEAD_WORDS.get(head, head), INTENT_WORDS.get(name, name), count, before, after, worse)
        for head, name, count, before, after, worse in compared(scores)
    ]
