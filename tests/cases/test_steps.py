"""Every step of a case: for whom it works, for whom it does not, and what it leaves behind."""

import pytest
from sqlmodel import col, select

from cases.access import access_case, access_case_numbered, moves_open
from cases.desk import NothingSaid, Report, TooLong, open_case
from cases.merging import endorse, likely_duplicate
from cases.overdue import close_agreed, deem_due_signed, resume_unanswered
from cases.queries import (
    CaseFilter,
    case_counts,
    my_cases,
    public_board,
    timeline,
    today,
    visible_cases,
)
from cases.rules import NotYetPossible, Phase, WrongPhase
from cases.steps import (
    CannotMerge,
    NotAsked,
    NotYours,
    OthersJoined,
    ReasonNeeded,
    TooLateToReopen,
    WrongRating,
    accept,
    answer_directly,
    ask_info,
    confirm,
    confirm_both,
    discard,
    dispatch,
    give_info,
    merge,
    move,
    rate,
    reopen,
    report_done,
    rework,
    say,
    sign,
    take_answer,
    withdraw,
)
from cases.tables import Case, CaseNote, Confirmation, Duty, Party, Source, Urgency
from community.people import actor_of_resident
from core.actor import NOBODY, SYSTEM
from core.errors import NotAllowed, NotFound
from core.transaction import EventRecord


class Desk:
    """Do things as somebody of the cast."""

    def __init__(self, house, cast):
        self.house, self.cast = house, cast

    def by(self, name, work, *args, **kwargs):
        resident = getattr(self.cast, name)
        identity = getattr(self.cast, f"{name}_identity", None)
        actor = self.house.db.read_now(SYSTEM, actor_of_resident, resident, identity_id=identity)
        return self.house.db.run_now(actor, work, *args, **kwargs)

    def report(self, name="lan", *, sure=True, **more):
        facts = {
            "text": "3栋2单元电梯坏了",
            "category": "住房与物业",
            "place": "3栋2单元",
            "community_id": self.cast.xfl,
            **more,
        }
        return self.by(
            name,
            open_case,
            Report(
                identity_id=getattr(self.cast, f"{name}_identity"),
                resident_id=getattr(self.cast, name),
                is_sure=sure,
                **facts,
            ),
        ).case_id

    def case(self, case_id) -> Case:
        return self.house.db.read_now(SYSTEM, lambda tx: tx.get_one(Case, case_id))

    def to_verifying(self, **more):
        case_id = self.report(**more)
        self.by("guo", sign, case_id)
        self.by("guo", report_done, case_id, text="换了皮带")
        return case_id


@pytest.fixture
def desk(house, cast):
    return Desk(house, cast)


def test_sure_report_goes_to_the_agency_and_an_unsure_one_waits(desk):
    sure, unsure = desk.report(), desk.report(sure=False)

    assert desk.case(sure).phase is Phase.DISPATCHED
    assert desk.case(sure).agency_id == desk.cast.property
    assert (desk.case(unsure).phase, desk.case(unsure).agency_id) == (Phase.TRIAGE, None)
    assert [desk.case(c).number[-4:] for c in (sure, unsure)] == ["0001", "0002"]


@pytest.mark.parametrize(("text", "refusal"), [("  ", NothingSaid), ("长" * 4_001, TooLong)])
def test_empty_and_endless_reports_are_refused(desk, text, refusal):
    with pytest.raises(refusal):
        desk.report(text=text)
    assert desk.house.db.read_now(SYSTEM, lambda tx: tx.exec(select(EventRecord)).all()) == []


def test_longest_report_is_taken(desk):
    assert desk.case(desk.report(text="长" * 4_000)).phase is Phase.DISPATCHED


def test_nobody_cannot_report(desk):
    report = Report(
        community_id=desk.cast.xfl, identity_id=1, resident_id=None, text="x", category="其他"
    )

    with pytest.raises(NotAllowed):
        desk.house.db.run_now(NOBODY, open_case, report)


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("lan", True),
        ("bo", False),
        ("chen", False),
        ("hua", False),
        ("wu", True),
        ("ding", True),
        ("guo", True),
    ],
)
def test_who_sees_a_case(desk, name, sees):
    case_id = desk.report()
    number = desk.case(case_id).number

    if sees:
        assert desk.by(name, access_case, case_id).id == case_id
        assert desk.by(name, access_case_numbered, number.lower()).id == case_id
        # What one asked for oneself stands among one's own matters, not among one's work.
        listed, mine = desk.by(name, visible_cases, CaseFilter()), desk.by(name, my_cases)
        assert [line.id for line in (mine if name == "lan" else listed)] == [case_id]
        assert [line.id for line in (listed if name == "lan" else mine)] == []
        return
    for ask in (
        lambda: desk.by(name, access_case, case_id),
        lambda: desk.by(name, access_case, 1),
        lambda: desk.by(name, access_case_numbered, number),
    ):
        with pytest.raises(NotFound) as refusal:
            ask()
        assert str(refusal.value) == "没有找到这条记录。"
    assert desk.by(name, visible_cases, CaseFilter()) == []


