import asyncio
import xml.etree.ElementTree as ET

import pytest
from sqlmodel import col, select

from community.binding import (
    DAYS_MAX,
    LOCK,
    SCENE_PREFIX,
    WRONG_MAX,
    Action,
    CodeForOne,
    NobodyToBind,
    NotBound,
    WrongDays,
    bind,
    make_code,
    make_letter,
    qr_svg,
    scene_of,
    unbind,
)
from community.people import meet
from community.tables import BindingCode, Identity
from core.actor import SYSTEM
from core.errors import NotAllowed, NotFound
from tests.cast import make_resident


@pytest.fixture
def stranger(house, cast):
    """A fresh identity each time, with its id."""
    count = 0

    def make():
        nonlocal count
        count += 1
        return house.db.run_now(
            SYSTEM, meet, channel="simulator", sender=f"mo{count}", community_id=cast.xfl
        ).identity_id

    return make


@pytest.fixture
def code(house, act):
    return lambda **who: act("wu", make_code, house.signer, days=30, **who)


@pytest.fixture
def try_bind(house, act):
    return lambda identity_id, typed, name="": act(
        "nobody", bind, house.signer, identity_id=identity_id, code=typed, name=name
    )


def identity(tx, identity_id):
    return tx.get_one(Identity, identity_id)


def test_code_for_a_resident_binds_whoever_types_it(
    house, act, cast, code, stranger, try_bind, events
):
    mo = stranger()

    done = try_bind(mo, code(resident_id=cast.bo).lower())

    assert (done.action, done.resident_id) == (Action.BOUND, cast.bo)
    row = house.db.read_now(SYSTEM, identity, mo)
    assert (row.resident_id, row.community_id, row.bound_at) == (
        cast.bo,
        cast.xfl,
        house.db.clock(),
    )
    assert events("binding.bound") == [(mo, {"resident_id": cast.bo})]
    assert "李波" not in done.text


def test_bound_person_belongs_to_the_community_of_the_code(house, act, cast, stranger, try_bind):
    mo = stranger()
    code = act("system", make_code, house.signer, resident_id=cast.chen, days=1)

    try_bind(mo, code)

    assert house.db.read_now(SYSTEM, identity, mo).community_id == cast.hyc


def test_code_works_once(cast, code, stranger, try_bind):
    first, second, typed = stranger(), stranger(), code(resident_id=cast.bo)
    try_bind(first, typed)

    done = try_bind(second, typed)

    assert (done.action, done.resident_id) == (Action.WRONG_CODE, None)
    assert "用过" in done.text


@pytest.mark.parametrize(("days_later", "action"), [(29.9, "bound"), (30, "wrong_code")])
def test_code_works_until_it_expires(clock, cast, code, stranger, try_bind, days_later, action):
    typed = code(resident_id=cast.bo)
    clock.forward(days=days_later)

    assert try_bind(stranger(), typed).action == action


def test_only_a_keyed_hash_of_the_code_is_kept(house, act, cast, code):
    typed = code(resident_id=cast.bo)

    rows = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(BindingCode)).all())

    assert [(row.made_by, row.resident_id) for row in rows] == [(cast.wu, cast.bo)]
    assert typed.replace("-", "") not in rows[0].model_dump_json()


def test_household_code_asks_for_the_name_when_there_are_several(cast, code, stranger, try_bind):
    mo, typed = stranger(), code(household_id=cast.household1)

    assert try_bind(mo, typed).action == Action.NEED_NAME
    assert try_bind(mo, typed, "赵六").action == Action.NEED_NAME
    done = try_bind(mo, typed, " 李 波")
    assert (done.action, done.resident_id) == (Action.BOUND, cast.bo)


def test_household_code_of_one_person_needs_no_name_but_a_wrong_one_is_told(
    house, act, cast, stranger, try_bind
):
    first, second = (
        act("system", make_code, house.signer, household_id=cast.household2, days=1)
        for _ in range(2)
    )

    assert try_bind(stranger(), first, "王兰").action == Action.NEED_NAME
    assert try_bind(stranger(), second).resident_id == cast.chen


def test_two_people_of_one_name_go_to_the_desk(house, act, cast, code, stranger, try_bind):
    house.db.run_now(
        SYSTEM,
        make_resident,
        house.vault,
        community_id=cast.xfl,
        number="R9",
        name="李波",
        household_id=cast.household1,
    )

    done = try_bind(stranger(), code(household_id=cast.household1), "李波")

    assert (done.action, "服务台" in done.text) == (Action.NEED_NAME, True)
    assert try_bind(stranger(), code(household_id=cast.household1), "r9").action == Action.BOUND


def test_five_wrong_codes_lock_for_an_hour_and_are_told_once(
    clock, cast, code, stranger, try_bind, events
):
    mo, typed = stranger(), code(resident_id=cast.bo)

    actions = [try_bind(mo, "0000-0000").action for _ in range(WRONG_MAX)]

    assert actions == [Action.WRONG_CODE] * (WRONG_MAX - 1) + [Action.LOCKED]
    assert events("binding.locked") == [(mo, {})]
    assert try_bind(mo, typed).action == Action.LOCKED
    clock.forward(seconds=LOCK.total_seconds() - 1)
    assert try_bind(mo, typed).action == Action.LOCKED
    clock.forward(seconds=1)
    assert try_bind(mo, typed).action == Action.BOUND
    assert len(events("binding.locked")) == 1


