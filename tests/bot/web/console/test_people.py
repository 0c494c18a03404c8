"""People and places on the console: masked lists, recorded looks, imports, roles, duty."""

import re
from datetime import date

import aiohttp
import pytest
from sqlmodel import col, select

from bot.tables import Outgoing
from bot.web.console.duties import say_span
from bot.web.console.places import split_names
from bot.web.console.roles import fresh_password
from bot.web.console.roster import IMPORTS
from cases.duty_list import visible_duties
from cases.tables import Duty
from community.people import actor_of_resident
from community.tables import (
    AccessRecord,
    Account,
    Agency,
    BindingCode,
    Building,
    DutyShift,
    Facility,
    Group,
    Household,
    Identity,
    Resident,
    RoleGrant,
)
from core.actor import SYSTEM
from core.transaction import EventRecord
from tests.bot.web.conftest import CSRF

ROSTER = "户号,楼栋,单元,房号,姓名,居住情况,手机号\nT-1,3栋,2,601,孙大山,在家,13900000077\n"
BAD = "户号,楼栋,单元,房号,姓名,居住情况,手机号\nT-1,3栋,2,601,孙大山,怎样,139\n"


def _rows(house, table, *where):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table).where(*where)).all())


async def test_list_is_masked(wu):
    await wu.get("/console/people")

    assert "王兰" not in wu.page
    assert "13900000001" not in wu.page
    assert "王*" in wu.page
    assert "139****0001" in wu.page


async def test_whole_telephone_number_finds_its_person(wu, cast):
    await wu.get("/console/people?who=13900000001")
    found = f"/console/people/{cast.lan}" in wu.page
    await wu.get("/console/people?who=139000000")

    assert found
    assert f"/console/people/{cast.lan}" not in wu.page


async def test_file_is_shown_after_saying_why_and_the_look_is_kept(wu, house, cast):
    await wu.get(f"/console/people/{cast.lan}")
    before = "王兰" in wu.page or "13900000001" in wu.page

    await wu.post(f"/console/people/{cast.lan}/look", purpose="电话回访", other="")

    (look,) = _rows(house, AccessRecord)
    assert not before
    assert "王兰" in wu.page
    assert "13900000001" in wu.page
    assert (look.resident_id, look.by_id, look.purpose) == (cast.lan, cast.wu, "电话回访")


async def test_look_is_for_one_account_and_a_quarter_of_an_hour(
    wu, ding, house, cast, open_browser
):
    await wu.get(f"/console/people/{cast.lan}")
    await wu.post(f"/console/people/{cast.lan}/look", purpose="走访", other="")
    address = str(wu.url.relative())

    await ding.get(address)
    await wu.get(address.replace(str(cast.lan), str(cast.bo)))

    assert ding.status == 404
    assert "李波" not in wu.page
    assert "看全部资料" in wu.page


async def test_look_without_a_reason_is_refused(wu, house, cast):
    await wu.get(f"/console/people/{cast.lan}")

    await wu.post(f"/console/people/{cast.lan}/look", purpose="", other="  ")

    assert wu.status == 400
    assert "王兰" not in wu.page
    assert _rows(house, AccessRecord) == []


async def test_person_of_another_place_is_not_there(wu, cast):
    await wu.get(f"/console/people/{cast.hua}")
    shown = wu.status
    await wu.get("/console/more")
    await wu.post(f"/console/people/{cast.hua}/look", purpose="走访", other="")

    assert (shown, wu.status) == (404, 404)


async def test_particulars_are_put_right(wu, house, cast):
    await wu.get(f"/console/people/{cast.lan}")
    await wu.post(f"/console/people/{cast.lan}/look", purpose="更新名册", other="")
    path = re.search(rf'action="(/console/people/{cast.lan}/change[^"]*)"', wu.page)[1]

    await wu.post(
        path,
        name="王兰兰",
        residency="away",
        household="XFL-H1",
        phone="13900000009",
        birth_date="1980-05-01",
        city="苏州",
        time_zone="Asia/Shanghai",
    )

    (row,) = _rows(house, Resident, col(Resident.id) == cast.lan)
    assert (row.name, row.residency, row.city) == ("王兰兰", "away", "苏州")
    assert "已保存" in wu.page
    assert "13900000009" in wu.page


async def test_wrong_particulars_keep_what_was_typed(wu, house, cast):
    await wu.get(f"/console/people/{cast.lan}")
    await wu.post(f"/console/people/{cast.lan}/look", purpose="更新名册", other="")
    path = re.search(rf'action="(/console/people/{cast.lan}/change[^"]*)"', wu.page)[1]

    await wu.post(
        path,
        name="王兰兰",
        residency="home",
        household="没有这户",
        phone="",
        birth_date="",
        city="",
    )

    (row,) = _rows(house, Resident, col(Resident.id) == cast.lan)
    assert row.name == "王兰"
    assert "没有这个户号" in wu.page
    assert 'value="王兰兰"' in wu.page


