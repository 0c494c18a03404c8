"""The steps of a case after it is open: each checks who asks, moves the phase, and says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select

from cases.access import access_case, check_hat, hats, party_of
from cases.clocks import INFO_WAIT, REOPEN_WINDOW, SILENCE, due_at, sign_by
from cases.desk import check_text
from cases.duties import DutyRow, duty_for
from cases.events import CaseMoved, CaseNoted
from cases.merging import endorse, party_count
from cases.rules import OPEN, Phase, Who, check_move
from cases.tables import (
    Assignment,
    AssignmentState,
    Attachment,
    Case,
    CaseNote,
    Confirmation,
    Party,
    PartyRole,
    Stage,
    Urgency,
)
from community.tables import Agency
from core.columns import new_id
from core.errors import NotAllowed, NotFound, Refusal
from core.holidays import shipped_holidays
from core.transaction import Transaction

# After rework the agency has what is left of its time, but never less than a quarter of it.
REWORK_SHARE = 4


class NoAgency(Refusal):
    code = "case_no_agency"
    text = "“{category}”还没有承办单位，请先选一个。"
    status = 409


class NotAsked(Refusal):
    code = "case_not_asked"
    text = "{number} 现在不需要您确认。"
    status = 409


class ReasonNeeded(Refusal):
    code = "case_reason_needed"
    text = "请写一句为什么，别人才知道怎么办。"


class TooLateToReopen(Refusal):
    code = "case_too_late"
    text = "{number} 结案已超过 {days} 天，请重新反映一次，我们会把两件事连起来。"
    status = 409


class CannotMerge(Refusal):
    code = "case_cannot_merge"
    text = "{number} 和 {other} 不能并案：要并入的那一件必须是本社区还在办的另一件。"
    status = 409


class WrongRating(Refusal):
    code = "case_wrong_rating"
    text = "请打 1 到 5 分。"


class OwnRecord(Refusal):
    code = "case_own_record"
    text = "{number} 居民的回话是您代记的，请另一位工作人员来核查结案。"
    status = 403


class NotYours(Refusal):
    code = "case_not_yours"
    text = "{number} 要由最先反映的人撤回；您可以在它的页面里退出附议。"
    status = 403


class OthersJoined(Refusal):
    code = "case_others_joined"
    text = "{number} 已经有别人附议，会继续办；您可以说明不用再联系您。"
    status = 409


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a party's answer led to."""

    number: str
    phase: Phase
    waiting_count: int  # parties who have not answered yet


def classify(
    tx: Transaction,
    case_id: int,
    *,
    category: str,
    category2: str | None = None,
    place: str | None = None,
    urgency: Urgency | None = None,
) -> Case:
    """Put right what the matter is, where and how urgent; from `collected` it goes to triage."""
    case = access_case(tx, case_id, to_change=True)
    tx.require("case.desk", case.community_id)
    if case.phase is Phase.COLLECTED:
        move(tx, case, "classify")
    case.category, case.category2, case.place = category, category2, place
    if urgency is not None:
        case.urgency = urgency
    note(tx, case, kind="classified")
    return case


def accept(tx: Transaction, case_id: int) -> Case:
    """Register the case: from now on the public deadline runs."""
    case = access_case(tx, case_id, to_change=True)
    duty = _duty(tx, case)
    case.registered_at = tx.now
    if duty is not None:
        is_workday = shipped_holidays().is_workday
        case.due_at = due_at(tx.now, case.urgency, duty.handle_minutes, is_workday)
        case.confirmation = duty.confirmation
        # What was private from the first stays so.
        case.is_public = case.is_public and duty.is_public
    move(tx, case, "accept")
    return case


def dispatch(tx: Transaction, case_id: int, *, agency_id: int | None = None) -> Case:
    """Give the case to an agency: the one named, else the one of the duty list."""
    case = access_case(tx, case_id, to_change=True)
    duty = _duty(tx, case)
    chosen = agency_id if agency_id is not None else duty.agency_id if duty else None
    if chosen is None:
        raise NoAgency(category=case.category)
    agency = tx.get(Agency, chosen)
    if agency is None or agency.community_id not in (0, case.community_id):
        raise NotFound
    minutes = duty.sign_minutes if duty else 480
    until = sign_by(tx.now, case.urgency, minutes, shipped_holidays().is_workday)
    if case.due_at is None:
        handle = duty.handle_minutes if duty else 2_400
        case.due_at = due_at(tx.now, case.urgency, handle, shipped_holidays().is_workday)
    case.agency_id, case.step_due_at = chosen, until
    tx.add(
        Assignment(
            community_id=case.community_id,
            case_id=case.id,
            agency_id=chosen,
            sent_at=tx.now,
            sign_by=until,
        )
    )
    move(tx, case, "dispatch", agency_id=chosen)
    return case


