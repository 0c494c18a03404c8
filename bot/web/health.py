"""For machines that watch over us: alive, ready, and in numbers."""

from functools import cache

from aiohttp import web
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import SQLAlchemyError

from bot import migrate
from bot.web.keys import HOUSE, METRICS
from core.actor import SYSTEM
from core.errors import NotFound
from core.transaction import Transaction

WAITING_MAX = 2_000


async def show_alive(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"ok": True})


async def show_ready(request: web.Request) -> web.Response:
    """Whether work can be done: the database answers, has the right tables, and keeps up."""
    house = request.app[HOUSE]
    problems = []
    try:
        if not await house.db.read(SYSTEM, _has_tables):
            problems.append("database: run `python -m bot migrate`")
    except SQLAlchemyError as error:
        problems.append(f"database: {type(error).__name__}")
    if house.db.waiting() > WAITING_MAX:
        problems.append("database: too much waits to be written")
    body = {"ok": not problems, "problems": problems}
    return web.json_response(body, status=200 if not problems else 503)


async def show_metrics(request: web.Request) -> web.Response:
    """Counters for Prometheus; who comes through a proxy from outside finds nothing here."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        raise NotFound
    text_format = "text/plain; version=0.0.4; charset=utf-8"
    return web.Response(body=request.app[METRICS].text(), headers={"Content-Type": text_format})


@cache
def _newest() -> str | None:
    return migrate.newest()


def _has_tables(tx: Transaction) -> bool:
    return MigrationContext.configure(tx.core).get_current_revision() == _newest()
