import pytest

from community.agencies import access_agency, save_agency, visible_agencies
from community.areas import (
    NameTaken,
    WrongCode,
    WrongName,
    WrongParent,
    WrongTimeZone,
    access_area,
    add_area,
    edit_area,
    visible_areas,
)
from community.groups import GroupElsewhere, access_group, bind_group, mute_group, visible_groups
from community.households import (
    access_household,
    add_household,
    address_of,
    grid_of_household,
    house_household,
    visible_households,
)
from community.places import (
    NICKNAMES_MAX,
    TooManyNicknames,
    WrongFloorArea,
    WrongGrid,
    access_building,
    access_grid,
    gazetteer,
    remove_facility,
    save_building,
    save_dwelling,
    save_facility,
    save_grid,
    visible_buildings,
    visible_dwellings,
    visible_facilities,
    visible_grids,
    visible_units,
)
from community.tables import DISTRICT, AgencyKind, AreaKind, GridKind
from core.errors import NotAllowed, NotFound


def test_area_grows_below_its_parent(act, cast):
    street = act(
        "system",
        add_area,
        kind=AreaKind.STREET,
        name="新街道",
        code="xjd",
        parent_id=cast.district,
    )
    village = act(
        "system",
        add_area,
        kind=AreaKind.COMMUNITY,
        name="新村",
        code="XC",
        parent_id=street.id,
        is_village=True,
    )

    assert (street.code, village.parent_id) == ("XJD", street.id)
    for kind, parent in (
        (AreaKind.COMMUNITY, cast.district),
        (AreaKind.STREET, cast.xfl),
        (AreaKind.DISTRICT, None),
    ):
        with pytest.raises(WrongParent):
            act("system", add_area, kind=kind, name="错", code="CUO", parent_id=parent)


def test_area_is_refused_with_a_bad_code_name_or_zone(act, cast):
    good = {"kind": AreaKind.STREET, "name": "街", "code": "JIE", "parent_id": cast.district}
    for change, refusal in (
        ({"code": "X"}, WrongCode),
        ({"code": "X1"}, WrongCode),
        ({"code": "XFL"}, NameTaken),
        ({"name": " "}, WrongName),
        ({"name": "街" * 61}, WrongName),
        ({"time_zone": "北京"}, WrongTimeZone),
    ):
        with pytest.raises(refusal):
            act("system", add_area, **{**good, **change})


def test_areas_are_seen_and_edited_by_who_belongs_there(act, cast, events):
    assert [area.code for area in act("lan", visible_areas)] == ["XFL"]
    assert [area.code for area in act("system", visible_areas, kind=AreaKind.COMMUNITY)] == [
        "XFL",
        "HYC",
    ]
    with pytest.raises(NotFound):
        act("lan", access_area, cast.hyc)
    with pytest.raises(NotFound):
        act("wu", edit_area, cast.hyc, name="花园", time_zone="Asia/Shanghai", bot_name="云")
    with pytest.raises(NotAllowed):
        act("lan", edit_area, cast.xfl, name="我家", time_zone="Asia/Shanghai", bot_name="云")

    act("wu", edit_area, cast.xfl, name="幸福里", time_zone="Asia/Shanghai", bot_name="小幸")

    assert act("lan", access_area, cast.xfl).bot_name == "小幸"
    assert events("place.change") == [(cast.xfl, {"kind": "area", "what": "edited"})]


def test_grids_have_three_levels(act, cast):
    def save(code, level, parent_id, **more):
        values = {"code": code, "name": code, "level": level, "parent_id": parent_id, **more}
        return act("wu", save_grid, community_id=cast.xfl, **values)

    save("G010101", 3, save("G0101", 2, cast.grid).id)

    for level, parent in ((3, cast.grid), (1, cast.grid), (0, None), (4, None)):
        with pytest.raises(WrongGrid):
            save("G9", level, parent)
    with pytest.raises(WrongGrid):
        save("G01", 2, None, grid_id=cast.grid)


def test_grid_counts_the_households_of_its_buildings(act, cast):
    act(
        "wu",
        save_grid,
        community_id=cast.xfl,
        code="Z01",
        name="市场",
        kind=GridKind.DEDICATED,
    )

    lines = act("lan", visible_grids, cast.xfl)

    assert [(line.code, line.household_count, line.is_unusual_size) for line in lines] == [
        ("G01", 1, True),
        ("Z01", 0, False),
    ]


