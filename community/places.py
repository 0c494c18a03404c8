"""Grids, buildings, facilities, units and dwellings of a community, and the names they go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.addresses import building_name, dwelling_address, room_name, unit_name
from community.areas import NameTaken, check_edits_place, checked_name, place_changed, sees_place
from community.tables import (
    Building,
    Dwelling,
    Facility,
    Grid,
    GridKind,
    Household,
    Unit,
)
from core.errors import NotFound, Refusal
from core.transaction import Transaction

LIST_MAX = 2_000
PAGE_MAX = 50
NICKNAMES_MAX = 20
LEVEL_MAX = 3
AREA_MAX = 10_000_000  # 100,000 m² in 0.01 m²
# The usual size of a comprehensive grid; beyond it a list warns and nothing is refused.
GRID_HOUSEHOLDS = range(300, 501)


Row = TypeVar("Row", Grid, Building, Facility, Unit, Dwelling)


class WrongGrid(Refusal):
    code = "grid_wrong"
    text = "{why}"


class TooManyNicknames(Refusal):
    code = "too_many_nicknames"
    text = "别名最多 {most} 个。"


class WrongFloorArea(Refusal):
    code = "wrong_floor_area"
    text = "建筑面积要在 0 到 100000 平方米之间。"


@dataclass(frozen=True, slots=True)
class GridLine:
    """A grid as a list shows it, with how many households live in its buildings."""

    id: int
    code: str
    name: str
    level: int
    kind: GridKind
    parent_id: int | None
    household_count: int

    @property
    def is_unusual_size(self) -> bool:
        return self.kind is GridKind.COMPREHENSIVE and self.household_count not in GRID_HOUSEHOLDS


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Every name in use, the proper ones first, and what each nickname stands for."""

    names: tuple[str, ...]
    nicknames: Mapping[str, str]


def access_grid(tx: Transaction, grid_id: int) -> Grid:
    """The grid, if the actor lives or works in its community; otherwise NotFound."""
    grid = tx.get(Grid, grid_id)
    if grid is None or not sees_place(tx.actor, grid.community_id):
        raise NotFound
    return grid


