"""The number of a case: community, day, running number of that day."""

from datetime import date
from typing import Any

from sqlalchemy import ClauseElement, bindparam, select
from sqlmodel import col

from cases.tables import Counter
from community.people import local_day
from community.tables import Area
from core.prepared import Prepared, both
from core.transaction import Transaction, table_of

_CODE = Prepared(select(col(Area.code)).where(col(Area.id) == bindparam("community_id")))


def _counting(insert: Any) -> ClauseElement:
    statement: ClauseElement = (
        insert(table_of(Counter))
        .on_conflict_do_update(
            index_elements=["community_id", "day"],
            set_={"last": table_of(Counter).c.last + 1},
        )
        .returning(table_of(Counter).c.last)
    )
    return statement


_COUNT = Prepared(both(_counting), ("community_id", "day", "last"))


def next_number(tx: Transaction, community_id: int) -> str:
    """A fresh number such as XFL-20261122-0007; the day is the one in China."""
    day: date = local_day(tx.now)
    values = {"community_id": community_id, "day": day, "last": 1}
    count = tx.look(_COUNT, values).scalar_one()
    return f"{_code(tx, community_id)}-{day:%Y%m%d}-{count:04d}"


# A community's code never changes: numbers that carry it are out in the world.
_CODES: dict[int, str] = {}


def _code(tx: Transaction, community_id: int) -> str:
    code = _CODES.get(community_id)
    if code is None:
        code = _CODES[community_id] = tx.look(_CODE, {"community_id": community_id}).scalar_one()
    return code