def test_lock_of_one_identity_is_not_that_of_another(cast, code, stranger, try_bind):
    mo, other = stranger(), stranger()
    for _ in range(WRONG_MAX):
        try_bind(mo, "nonsense")

    assert try_bind(other, code(resident_id=cast.bo)).action == Action.BOUND


def test_wrong_codes_of_yesterday_are_forgotten(clock, stranger, try_bind):
    mo = stranger()
    for _ in range(WRONG_MAX - 1):
        try_bind(mo, "0000-0000")
    clock.forward(days=1)

    assert try_bind(mo, "0000-0000").action == Action.WRONG_CODE


def test_one_identity_is_one_resident_until_the_desk_lets_go(
    house, act, cast, code, stranger, try_bind, events
):
    mo = stranger()
    try_bind(mo, code(resident_id=cast.bo))

    again = try_bind(mo, code(resident_id=cast.lan))
    assert (again.action, again.resident_id) == (Action.ALREADY, cast.bo)

    act("wu", unbind, mo)
    assert events("binding.unbound") == [(mo, {"resident_id": cast.bo})]
    assert try_bind(mo, code(resident_id=cast.lan)).resident_id == cast.lan


def test_only_the_desk_of_the_same_community_unbinds(act, cast):
    for who in ("lan", "ding", "hua", "nobody"):
        with pytest.raises(NotFound):
            act(who, unbind, cast.bo_identity)
    with pytest.raises(NotFound):
        act("wu", unbind, cast.chen_identity)
    with pytest.raises(NotFound):
        act("wu", unbind, 1)

    act("wu", unbind, cast.bo_identity)
    with pytest.raises(NotBound):
        act("wu", unbind, cast.bo_identity)


def test_codes_are_made_at_the_desk_of_the_same_community(house, act, cast):
    for who in ("lan", "ding", "hua", "nobody"):
        with pytest.raises((NotFound, NotAllowed)):
            act(who, make_code, house.signer, resident_id=cast.bo, days=1)
    for absent_or_elsewhere in (cast.household2, 1):
        with pytest.raises(NotFound):
            act("wu", make_code, house.signer, household_id=absent_or_elsewhere, days=1)


@pytest.mark.parametrize("days", [0, DAYS_MAX + 1])
def test_days_beyond_the_limit_are_refused(house, act, cast, days):
    with pytest.raises(WrongDays):
        act("wu", make_code, house.signer, resident_id=cast.bo, days=days)


@pytest.mark.parametrize("days", [1, DAYS_MAX])
def test_days_at_the_limit_are_fine(house, act, cast, days):
    assert len(act("wu", make_code, house.signer, resident_id=cast.bo, days=days)) == 9


def test_code_is_for_a_household_or_a_resident_and_not_both(house, act, cast):
    for who in ({}, {"household_id": cast.household1, "resident_id": cast.bo}):
        with pytest.raises(CodeForOne):
            act("wu", make_code, house.signer, days=1, **who)


def test_letter_has_a_slip_for_each_who_is_not_bound(house, act, cast, try_bind, stranger):
    with pytest.raises(NobodyToBind):
        act("wu", make_letter, house.signer, household_id=cast.household1, days=7)
    act("wu", unbind, cast.lan_identity)
    act("wu", unbind, cast.bo_identity)

    letter = act("wu", make_letter, house.signer, household_id=cast.household1, days=7)

    assert (letter.community, letter.household) == ("幸福里社区", "XFL-H1")
    assert [slip.name for slip in letter.slips] == ["王*", "李*"]
    scanned = letter.slips[1].scene.removeprefix(SCENE_PREFIX)
    assert try_bind(stranger(), scanned).resident_id == cast.bo


def test_qr_is_an_svg_that_says_nothing_but_the_scene():
    scene = scene_of("ABCD-2345")

    svg = ET.fromstring(qr_svg(scene))

    assert scene == "bind-ABCD2345"
    assert svg.tag.endswith("svg")
    assert "viewBox" in svg.attrib


async def test_twenty_at_once_with_one_code_bind_one(house, cast, code, stranger):
    typed, people = code(resident_id=cast.bo), [stranger() for _ in range(20)]

    bindings = await asyncio.gather(
        *(
            house.db.run_sharded(str(n), SYSTEM, bind, house.signer, identity_id=who, code=typed)
            for n, who in enumerate(people)
        )
    )

    actions = [done.action for done in bindings]
    assert sorted(actions) == [Action.BOUND] + [Action.WRONG_CODE] * 19
    query = select(Identity.id).where(
        col(Identity.resident_id) == cast.bo, col(Identity.id) != cast.bo_identity
    )
    assert len(house.db.read_now(SYSTEM, lambda tx: tx.exec(query).all())) == 1