@pytest.mark.parametrize("name", ["lan", "ding", "wu"])
def test_only_the_agency_signs(desk, name):
    case_id = desk.report()

    with pytest.raises(NotAllowed):
        desk.by(name, sign, case_id)
    assert desk.by("guo", sign, case_id).phase is Phase.IN_PROGRESS
    with pytest.raises(WrongPhase):
        desk.by("guo", sign, case_id)


def test_an_unsigned_case_is_deemed_signed_once_its_time_has_passed(desk, clock):
    case_id = desk.report(urgency=Urgency.EMERGENCY)

    assert desk.house.db.run_now(SYSTEM, deem_due_signed) == 0
    clock.forward(minutes=16)
    assert desk.house.db.run_now(SYSTEM, deem_due_signed) == 1
    assert desk.house.db.run_now(SYSTEM, deem_due_signed) == 0
    assert desk.case(case_id).phase is Phase.IN_PROGRESS


def test_one_no_sends_it_back_and_the_public_deadline_stands(desk):
    case_id = desk.to_verifying()
    due = desk.case(case_id).due_at

    with pytest.raises(ReasonNeeded):
        desk.by("lan", confirm, case_id, solved=False)
    desk.by("lan", confirm, case_id, solved=False, reason="还在响")
    case = desk.case(case_id)
    assert (case.phase, case.rework_count, case.due_at) == (Phase.IN_PROGRESS, 1, due)


def test_the_handler_cannot_confirm_and_a_stranger_is_not_told(desk):
    case_id = desk.to_verifying()

    with pytest.raises(NotAsked):
        desk.by("guo", confirm, case_id, solved=True)
    with pytest.raises(NotFound):
        desk.by("hua", confirm, case_id, solved=True)
    assert desk.case(case_id).phase is Phase.VERIFYING


def test_closes_when_all_who_asked_say_yes_or_are_silent_long_enough(desk, clock):
    case_id = desk.report()
    number = desk.case(case_id).number
    desk.by(
        "bo",
        endorse,
        community_id=desk.cast.xfl,
        case_id=case_id,
        number=number,
        identity_id=desk.cast.bo_identity,
        resident_id=desk.cast.bo,
    )
    desk.by("guo", sign, case_id)
    desk.by("guo", report_done, case_id, text="好了")

    assert desk.by("lan", confirm, case_id, solved=True).waiting_count == 1
    assert desk.house.db.run_now(SYSTEM, close_agreed) == 0
    clock.forward(hours=73)
    assert desk.house.db.run_now(SYSTEM, close_agreed) == 1
    assert desk.case(case_id).phase is Phase.CLOSED


def test_silence_alone_never_closes(desk, clock):
    case_id = desk.to_verifying()

    clock.forward(days=30)
    assert desk.house.db.run_now(SYSTEM, close_agreed) == 0
    assert desk.case(case_id).phase is Phase.VERIFYING
    assert [line.id for line in desk.by("wu", today).silent] == [case_id]


def test_a_class_of_both_needs_a_verifier_as_well(desk):
    def both(tx):
        query = select(Duty).where(col(Duty.category) == "治安安全")
        tx.exec(query).one().confirmation = Confirmation.BOTH

    desk.house.db.run_now(SYSTEM, both)
    case_id = desk.to_verifying(category="治安安全")
    with pytest.raises(NotAsked):
        desk.by("ding", confirm_both, case_id, text="看过")
    desk.by("lan", confirm, case_id, solved=True)
    assert desk.case(case_id).phase is Phase.VERIFYING
    with pytest.raises(NotAllowed):
        desk.by("guo", confirm_both, case_id, text="看过")
    desk.by("ding", confirm_both, case_id, text="到现场看过")
    assert desk.case(case_id).phase is Phase.CLOSED


