"""户, 楼栋和设施, 群: where people live and talk, and the names these places go by."""

from typing import Any

from aiohttp import web

from bot.web.answers import see_other
from bot.web.console.shell import (
    chosen_community,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, path_id
from bot.web.keys import HOUSE
from community.groups import access_group, bind_group, mute_group, visible_groups
from community.households import add_household, visible_households
from community.places import (
    remove_facility,
    save_building,
    save_facility,
    save_grid,
    visible_buildings,
    visible_facilities,
    visible_grids,
)
from community.tables import GridKind
from core.errors import Refusal
from core.transaction import Transaction

PAGE = 50
NAME_MAX = 60
NICKNAMES_LENGTH_MAX = 400
SEPARATORS = "，,、；; \n"
GRID_WORDS = {GridKind.COMPREHENSIVE: "综合", GridKind.DEDICATED: "专属"}


async def show_households(request: web.Request) -> web.Response:
    """The households of a community with masked addresses, by number."""
    return await _households(request)


async def add_one_household(request: web.Request) -> web.Response:
    """A new household under its number."""
    actor = staff(request, "people.edit")
    data = await request.post()
    fields = Fields(data)
    try:
        community_id = fields.row_id("community", "社区") or 0
        number = fields.text("number", "户号", most=40)
        fields.check()
        await request.app[HOUSE].db.run(actor, _add_household, community_id, number)
    except Refusal as refusal:
        return await _households(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/households?community={community_id}", done="added")


async def show_places(request: web.Request) -> web.Response:
    """Grids, buildings with their nicknames, and facilities."""
    return await _places(request)


async def save_place(request: web.Request) -> web.Response:
    """Add or change a grid, a building or a facility."""
    actor = staff(request, "places.edit")
    data = await request.post()
    fields = Fields(data)
    community_id = path_id(fields.typed.get("community", ""))
    try:
        kind = fields.choice("kind", "种类", ("grid", "building", "facility"))
        name = fields.text("name", "名称", most=NAME_MAX)
        code = fields.text("code", "编号", most=20, required=kind == "grid")
        nicknames = fields.text("nicknames", "别名", most=NICKNAMES_LENGTH_MAX, required=False)
        grid_id = fields.row_id("grid", "网格", required=False)
        place_id = fields.row_id("id", "地点", required=False)
        fields.check()
        await request.app[HOUSE].db.run(
            actor,
            _save_place,
            kind,
            community_id=community_id,
            place_id=place_id,
            name=name,
            code=code,
            nicknames=split_names(nicknames),
            grid_id=grid_id,
        )
    except Refusal as refusal:
        return await _places(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/places?community={community_id}", done="saved")


async def remove_place(request: web.Request) -> web.Response:
    """Forget a facility."""
    actor = staff(request, "places.edit")
    await request.app[HOUSE].db.run(actor, remove_facility, row_id(request, "facility_id"))
    return see_other("/console/places", done="removed")


async def show_groups(request: web.Request) -> web.Response:
    """The chat groups of a community and what they are bound to."""
    return await _groups(request)


async def save_group(request: web.Request) -> web.Response:
    """Bind a group to the community, and to a grid or building of it."""
    actor = staff(request, "places.edit")
    data = await request.post()
    fields = Fields(data)
    community_id = path_id(fields.typed.get("community", ""))
    try:
        name = fields.text("name", "群名", most=NAME_MAX)
        channel = fields.text("channel", "渠道", most=60)
        chat = fields.text("chat", "群号", most=120)
        grid_id = fields.row_id("grid", "网格", required=False)
        building_id = fields.row_id("building", "楼栋", required=False)
        fields.check()
        await request.app[HOUSE].db.run(
            actor,
            _save_group,
            community_id=community_id,
            channel=channel,
            chat=chat,
            name=name,
            grid_id=grid_id,
            building_id=building_id,
        )
    except Refusal as refusal:
        return await _groups(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/groups?community={community_id}", done="saved")


async def hush_group(request: web.Request) -> web.Response:
    """Let the bot keep silent in a group, or speak again."""
    actor = staff(request, "places.edit")
    data = await request.post()
    community_id = await request.app[HOUSE].db.run(
        actor, _hush, row_id(request, "group_id"), data.get("muted") == "1"
    )
    return see_other(f"/console/groups?community={community_id}", done="saved")


def split_names(text: str) -> list[str]:
    """Nicknames as people write them: parted by commas, spaces or lines."""
    for separator in SEPARATORS:
        text = text.replace(separator, " ")
    return text.split()


def _add_household(tx: Transaction, community_id: int, number: str) -> None:
    add_household(tx, community_id=community_id, number=number)


def _save_place(
    tx: Transaction,
    kind: str,
    *,
    community_id: int,
    place_id: int | None,
    name: str,
    code: str,
    nicknames: list[str],
    grid_id: int | None,
) -> None:
    if kind == "grid":
        save_grid(tx, community_id=community_id, code=code, name=name, grid_id=place_id)
    elif kind == "building":
        save_building(
            tx,
            community_id=community_id,
            name=name,
            nicknames=nicknames,
            grid_id=grid_id,
            building_id=place_id,
        )
    else:
        save_facility(
            tx,
            community_id=community_id,
            name=name,
            nicknames=nicknames,
            grid_id=grid_id,
            facility_id=place_id,
        )


def _save_group(
    tx: Transaction,
    *,
    community_id: int,
    channel: str,
    chat: str,
    name: str,
    grid_id: int | None,
    building_id: int | None,
) -> None:
    bind_group(
        tx,
        channel=channel,
        chat=chat,
        community_id=community_id,
        name=name,
        grid_id=grid_id,
        building_id=building_id,
    )


def _hush(tx: Transaction, group_id: int, is_muted: bool) -> int:
    access_group(tx, group_id)
    return mute_group(tx, group_id, is_muted=is_muted).community_id


async def _households(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "people.see")
    after, words = request.query.get("after", "")[:40], request.query.get("who", "")[:40]
    values = await request.app[HOUSE].db.read(
        actor, _read_households, _wanted(request, typed), words, after
    )
    return _show(request, "households.html", "households", values, refusal, typed, words=words)


def _read_households(tx: Transaction, wanted: int | None, words: str, after: str) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "people.see")
    lines = visible_households(tx, area.id, text=words, after=after, limit=PAGE + 1)
    return {
        "area": area,
        "among": among,
        "lines": lines[:PAGE],
        "more": lines[PAGE - 1].number if len(lines) > PAGE else "",
        "may_edit": tx.actor.can("people.edit", area.id),
    }


async def _places(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "people.see", "places.edit")
    values = await request.app[HOUSE].db.read(actor, _read_places, _wanted(request, typed))
    return _show(request, "places.html", "places", values, refusal, typed, grid_words=GRID_WORDS)


def _read_places(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "people.see", "places.edit")
    grids = visible_grids(tx, area.id)
    return {
        "area": area,
        "among": among,
        "grids": grids,
        "grid_names": {grid.id: grid.name for grid in grids},
        "buildings": visible_buildings(tx, area.id),
        "facilities": visible_facilities(tx, area.id),
        "may_edit": tx.actor.can("places.edit", area.id),
    }


async def _groups(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "places.edit")
    house = request.app[HOUSE]
    values = await house.db.read(actor, _read_groups, _wanted(request, typed))
    channels = ["simulator"] if house.settings.simulator else []
    channels += [f"wechat:{account.name}" for account in house.settings.accounts()]
    return _show(request, "groups.html", "groups", values, refusal, typed, channels=channels)


def _read_groups(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "places.edit")
    grids, buildings = visible_grids(tx, area.id), visible_buildings(tx, area.id)
    return {
        "area": area,
        "among": among,
        "groups": visible_groups(tx, area.id),
        "grids": grids,
        "buildings": buildings,
        "grid_names": {grid.id: grid.name for grid in grids},
        "building_names": {building.id: building.name for building in buildings},
    }


def _wanted(request: web.Request, typed: dict[str, str] | None) -> int | None:
    return path_id((typed or {}).get("community", "")) or wanted_community(request)


def _show(
    request: web.Request,
    template: str,
    shelf_here: str,
    values: dict[str, Any],
    refusal: Refusal | None,
    typed: dict[str, str] | None,
    **more: Any,
) -> web.Response:
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    return show_console(
        request,
        template,
        here="people",
        shelf_here=shelf_here,
        **{**values, **more, **trouble},
    )
