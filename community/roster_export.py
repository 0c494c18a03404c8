"""Taking the register out as a table: the columns of the template, so that it goes in again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as core_select
from sqlmodel import col

from community.addresses import dwelling_address
from community.events import RosterExported
from community.roster_columns import COLUMNS, RESIDENCY_WORDS
from community.roster_rows import DERIVED
from community.tables import (
    AccessRecord,
    Building,
    Dwelling,
    Grid,
    Household,
    Residency,
    Resident,
    Unit,
)
from core.columns import new_id
from core.errors import NotFound
from core.sheets import Cell
from core.transaction import Transaction
from core.vault import Vault

PAGE_ROWS = 1_000
HEADERS = tuple(column.header for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Some rows of the register, and the id after which the next begin (None: that was all)."""

    rows: tuple[tuple[Cell, ...], ...]
    after: int | None


def export_page(
    tx: Transaction, vault: Vault, community_id: int, *, purpose: str, after: int = 0
) -> ExportPage:
    """The next PAGE_ROWS residents in the template's columns, telephone numbers in clear.

    Each counts as a look at their file and is written down; people who left and staff are not in
    it. Needs `people.edit`.
    """
    if not tx.actor.can("people.see", community_id):
        raise NotFound
    tx.require("people.edit", community_id)
    query: Select[*tuple[Any, ...]] = (
        core_select(
            col(Resident.id),
            col(Household.number).label("household"),
            col(Building.name).label("building"),
            col(Unit.name).label("unit"),
            col(Dwelling.address),
            col(Dwelling.floor_area),
            col(Resident.name),
            col(Resident.number),
            col(Resident.residency),
            col(Resident.city),
            col(Resident.time_zone),
            col(Resident.birth_date),
            col(Resident.phone_sealed),
            col(Grid.code).label("grid"),
        )
        .outerjoin(Household, col(Household.id) == col(Resident.household_id))
        .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .outerjoin(Building, col(Building.id) == col(Dwelling.building_id))
        .outerjoin(Unit, col(Unit.id) == col(Dwelling.unit_id))
        .outerjoin(Grid, col(Grid.id) == col(Building.grid_id))
        .where(
            col(Resident.community_id) == community_id,
            col(Resident.id) > after,
            col(Resident.left_at).is_(None),
            col(Resident.residency) != Residency.STAFF,
        )
        .order_by(col(Resident.id))
        .limit(PAGE_ROWS)
    )
    found = tx.look(query).all()
    looks = [
        {
            "id": new_id(),
            "community_id": community_id,
            "resident_id": row.id,
            "by_id": tx.actor.id,
            "at": tx.now,
            "purpose": purpose,
        }
        for row in found
    ]
    tx.write(AccessRecord, *looks)
    if found:
        tx.emit(
            RosterExported(community_id=community_id, subject_id=community_id, row_count=len(found))
        )
    rows = []
    for row in found:
        before = dwelling_address(row.building or "", row.unit or "", "")
        rows.append(
            (
                row.household or "",
                row.building or "",
                row.unit or "",
                (row.address or "").removeprefix(before),
                f"{row.floor_area / 100:.2f}" if row.floor_area else "",
                row.name,
                "" if DERIVED in row.number else row.number,
                RESIDENCY_WORDS[row.residency],
                row.city,
                row.time_zone,
                row.birth_date.isoformat() if row.birth_date else "",
                vault.unseal(row.phone_sealed) if row.phone_sealed else "",
                row.grid or "",
            )
        )
    return ExportPage(tuple(rows), found[-1].id if len(found) == PAGE_ROWS else None)
