import pytest
from sqlalchemy import func
from sqlmodel import col, select

from bot.roster_import import check_upload, discard_upload, keep_upload, run_import
from community.places import save_grid
from community.residents import leave, phone_of
from community.roster import (
    BATCH_ROWS,
    RosterHasProblems,
    access_import,
    import_batch,
    visible_imports,
)
from community.roster_rows import read_roster
from community.roster_writing import RosterOutdated
from community.tables import Building, Dwelling, Grid, Household, Residency, Resident
from core.actor import SYSTEM
from core.columns import new_id
from core.errors import NotAllowed, NotFound
from core.sheets import read_sheet
from tests.community.rosters import HEADERS, invented_rows, roster_file

PERSON = (
    *("H1", "5栋", "1", "101", "80", "赵一", "", "在家", "", ""),
    *("1990-01-01", "13811110001", "G01"),
)


def rows_of(*people):
    """Rows on top of PERSON, each given as {header: cell}."""
    return [tuple({**dict(zip(HEADERS, PERSON, strict=True)), **one}.values()) for one in people]


@pytest.fixture
def take(house, act, cast):
    """take({…}, {…}): check and import rows as the secretary; gives the row of the import."""

    async def run(*people, who="wu", rows=None):
        content = roster_file(rows if rows is not None else rows_of(*people))
        actor = act.actor(who)
        upload = await keep_upload(house, actor, cast.xfl, file_name="名册.csv", content=content)
        return await run_import(house, actor, upload.id)

    return run


@pytest.fixture
def people(house, cast):
    """Everybody of the community who came by a file, by name."""

    def find(tx):
        query = select(Resident).where(
            col(Resident.community_id) == cast.xfl, col(Resident.number).not_in(STAFF)
        )
        return {one.name: one for one in tx.exec(query)}

    return lambda: house.db.read_now(SYSTEM, find)


STAFF = ("R1", "R2", "S1", "S2", "S3")


def counts(tx, community_id):
    return tuple(
        tx.exec(
            select(func.count()).select_from(table).where(col(table.community_id) == community_id)
        ).one()
        for table in (Building, Dwelling, Household, Resident)
    )


async def test_file_becomes_places_households_and_people(house, cast, take, people, events):
    upload = await take({}, {"姓名": "赵二", "手机号": "", "居住情况": "在外", "所在城市": "深圳"})

    assert (upload.state, upload.done_count, upload.row_count) == ("done", 2, 2)
    found = people()
    one = found["赵一"]
    assert set(found) == {"赵一", "赵二"}
    assert (found["赵二"].residency, found["赵二"].city) == (Residency.AWAY, "深圳")
    assert found["赵二"].household_id == one.household_id
    assert phone_of(house.vault, one) == "13811110001"
    assert "赵" not in one.number
    assert len(events("resident.register")) == 2
    assert [facts for _, facts in events("roster.batch")] == [{"done_count": 2, "row_count": 2}]

    def place(tx):
        household = tx.get_one(Household, one.household_id)
        dwelling = tx.get_one(Dwelling, household.dwelling_id)
        building = tx.get_one(Building, dwelling.building_id)
        return (
            household.number,
            dwelling.address,
            dwelling.floor_area,
            building.name,
            building.grid_id,
        )

    assert house.db.read_now(SYSTEM, place) == ("H1", "5栋1单元101", 8_000, "5栋", cast.grid)


async def test_same_file_again_changes_nothing(house, cast, take, events):
    await take({}, {"姓名": "赵二"})
    before = house.db.read_now(SYSTEM, counts, cast.xfl)

    upload = await take({}, {"姓名": "赵二"})

    assert house.db.read_now(SYSTEM, counts, cast.xfl) == before
    assert (upload.report["same_count"], upload.report["new_count"]) == (2, 0)
    assert (len(events("resident.register")), events("resident.edit")) == (2, [])


async def test_changes_are_taken_over_and_blanks_are_not(house, take, people, events):
    await take({})

    await take({"手机号": "", "出生日期": "1991-02-03", "居住情况": ""})

    one = people()["赵一"]
    assert (str(one.birth_date), phone_of(house.vault, one)) == ("1991-02-03", "13811110001")
    assert events("resident.edit") == [(one.id, {"fields": "birth_date"})]


async def test_new_phone_is_found_by_its_hash(house, take, people):
    await take({})
    await take({"手机号": "13811110009"})

    one = people()["赵一"]
    assert phone_of(house.vault, one) == "13811110009"
    assert one.phone_hash == house.vault.index("13811110009")


async def test_given_number_replaces_the_made_up_one_and_then_follows_a_move(take, people, events):
    await take({})
    first = people()["赵一"].id

    await take({"人员编号": "P1"})
    await take({"人员编号": "P1", "户号": "H2", "房号": "102", "姓名": "赵一一"})

    assert {name: (one.id, one.number) for name, one in people().items()} == {
        "赵一一": (first, "P1")
    }
    assert [subject for subject, _ in events("resident.move")] == [first]


async def test_who_had_left_and_is_in_the_file_is_back(act, take, people, events):
    await take({})
    act("wu", leave, people()["赵一"].id)

    await take({})

    assert people()["赵一"].left_at is None
    assert len(events("resident.register")) == 2


