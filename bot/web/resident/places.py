"""Where things are, as residents choose it: their own building, the community's places. Pure
but for two small queries.
"""

import re

from sqlalchemy import select
from sqlmodel import col

from community.tables import Building, Dwelling, Facility, Household, Resident
from core.transaction import Transaction

CHOICES_MAX = 6
_ROOM = re.compile(r"(?<=[元门梯栋幢座组])\s*-?\d+[室号户]?$")


def without_room(address: str) -> str:
    """3栋2单元501 becomes 3栋2单元, 5组7号 becomes 5组: a door is nobody else's business."""
    return _ROOM.sub("", address)


def likely_places(tx: Transaction, community_id: int, resident_id: int | None) -> list[str]:
    """Up to CHOICES_MAX places to choose from: home first, then what everyone knows."""
    found: list[str] = []
    if resident_id is not None:
        home = tx.look(
            select(col(Dwelling.address))
            .join(Household, col(Household.dwelling_id) == col(Dwelling.id))
            .join(Resident, col(Resident.household_id) == col(Household.id))
            .where(col(Resident.id) == resident_id, col(Dwelling.community_id) == community_id)
        ).scalar()
        if home:
            found.append(without_room(home))
    for table in (Facility, Building):
        query = select(col(table.name)).where(col(table.community_id) == community_id)
        found += tx.look(query.order_by(col(table.id)).limit(CHOICES_MAX)).scalars()
    return list(dict.fromkeys(found))[:CHOICES_MAX]