def test_verifier_sends_back_with_a_reason(desk):
    case_id = desk.to_verifying()

    with pytest.raises(ReasonNeeded):
        desk.by("ding", rework, case_id, reason=" ")
    with pytest.raises(NotAllowed):
        desk.by("guo", rework, case_id, reason="x")
    assert desk.by("ding", rework, case_id, reason="没换").phase is Phase.IN_PROGRESS


def test_rating_is_one_to_five_after_the_end(desk):
    case_id = desk.to_verifying()

    with pytest.raises(NotAsked):
        desk.by("lan", rate, case_id, stars=5)
    desk.by("lan", confirm, case_id, solved=True)
    for stars in (0, 6):
        with pytest.raises(WrongRating):
            desk.by("lan", rate, case_id, stars=stars)
    assert desk.by("lan", rate, case_id, stars=1).phase is Phase.EVALUATED
    desk.by("lan", rate, case_id, stars=5)
    (party,) = desk.house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Party)).all())
    assert party.rating == 5


def test_reopening_is_for_a_month_and_for_the_supervisor_always(desk, clock):
    case_id = desk.to_verifying()
    desk.by("lan", confirm, case_id, solved=True)

    clock.forward(days=30)
    desk.by("lan", reopen, case_id, reason="又坏了")
    assert desk.case(case_id).reopened_count == 1
    desk.by("wu", dispatch, case_id)
    desk.by("guo", sign, case_id)
    desk.by("guo", report_done, case_id, text="好了")
    desk.by("lan", confirm, case_id, solved=True)
    clock.forward(days=31)
    with pytest.raises(TooLateToReopen):
        desk.by("lan", reopen, case_id, reason="又坏了")
    assert desk.by("wu", reopen, case_id, reason="抽查不合格").phase is Phase.REGISTERED


def test_questions_are_answered_directly_and_taken_or_not(desk):
    good, bad = desk.report(sure=False), desk.report(sure=False)

    for case_id in (good, bad):
        desk.by("wu", answer_directly, case_id, text="带身份证到服务台")
    with pytest.raises(NotAllowed):
        desk.by("wu", take_answer, good, good=True)
    assert desk.by("lan", take_answer, good, good=True).phase is Phase.CLOSED
    assert desk.by("lan", take_answer, bad, good=False).phase is Phase.REGISTERED


def test_missing_information_is_asked_for_at_intake_and_in_handling(desk, clock):
    at_intake, handled = desk.report(sure=False), desk.report()
    desk.by("guo", sign, handled)

    desk.by("wu", ask_info, at_intake, text="哪一栋？")
    assert desk.by("lan", give_info, at_intake, text="3栋").phase is Phase.TRIAGE
    desk.by("guo", ask_info, handled, text="什么时候在家？")
    clock.forward(hours=73)
    assert desk.house.db.run_now(SYSTEM, resume_unanswered) == 1
    assert desk.case(handled).phase is Phase.IN_PROGRESS


def test_noise_is_discarded_with_a_reason_by_the_desk_only(desk):
    case_id = desk.report(sure=False)

    with pytest.raises(NotAllowed):
        desk.by("lan", discard, case_id, reason="x")
    assert desk.by("wu", discard, case_id, reason="闲聊").phase is Phase.DISCARDED


def test_merging_takes_the_people_along_and_stays_in_the_community(desk):
    first, second = desk.report("lan"), desk.report("bo")
    elsewhere = desk.report("chen", community_id=desk.cast.hyc)

    with pytest.raises(NotFound):
        desk.by("wu", merge, second, into=elsewhere)
    with pytest.raises(CannotMerge):
        desk.by("wu", merge, second, into=second)
    assert desk.by("wu", merge, second, into=first).phase is Phase.MERGED
    assert {line.id for line in desk.by("bo", my_cases)} == {first, second}


def test_likely_duplicate_is_the_same_place_category_and_words_within_a_week(desk, clock):
    case_id = desk.report()

    def likely(**more):
        facts = {
            "community_id": desk.cast.xfl,
            "category": "住房与物业",
            "category2": None,
            "place": "3栋2单元",
            "text": "二单元电梯坏了",
            **more,
        }
        found = desk.house.db.read_now(SYSTEM, lambda tx: likely_duplicate(tx, **facts))
        return found.case_id if found else None

    assert likely() == case_id
    assert likely(place="3栋1单元") is None
    assert likely(place=None) is None
    assert likely(category="环境保护") is None
    assert likely(text="楼道里有人堆垃圾臭死了") is None
    assert likely(community_id=desk.cast.hyc) is None
    clock.forward(days=8)
    assert likely() is None


