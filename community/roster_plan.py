"""What a roster row would change in the register: the same answer for dry run and import."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from community.names import plain_name
from community.roster_rows import DERIVED, RosterRow
from community.tables import Building, Dwelling, Grid, Household, Residency, Resident, Unit
from core.transaction import Transaction
from core.vault import Vault


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    UNCLEAR = "unclear"  # two people of that name in the household: only a number can tell


@dataclass(frozen=True, slots=True)
class Person:
    """A resident on the register, as far as a roster can change one."""

    id: int
    number: str
    name: str
    household_id: int | None
    residency: Residency
    city: str
    time_zone: str
    birth_date: date | None
    phone_hash: str | None
    has_left: bool


@dataclass(slots=True)
class Known:
    """What the register holds of the places and people that some rows speak of."""

    grids: dict[str, int]
    buildings: dict[str, tuple[int, int | None]]  # name: id, grid
    units: dict[tuple[int, str], int]
    dwellings: dict[str, tuple[int, int]]  # address: id, floor area
    households: dict[str, tuple[int, int | None]]  # number: id, dwelling
    people: dict[str, Person] = field(default_factory=dict)
    namesakes: dict[tuple[int, str], list[Person]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What a row does to the register: `values` are columns of the resident that change."""

    kind: Kind
    row: RosterRow
    person: Person | None
    values: dict[str, Any]


def known_of(tx: Transaction, community_id: int, rows: Sequence[RosterRow]) -> Known:
    """Everything the register holds about these rows, in six queries."""
    grids: dict[str, int] = {}
    for row in tx.look(
        select(col(Grid.id), col(Grid.code), col(Grid.name)).where(
            col(Grid.community_id) == community_id
        )
    ):
        grids.setdefault(row.name, row.id)
        grids[row.code] = row.id
    buildings = {
        row.name: (row.id, row.grid_id)
        for row in tx.look(
            select(col(Building.name), col(Building.id), col(Building.grid_id)).where(
                col(Building.community_id) == community_id,
                col(Building.name).in_(_some(row.building for row in rows)),
            )
        )
    }
    units = {
        (row.building_id, row.name): row.id
        for row in tx.look(
            select(col(Unit.building_id), col(Unit.name), col(Unit.id)).where(
                col(Unit.community_id) == community_id,
                col(Unit.building_id).in_([building_id for building_id, _ in buildings.values()]),
            )
        )
    }
    dwellings = {
        row.address: (row.id, row.floor_area)
        for row in tx.look(
            select(col(Dwelling.address), col(Dwelling.id), col(Dwelling.floor_area)).where(
                col(Dwelling.community_id) == community_id,
                col(Dwelling.address).in_(_some(row.address for row in rows)),
            )
        )
    }
    households = {
        row.number: (row.id, row.dwelling_id)
        for row in tx.look(
            select(col(Household.number), col(Household.id), col(Household.dwelling_id)).where(
                col(Household.community_id) == community_id,
                col(Household.number).in_(_some(row.household for row in rows)),
            )
        )
    }
    known = Known(grids, buildings, units, dwellings, households)
    _know_people(tx, community_id, rows, known)
    return known


def plan_row(known: Known, vault: Vault, row: RosterRow) -> Change:
    """What this row would change; blanks change nothing. The household may still be to come."""
    household = known.households.get(row.household)
    person = known.people.get(row.number)
    if person is None and household is not None:
        alike = known.namesakes.get((household[0], plain_name(row.name)), [])
        if row.person is not None:
            # A number replaces one we had made up; a person with another number is another.
            alike = [one for one in alike if DERIVED in one.number]
        if len(alike) > 1:
            return Change(Kind.UNCLEAR, row, None, {})
        person = alike[0] if alike else None
    if person is None:
        return Change(Kind.NEW, row, None, _new_values(vault, row))
    values = _changed_values(vault, row, person)
    if row.person is not None and person.number != row.person:
        values["number"] = row.person
    if person.has_left:
        values["left_at"] = None
    if household is None or household[0] != person.household_id:
        values["household_id"] = household[0] if household else None
    return Change(Kind.CHANGED if values else Kind.SAME, row, person, values)


def _know_people(
    tx: Transaction, community_id: int, rows: Sequence[RosterRow], known: Known
) -> None:
    columns = select(
        col(Resident.id),
        col(Resident.number),
        col(Resident.name),
        col(Resident.household_id),
        col(Resident.residency),
        col(Resident.city),
        col(Resident.time_zone),
        col(Resident.birth_date),
        col(Resident.phone_hash),
        col(Resident.left_at).is_not(None),
    ).where(col(Resident.community_id) == community_id)
    by_number = columns.where(col(Resident.number).in_(_some(row.number for row in rows)))
    household_ids = [household_id for household_id, _ in known.households.values()]
    by_household = columns.where(col(Resident.household_id).in_(household_ids))
    for query in (by_number, by_household):
        for row in tx.look(query):
            person = Person(*tuple(row))
            if person.number in known.people:
                continue
            known.people[person.number] = person
            if person.household_id is not None:
                key = (person.household_id, plain_name(person.name))
                known.namesakes.setdefault(key, []).append(person)


def _new_values(vault: Vault, row: RosterRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "residency": row.residency or Residency.HOME,
        "city": row.city or "",
        "time_zone": row.time_zone or "Asia/Shanghai",
        "birth_date": row.birth_date,
        "phone_hash": vault.index(row.phone) if row.phone else None,
    }


def _changed_values(vault: Vault, row: RosterRow, person: Person) -> dict[str, Any]:
    wanted = {
        "name": row.name,
        "residency": row.residency,
        "city": row.city,
        "time_zone": row.time_zone,
        "birth_date": row.birth_date,
        "phone_hash": vault.index(row.phone) if row.phone else None,
    }
    return {
        key: value
        for key, value in wanted.items()
        if value is not None and value != getattr(person, key)
    }


def _some(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name})
