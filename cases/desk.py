"""The service desk: how a case comes to be, from a report to the agency that has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.clocks import due_at, sign_by
from cases.duties import DutyRow, duty_for
from cases.events import CaseCollected, CaseMoved
from cases.numbers import next_number
from cases.rules import Phase, Who, check_move
from cases.tables import (
    Assignment,
    AssignmentState,
    Case,
    Confirmation,
    Party,
    PartyRole,
    Source,
    Urgency,
)
from core.columns import new_id
from core.errors import Refusal
from core.holidays import shipped_holidays
from core.transaction import Transaction

TEXT_MAX = 4_000


class NothingSaid(Refusal):
    code = "nothing_said"
    text = "请说说是什么事，一两句话就行。"


class TooLong(Refusal):
    code = "too_long"
    text = "写得太长了（最多 {most} 个字），请分几次说。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is asked for, by whom, where. `is_sure` says that no clerk needs to look at it first."""

    community_id: int
    identity_id: int
    resident_id: int | None
    text: str
    category: str
    category2: str | None = None
    place: str | None = None
    urgency: Urgency = Urgency.NORMAL
    source: Source = Source.CHAT
    grid_id: int | None = None
    group_id: int | None = None
    taken_by: int | None = None
    model: str = ""
    is_sure: bool = True
    is_public: bool = True  # False keeps it off the board, whatever the duty list says


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that has just been opened: who has it, and by when; None while a clerk looks at it."""

    case_id: int
    number: str
    phase: Phase
    agency_id: int | None
    agency: str | None
    due_at: datetime | None


def open_case(tx: Transaction, report: Report) -> Opened:
    """Open a case: collected and classified, and, when sure, registered and given to the agency.

    The bot does the sure ones by itself so that a resident learns at once who has it and by when.
    """
    tx.require("case.report", report.community_id)
    check_text(report.text)
    case_id, number = new_id(), next_number(tx, report.community_id)
    moves = ["classify"]
    duty = None
    if report.is_sure or report.urgency is Urgency.EMERGENCY:
        duty = duty_for(
            tx,
            community_id=report.community_id,
            category=report.category,
            category2=report.category2,
        )
        moves += ["accept", "dispatch"] if duty is not None else ["accept"]
    phases = [Phase.COLLECTED]
    for name in moves:
        phases.append(check_move(number, phases[-1], name))
    due, sign = _deadlines(tx.now, report.urgency, duty)
    tx.write(Case, _row(tx, report, case_id, number, phases[-1], duty, due, sign, len(moves) > 1))
    tx.write(
        Party,
        {
            "id": new_id(),
            "community_id": report.community_id,
            "case_id": case_id,
            "identity_id": report.identity_id,
            "resident_id": report.resident_id,
            "role": PartyRole.REPORTER,
            "joined_at": tx.now,
        },
    )
    if duty is not None:
        assert sign is not None
        _assign(tx, report.community_id, case_id, duty.agency_id, sign)
    tx.emit(
        CaseCollected(
            community_id=report.community_id,
            subject_id=case_id,
            number=number,
            source=report.source,
            identity_id=report.identity_id,
            urgency=report.urgency,
        )
    )
    who = Who.DESK if report.taken_by is not None else Who.BOT
    for name, origin, phase in zip(moves, phases, phases[1:], strict=False):
        tx.emit(
            CaseMoved(
                community_id=report.community_id,
                subject_id=case_id,
                move=name,
                origin=origin,
                phase=phase,
                who=who,
                agency_id=duty.agency_id if duty and name == "dispatch" else None,
                due_at=due if name == "accept" else None,
            )
        )
    return Opened(
        case_id,
        number,
        phases[-1],
        duty.agency_id if duty else None,
        duty.agency if duty else None,
        due,
    )


def check_text(text: str) -> None:
    """Return if people's words are neither empty nor longer than TEXT_MAX characters."""
    if not text.strip():
        raise NothingSaid
    if len(text) > TEXT_MAX:
        raise TooLong(most=TEXT_MAX)


def _deadlines(
    now: datetime, urgency: Urgency, duty: DutyRow | None
) -> tuple[datetime | None, datetime | None]:
    if duty is None:
        return None, None
    is_workday = shipped_holidays().is_workday
    return (
        due_at(now, urgency, duty.handle_minutes, is_workday),
        sign_by(now, urgency, duty.sign_minutes, is_workday),
    )


def _row(
    tx: Transaction,
    report: Report,
    case_id: int,
    number: str,
    phase: Phase,
    duty: DutyRow | None,
    due: datetime | None,
    sign: datetime | None,
    is_registered: bool,
) -> dict[str, Any]:
    return {
        "id": case_id,
        "community_id": report.community_id,
        "number": number,
        "text": report.text,
        "category": report.category,
        "category2": report.category2,
        "place": report.place,
        "grid_id": report.grid_id,
        "group_id": report.group_id,
        "urgency": report.urgency,
        "source": report.source,
        "taken_by": report.taken_by,
        "phase": phase,
        "confirmation": duty.confirmation if duty else Confirmation.RESIDENT,
        "is_public": report.is_public and (duty.is_public if duty else True),
        "agency_id": duty.agency_id if duty else None,
        "model": report.model,
        "collected_at": tx.now,
        "registered_at": tx.now if is_registered else None,
        "due_at": due,
        "step_due_at": sign,
        "rework_count": 0,
        "reopened_count": 0,
    }


def _assign(
    tx: Transaction, community_id: int, case_id: int, agency_id: int, sign: datetime
) -> None:
    tx.write(
        Assignment,
        {
            "id": new_id(),
            "community_id": community_id,
            "case_id": case_id,
            "agency_id": agency_id,
            "state": AssignmentState.SENT,
            "sent_at": tx.now,
            "sign_by": sign,
        },
    )
