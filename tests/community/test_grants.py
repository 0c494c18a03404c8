from datetime import date, timedelta

import pytest

from community.binding import make_code
from community.grants import (
    AgencyNeeded,
    AlreadyHeld,
    GridNotHere,
    LastKeyHolder,
    UnknownRole,
    WrongSpan,
    end_role,
    grant_role,
    grantable_roles,
    visible_grants,
)
from community.people import actor_of_resident
from community.roles import CAPABILITIES
from core.actor import SYSTEM
from core.errors import NotAllowed, NotFound

TODAY = date(2026, 11, 23)


@pytest.fixture
def may(house):
    """may(resident, capability, place): whether it holds now."""

    def ask(resident_id, capability, place):
        return house.db.read_now(SYSTEM, actor_of_resident, resident_id).can(capability, place)

    return ask


def test_granted_role_holds_there_and_nowhere_else(act, cast, may, events):
    grant = act(
        "wu", grant_role, resident_id=cast.bo, role="grid_lead", area_id=cast.xfl, grid_id=cast.grid
    )

    assert may(cast.bo, "case.dispatch", cast.xfl)
    assert not may(cast.bo, "case.dispatch", cast.hyc)
    assert events("role.grant") == [
        (
            cast.bo,
            {
                "grant_id": grant.id,
                "role": "grid_lead",
                "area_id": cast.xfl,
                "agency_id": None,
                "grid_id": cast.grid,
                "from_date": "2026-11-23",
                "until_date": None,
            },
        )
    ]


def test_role_begins_and_ends_on_its_days(clock, act, cast, may):
    act(
        "wu",
        grant_role,
        resident_id=cast.bo,
        role="committee",
        area_id=cast.xfl,
        from_date=TODAY + timedelta(days=1),
        until_date=TODAY + timedelta(days=2),
    )

    held = []
    for _ in range(4):
        held.append(may(cast.bo, "case.desk", cast.xfl))
        clock.forward(days=1)

    assert held == [False, True, True, False]


def test_ended_role_is_lost_at_once(act, cast, may):
    grant = act("wu", grant_role, resident_id=cast.bo, role="committee", area_id=cast.xfl)

    act("wu", end_role, grant.id)

    assert not may(cast.bo, "case.desk", cast.xfl)
    assert [line.role for line in act("wu", visible_grants, resident_id=cast.bo)] == []
    assert len(act("wu", visible_grants, resident_id=cast.bo, past=True)) == 1


def test_role_can_end_on_a_later_day(clock, act, cast, may):
    grant = act("wu", grant_role, resident_id=cast.bo, role="committee", area_id=cast.xfl)

    act("wu", end_role, grant.id, last_day=TODAY)

    assert may(cast.bo, "case.desk", cast.xfl)
    clock.forward(days=1)
    assert not may(cast.bo, "case.desk", cast.xfl)


def test_nobody_grants_without_the_right_or_outside_their_place(act, cast):
    for who in ("lan", "ding", "guo", "chen"):
        with pytest.raises((NotAllowed, NotFound)):
            act(who, grant_role, resident_id=cast.bo, role="volunteer", area_id=cast.xfl)
    with pytest.raises(NotAllowed):
        act("wu", grant_role, resident_id=cast.bo, role="volunteer", area_id=cast.hyc)
    with pytest.raises(NotAllowed):
        act("wu", grant_role, resident_id=cast.bo, role="volunteer", area_id=cast.district)
    with pytest.raises(NotFound):
        act("wu", grant_role, resident_id=cast.chen, role="volunteer", area_id=cast.xfl)


def test_nobody_grants_more_than_they_hold(act, cast):
    for role in ("operator", "dispatcher", "supervisor", "evaluator"):
        with pytest.raises(NotAllowed):
            act("wu", grant_role, resident_id=cast.bo, role=role, area_id=cast.xfl)

    mine = act("wu", grantable_roles, cast.xfl)
    assert mine == [
        "volunteer",
        "building_steward",
        "unit_steward",
        "grid_worker",
        "grid_lead",
        "committee",
        "secretary",
        "agency_clerk",
        "mediator",
    ]
    assert act("ding", grantable_roles, cast.xfl) == []
    assert set(act("system", grantable_roles, cast.district)) == set(CAPABILITIES) - {"resident"}


