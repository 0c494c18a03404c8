"""Writing rows of a roster into the register: places first, then the people in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import col

from community.areas import place_changed
from community.events import ResidentEdited, ResidentMoved, ResidentRegistered
from community.roster_plan import Change, Kind, Known, known_of, plan_row
from community.roster_rows import Problem, RosterRow
from community.tables import Building, Dwelling, Household, Resident, RosterImport, Unit
from core.columns import new_id
from core.errors import Refusal
from core.transaction import Transaction
from core.vault import Vault


class RosterOutdated(Refusal):
    code = "roster_outdated"
    text = "检查以后名册或网格有变动（第 {row} 行），请重新检查再导入。前 {done} 行已经在册。"
    status = 409


def trouble_with(known: Known, row: RosterRow) -> list[Problem]:
    """What is wrong with a row only here: a grid that the community has not."""
    if row.grid is None or row.grid in known.grids:
        return []
    return [Problem(row.row, "网格", "还没有这个网格", "先在“网格”里建好，或把这一格空着")]


def take_over(
    tx: Transaction, vault: Vault, upload: RosterImport, rows: Sequence[RosterRow]
) -> None:
    """Write what these rows change into the register; RosterOutdated when one cannot be."""
    known = known_of(tx, upload.community_id, rows)
    for row in rows:
        if trouble_with(known, row):
            raise RosterOutdated(row=row.row, done=upload.done_count)
    _write_buildings(tx, upload.community_id, known, rows)
    _write_units(tx, upload.community_id, known, rows)
    _write_dwellings(tx, upload.community_id, known, rows)
    _write_households(tx, upload.community_id, known, rows)
    changes = [plan_row(known, vault, row) for row in rows]
    for change in changes:
        if change.kind is Kind.UNCLEAR:
            raise RosterOutdated(row=change.row.row, done=upload.done_count)
    _register(tx, vault, upload.community_id, known, changes)
    _amend(tx, vault, upload.community_id, changes)


def _write_buildings(
    tx: Transaction, community_id: int, known: Known, rows: Sequence[RosterRow]
) -> None:
    wanted = {row.building: None for row in rows if row.building}
    grids = {row.building: known.grids[row.grid] for row in rows if row.grid}
    fresh, moved = [], []
    for name in wanted:
        grid_id = grids.get(name)
        if name not in known.buildings:
            row_id = new_id()
            known.buildings[name] = (row_id, grid_id)
            values = {"id": row_id, "community_id": community_id, "name": name, "nicknames": []}
            fresh.append({**values, "grid_id": grid_id})
            place_changed(tx, community_id, row_id, "building", "added")
        elif grid_id is not None and known.buildings[name][1] != grid_id:
            row_id = known.buildings[name][0]
            moved.append({"row_id": row_id, "grid_id": grid_id})
            place_changed(tx, community_id, row_id, "building", "edited")
    tx.write(Building, *fresh)
    if moved:
        tx.core.execute(_MOVE_BUILDING, moved)


def _write_units(
    tx: Transaction, community_id: int, known: Known, rows: Sequence[RosterRow]
) -> None:
    fresh = []
    for row in rows:
        if not row.unit:
            continue
        building_id = known.buildings[row.building][0]
        if (building_id, row.unit) not in known.units:
            row_id = known.units[building_id, row.unit] = new_id()
            fresh.append(
                {
                    "id": row_id,
                    "community_id": community_id,
                    "building_id": building_id,
                    "name": row.unit,
                }
            )
    tx.write(Unit, *fresh)


def _write_dwellings(
    tx: Transaction, community_id: int, known: Known, rows: Sequence[RosterRow]
) -> None:
    areas: dict[str, int] = {}
    firsts: dict[str, RosterRow] = {}
    for row in rows:
        if row.address:
            firsts.setdefault(row.address, row)
            if row.floor_area is not None:
                areas[row.address] = row.floor_area
    fresh, changed = [], []
    for address, row in firsts.items():
        area = areas.get(address)
        if address not in known.dwellings:
            row_id, building_id = new_id(), known.buildings[row.building][0]
            known.dwellings[address] = (row_id, area or 0)
            fresh.append(
                {
                    "id": row_id,
                    "community_id": community_id,
                    "building_id": building_id,
                    "unit_id": known.units[building_id, row.unit] if row.unit else None,
                    "address": address,
                    "floor_area": area or 0,
                }
            )
        elif area is not None and known.dwellings[address][1] != area:
            row_id = known.dwellings[address][0]
            changed.append({"row_id": row_id, "area": area})
            place_changed(tx, community_id, row_id, "dwelling", "edited")
    tx.write(Dwelling, *fresh)
    if changed:
        tx.core.execute(_SET_AREA, changed)


def _write_households(
    tx: Transaction, community_id: int, known: Known, rows: Sequence[RosterRow]
) -> None:
    homes = {row.household: known.dwellings[row.address][0] for row in rows if row.address}
    fresh, moved = [], []
    for number in {row.household: None for row in rows}:
        dwelling_id = homes.get(number)
        if number not in known.households:
            row_id = new_id()
            known.households[number] = (row_id, dwelling_id)
            values = {"id": row_id, "community_id": community_id, "number": number}
            fresh.append({**values, "dwelling_id": dwelling_id})
            place_changed(tx, community_id, row_id, "household", "added")
        elif dwelling_id is not None and known.households[number][1] != dwelling_id:
            row_id = known.households[number][0]
            moved.append({"row_id": row_id, "dwelling": dwelling_id})
            place_changed(tx, community_id, row_id, "household", "edited")
    tx.write(Household, *fresh)
    if moved:
        tx.core.execute(_HOUSE, moved)


def _register(
    tx: Transaction, vault: Vault, community_id: int, known: Known, changes: Sequence[Change]
) -> None:
    fresh = []
    for change in changes:
        if change.kind is not Kind.NEW:
            continue
        row_id, household_id = new_id(), known.households[change.row.household][0]
        phone = change.row.phone
        fresh.append(
            {
                "id": row_id,
                "community_id": community_id,
                "household_id": household_id,
                **change.values,
                "phone_sealed": vault.seal(phone) if phone else None,
            }
        )
        tx.emit(
            ResidentRegistered(
                community_id=community_id,
                subject_id=row_id,
                household_id=household_id,
                residency=change.values["residency"],
            )
        )
    tx.write(Resident, *fresh)


def _amend(tx: Transaction, vault: Vault, community_id: int, changes: Sequence[Change]) -> None:
    for change in changes:
        if change.kind is not Kind.CHANGED:
            continue
        assert change.person is not None
        values = dict(change.values)
        if "phone_hash" in values and change.row.phone:
            values["phone_sealed"] = vault.seal(change.row.phone)
        person_id = change.person.id
        tx.look(update(Resident).where(col(Resident.id) == person_id).values(**values))
        _tell(tx, community_id, change, values)


def _tell(tx: Transaction, community_id: int, change: Change, values: dict[str, Any]) -> None:
    """The history of one resident whom an import changed."""
    assert change.person is not None
    person_id = change.person.id
    household_id = values.pop("household_id", change.person.household_id)
    if values.pop("left_at", change) is None:
        tx.emit(
            ResidentRegistered(
                community_id=community_id,
                subject_id=person_id,
                household_id=household_id,
                residency=values.get("residency", change.person.residency),
            )
        )
    if household_id != change.person.household_id:
        tx.emit(
            ResidentMoved(
                community_id=community_id,
                subject_id=person_id,
                from_household_id=change.person.household_id,
                household_id=household_id,
            )
        )
    values.pop("phone_sealed", None)
    fields = ["phone" if name == "phone_hash" else name for name in values]
    if fields:
        tx.emit(
            ResidentEdited(community_id=community_id, subject_id=person_id, fields=",".join(fields))
        )


_MOVE_BUILDING = (
    update(Building)
    .where(col(Building.id) == bindparam("row_id"))
    .values(grid_id=bindparam("grid_id"))
)
_SET_AREA = (
    update(Dwelling)
    .where(col(Dwelling.id) == bindparam("row_id"))
    .values(floor_area=bindparam("area"))
)
_HOUSE = (
    update(Household)
    .where(col(Household.id) == bindparam("row_id"))
    .values(dwelling_id=bindparam("dwelling"))
)