def sign(tx: Transaction, case_id: int) -> Case:
    """The agency takes the case on."""
    case = access_case(tx, case_id, to_change=True)
    move(tx, case, "sign")
    _assignments(tx, case, AssignmentState.SIGNED, signed_at=tx.now)
    case.step_due_at = case.due_at
    return case


def deem_signed(tx: Transaction, case: Case) -> None:
    """The time to sign has passed: the agency has the case, signed or not."""
    move(tx, case, "deem_signed", who=Who.TIMER)
    _assignments(tx, case, AssignmentState.SIGNED, signed_at=tx.now)
    case.step_due_at = case.due_at


def report_done(tx: Transaction, case_id: int, *, text: str) -> Case:
    """The agency says that it is done and how; at once the people who asked are asked."""
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    record = move(tx, case, "report_done")
    write_note(tx, case, text=text, event_id=record)
    _assignments(tx, case, AssignmentState.DONE, done_at=tx.now)
    forget = update(Party).where(col(Party.case_id) == case.id)
    tx.exec(forget.values(is_solved=None, answered_at=None, answered_by=None))
    case.step_due_at = tx.now + SILENCE
    move(tx, case, "start_verify", who=Who.TIMER)
    return case


def confirm(tx: Transaction, case_id: int, *, solved: bool, reason: str = "") -> Confirmed:
    """A party's answer to "is it solved?". One "no" sends the case back to work; the case closes
    when the person who asked says yes and nobody else who was asked is still to answer.
    """
    case = access_case(tx, case_id, to_change=True)
    mine = party_of(tx, case.id)
    if mine is None or case.phase is not Phase.VERIFYING:
        raise NotAsked(number=case.number)
    mine.is_solved, mine.answered_at = solved, tx.now
    if not solved:
        if not reason.strip():
            raise ReasonNeeded
        send_back(tx, case, Who.RESIDENT, reason)
        return Confirmed(case.number, case.phase, 0)
    tx.flush()
    parties = tx.exec(select(Party).where(col(Party.case_id) == case.id)).all()
    waiting = sum(party.is_solved is None for party in parties)
    if waiting == 0 and case.confirmation is Confirmation.RESIDENT:
        close_case(tx, case, "resident_close", Who.RESIDENT)
    else:
        note(tx, case, kind="confirmed")
    return Confirmed(case.number, case.phase, waiting)


def confirm_both(tx: Transaction, case_id: int, *, text: str) -> Case:
    """A verifier's own check of a case whose people have said yes closes it."""
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    if Who.VERIFIER not in hats(tx, case):
        raise NotAllowed
    reporter = select(Party).where(
        col(Party.case_id) == case.id, col(Party.role) == PartyRole.REPORTER
    )
    asked = tx.exec(reporter).one()
    if not asked.is_solved:
        raise NotAsked(number=case.number)
    if asked.answered_by is not None and asked.answered_by == tx.actor.id:
        raise OwnRecord(number=case.number)
    record = close_case(tx, case, "confirm_close", Who.VERIFIER)
    write_note(tx, case, text=text, event_id=record)
    return case


def close_confirmed(tx: Transaction, case: Case) -> None:
    """Close on the yes of whoever asked first when the others have been silent long enough."""
    close_case(tx, case, "resident_close", Who.RESIDENT)


def rework(tx: Transaction, case_id: int, *, reason: str) -> Case:
    """A verifier found it not solved: back to work, and the public deadline stands."""
    if not reason.strip():
        raise ReasonNeeded
    case = access_case(tx, case_id, to_change=True)
    if Who.VERIFIER not in hats(tx, case):
        raise NotAllowed
    send_back(tx, case, Who.VERIFIER, reason)
    return case


def rate(tx: Transaction, case_id: int, *, stars: int) -> Case:
    """A party's own rating, 1 to 5, once the case is closed; the latest counts."""
    if not 1 <= stars <= 5:
        raise WrongRating
    case = access_case(tx, case_id, to_change=True)
    mine = party_of(tx, case.id)
    if mine is None or case.phase not in (Phase.CLOSED, Phase.EVALUATED):
        raise NotAsked(number=case.number)
    mine.rating = stars
    if case.phase is Phase.CLOSED and mine.role is PartyRole.REPORTER:
        move(tx, case, "evaluate", who=Who.RESIDENT)
    note(tx, case, kind="rated", value=stars)
    return case


