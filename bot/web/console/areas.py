"""辖区: the tree of districts, streets and communities, and the grids and buildings of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.web.answers import see_other
from bot.web.console.places import GRID_WORDS, NAME_MAX, split_names
from bot.web.console.shell import (
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
)
from bot.web.forms import Fields, path_id
from bot.web.keys import HOUSE
from community.areas import access_area, add_area, edit_area, visible_areas
from community.places import (
    GridLine,
    save_building,
    save_grid,
    visible_buildings,
    visible_grids,
)
from community.tables import Area, AreaKind, Building
from core.errors import NotFound, Refusal
from core.transaction import Transaction

CODE_MAX = 8
ZONE_MAX = 40
BOT_NAME_MAX = 10
NICKNAMES_LENGTH_MAX = 400
BELOW = {AreaKind.DISTRICT: AreaKind.STREET, AreaKind.STREET: AreaKind.COMMUNITY}
KIND_WORDS = {
    AreaKind.DISTRICT: "区",
    AreaKind.STREET: "街道或镇",
    AreaKind.COMMUNITY: "社区或村",
}


@dataclass(frozen=True, slots=True)
class Branch:
    """An area with what lies below it, as far as the actor may change it."""

    area: Area
    below: "list[Branch]"


@dataclass(frozen=True, slots=True)
class GridBranch:
    """A grid with its buildings; `grid` is None for those that stand in no grid."""

    grid: GridLine | None
    buildings: list[Building]


async def show_areas(request: web.Request) -> web.Response:
    """The tree, and beside it the area that was chosen."""
    return await _page(request)


async def add(request: web.Request) -> web.Response:
    """A new street or community below an area."""
    actor = staff(request, "places.edit")
    data = await request.post()
    fields = Fields(data)
    try:
        parent_id = fields.row_id("parent", "上级")
        name = fields.text("name", "名称", most=NAME_MAX)
        code = fields.text("code", "代码", most=CODE_MAX)
        is_village = fields.flag("is_village")
        fields.check()
        assert parent_id is not None
        added = await request.app[HOUSE].db.run(
            actor, _add, parent_id, name=name, code=code, is_village=is_village
        )
    except Refusal as refusal:
        return await _page(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/areas?area={added}", done="added")


async def rename(request: web.Request) -> web.Response:
    """What an area is called; its code stays, since case numbers carry it."""
    actor = staff(request, "places.edit")
    data = await request.post()
    fields = Fields(data)
    area_id = row_id(request, "area_id")
    try:
        name = fields.text("name", "名称", most=NAME_MAX)
        bot_name = fields.text("bot_name", "机器人的名字", most=BOT_NAME_MAX)
        time_zone = fields.text("time_zone", "时区", most=ZONE_MAX)
        fields.check()
        await request.app[HOUSE].db.run(
            actor,
            edit_area,
            area_id,
            name=name,
            time_zone=time_zone,
            bot_name=bot_name,
            is_village=fields.flag("is_village"),
        )
    except Refusal as refusal:
        return await _page(request, area_id=area_id, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/areas?area={area_id}", done="saved")


async def save_part(request: web.Request) -> web.Response:
    """Add or rename a grid or a building of a community."""
    actor = staff(request, "places.edit")
    data = await request.post()
    fields = Fields(data)
    area_id = row_id(request, "area_id")
    kind = request.match_info["kind"]
    try:
        name = fields.text("name", "名称", most=NAME_MAX)
        code = fields.text("code", "编号", most=20, required=kind == "grid")
        nicknames = fields.text("nicknames", "别名", most=NICKNAMES_LENGTH_MAX, required=False)
        grid_id = fields.row_id("grid", "网格", required=False)
        part_id = fields.row_id("id", "地点", required=False)
        fields.check()
        if kind == "grid":
            await request.app[HOUSE].db.run(
                actor, _save_grid, area_id, part_id, code=code, name=name
            )
        else:
            await request.app[HOUSE].db.run(
                actor,
                save_building,
                community_id=area_id,
                building_id=part_id,
                name=name,
                nicknames=split_names(nicknames),
                grid_id=grid_id,
            )
    except Refusal as refusal:
        return await _page(request, area_id=area_id, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/areas?area={area_id}", done="saved" if part_id else "added")


def _add(tx: Transaction, parent_id: int, *, name: str, code: str, is_village: bool) -> int:
    kind = BELOW.get(access_area(tx, parent_id).kind)
    if kind is None:
        raise NotFound
    return add_area(
        tx,
        kind=kind,
        name=name,
        code=code,
        parent_id=parent_id,
        is_village=is_village and kind is AreaKind.COMMUNITY,
    ).id


def _save_grid(
    tx: Transaction, community_id: int, grid_id: int | None, *, code: str, name: str
) -> None:
    """Level, kind and parent of a grid that is there stay as they are."""
    known = {line.id: line for line in visible_grids(tx, community_id)}
    old = known.get(grid_id) if grid_id is not None else None
    if old is None:
        save_grid(tx, community_id=community_id, code=code, name=name, grid_id=grid_id)
        return
    save_grid(
        tx,
        community_id=community_id,
        grid_id=old.id,
        code=code,
        name=name,
        level=old.level,
        kind=old.kind,
        parent_id=old.parent_id,
    )


async def _page(
    request: web.Request,
    *,
    area_id: int | None = None,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "places.edit")
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    wanted = area_id or path_id((typed or {}).get("parent", "")) or None
    wanted = wanted or path_id(request.query.get("area", "")) or None
    values = await request.app[HOUSE].db.read(actor, _read, wanted)
    return show_console(
        request,
        "areas.html",
        here="more",
        kind_words=KIND_WORDS,
        grid_words=GRID_WORDS,
        **{**values, **trouble},
    )


def _read(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    areas = [area for area in visible_areas(tx) if tx.actor.can("places.edit", area.id)]
    if not areas:
        raise NotFound
    by_id = {area.id: area for area in areas}
    if wanted is not None and wanted not in by_id:
        raise NotFound
    roots = [area for area in areas if area.parent_id not in by_id]
    area = by_id[wanted] if wanted is not None else roots[0]
    below = BELOW.get(area.kind)
    is_community = area.kind is AreaKind.COMMUNITY
    return {
        "tree": [_branch(root, areas) for root in roots],
        "area": area,
        "below": below,
        "parts": _parts(tx, area.id) if is_community else [],
    }


def _branch(area: Area, areas: Sequence[Area]) -> Branch:
    return Branch(area, [_branch(one, areas) for one in areas if one.parent_id == area.id])


def _parts(tx: Transaction, community_id: int) -> list[GridBranch]:
    """The grids in their order, each with its buildings, and at the end those without a grid."""
    buildings = visible_buildings(tx, community_id)
    found = [
        GridBranch(grid, [one for one in buildings if one.grid_id == grid.id])
        for grid in visible_grids(tx, community_id)
    ]
    alone = [one for one in buildings if one.grid_id is None]
    return [*found, GridBranch(None, alone)] if alone else found