def test_building_is_kept_under_its_normal_form(act, cast):
    building = act(
        "wu",
        save_building,
        community_id=cast.xfl,
        name="五号楼",
        nicknames=["白楼", "白楼", "", "5栋"],
        grid_id=cast.grid,
    )

    assert (building.name, building.nicknames) == ("5栋", ["白楼"])
    assert [one.name for one in act("lan", visible_buildings, cast.xfl)] == [
        "1栋",
        "2栋",
        "3栋",
        "5栋",
        "12栋",
    ]
    with pytest.raises(NameTaken):
        act("wu", save_building, community_id=cast.xfl, name="5幢")
    act("wu", save_building, community_id=cast.xfl, name="6", building_id=building.id)
    assert act("lan", access_building, building.id).name == "6栋"


def test_building_lies_in_a_comprehensive_grid_of_its_own_community(act, cast):
    market = act(
        "wu", save_grid, community_id=cast.xfl, code="Z01", name="市场", kind=GridKind.DEDICATED
    )
    other = act("system", save_grid, community_id=cast.hyc, code="H01", name="村网格")

    with pytest.raises(WrongGrid):
        act("wu", save_building, community_id=cast.xfl, name="7", grid_id=market.id)
    with pytest.raises(NotFound):
        act("wu", save_building, community_id=cast.xfl, name="7", grid_id=other.id)


def test_nicknames_end_at_their_limit(act, cast):
    names = [f"名{n}" for n in range(NICKNAMES_MAX)]
    act("wu", save_building, community_id=cast.xfl, name="8", nicknames=names)

    with pytest.raises(TooManyNicknames):
        act("wu", save_building, community_id=cast.xfl, name="9", nicknames=[*names, "多"])


def test_gazetteer_holds_names_and_nicknames_of_one_community(act, cast):
    act("wu", save_facility, community_id=cast.xfl, name="老槐树", nicknames=["大槐树"])
    act("system", save_facility, community_id=cast.hyc, name="晒谷场")

    known = act("nobody", gazetteer, cast.xfl)

    assert known.names == (
        *("东门", "地下车库", "中心花园", "老槐树", "3栋", "1栋", "2栋", "12栋"),
        *("大槐树", "三号楼", "红楼"),
    )
    assert known.nicknames == {"大槐树": "老槐树", "三号楼": "3栋", "红楼": "3栋"}


def test_facility_can_be_changed_and_forgotten(act, cast):
    place = act("wu", save_facility, community_id=cast.xfl, name="亭子")
    with pytest.raises(NameTaken):
        act("wu", save_facility, community_id=cast.xfl, name="东门")
    act("wu", save_facility, community_id=cast.xfl, name="凉亭", facility_id=place.id)
    assert "凉亭" in [one.name for one in act("lan", visible_facilities, cast.xfl)]

    with pytest.raises(NotAllowed):
        act("lan", remove_facility, place.id)
    with pytest.raises(NotFound):
        act("hua", remove_facility, place.id)
    act("wu", remove_facility, place.id)

    assert "凉亭" not in [one.name for one in act("lan", visible_facilities, cast.xfl)]


def test_dwelling_is_found_again_by_its_address(act, cast):
    first = act(
        "wu", save_dwelling, building_id=cast.building3, unit="二", room="502室", floor_area=8_950
    )
    again = act(
        "wu", save_dwelling, building_id=cast.building3, unit="2门", room="502", floor_area=9_000
    )

    assert (first.id, first.address, again.floor_area) == (again.id, "3栋2单元502", 9_000)
    assert [unit.name for unit in act("lan", visible_units, cast.building3)] == ["2单元"]
    assert [one.address for one in act("wu", visible_dwellings, cast.building3)] == [
        "3栋2单元501",
        "3栋2单元502",
    ]
    page = act("wu", visible_dwellings, cast.building3, after="3栋2单元501")
    assert [one.address for one in page] == ["3栋2单元502"]
    assert act("lan", visible_dwellings, cast.building3) == []
    for area in (-1, 10_000_001):
        with pytest.raises(WrongFloorArea):
            act("wu", save_dwelling, building_id=cast.building3, unit="", room="1", floor_area=area)