async def test_namesakes_on_the_register_need_a_number(house, act, cast, take, people):
    await take({"人员编号": "P1"}, {"人员编号": "P2"})

    upload = await keep_upload(
        house, act.actor("wu"), cast.xfl, file_name="名册.csv", content=roster_file(rows_of({}))
    )

    assert upload.report["problems"] == [
        {
            "row": 2,
            "column": "姓名",
            "wrong": "这一户登记了两个同名的人",
            "advice": "请在这一行填人员编号",
        }
    ]
    assert len(people()) == 1


async def test_file_with_one_wrong_row_is_not_taken_over_at_all(house, act, cast, take, people):
    content = roster_file(
        rows_of({}, {"姓名": "赵二", "手机号": "123"}, {"户号": "H3", "楼栋": "6栋", "网格": "G9"})
    )
    upload = await keep_upload(
        house, act.actor("wu"), cast.xfl, file_name="名册.csv", content=content
    )

    with pytest.raises(RosterHasProblems):
        await run_import(house, act.actor("wu"), upload.id)

    assert [(one["row"], one["column"]) for one in upload.report["problems"]] == [
        (3, "手机号"),
        (4, "网格"),
    ]
    assert people() == {}


async def test_dry_run_writes_nothing(house, act, cast, people):
    _, report = await check_upload(
        house, act.actor("wu"), cast.xfl, file_name="名册.csv", content=roster_file(rows_of({}))
    )

    assert (report.new_count, report.new_buildings, report.new_household_count) == (1, ("5栋",), 1)
    assert people() == {}
    assert act("wu", visible_imports, cast.xfl) == []


async def test_import_cut_short_goes_on_where_it_stopped(house, act, cast, people):
    rows = list(invented_rows(2 * BATCH_ROWS + 10))
    wu = act.actor("wu")
    upload = await keep_upload(house, wu, cast.xfl, file_name="名册.csv", content=roster_file(rows))
    parsed = read_roster(
        read_sheet(roster_file(rows), "名册.csv"), today=house.db.clock().date()
    ).rows
    first = parsed[:BATCH_ROWS]

    for _ in range(2):  # the second time it was done already
        act("wu", import_batch, house.vault, upload.id, first, start=0)
    assert len(act("wu", access_import, upload.id).report) > 0
    assert act("wu", access_import, upload.id).done_count == BATCH_ROWS
    seen = []
    done = await run_import(house, wu, upload.id, progress=lambda n, of: seen.append((n, of)))

    assert done.state == "done"
    assert seen == [(2 * BATCH_ROWS, len(rows)), (len(rows), len(rows))]
    numbers = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Resident.number)).all())
    assert len(numbers) == len(set(numbers)) == len(rows) + 7


async def test_batch_that_cannot_be_done_is_undone_and_those_before_stay(house, act, cast):
    rows = list(invented_rows(BATCH_ROWS + 5))
    rows[-1] = ("H99", "99栋", *rows[-1][2:-1], "G02")
    act("wu", save_grid, community_id=cast.xfl, code="G02", name="第二网格")
    wu = act.actor("wu")
    content = roster_file(rows)
    upload = await keep_upload(house, wu, cast.xfl, file_name="名册.csv", content=content)
    act("system", lambda tx: tx.delete(tx.exec(select(Grid).where(Grid.code == "G02")).one()))

    with pytest.raises(RosterOutdated) as refusal:
        await run_import(house, wu, upload.id)

    left = act("wu", access_import, upload.id)
    assert (left.state, left.done_count) == ("failed", BATCH_ROWS)
    assert left.report["failed"] == str(refusal.value)
    assert house.db.read_now(SYSTEM, counts, cast.xfl)[3] == BATCH_ROWS + 5


async def test_kept_rows_are_sealed_and_removed_at_the_end(house, act, cast, take):
    wu = act.actor("wu")
    content = roster_file(rows_of({}))
    first = await keep_upload(house, wu, cast.xfl, file_name="名册.csv", content=content)
    path = house.files.path(first.stored_as)
    assert b"13811110001" not in path.read_bytes()

    await run_import(house, wu, first.id)
    assert not path.exists()

    second = await keep_upload(house, wu, cast.xfl, file_name="名册.csv", content=content)
    await discard_upload(house, wu, second.id)
    with pytest.raises(NotFound):
        house.files.path(second.stored_as)


async def test_register_is_imported_by_who_edits_people_there(house, act, cast, take):
    for who, refusal in (("lan", NotFound), ("ding", NotFound), ("hua", NotFound)):
        with pytest.raises(refusal):
            await take({}, who=who)
    upload = await keep_upload(
        house, act.actor("wu"), cast.xfl, file_name="名册.csv", content=roster_file(rows_of({}))
    )
    for who in ("lan", "ding", "hua"):
        with pytest.raises(NotFound):
            await run_import(house, act.actor(who), upload.id)
        assert act(who, visible_imports, cast.xfl) == []
    with pytest.raises((NotFound, NotAllowed)):
        act("wu", access_import, new_id())
    assert [one.id for one in act("wu", visible_imports, cast.xfl)] == [upload.id]


@pytest.mark.slow  # 20,000 people through a file on both databases
@pytest.mark.parametrize("name", ["名册.csv", "名册.xlsx"])
async def test_twenty_thousand_people_are_taken_over(house, act, cast, name):
    content = roster_file(invented_rows(20_000), name=name)
    wu = act.actor("wu")

    upload = await keep_upload(house, wu, cast.xfl, file_name=name, content=content)
    done = await run_import(house, wu, upload.id)

    assert (done.state, done.done_count) == ("done", 20_000)
    assert house.db.read_now(SYSTEM, counts, cast.xfl)[3] == 20_005