async def test_new_resident_is_registered(wu, house, cast):
    await wu.get("/console/people/new")

    await wu.post(
        "/console/people/new",
        community=str(cast.xfl),
        number="N-1",
        name="孙大山",
        residency="home",
        household="XFL-H1",
        phone="",
        birth_date="",
        city="",
        time_zone="",
    )

    (row,) = _rows(house, Resident, col(Resident.number) == "N-1")
    assert (row.name, row.household_id) == ("孙大山", cast.household1)


async def test_chat_is_unbound_at_the_desk(wu, house, cast):
    await wu.get(f"/console/people/{cast.lan}")
    await wu.post(f"/console/people/{cast.lan}/look", purpose="更新名册", other="")

    await wu.post(f"/console/people/{cast.lan}/chats/{cast.lan_identity}/unbind")
    wrong = wu.status
    await wu.get(f"/console/people/{cast.bo}")
    await wu.post(f"/console/people/{cast.lan}/chats/{cast.bo_identity}/unbind")

    bound = {row.id: row.resident_id for row in _rows(house, Identity)}
    assert wrong == 200
    assert bound[cast.lan_identity] is None
    assert bound[cast.bo_identity] == cast.bo


async def _upload(browser, cast, content, name="名册.csv"):
    await browser.get("/console/roster")
    form = aiohttp.FormData(
        {"csrf": CSRF.search(browser.page)[1], "community": str(cast.xfl)},
        default_to_multipart=True,
    )
    form.add_field("file", content.encode(), filename=name, content_type="text/csv")
    async with browser.client.post("/console/roster", data=form) as response:
        browser.page, browser.url = await response.text(), response.url
        browser.status = response.status


async def test_register_is_tried_first_and_then_taken_over(wu, web_server, house, cast):
    await _upload(wu, cast, ROSTER)
    path = wu.url.path
    tried = "检查过了，没有错" in wu.page, _rows(house, Resident, col(Resident.name) == "孙大山")

    await wu.post(f"{path}/begin")
    for task in list(web_server.app[IMPORTS].values()):
        await task
    await wu.get(path)

    assert tried == (True, [])
    assert "导入好了：1 行" in wu.page
    assert len(_rows(house, Resident, col(Resident.name) == "孙大山")) == 1


async def test_bad_register_says_row_by_row_what_to_change(wu, house, cast):
    await _upload(wu, cast, BAD)
    path = wu.url.path
    said = wu.page

    await wu.post(f"{path}/begin")

    assert "有 2 处要改" in said
    assert "手机号" in said
    assert wu.status == 409
    assert _rows(house, Resident, col(Resident.name) == "孙大山") == []


async def test_what_is_no_table_is_refused_in_words(wu, cast):
    await _upload(wu, cast, "\x00\x01\x02", name="名册.xlsx")

    assert wu.status == 422
    assert "这个文件不能用" in wu.page


async def test_import_of_another_place_is_not_there(wu, staff_browser, house, cast):
    await _upload(wu, cast, ROSTER)

    for name in ("ding", "guo"):
        browser = staff_browser(name)
        await browser.get(wu.url.path)
        assert browser.status == 404


async def test_template_is_a_workbook(wu):
    async with wu.client.get("/console/roster/template.xlsx") as response:
        body = await response.read()

    assert body.startswith(b"PK")


async def test_letters_carry_a_code_for_everybody_not_bound(wu, house, cast):
    def move_in(tx):
        for number, name in (("R7", "孙大山"), ("R8", "孙小山")):
            tx.add(
                Resident(
                    community_id=cast.xfl, number=number, name=name, household_id=cast.household1
                )
            )

    house.db.run_now(SYSTEM, move_in)
    await wu.get("/console/codes")

    await wu.post("/console/codes", community=str(cast.xfl), households="XFL-H1", days="30")

    codes = re.findall(r'slip-code">([0-9A-Z]{4}-[0-9A-Z]{4})<', wu.page)
    assert len(codes) == len(_rows(house, BindingCode)) == 2
    assert wu.page.count("<svg xmlns") == 2
    assert "孙*" in wu.page
    assert "孙大山" not in wu.page


async def test_letter_for_an_unknown_household_is_refused(wu, house, cast):
    await wu.get("/console/codes")

    await wu.post("/console/codes", community=str(cast.xfl), households="XFL-H1 NO-SUCH", days="30")

    assert wu.status == 422
    assert "NO-SUCH" in wu.page
    assert _rows(house, BindingCode) == []