def test_street_role_is_taken_back_only_by_who_holds_it(act, cast):
    grant = act("system", grant_role, resident_id=cast.bo, role="operator", area_id=cast.xfl)

    with pytest.raises(NotAllowed):
        act("wu", end_role, grant.id)
    for who in ("lan", "hua"):
        with pytest.raises(NotFound):
            act(who, end_role, grant.id)
    with pytest.raises(NotFound):
        act("wu", end_role, 1)


def test_last_one_who_can_grant_stays(act, cast):
    own = act("wu", visible_grants, resident_id=cast.wu)[0]
    with pytest.raises(LastKeyHolder):
        act("wu", end_role, own.id)

    act("wu", grant_role, resident_id=cast.bo, role="secretary", area_id=cast.xfl)
    act("wu", end_role, own.id)
    with pytest.raises(NotFound):
        act("wu", grant_role, resident_id=cast.lan, role="volunteer", area_id=cast.xfl)


def test_clerk_belongs_to_an_agency_of_the_place(act, cast):
    for agency in (None, 1):
        with pytest.raises((AgencyNeeded, NotFound)):
            act(
                "wu",
                grant_role,
                resident_id=cast.bo,
                role="agency_clerk",
                area_id=cast.xfl,
                agency_id=agency,
            )
    with pytest.raises(AgencyNeeded):
        act(
            "wu",
            grant_role,
            resident_id=cast.bo,
            role="committee",
            area_id=cast.xfl,
            agency_id=cast.property,
        )
    act(
        "wu",
        grant_role,
        resident_id=cast.bo,
        role="agency_clerk",
        area_id=cast.xfl,
        agency_id=cast.property,
    )


def test_grid_is_one_of_the_place_and_only_for_people_of_grids(act, cast):
    for role, grid in (("committee", cast.grid), ("grid_worker", 1)):
        with pytest.raises(GridNotHere):
            act("wu", grant_role, resident_id=cast.bo, role=role, area_id=cast.xfl, grid_id=grid)


def test_same_role_twice_at_a_time_is_refused(act, cast):
    act(
        "wu",
        grant_role,
        resident_id=cast.bo,
        role="committee",
        area_id=cast.xfl,
        until_date=TODAY,
    )

    with pytest.raises(AlreadyHeld):
        act("wu", grant_role, resident_id=cast.bo, role="committee", area_id=cast.xfl)
    act(
        "wu",
        grant_role,
        resident_id=cast.bo,
        role="committee",
        area_id=cast.xfl,
        from_date=TODAY + timedelta(days=1),
    )


def test_end_before_the_beginning_is_refused(act, cast):
    with pytest.raises(WrongSpan):
        act(
            "wu",
            grant_role,
            resident_id=cast.bo,
            role="committee",
            area_id=cast.xfl,
            until_date=TODAY - timedelta(days=1),
        )


@pytest.mark.parametrize("role", ["resident", "king", ""])
def test_unknown_roles_are_refused(act, cast, role):
    with pytest.raises(UnknownRole):
        act("wu", grant_role, resident_id=cast.bo, role=role, area_id=cast.xfl)


def test_people_see_their_own_roles_and_staff_those_of_their_place(act, cast):
    assert [line.role for line in act("ding", visible_grants)] == ["grid_worker"]
    assert act("lan", visible_grants) == []
    assert {line.role for line in act("wu", visible_grants)} == {
        "grid_worker",
        "secretary",
        "agency_clerk",
    }
    assert act("hua", visible_grants) == []


def test_committee_cannot_become_the_secretary_by_a_binding_code(house, act, cast):
    act("wu", grant_role, resident_id=cast.bo, role="committee", area_id=cast.xfl)

    with pytest.raises(NotAllowed):
        act("bo", make_code, house.signer, resident_id=cast.wu, days=1)
    assert act("bo", make_code, house.signer, resident_id=cast.lan, days=1)