def visible_grids(tx: Transaction, community_id: int) -> list[GridLine]:
    """The grids of a community by level and code; none for who has no business there."""
    if not sees_place(tx.actor, community_id):
        return []
    households = (
        core_select(col(Building.grid_id).label("grid_id"), func.count().label("number"))
        .select_from(Household)
        .join(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .join(Building, col(Building.id) == col(Dwelling.building_id))
        .where(col(Household.community_id) == community_id)
        .group_by(col(Building.grid_id))
        .subquery()
    )
    query = (
        core_select(
            col(Grid.id),
            col(Grid.code),
            col(Grid.name),
            col(Grid.level),
            col(Grid.kind),
            col(Grid.parent_id),
            func.coalesce(households.c.number, 0),
        )
        .outerjoin(households, households.c.grid_id == col(Grid.id))
        .where(col(Grid.community_id) == community_id)
        .order_by(col(Grid.level), col(Grid.code))
    )
    return [GridLine(*tuple(row)) for row in tx.look(query.limit(LIST_MAX))]


def save_grid(
    tx: Transaction,
    *,
    community_id: int,
    code: str,
    name: str,
    level: int = 1,
    kind: GridKind = GridKind.COMPREHENSIVE,
    parent_id: int | None = None,
    grid_id: int | None = None,
) -> Grid:
    """Add a grid, or with `grid_id` change it. A grid lies in one of the level above, or alone."""
    check_edits_place(tx, community_id)
    code, name = checked_name(code, most=20), checked_name(name)
    _check_level(tx, community_id, level, parent_id, grid_id)
    taken = select(Grid.id).where(col(Grid.community_id) == community_id, col(Grid.code) == code)
    if tx.exec(taken).first() not in (None, grid_id):
        raise NameTaken(name=code)
    grid = _own(tx, Grid, grid_id, community_id) or Grid(
        community_id=community_id, code=code, name=name
    )
    grid.code, grid.name, grid.level, grid.kind, grid.parent_id = code, name, level, kind, parent_id
    return _saved(tx, grid, "grid", is_new=grid_id is None)


def access_building(tx: Transaction, building_id: int) -> Building:
    """The building, if the actor lives or works in its community; otherwise NotFound."""
    building = tx.get(Building, building_id)
    if building is None or not sees_place(tx.actor, building.community_id):
        raise NotFound
    return building


def visible_buildings(tx: Transaction, community_id: int) -> Sequence[Building]:
    """The buildings and village groups of a community, 2栋 before 12栋."""
    if not sees_place(tx.actor, community_id):
        return []
    query = select(Building).where(col(Building.community_id) == community_id)
    order = (func.length(col(Building.name)), col(Building.name))
    return tx.exec(query.order_by(*order).limit(LIST_MAX)).all()


def save_building(
    tx: Transaction,
    *,
    community_id: int,
    name: str,
    nicknames: Sequence[str] = (),
    grid_id: int | None = None,
    building_id: int | None = None,
) -> Building:
    """Add a building under its normal form, or with `building_id` change it."""
    check_edits_place(tx, community_id)
    name = checked_name(building_name(name))
    _check_grid(tx, community_id, grid_id, {GridKind.COMPREHENSIVE})
    taken = select(Building.id).where(
        col(Building.community_id) == community_id, col(Building.name) == name
    )
    if tx.exec(taken).first() not in (None, building_id):
        raise NameTaken(name=name)
    building = _own(tx, Building, building_id, community_id) or Building(
        community_id=community_id, name=name
    )
    building.name, building.grid_id = name, grid_id
    building.nicknames = _nicknames(nicknames, name)
    return _saved(tx, building, "building", is_new=building_id is None)


def visible_facilities(tx: Transaction, community_id: int) -> Sequence[Facility]:
    """The named places of a community, by name."""
    if not sees_place(tx.actor, community_id):
        return []
    query = select(Facility).where(col(Facility.community_id) == community_id)
    return tx.exec(query.order_by(col(Facility.name)).limit(LIST_MAX)).all()


def save_facility(
    tx: Transaction,
    *,
    community_id: int,
    name: str,
    nicknames: Sequence[str] = (),
    grid_id: int | None = None,
    facility_id: int | None = None,
) -> Facility:
    """Add a place with a name of its own, or with `facility_id` change it."""
    check_edits_place(tx, community_id)
    name = checked_name(name)
    _check_grid(tx, community_id, grid_id, set(GridKind))
    taken = select(Facility.id).where(
        col(Facility.community_id) == community_id, col(Facility.name) == name
    )
    if tx.exec(taken).first() not in (None, facility_id):
        raise NameTaken(name=name)
    facility = _own(tx, Facility, facility_id, community_id) or Facility(
        community_id=community_id, name=name
    )
    facility.name, facility.grid_id = name, grid_id
    facility.nicknames = _nicknames(nicknames, name)
    return _saved(tx, facility, "facility", is_new=facility_id is None)


def remove_facility(tx: Transaction, facility_id: int) -> None:
    """Forget a named place; cases that mention it keep its name as they wrote it."""
    facility = tx.get(Facility, facility_id)
    if facility is None or not sees_place(tx.actor, facility.community_id):
        raise NotFound
    tx.require("places.edit", facility.community_id)
    tx.delete(facility)
    tx.flush()
    place_changed(tx, facility.community_id, facility.id, "facility", "removed")


def visible_units(tx: Transaction, building_id: int) -> Sequence[Unit]:
    """The units (entrances) of a building."""
    building = access_building(tx, building_id)
    query = select(Unit).where(col(Unit.building_id) == building.id)
    return tx.exec(query.order_by(func.length(col(Unit.name)), col(Unit.name))).all()


def visible_dwellings(
    tx: Transaction, building_id: int, *, after: str = "", limit: int = PAGE_MAX
) -> Sequence[Dwelling]:
    """The dwellings of a building by address; `after` is the address where the last page ended.

    Empty for who does not work there: floor areas are the owners' affair.
    """
    building = access_building(tx, building_id)
    if not tx.actor.can("people.see", building.community_id):
        return []
    query = select(Dwelling).where(
        col(Dwelling.building_id) == building.id, col(Dwelling.address) > after
    )
    return tx.exec(query.order_by(col(Dwelling.address)).limit(limit)).all()


def save_dwelling(
    tx: Transaction, *, building_id: int, unit: str, room: str, floor_area: int
) -> Dwelling:
    """Add a dwelling of a building, or change the floor area (0.01 m²) of the one that is there."""
    building = access_building(tx, building_id)
    tx.require("places.edit", building.community_id)
    if not 0 <= floor_area <= AREA_MAX:
        raise WrongFloorArea
    unit, room = unit_name(unit), checked_name(room_name(room), most=20)
    address = dwelling_address(building.name, unit, room)
    query = select(Dwelling).where(
        col(Dwelling.community_id) == building.community_id, col(Dwelling.address) == address
    )
    dwelling = tx.exec(query).first()
    is_new = dwelling is None
    if dwelling is None:
        dwelling = Dwelling(community_id=building.community_id, address=address)
    dwelling.building_id, dwelling.floor_area = building.id, floor_area
    dwelling.unit_id = _unit_id(tx, building, unit) if unit else None
    return _saved(tx, dwelling, "dwelling", is_new=is_new)


def gazetteer(tx: Transaction, community_id: int) -> Gazetteer:
    """What a community's facilities and buildings are called, for whoever reads texts.

    Names on boards and doors are no secret: it asks for no right.
    """
    names: list[str] = []
    nicknames: dict[str, str] = {}
    for table in (Facility, Building):
        query = (
            core_select(col(table.name), col(table.nicknames))
            .where(col(table.community_id) == community_id)
            .order_by(col(table.id))
        )
        for row in tx.look(query).all():
            names.append(row.name)
            nicknames.update(dict.fromkeys(row.nicknames, row.name))
    return Gazetteer(tuple(dict.fromkeys([*names, *nicknames])), nicknames)


def _unit_id(tx: Transaction, building: Building, name: str) -> int:
    query = select(Unit).where(
        col(Unit.community_id) == building.community_id,
        col(Unit.building_id) == building.id,
        col(Unit.name) == name,
    )
    unit = tx.exec(query).first()
    if unit is None:
        unit = Unit(community_id=building.community_id, building_id=building.id, name=name)
        _saved(tx, unit, "unit", is_new=True)
    return unit.id


def _check_level(
    tx: Transaction, community_id: int, level: int, parent_id: int | None, grid_id: int | None
) -> None:
    if not 1 <= level <= LEVEL_MAX:
        raise WrongGrid(why="网格只有一级、二级、三级。")
    if parent_id is not None:
        parent = tx.get(Grid, parent_id)
        if parent is None or parent.community_id != community_id:
            raise NotFound
        if parent.level != level - 1:
            raise WrongGrid(why=f"{level} 级网格要放在 {level - 1} 级网格下面。")
    if grid_id is not None:
        below = select(Grid.level).where(col(Grid.parent_id) == grid_id)
        if any(other != level + 1 for other in tx.exec(below)):
            raise WrongGrid(why="这个网格下面还有网格，先把它们移走再改级别。")


def _check_grid(
    tx: Transaction, community_id: int, grid_id: int | None, kinds: set[GridKind]
) -> None:
    if grid_id is None:
        return
    grid = tx.get(Grid, grid_id)
    if grid is None or grid.community_id != community_id:
        raise NotFound
    if grid.kind not in kinds:
        raise WrongGrid(why="楼栋要放在综合网格里；专属网格另外覆盖校园、市场和企业。")


def _nicknames(given: Sequence[str], name: str) -> list[str]:
    tidy = [checked_name(nickname) for nickname in given if nickname.strip()]
    if len(tidy) > NICKNAMES_MAX:
        raise TooManyNicknames(most=NICKNAMES_MAX)
    return [nickname for nickname in dict.fromkeys(tidy) if nickname != name]


def _own(tx: Transaction, table: type[Row], row_id: int | None, community_id: int) -> Row | None:
    if row_id is None:
        return None
    row = tx.get(table, row_id)
    if row is None or row.community_id != community_id:
        raise NotFound
    return row


def _saved(tx: Transaction, row: Row, kind: str, *, is_new: bool) -> Row:
    tx.add(row)
    tx.flush()
    place_changed(tx, row.community_id, row.id, kind, "added" if is_new else "edited")
    return row
