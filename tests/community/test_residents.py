from datetime import date

import pytest
from sqlmodel import select

from community.accounts import create_account
from community.duty import visible_shifts
from community.grants import grant_role, visible_grants
from community.passwords import prepare
from community.people import actor_of_resident
from community.residents import (
    HasLeft,
    NumberTaken,
    Particulars,
    PurposeNeeded,
    ResidentFilter,
    WrongResident,
    access_resident,
    come_back,
    edit,
    leave,
    move,
    phone_of,
    register,
    visible_residents,
)
from community.tables import AccessRecord, Account, Identity, Residency, Resident
from core.actor import SYSTEM
from core.errors import NotAllowed, NotFound


@pytest.fixture
def looks(house):
    """Who looked at whose file and why, oldest first."""
    query = select(AccessRecord.resident_id, AccessRecord.by_id, AccessRecord.purpose)
    return lambda: [
        tuple(row) for row in house.db.read_now(SYSTEM, lambda tx: tx.exec(query).all())
    ]


@pytest.fixture
def find(house, act, cast):
    def search(who="wu", **wanted):
        page = act(who, visible_residents, house.vault, cast.xfl, ResidentFilter(**wanted))
        return [line.number for line in page.lines]

    return search


def test_every_look_of_staff_is_written_down_with_its_purpose(act, cast, looks, events):
    act("wu", access_resident, cast.lan, purpose=" 核对电梯报修 ")
    act("lan", access_resident, cast.lan, purpose="")

    assert looks() == [(cast.lan, cast.wu, "核对电梯报修")]
    assert events("resident.file_opened") == [(cast.lan, {})]
    with pytest.raises(PurposeNeeded):
        act("wu", access_resident, cast.lan, purpose=" ")
    assert len(looks()) == 1


def test_file_of_somebody_else_is_not_there(act, cast, looks):
    for who, whom in (
        ("lan", cast.bo),
        ("ding", cast.lan),
        ("guo", cast.lan),
        ("hua", cast.lan),
        ("wu", cast.chen),
        ("wu", 1),
        ("nobody", cast.lan),
    ):
        with pytest.raises(NotFound):
            act(who, access_resident, whom, purpose="好奇")
    assert looks() == []


def test_list_is_masked_and_for_who_sees_people(house, act, cast):
    page = act("wu", visible_residents, house.vault, cast.xfl, ResidentFilter())

    lan = page.lines[0]
    assert (lan.name, lan.phone, lan.address, lan.household) == (
        "王*",
        "139****0001",
        "3栋*单元*",
        "XFL-H1",
    )
    assert (lan.is_bound, lan.has_left, page.after) == (True, False, None)
    for who in ("lan", "ding", "guo", "hua", "nobody"):
        assert act(who, visible_residents, house.vault, cast.xfl, ResidentFilter()).lines == []


def test_search_finds_by_name_number_household_address_and_whole_phone(find, cast):
    assert find() == ["R1", "R2", "S1", "S2", "S3"]
    assert find(text="王") == ["R1"]
    assert find(text="李 波") == ["R2"]
    assert find(text="R2") == ["R2"]
    assert find(text="XFL-H1") == ["R1", "R2"]
    assert find(text="3栋2单元501") == ["R1", "R2"]
    assert find(text="+86 139-0000-0001") == ["R1"]
    assert find(text="1390000000") == []
    assert find(text="%") == []
    assert find(household_id=cast.household1) == ["R1", "R2"]
    assert find(residency=Residency.STAFF) == ["S1", "S2", "S3"]


def test_pages_join_without_gap_or_repetition(house, act, cast):
    seen, after = [], 0
    while after is not None:
        page = act(
            "wu",
            visible_residents,
            house.vault,
            cast.xfl,
            ResidentFilter(),
            after=after,
            limit=2,
        )
        seen += [line.number for line in page.lines]
        after = page.after

    assert seen == ["R1", "R2", "S1", "S2", "S3"]


def test_register_keeps_the_phone_sealed_and_tells_the_history_no_name(
    house, act, cast, find, events
):
    resident = act(
        "wu",
        register,
        house.vault,
        community_id=cast.xfl,
        number="R9",
        household_id=cast.household1,
        particulars=Particulars(
            name="赵 六",
            residency=Residency.TENANT,
            birth_date=date(1999, 2, 28),
            phone="+86 138 0000 0009",
        ),
    )

    assert (resident.name, phone_of(house.vault, resident)) == ("赵六", "13800000009")
    assert b"13800000009" not in resident.phone_sealed
    assert find(text="13800000009") == ["R9"]
    assert events("resident.register") == [
        (resident.id, {"household_id": cast.household1, "residency": "tenant"})
    ]