async def test_places_and_their_nicknames_are_kept(wu, house, cast):
    await wu.get("/console/places")

    await wu.post(
        "/console/places",
        community=str(cast.xfl),
        kind="building",
        id=str(cast.building3),
        name="3栋",
        nicknames="红楼，三号楼、老三",
        grid="",
    )
    await wu.post(
        "/console/places",
        community=str(cast.xfl),
        kind="facility",
        id="",
        name="快递柜",
        nicknames="",
        grid=str(cast.grid),
    )

    (building,) = _rows(house, Building, col(Building.id) == cast.building3)
    assert building.nicknames == ["红楼", "三号楼", "老三"]
    assert len(_rows(house, Facility, col(Facility.name) == "快递柜")) == 1


async def test_group_is_bound_and_hushed(wu, house, cast):
    await wu.get("/console/groups")
    await wu.post(
        "/console/groups",
        community=str(cast.xfl),
        name="12栋群",
        channel="simulator",
        chat="xfl-12",
        grid=str(cast.grid),
        building="",
    )
    (group,) = _rows(house, Group, col(Group.chat) == "xfl-12")

    await wu.post(f"/console/groups/{group.id}/mute", muted="1")

    (group,) = _rows(house, Group, col(Group.chat) == "xfl-12")
    assert group.community_id == cast.xfl
    assert group.is_muted


async def test_household_is_added(wu, house, cast):
    await wu.get("/console/households")

    await wu.post("/console/households", community=str(cast.xfl), number="XFL-H9")

    assert len(_rows(house, Household, col(Household.number) == "XFL-H9")) == 1


async def test_role_is_given_and_taken_back(wu, house, cast):
    await wu.get("/console/roles")
    await wu.post("/console/roles", community=str(cast.xfl), who="李", find="1")
    found = f'value="{cast.bo}"' in wu.page
    await wu.post(
        "/console/roles",
        community=str(cast.xfl),
        who="",
        resident=str(cast.bo),
        role="building_steward",
        area=str(cast.xfl),
        agency="",
        grid="",
        **{"from": "2026-11-23", "until": "2027-11-22"},
    )
    (grant,) = _rows(house, RoleGrant, col(RoleGrant.resident_id) == cast.bo)

    await wu.post(f"/console/roles/{grant.id}/end")

    (ended,) = _rows(house, RoleGrant, col(RoleGrant.resident_id) == cast.bo)
    assert found
    assert (grant.role, grant.until_date) == ("building_steward", date(2027, 11, 22))
    assert ended.until_date == date(2026, 11, 22)


async def test_nobody_gives_what_they_have_not(wu, house, cast):
    await wu.get("/console/roles")

    await wu.post(
        "/console/roles",
        community=str(cast.xfl),
        resident=str(cast.bo),
        role="operator",
        area=str(cast.xfl),
        agency="",
        grid="",
    )

    assert wu.status == 403
    assert _rows(house, RoleGrant, col(RoleGrant.resident_id) == cast.bo) == []


async def test_account_is_opened_with_a_password_that_works(wu, browser, house, cast):
    await wu.get("/console/roles")
    await wu.post("/console/accounts", resident=str(cast.bo), login="libo")
    password = re.search(r'slip-code">([0-9a-z-]{19})<', wu.page)[1]
    await browser.get("/console/login")

    await browser.post("/console/login", login="libo", password=password, next="")

    assert browser.url.path == "/console/more"  # no role yet: nothing else is theirs


async def test_disabled_account_is_out_at_once(wu, guo, house, account_of):
    await guo.get("/console")
    inside = guo.status
    await wu.get("/console/roles")

    await wu.post(f"/console/accounts/{account_of('guo')}/disable")
    await guo.get("/console")

    assert inside == 200
    assert guo.url.path == "/console/login"
    (account,) = _rows(house, Account, col(Account.login) == "guo")
    assert account.disabled_at is not None


async def test_agency_duty_and_shift_are_kept(wu, house, cast):
    await wu.get("/console/agencies")
    await wu.post(
        "/console/agencies",
        community=str(cast.xfl),
        id="",
        name="街道城建科",
        kind="department",
        phone="025-1",
    )
    (agency,) = _rows(house, Agency, col(Agency.name) == "街道城建科")
    await wu.get("/console/duties")
    await wu.post(
        "/console/duties",
        community=str(cast.xfl),
        category="城乡建设",
        category2="",
        agency=str(agency.id),
        sign_hours="4",
        handle_days="3",
        confirmation="both",
        is_public="1",
        basis="街道清单第 5 条",
    )
    await wu.get("/console/shifts")
    await wu.post(
        "/console/shifts",
        community=str(cast.xfl),
        resident=str(cast.wu),
        weekday="all",
        **{"from": "18:00", "until": "24:00"},
    )

    (duty,) = _rows(
        house, Duty, col(Duty.category) == "城乡建设", col(Duty.community_id) == cast.xfl
    )
    assert (duty.agency_id, duty.sign_minutes, duty.handle_minutes) == (agency.id, 240, 1620)
    assert len(_rows(house, DutyShift, col(DutyShift.resident_id) == cast.wu)) == 7