def test_withdrawing_is_for_those_who_asked(desk):
    case_id = desk.report()

    with pytest.raises(NotYours):
        desk.by("wu", withdraw, case_id)
    number = desk.case(case_id).number
    desk.by(
        "bo",
        endorse,
        community_id=desk.cast.xfl,
        case_id=case_id,
        number=number,
        identity_id=desk.cast.bo_identity,
        resident_id=desk.cast.bo,
    )
    with pytest.raises(NotYours):
        desk.by("bo", withdraw, case_id)
    with pytest.raises(OthersJoined):
        desk.by("lan", withdraw, case_id)
    alone = desk.report(place="12栋", text="门禁坏了")
    assert desk.by("lan", withdraw, alone).phase is Phase.WITHDRAWN


def test_inner_words_stay_inside(desk):
    case_id = desk.report()
    desk.by("wu", say, case_id, text="业主情绪大，注意方式", is_public=False)
    desk.by("lan", say, case_id, text="今天又停了")

    with pytest.raises(NotAllowed):
        desk.by("lan", say, case_id, text="x", is_public=False)

    def words(tx, *, for_staff):
        return [
            s.text for s in timeline(tx, access_case(tx, case_id), for_staff=for_staff) if s.text
        ]

    assert desk.by("lan", words, for_staff=False) == ["今天又停了"]
    assert desk.by("wu", words, for_staff=True) == ["业主情绪大，注意方式", "今天又停了"]


def test_moves_shown_are_exactly_those_that_work(desk):
    case_id = desk.report()

    def names(tx):
        return {m.name for m in moves_open(tx, access_case(tx, case_id))}

    assert desk.by("lan", names) == {"withdraw"}
    assert desk.by("guo", names) == {"sign"}
    assert desk.by("wu", names) == {"merge", "withdraw"}
    assert desk.by("ding", names) == set()


def test_steps_of_later_versions_refuse_clearly(desk):
    case_id = desk.report()

    def suspend(tx):
        move(tx, access_case(tx, case_id), "suspend", who=None)

    desk.by("guo", sign, case_id)
    with pytest.raises((NotYetPossible, NotAllowed)):
        desk.by("wu", suspend)


def test_board_has_no_names_and_only_what_was_registered(desk):
    shown, hidden = desk.report(), desk.report(sure=False)

    lines = desk.house.db.read_now(SYSTEM, public_board, desk.cast.xfl)
    assert [line.id for line in lines] == [shown]
    assert hidden not in {line.id for line in lines}


def test_counts_agree_with_lists(desk):
    desk.report()
    desk.report(sure=False)
    desk.to_verifying()

    counts = desk.by("wu", case_counts, CaseFilter())
    for group in ("open", "triage", "waiting", "working", "verifying", "ended", "overdue"):
        lines = desk.by("wu", visible_cases, CaseFilter(group=group))
        assert len(lines) == counts[group], group


def test_cases_taken_down_for_others_say_so(desk):
    def by_phone(tx):
        return open_case(
            tx,
            Report(
                community_id=desk.cast.xfl,
                identity_id=desk.cast.lan_identity,
                resident_id=desk.cast.lan,
                text="赵奶奶家没暖气",
                category="城乡建设",
                source=Source.PHONE,
                taken_by=desk.cast.wu,
            ),
        )

    case = desk.case(desk.by("wu", by_phone).case_id)
    assert (case.source, case.taken_by) == (Source.PHONE, desk.cast.wu)


def test_no_personal_words_in_the_history(desk):
    case_id = desk.report(text="王兰家 13900000001 电梯坏了")
    desk.by("lan", say, case_id, text="我叫王兰")

    rows = desk.house.db.read_now(SYSTEM, lambda tx: tx.exec(select(EventRecord)).all())
    history = " ".join(str(row.facts) for row in rows)
    assert "王兰" not in history
    assert "13900000001" not in history
    notes = desk.house.db.read_now(SYSTEM, lambda tx: tx.exec(select(CaseNote.text)).all())
    assert notes == ["我叫王兰"]


def test_desk_registers_what_the_bot_left(desk):
    case_id = desk.report(sure=False)

    with pytest.raises(NotAllowed):
        desk.by("lan", accept, case_id)
    assert desk.by("wu", accept, case_id).due_at is not None
    assert desk.by("wu", dispatch, case_id).agency_id == desk.cast.property
