"""Me: who I am here, how this browser shows pages, and the way out."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.web.answers import show
from bot.web.keys import HOUSE, VISITOR
from community.tables import Area, Dwelling, Household, Resident
from core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Me:
    """Who the house takes me for; empty where it does not know."""

    name: str
    community: str
    address: str
    is_bound: bool


async def show_me(request: web.Request) -> web.Response:
    """Who I am here."""
    me = await request.app[HOUSE].db.read(request[VISITOR].person(), _me)
    return show(request, "resident/me.html", me=me)


def _me(tx: Transaction) -> Me:
    row = None
    if tx.actor.id is not None:
        row = tx.look(
            select(col(Resident.name), col(Area.name).label("community"), col(Dwelling.address))
            .join(Area, col(Area.id) == col(Resident.community_id))
            .outerjoin(Household, col(Household.id) == col(Resident.household_id))
            .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
            .where(col(Resident.id) == tx.actor.id)
        ).first()
    if row is not None:
        return Me(row.name, row.community, row.address or "", True)
    area = tx.get(Area, tx.actor.home) if tx.actor.home is not None else None
    return Me("", area.name if area is not None else "", "", False)