@pytest.mark.parametrize("hours", ["0", "abc", "9999"])
async def test_duty_with_a_wrong_time_is_refused(wu, house, cast, hours):
    await wu.get("/console/duties")

    await wu.post(
        "/console/duties",
        community=str(cast.xfl),
        category="城乡建设",
        agency=str(cast.property),
        sign_hours=hours,
        handle_days="3",
        confirmation="resident",
    )

    (duty,) = _rows(
        house, Duty, col(Duty.category) == "城乡建设", col(Duty.community_id) == cast.xfl
    )
    assert wu.status == 422
    assert duty.sign_minutes == 480


def test_duty_list_is_for_who_dispatches(house, cast):
    wu = house.db.read_now(SYSTEM, actor_of_resident, cast.wu)
    lan = house.db.read_now(SYSTEM, actor_of_resident, cast.lan)

    assert len(house.db.read_now(wu, visible_duties, cast.xfl)) == 13
    assert house.db.read_now(wu, visible_duties, cast.hyc) == []
    assert house.db.read_now(lan, visible_duties, cast.xfl) == []


async def test_history_says_who_did_what(wu, house, cast):
    await wu.get(f"/console/people/{cast.lan}")
    await wu.post(f"/console/people/{cast.lan}/look", purpose="走访", other="")

    await wu.get("/console/history?kind=look")

    assert "看居民资料" in wu.page
    assert "吴书记" in wu.page
    assert "走访" not in wu.page  # reasons stand in the person's file, not in the log


async def test_history_of_another_place_is_not_shown(wu, house, cast):
    def happen(tx):
        tx.add(
            EventRecord(
                community_id=cast.hyc,
                subject_id=1,
                at=tx.now,
                actor_kind="system",
                name="role.grant",
                facts={"role": "secretary"},
            )
        )

    house.db.run_now(SYSTEM, happen)

    await wu.get("/console/history")

    assert "授予角色" not in wu.page


async def test_setup_shows_no_secret(wu, house):
    await wu.get("/console/setup")

    assert house.settings.secret_key not in wu.page
    assert wu.status == 200


def _letter(house, cast, **changes):
    values = {
        "key": "k1",
        "community_id": cast.xfl,
        "channel": "wechat:main",
        "recipient": "x",
        "text": "您的事办好了",
        "settled": True,
        "attempts": 8,
        "error": "超过限制",
        **changes,
    }

    def write(tx):
        row = Outgoing(made_at=tx.now, due_at=tx.now, dead_at=tx.now, **values)
        tx.add(row)
        tx.flush()
        return row.id

    return house.db.run_now(SYSTEM, write)


async def test_message_that_did_not_arrive_is_sent_again_or_told(wu, house, cast):
    again, told = _letter(house, cast), _letter(house, cast, key="k2", channel="desk")
    await wu.get("/console")
    shown = wu.page

    await wu.post(f"/console/letters/{again}/again")
    await wu.post(f"/console/letters/{told}/told")

    rows = {row.id: row for row in _rows(house, Outgoing)}
    assert "您的事办好了" in shown
    assert f"/console/letters/{told}/again" not in shown
    assert (rows[again].settled, rows[again].dead_at) == (False, None)
    assert (rows[told].settled, rows[told].dead_at, rows[told].error) == (True, None, "已电话告知")
    assert "今天没有等您的事" in wu.page


async def test_message_of_another_place_is_not_there(wu, guo, house, cast):
    letter = _letter(house, cast, community_id=cast.hyc)
    for browser in (wu, guo):
        await browser.get("/console/more")

        await browser.post(f"/console/letters/{letter}/again")

        assert browser.status == 404
    assert _rows(house, Outgoing)[0].dead_at is not None


async def test_empty_day_teaches(wu):
    await wu.get("/console")

    assert "今天没有等您的事" in wu.page
    assert "导入居民名册" in wu.page


def test_passwords_are_different_each_time():
    made = {fresh_password() for _ in range(50)}

    assert len(made) == 50
    assert all(re.fullmatch(r"[0-9a-z]{4}(-[0-9a-z]{4}){3}", one) for one in made)


def test_spans_are_said_in_working_time():
    assert [say_span(minutes) for minutes in (2_700, 480, 90)] == [
        "5 工作日",
        "8 工作小时",
        "90 工作分钟",
    ]


def test_nicknames_are_parted_as_people_write_them():
    assert split_names("红楼，三号楼、老三; 后楼 东边") == [
        "红楼",
        "三号楼",
        "老三",
        "后楼",
        "东边",
    ]