def answer_directly(tx: Transaction, case_id: int, *, text: str) -> Case:
    """Answer a question that needs no handling."""
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    record = move(tx, case, "answer")
    case.outcome = "answered"
    write_note(tx, case, text=text, event_id=record)
    return case


def take_answer(tx: Transaction, case_id: int, *, good: bool) -> Case:
    """The person who asked says whether the direct answer was one."""
    case = access_case(tx, case_id, to_change=True)
    if good:
        case.closed_at = tx.now
        move(tx, case, "ack_answer", who=_as_resident(tx, case))
    else:
        case.outcome = None
        case.registered_at = tx.now
        move(tx, case, "not_answered", who=_as_resident(tx, case))
    return case


def ask_info(tx: Transaction, case_id: int, *, text: str) -> Case:
    """Ask the people who reported for what is missing, at intake or while it is being handled."""
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    name = "ask_info_intake" if case.phase is Phase.TRIAGE else "ask_info_handling"
    record = move(tx, case, name)
    case.step_due_at = tx.now + INFO_WAIT
    write_note(tx, case, text=text, event_id=record)
    return case


def give_info(tx: Transaction, case_id: int, *, text: str) -> Case:
    """What was asked for; the case goes on where it stood."""
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    intake = case.phase is Phase.NEED_INFO_INTAKE
    record = move(tx, case, "info_given_intake" if intake else "info_given_handling")
    case.step_due_at = None if intake else case.due_at
    write_note(tx, case, text=text, event_id=record)
    return case


def info_timed_out(tx: Transaction, case: Case) -> None:
    """Nobody answered in time: a handled case goes on all the same."""
    move(tx, case, "info_timeout_handling", who=Who.TIMER)
    case.step_due_at = case.due_at


def discard(tx: Transaction, case_id: int, *, reason: str) -> Case:
    """It was no request; the reason stays on record."""
    if not reason.strip():
        raise ReasonNeeded
    case = access_case(tx, case_id, to_change=True)
    record = move(tx, case, "discard_noise")
    case.outcome = "not_a_matter"
    write_note(tx, case, text=reason, event_id=record)
    return case


def merge(tx: Transaction, case_id: int, *, into: int) -> Case:
    """Join this case to another of the same community; its people go with it."""
    case = access_case(tx, case_id, to_change=True)
    other = access_case(tx, into, to_change=True)
    fits = other.community_id == case.community_id and other.phase in OPEN
    if not fits or other.id == case.id:
        raise CannotMerge(number=case.number, other=other.number)
    move(tx, case, "merge")
    case.merged_into, case.outcome = other.id, "duplicate"
    for party in tx.exec(select(Party).where(col(Party.case_id) == case.id)).all():
        endorse(
            tx,
            community_id=case.community_id,
            case_id=other.id,
            number=other.number,
            identity_id=party.identity_id,
            resident_id=party.resident_id,
        )
    return case


def withdraw(tx: Transaction, case_id: int, *, outcome: str = "withdrawn") -> Case:
    """The person who asked takes it back; nobody else can, and not once others stand behind it."""
    case = access_case(tx, case_id, to_change=True)
    mine = party_of(tx, case.id)
    if mine is None or mine.role is not PartyRole.REPORTER:
        raise NotYours(number=case.number)
    if party_count(tx, case.id) > 1:
        raise OthersJoined(number=case.number)
    case.outcome = outcome
    move(tx, case, "withdraw", who=_as_resident(tx, case))
    return_assignments(tx, case)
    return case


def reopen(tx: Transaction, case_id: int, *, reason: str) -> Case:
    """It is not solved after all: a party within REOPEN_WINDOW, a supervisor at any time."""
    if not reason.strip():
        raise ReasonNeeded
    case = access_case(tx, case_id, to_change=True)
    who = check_hat(tx, case, "reopen")
    late = case.closed_at is not None and tx.now > case.closed_at + REOPEN_WINDOW
    if who is Who.RESIDENT and late:
        raise TooLateToReopen(number=case.number, days=REOPEN_WINDOW.days)
    record = move(tx, case, "reopen", who=who)
    case.reopened_count += 1
    case.closed_at, case.outcome = None, None
    write_note(tx, case, text=reason, event_id=record)
    return case


