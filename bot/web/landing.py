"""The first page: what this is, and the ways on."""

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.web.answers import show
from bot.web.keys import HOUSE, VISITOR
from community.tables import Area, AreaKind
from core.transaction import Transaction

COMMUNITIES_MAX = 200


async def show_landing(request: web.Request) -> web.Response:
    """What the bot does, how to take part, and the boards of the communities here."""
    communities = await request.app[HOUSE].db.read(request[VISITOR].actor, _communities)
    return show(request, "resident/landing.html", communities=communities)


def _communities(tx: Transaction) -> list[tuple[str, str]]:
    query = (
        select(col(Area.code), col(Area.name))
        .where(col(Area.kind) == AreaKind.COMMUNITY)
        .order_by(col(Area.name))
        .limit(COMMUNITIES_MAX)
    )
    return [(row.code, row.name) for row in tx.look(query)]