def test_register_refuses_what_cannot_be(house, act, cast):
    def attempt(number="R9", **particulars):
        act(
            "wu",
            register,
            house.vault,
            community_id=cast.xfl,
            number=number,
            particulars=Particulars(**{"name": "赵六", **particulars}),
        )

    for change in (
        {"name": " "},
        {"name": "名" * 41},
        {"birth_date": date(2026, 11, 24)},
        {"birth_date": date(1899, 12, 31)},
        {"phone": "12345"},
        {"city": "城" * 41},
        {"number": ""},
        {"number": "1" * 61},
    ):
        with pytest.raises(WrongResident):
            attempt(**change)
    with pytest.raises(NumberTaken):
        attempt(number="R1")
    attempt(name="名" * 40, birth_date=date(2026, 11, 23), city="城" * 40, number="1" * 60)


def test_register_is_for_who_edits_people_there(house, act, cast):
    for who in ("lan", "ding", "hua", "nobody"):
        with pytest.raises(NotFound):
            act(
                who,
                register,
                house.vault,
                community_id=cast.xfl,
                number="R9",
                particulars=Particulars(name="赵六"),
            )
    with pytest.raises(NotFound):
        act(
            "wu",
            register,
            house.vault,
            community_id=cast.xfl,
            number="R9",
            household_id=cast.household2,
            particulars=Particulars(name="赵六"),
        )


def test_edit_says_which_fields_changed_and_not_what_they_say(house, act, cast, events):
    particulars = Particulars(
        name="王兰", residency=Residency.AWAY, city="东京", time_zone="Asia/Tokyo", phone=""
    )

    changed = act("wu", edit, house.vault, cast.lan, particulars)
    act("wu", edit, house.vault, cast.lan, particulars)

    assert phone_of(house.vault, changed) == ""
    assert events("resident.edit") == [
        (cast.lan, {"fields": "residency,city,time_zone,birth_date,phone"})
    ]


def test_phone_left_out_stays_as_it_is(house, act, cast):
    act("wu", edit, house.vault, cast.lan, Particulars(name="王兰兰"))

    lan = act("lan", access_resident, cast.lan, purpose="")
    assert (lan.name, phone_of(house.vault, lan)) == ("王兰兰", "13900000001")


def test_move_changes_the_household_once(act, cast, events):
    act("wu", move, cast.bo, household_id=None)
    act("wu", move, cast.bo, household_id=None)

    assert events("resident.move") == [
        (cast.bo, {"from_household_id": cast.household1, "household_id": None})
    ]
    with pytest.raises(NotFound):
        act("wu", move, cast.bo, household_id=cast.household2)


def test_who_leaves_loses_chat_roles_shifts_and_sign_in(house, act, cast, find, events):
    act(
        "system",
        create_account,
        login="ding",
        password=prepare("yun-he-song-2046"),
        resident_id=cast.ding,
    )

    act("wu", leave, cast.ding)

    def left(tx):
        identities = tx.exec(select(Identity).where(Identity.resident_id == cast.ding)).all()
        return identities, tx.exec(select(Account.disabled_at)).one()

    identities, disabled_at = house.db.read_now(SYSTEM, left)
    assert identities == []
    assert disabled_at == house.db.clock()
    assert act("system", visible_grants, resident_id=cast.ding) == []
    assert act("wu", visible_shifts, cast.xfl) == []
    assert find() == ["R1", "R2", "S2", "S3"]
    with pytest.raises(NotFound):
        house.db.read_now(SYSTEM, actor_of_resident, cast.ding)
    with pytest.raises(HasLeft):
        act("wu", edit, house.vault, cast.ding, Particulars(name="丁"))
    assert [subject for subject, _ in events("resident.leave")] == [cast.ding]


def test_who_comes_back_is_registered_again_without_the_old_rights(house, act, cast, find):
    act("wu", leave, cast.ding)
    act("wu", come_back, cast.ding)

    actor = house.db.read_now(SYSTEM, actor_of_resident, cast.ding)

    assert "S1" in find()
    assert not actor.can("case.see")


def test_nobody_sends_away_who_holds_more(act, cast):
    act("wu", grant_role, resident_id=cast.bo, role="committee", area_id=cast.xfl)

    with pytest.raises(NotAllowed):
        act("bo", leave, cast.wu)
    act("bo", leave, cast.lan)


def test_residents_cannot_edit_the_register(house, act, cast):
    for work in (
        lambda who: act(who, edit, house.vault, cast.bo, Particulars(name="李")),
        lambda who: act(who, move, cast.bo, household_id=None),
        lambda who: act(who, leave, cast.bo),
    ):
        for who in ("bo", "ding", "hua", "nobody"):
            with pytest.raises(NotFound):
                work(who)
    row = house.db.read_now(SYSTEM, lambda tx: tx.get_one(Resident, cast.bo))
    assert (row.name, row.left_at) == ("李波", None)
