"""What staff record for people who come to the desk or call: their answer, their withdrawal.

A proxy is a clerk of the desk who does not handle the case. Everything done for somebody is marked
so, and whoever has a chat is told and can object.
"""

from datetime import timedelta
from enum import StrEnum

from sqlmodel import col, select

from cases.access import access_case, hats, party_of
from cases.desk import check_text
from cases.events import AnswerRecorded
from cases.merging import party_count
from cases.rules import Phase, Who
from cases.steps import (
    Confirmed,
    NotAsked,
    NotYours,
    OthersJoined,
    close_case,
    move,
    return_assignments,
    send_back,
    write_note,
)
from cases.tables import Case, Confirmation, Party, PartyRole
from core.errors import NotAllowed, NotFound, Refusal
from core.transaction import EventRecord, Transaction

# As long as somebody may take a withdrawal back (the cool-off of the closed loop).
COOL_OFF = timedelta(hours=72)


class Way(StrEnum):
    """How the person gave their answer."""

    PHONE = "phone"
    DESK = "desk"


class TooLateToUndo(Refusal):
    code = "case_too_late_to_undo"
    text = "{number} 撤回已超过 {hours} 小时，请重新反映一次。"
    status = 409


def record_answer(
    tx: Transaction, case_id: int, *, party_id: int, solved: bool, way: Way, text: str
) -> Confirmed:
    """What a person who was asked "is it solved?" said on the telephone or at the desk.

    It counts as their own: one "no" sends the case back to work, the last "yes" closes it.
    """
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    _check_proxy(tx, case)
    party = tx.get(Party, party_id)
    if party is None or party.case_id != case.id:
        raise NotFound
    if case.phase is not Phase.VERIFYING or party.is_solved is not None:
        raise NotAsked(number=case.number)
    party.is_solved, party.answered_at, party.answered_by = solved, tx.now, tx.actor.id
    tx.flush()
    record = tx.emit(
        AnswerRecorded(
            community_id=case.community_id,
            subject_id=case.id,
            identity_id=party.identity_id,
            is_solved=solved,
            way=way,
        )
    )
    write_note(tx, case, text=text, event_id=record)
    if not solved:
        send_back(tx, case, Who.PROXY, text)
        return Confirmed(case.number, case.phase, 0)
    parties = tx.exec(select(Party).where(col(Party.case_id) == case.id)).all()
    waiting = sum(one.is_solved is None for one in parties)
    if waiting == 0 and case.confirmation is Confirmation.RESIDENT:
        close_case(tx, case, "resident_close", Who.PROXY)
    return Confirmed(case.number, case.phase, waiting)


def withdraw_for(tx: Transaction, case_id: int, *, text: str, outcome: str = "withdrawn") -> Case:
    """Take a case back for the person who asked, after a talk with them, or because it never was
    a request (`outcome` not_a_matter). They are told, and may undo it within COOL_OFF.
    """
    check_text(text)
    case = access_case(tx, case_id, to_change=True)
    _check_proxy(tx, case)
    if party_count(tx, case.id) > 1:
        raise OthersJoined(number=case.number)
    case.outcome = outcome
    record = move(tx, case, "withdraw", who=Who.PROXY)
    write_note(tx, case, text=text, event_id=record)
    return_assignments(tx, case)
    return case


def undo_withdraw(tx: Transaction, case_id: int) -> Case:
    """The person who asked wants it done after all; the public deadline stands where it stood."""
    case = access_case(tx, case_id, to_change=True)
    mine = party_of(tx, case.id)
    if mine is None or mine.role is not PartyRole.REPORTER:
        raise NotYours(number=case.number)
    if not can_undo_withdraw(tx, case):
        raise TooLateToUndo(number=case.number, hours=int(COOL_OFF.total_seconds()) // 3_600)
    case.outcome = None
    case.registered_at = case.registered_at or tx.now
    move(tx, case, "undo_withdraw", who=Who.RESIDENT)
    return case


def can_undo_withdraw(tx: Transaction, case: Case) -> bool:
    """Whether the case was withdrawn less than COOL_OFF ago."""
    if case.phase is not Phase.WITHDRAWN:
        return False
    query = (
        select(EventRecord)
        .where(col(EventRecord.subject_id) == case.id)
        .order_by(col(EventRecord.id).desc())
    )
    for record in tx.exec(query):
        if record.facts.get("move") == "withdraw":
            return tx.now <= record.at + COOL_OFF
    return False


def _check_proxy(tx: Transaction, case: Case) -> None:
    if Who.PROXY not in hats(tx, case):
        raise NotAllowed(capability="case.desk")
