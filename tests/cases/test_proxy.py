"""What staff record for people on the telephone or at the desk, and who hears of it."""

import pytest
from sqlmodel import col, select

from bot.tables import Outgoing
from cases.access import access_case
from cases.merging import endorse
from cases.proxy import COOL_OFF, TooLateToUndo, Way, record_answer, undo_withdraw, withdraw_for
from cases.queries import timeline
from cases.rules import Phase
from cases.steps import (
    NotAsked,
    NotYours,
    OthersJoined,
    OwnRecord,
    confirm,
    confirm_both,
    dispatch,
    report_done,
    sign,
    withdraw,
)
from cases.tables import Assignment, AssignmentState, Case, Confirmation, Duty, Party
from community.people import actor_of_resident
from core.actor import SYSTEM
from core.errors import NotAllowed, NotFound
from tests.cases.test_steps import Desk


@pytest.fixture
def desk(house, cast):
    return Desk(house, cast)


def party_of(desk, case_id, name="lan"):
    identity = getattr(desk.cast, f"{name}_identity")
    query = select(Party).where(col(Party.case_id) == case_id, col(Party.identity_id) == identity)
    return desk.house.db.read_now(SYSTEM, lambda tx: tx.exec(query).one())


def said_done(desk, **facts):
    case_id = desk.report(**facts)
    desk.by("guo", sign, case_id)
    desk.by("guo", report_done, case_id, text="修好了")
    return case_id


def answer(desk, case_id, *, solved=True, who="wu", of="lan", text="电话里说好了"):
    party_id = party_of(desk, case_id, of).id
    return desk.by(
        who, record_answer, case_id, party_id=party_id, solved=solved, way=Way.PHONE, text=text
    )


def told(desk, channel_of):
    query = select(Outgoing.text).where(col(Outgoing.recipient) == channel_of)
    return desk.house.db.read_now(
        SYSTEM, lambda tx: list(tx.exec(query.order_by(col(Outgoing.id))))
    )


def case_of(desk, case_id):
    return desk.house.db.read_now(SYSTEM, lambda tx: tx.get_one(Case, case_id))


def join(desk, case_id):
    desk.house.db.run_now(
        SYSTEM,
        endorse,
        community_id=desk.cast.xfl,
        case_id=case_id,
        number="x",
        identity_id=desk.cast.bo_identity,
        resident_id=desk.cast.bo,
    )


def test_answer_by_telephone_closes_the_case_and_is_marked(desk):
    case_id = said_done(desk)

    assert answer(desk, case_id).phase is Phase.CLOSED

    party = party_of(desk, case_id)
    assert (party.is_solved, party.answered_by) == (True, desk.cast.wu)
    steps = desk.by("wu", lambda tx: timeline(tx, access_case(tx, case_id), for_staff=True))
    assert [(s.name, s.who, s.text) for s in steps[-2:]] == [
        ("answer_recorded", "person", "电话里说好了"),
        ("resident_close", "proxy", None),
    ]
    assert "工作人员记下了您当面或在电话里说的：解决了" in told(desk, "lan")[-1]


def test_no_by_telephone_sends_it_back_to_work(desk):
    case_id = said_done(desk)

    done = answer(desk, case_id, solved=False, text="还是漏水")

    assert (done.phase, case_of(desk, case_id).rework_count) == (Phase.IN_PROGRESS, 1)
    desk.by("guo", report_done, case_id, text="又修了")
    assert party_of(desk, case_id).answered_by is None


def test_the_others_are_still_waited_for(desk):
    case_id = desk.report()
    join(desk, case_id)
    desk.by("guo", sign, case_id)
    desk.by("guo", report_done, case_id, text="修好了")

    assert answer(desk, case_id).waiting_count == 1
    assert desk.by("bo", confirm, case_id, solved=True).phase is Phase.CLOSED


def test_only_the_desk_records_and_only_what_is_asked(desk):
    case_id = said_done(desk)
    elsewhere = said_done(desk, place="12栋", text="门禁坏了")

    for who in ("guo", "ding", "lan"):
        with pytest.raises(NotAllowed):
            answer(desk, case_id, who=who)
    with pytest.raises(NotFound):
        answer(desk, case_id, who="hua")
    with pytest.raises(NotFound):
        desk.by(
            "wu",
            record_answer,
            case_id,
            party_id=party_of(desk, elsewhere).id,
            solved=True,
            way=Way.DESK,
            text="好了",
        )
    answer(desk, case_id)
    with pytest.raises(NotAsked):
        answer(desk, case_id)


def both(tx):
    for duty in tx.exec(select(Duty)):
        duty.confirmation = Confirmation.BOTH


def test_whoever_took_the_answer_down_does_not_check_it(desk):
    desk.house.db.run_now(SYSTEM, both)
    case_id = said_done(desk)

    assert answer(desk, case_id).phase is Phase.VERIFYING
    with pytest.raises(OwnRecord):
        desk.by("wu", confirm_both, case_id, text="看过了")
    assert desk.by("ding", confirm_both, case_id, text="看过了").phase is Phase.CLOSED


def test_a_case_sent_on_by_mistake_is_taken_back(desk):
    case_id = desk.report()

    desk.by("wu", withdraw_for, case_id, text="听错了", outcome="not_a_matter")

    case = case_of(desk, case_id)
    assert (case.phase, case.outcome) == (Phase.WITHDRAWN, "not_a_matter")
    states = desk.house.db.read_now(SYSTEM, lambda tx: list(tx.exec(select(Assignment.state))))
    assert states == [AssignmentState.RETURNED]
    assert "【撤回】" in told(desk, "guo")[-1]
    assert "工作人员替您撤回了" in told(desk, "lan")[-1]


def test_who_asked_may_undo_what_staff_took_back(desk, clock):
    case_id = desk.report()
    due = case_of(desk, case_id).due_at
    desk.by("wu", withdraw_for, case_id, text="说不用办了")

    with pytest.raises(NotFound):
        desk.by("bo", undo_withdraw, case_id)
    with pytest.raises(NotYours):
        desk.by("wu", undo_withdraw, case_id)
    case = desk.by("lan", undo_withdraw, case_id)

    assert (case.phase, case.outcome, case.due_at) == (Phase.REGISTERED, None, due)
    assert desk.by("wu", dispatch, case_id).phase is Phase.DISPATCHED
    desk.by("lan", withdraw, case_id)
    clock.forward(seconds=COOL_OFF.total_seconds() + 1)
    with pytest.raises(TooLateToUndo):
        desk.by("lan", undo_withdraw, case_id)


def test_who_handles_a_case_takes_nothing_back_and_nobody_what_others_joined(desk):
    case_id = desk.report()

    with pytest.raises(NotAllowed):
        desk.by("guo", withdraw_for, case_id, text="不想办")
    join(desk, case_id)
    with pytest.raises(OthersJoined):
        desk.by("wu", withdraw_for, case_id, text="听错了")


def test_somebody_of_the_agency_is_no_proxy_even_at_the_desk(desk):
    case_id = said_done(desk)
    actor = desk.house.db.read_now(SYSTEM, actor_of_resident, desk.cast.wu)
    handler = type(actor)(
        id=actor.id,
        rights={**actor.rights, "case.handle": frozenset({desk.cast.xfl})},
        memberships={"agency": frozenset({desk.cast.property})},
        home=actor.home,
    )

    with pytest.raises(NotAllowed):
        desk.house.db.run_now(
            handler,
            record_answer,
            case_id,
            party_id=party_of(desk, case_id).id,
            solved=True,
            way=Way.DESK,
            text="好了",
        )