def say(tx: Transaction, case_id: int, *, text: str, is_public: bool = True) -> Case:
    """Add a word to a case; with is_public=False only staff and agency see it."""
    check_text(text)
    case = access_case(tx, case_id)
    if not is_public and not hats(tx, case) - {Who.RESIDENT}:
        raise NotAllowed
    record = note(tx, case, kind="word")
    write_note(tx, case, text=text, event_id=record, is_public=is_public)
    return case


def attach(
    tx: Transaction,
    case_id: int,
    *,
    media_type: str,
    sha256: str,
    size: int,
    stage: str = Stage.BEFORE,
) -> Attachment:
    """Hang a kept file (core/files.py) on a case; `stage` says what it shows."""
    case = access_case(tx, case_id)
    attachment = Attachment(
        community_id=case.community_id,
        case_id=case.id,
        identity_id=tx.actor.identity_id,
        media_type=media_type,
        sha256=sha256,
        size=size,
        stage=str(stage),
        at=tx.now,
    )
    tx.add(attachment)
    tx.flush()
    note(tx, case, kind="photo")
    return attachment


def move(
    tx: Transaction,
    case: Case,
    name: str,
    *,
    who: Who | None = None,
    agency_id: int | None = None,
) -> int:
    """Take the step, in the part `who` (else the one the actor has); returns the record's id."""
    part = who if who is not None else check_hat(tx, case, name)
    origin = case.phase
    case.phase = check_move(case.number, origin, name)
    tx.add(case)
    tx.flush()
    return tx.emit(
        CaseMoved(
            community_id=case.community_id,
            subject_id=case.id,
            move=name,
            origin=origin,
            phase=case.phase,
            who=part,
            agency_id=agency_id,
            due_at=case.due_at if name == "accept" else None,
            identity_id=tx.actor.identity_id,
        )
    )


def note(tx: Transaction, case: Case, *, kind: str, value: int | None = None) -> int:
    """Record that something was done to a case that is no step of it."""
    return tx.emit(
        CaseNoted(community_id=case.community_id, subject_id=case.id, kind=kind, value=value)
    )


def write_note(
    tx: Transaction, case: Case, *, text: str, event_id: int, is_public: bool = True
) -> None:
    """The words that belong to a recorded step, in a row that can be erased."""
    tx.write(
        CaseNote,
        {
            "id": new_id(),
            "community_id": case.community_id,
            "case_id": case.id,
            "event_id": event_id,
            "by_id": tx.actor.id,
            "by_kind": tx.actor.kind,
            "at": tx.now,
            "text": text,
            "is_public": is_public,
        },
    )


def close_case(tx: Transaction, case: Case, name: str, who: Who) -> int:
    """Close as solved by this step; returns the record's id. The caller has checked the right."""
    case.closed_at, case.outcome, case.step_due_at = tx.now, "solved", None
    return move(tx, case, name, who=who)


def send_back(tx: Transaction, case: Case, who: Who, reason: str) -> None:
    """Back to work, with the reason; the caller has checked the right."""
    case.rework_count += 1
    case.step_due_at = _rework_due(case, tx.now)
    record = move(tx, case, "rework", who=who)
    write_note(tx, case, text=reason, event_id=record)


def return_assignments(tx: Transaction, case: Case) -> None:
    """Whoever has the case has it no more."""
    _assignments(tx, case, AssignmentState.RETURNED)


def _rework_due(case: Case, now: datetime) -> datetime | None:
    """The internal clock of rework: what is left, at least a quarter of the whole."""
    if case.due_at is None or case.registered_at is None:
        return None
    whole: timedelta = case.due_at - case.registered_at
    return max(case.due_at, now + whole / REWORK_SHARE)


def _as_resident(tx: Transaction, case: Case) -> Who:
    if party_of(tx, case.id) is None:
        raise NotAllowed
    return Who.RESIDENT


def _duty(tx: Transaction, case: Case) -> DutyRow | None:
    return duty_for(
        tx, community_id=case.community_id, category=case.category, category2=case.category2
    )


def _assignments(tx: Transaction, case: Case, state: AssignmentState, **values: datetime) -> None:
    live = update(Assignment).where(
        col(Assignment.case_id) == case.id,
        col(Assignment.state).in_((AssignmentState.SENT, AssignmentState.SIGNED)),
    )
    tx.exec(live.values(state=state, **values))