def test_places_of_another_community_are_not_there(act, cast):
    assert [
        act("hua", one, cast.xfl)
        for one in (visible_grids, visible_buildings, visible_facilities, visible_groups)
    ] == [[], [], [], []]
    assert act("hua", visible_agencies, cast.xfl) == []
    for access, row_id in (
        (access_grid, cast.grid),
        (access_building, cast.building3),
        (access_group, cast.group3),
        (access_agency, cast.property),
        (access_household, cast.household1),
        (access_grid, 1),
        (access_building, 1),
        (access_group, 1),
        (access_agency, 1),
        (access_household, 1),
    ):
        with pytest.raises(NotFound):
            act("hua", access, row_id)


def test_places_are_changed_by_who_edits_them(act, cast):
    for who, refusal in (("lan", NotAllowed), ("ding", NotAllowed), ("hua", NotFound)):
        for work, values in (
            (save_grid, {"code": "G7", "name": "七"}),
            (save_building, {"name": "7"}),
            (save_facility, {"name": "亭"}),
            (bind_group, {"channel": "simulator", "chat": "new", "name": "新群"}),
            (save_agency, {"kind": AgencyKind.UTILITY, "name": "水务"}),
        ):
            with pytest.raises(refusal):
                act(who, work, community_id=cast.xfl, **values)


def test_group_belongs_to_one_community(act, cast):
    group = act(
        "wu",
        bind_group,
        community_id=cast.xfl,
        channel="simulator",
        chat="xfl-1",
        name="1栋群",
        grid_id=cast.grid,
    )
    same = act(
        "wu", bind_group, community_id=cast.xfl, channel="simulator", chat="xfl-1", name="一栋群"
    )

    assert (same.id, same.name, same.grid_id) == (group.id, "一栋群", None)
    assert act("wu", mute_group, group.id, is_muted=True).is_muted
    act("system", bind_group, community_id=cast.hyc, channel="simulator", chat="hyc-1", name="村群")
    with pytest.raises(GroupElsewhere):
        act("wu", bind_group, community_id=cast.xfl, channel="simulator", chat="hyc-1", name="抢来")


def test_agencies_of_the_district_serve_every_community(act, cast):
    act("system", save_agency, community_id=DISTRICT, kind=AgencyKind.DEPARTMENT, name="城管局")

    assert [one.name for one in act("wu", visible_agencies, cast.xfl)] == ["城管局", "安居物业"]
    with pytest.raises(NotAllowed):
        act("wu", save_agency, community_id=DISTRICT, kind=AgencyKind.UTILITY, name="水务")
    with pytest.raises(NameTaken):
        act("wu", save_agency, community_id=cast.xfl, kind=AgencyKind.PROPERTY, name="安居物业")
    act(
        "wu",
        save_agency,
        community_id=cast.xfl,
        kind=AgencyKind.PROPERTY,
        name="安居物业",
        phone="96900",
        agency_id=cast.property,
    )
    assert act("guo", access_agency, cast.property).phone == "96900"


def test_household_is_listed_masked_to_who_sees_people(act, cast):
    dwelling = act(
        "wu", save_dwelling, building_id=cast.building3, unit="1", room="101", floor_area=0
    )
    new = act("wu", add_household, community_id=cast.xfl, number="XFL-H9", dwelling_id=dwelling.id)

    lines = act("wu", visible_households, cast.xfl)

    assert [(line.number, line.address, line.resident_count) for line in lines] == [
        ("XFL-H1", "3栋*单元*", 2),
        ("XFL-H9", "3栋*单元*", 0),
    ]
    assert [line.id for line in act("wu", visible_households, cast.xfl, text="1单元101")] == [
        new.id
    ]
    assert len(act("wu", visible_households, cast.xfl, after="XFL-H1")) == 1
    for who in ("lan", "ding", "hua"):
        assert act(who, visible_households, cast.xfl) == []
    assert act("lan", access_household, cast.household1).number == "XFL-H1"
    assert act("system", address_of, new.id) == "3栋1单元101"
    assert act("system", grid_of_household, new.id) == cast.grid
    act("wu", house_household, new.id, None)
    assert act("system", address_of, new.id) == ""


def test_household_number_is_taken_once_and_needs_the_right(act, cast):
    with pytest.raises(NameTaken):
        act("wu", add_household, community_id=cast.xfl, number="XFL-H1")
    for who in ("lan", "ding", "hua"):
        with pytest.raises(NotFound):
            act(who, add_household, community_id=cast.xfl, number="X")
