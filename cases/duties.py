"""The duty list: which agency answers for which matter, and within what time."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlmodel import col

from cases.tables import Confirmation, Duty
from community.tables import Agency
from core.prepared import Prepared
from core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Who answers for a category in a community; times in working minutes."""

    agency_id: int
    agency: str
    sign_minutes: int
    handle_minutes: int
    confirmation: Confirmation
    is_public: bool


_FIND = Prepared(
    select(
        col(Duty.category2),
        col(Duty.agency_id),
        col(Agency.name),
        col(Duty.sign_minutes),
        col(Duty.handle_minutes),
        col(Duty.confirmation),
        col(Duty.is_public),
    )
    .join(Agency, col(Agency.id) == col(Duty.agency_id))
    .where(
        col(Duty.community_id) == bindparam("community_id"),
        col(Duty.category) == bindparam("category"),
        (col(Duty.category2) == "") | (col(Duty.category2) == bindparam("category2")),
    ),
    steady=True,
)


def duty_for(
    tx: Transaction, *, community_id: int, category: str, category2: str | None
) -> DutyRow | None:
    """The row for this matter: that of the second level if there is one, else the category's."""
    values = {"community_id": community_id, "category": category, "category2": category2 or ""}
    rows = tx.look(_FIND, values).all()
    if not rows:
        return None
    best = max(rows, key=lambda row: len(row.category2))
    return DutyRow(
        agency_id=best.agency_id,
        agency=best.name,
        sign_minutes=best.sign_minutes,
        handle_minutes=best.handle_minutes,
        confirmation=best.confirmation,
        is_public=best.is_public,
    )
