"""The tree of areas: who may add and rename what, and that codes stay."""

import pytest
from sqlmodel import col, select

from community.grants import grant_role
from community.tables import Area, Building, Grid, GridKind
from core.actor import SYSTEM


@pytest.fixture
async def chief(staff_browser, house, cast):
    """Wu, who is now the secretary of the whole district."""
    house.db.run_now(
        SYSTEM, grant_role, resident_id=cast.wu, role="secretary", area_id=cast.district
    )
    return staff_browser("wu")


def all_of(house, table):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table).order_by(table.id)).all())


def area_named(house, name):
    query = select(Area).where(col(Area.name) == name)
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(query).first())


async def test_tree_shows_what_lies_below(chief, cast):
    await chief.get("/console/areas")

    order = [chief.page.index(name) for name in ("测试区", "测试街道", "幸福里社区", "花园村")]
    assert order[0] < order[1] < min(order[2:])
    assert "添加街道或镇" in chief.page


async def test_secretary_of_a_community_sees_it_alone(wu, cast):
    await wu.get("/console/areas")

    assert "幸福里社区" in wu.page
    assert "花园村" not in wu.page
    assert "添加社区或村" not in wu.page
    await wu.get(f"/console/areas?area={cast.hyc}")
    assert wu.status == 404


async def test_community_is_added_below_its_street(chief, house, cast):
    await chief.get("/console/areas")
    street = area_named(house, "测试街道").id

    await chief.post("/console/areas", parent=street, name="桃园社区", code="TY")

    added = area_named(house, "桃园社区")
    assert (added.parent_id, added.code, added.is_village) == (street, "TY", False)
    assert "桃园社区" in chief.page
    await chief.post("/console/areas", parent=street, name="别名", code="TY")
    assert (chief.status, "已经有了" in chief.page) == (409, True)
    await chief.post("/console/areas", parent=street, name="小写", code="t1")
    assert chief.status in (400, 422)
    await chief.post("/console/areas", parent=cast.xfl, name="里面", code="LM")
    assert chief.status == 404
    assert area_named(house, "里面") is None


async def test_nobody_adds_where_they_do_not_rule(wu, house, cast):
    await wu.get("/console/areas")
    street = area_named(house, "测试街道").id

    await wu.post("/console/areas", parent=street, name="桃园社区", code="TY")

    assert wu.status == 404
    assert area_named(house, "桃园社区") is None


async def test_area_is_renamed_and_keeps_its_code(wu, house, cast):
    await wu.get(f"/console/areas?area={cast.xfl}")

    await wu.post(
        f"/console/areas/{cast.xfl}",
        name="新幸福里社区",
        bot_name="小幸",
        time_zone="Asia/Shanghai",
    )

    renamed = area_named(house, "新幸福里社区")
    assert (renamed.code, renamed.bot_name) == ("XFL", "小幸")
    await wu.post(f"/console/areas/{cast.xfl}", name="", bot_name="小幸", time_zone="Mars/Base")
    assert wu.status == 422
    await wu.post(
        f"/console/areas/{cast.hyc}", name="别人的村", bot_name="小云", time_zone="Asia/Shanghai"
    )
    assert wu.status == 404


async def test_grids_and_buildings_are_added_and_renamed(wu, house, cast):
    await wu.get(f"/console/areas?area={cast.xfl}")

    await wu.post(f"/console/areas/{cast.xfl}/grid", name="第二网格", code="G02")
    grid = all_of(house, Grid)[-1]
    await wu.post(f"/console/areas/{cast.xfl}/building", name="20号楼", grid=grid.id)
    building = all_of(house, Building)[-1]
    await wu.post(
        f"/console/areas/{cast.xfl}/building",
        id=building.id,
        name="21号楼",
        grid=grid.id,
        nicknames="新楼，高楼",
    )

    assert (grid.name, grid.code, building.name) == ("第二网格", "G02", "20栋")
    renamed = all_of(house, Building)[-1]
    assert (renamed.id, renamed.name, renamed.nicknames, renamed.grid_id) == (
        building.id,
        "21栋",
        ["新楼", "高楼"],
        grid.id,
    )
    assert "第二网格" in wu.page
    await wu.post(f"/console/areas/{cast.hyc}/grid", name="别处", code="G09")
    assert wu.status == 404


async def test_renaming_a_grid_keeps_what_kind_it_is(wu, house, cast):
    def make_special(tx):
        tx.get_one(Grid, cast.grid).kind = GridKind.DEDICATED

    house.db.run_now(SYSTEM, make_special)
    await wu.get(f"/console/areas?area={cast.xfl}")

    await wu.post(f"/console/areas/{cast.xfl}/grid", id=cast.grid, name="市场网格", code="G01")

    (grid,) = all_of(house, Grid)
    assert (grid.name, grid.kind) == ("市场网格", GridKind.DEDICATED)
