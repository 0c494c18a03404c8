"""The duty list as people keep it: its rows, and how they are changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select as core_select
from sqlmodel import col, select

from cases.events import DutyChanged
from cases.tables import Confirmation, Duty
from community.tables import Agency
from core.errors import NotFound, Refusal
from core.transaction import Transaction

MINUTES_MAX = 60 * 24 * 120
NAME_MAX = 60
BASIS_MAX = 200


class WrongDuty(Refusal):
    code = "duty_wrong"
    text = "{why}"
    status = 422


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One row of the list: who answers for a matter; times in working minutes."""

    id: int
    category: str
    category2: str
    agency_id: int
    agency: str
    sign_minutes: int
    handle_minutes: int
    confirmation: Confirmation
    is_public: bool
    basis: str


def visible_duties(tx: Transaction, community_id: int) -> Sequence[DutyLine]:
    """The duty list of a community, for whoever dispatches there or keeps the list."""
    if not _sees(tx, community_id):
        return []
    query = (
        core_select(
            col(Duty.id),
            col(Duty.category),
            col(Duty.category2),
            col(Duty.agency_id),
            col(Agency.name),
            col(Duty.sign_minutes),
            col(Duty.handle_minutes),
            col(Duty.confirmation),
            col(Duty.is_public),
            col(Duty.basis),
        )
        .join(Agency, col(Agency.id) == col(Duty.agency_id))
        .where(col(Duty.community_id) == community_id)
        .order_by(col(Duty.category), col(Duty.category2))
    )
    return [DutyLine(*tuple(row)) for row in tx.look(query)]


def save_duty(
    tx: Transaction,
    *,
    community_id: int,
    category: str,
    category2: str = "",
    agency_id: int,
    sign_minutes: int,
    handle_minutes: int,
    confirmation: Confirmation,
    is_public: bool,
    basis: str = "",
) -> Duty:
    """Say who answers for a matter (or change it: the matter is the key); needs `duties.edit`.

    Cases that run already keep their deadlines.
    """
    if not _sees(tx, community_id):
        raise NotFound
    tx.require("duties.edit", community_id)
    category2 = category2.strip()
    if not category or len(category2) > NAME_MAX or len(basis) > BASIS_MAX:
        raise WrongDuty(why=f"请选类别；细类最多 {NAME_MAX} 个字，依据最多 {BASIS_MAX} 个字。")
    if not (0 < sign_minutes <= MINUTES_MAX and 0 < handle_minutes <= MINUTES_MAX):
        raise WrongDuty(why="签收和办结的时间都要大于零，最多 120 天。")
    agency = tx.get(Agency, agency_id)
    if agency is None or agency.community_id not in (0, community_id):
        raise NotFound
    query = select(Duty).where(
        col(Duty.community_id) == community_id,
        col(Duty.category) == category,
        col(Duty.category2) == category2,
    )
    duty = tx.exec(query.with_for_update()).first()
    what = "edited" if duty is not None else "added"
    if duty is None:
        duty = Duty(
            community_id=community_id,
            category=category,
            category2=category2,
            agency_id=agency_id,
        )
    duty.agency_id, duty.basis = agency_id, basis.strip()
    duty.sign_minutes, duty.handle_minutes = sign_minutes, handle_minutes
    duty.confirmation, duty.is_public = confirmation, is_public
    tx.add(duty)
    tx.flush()
    tx.emit(DutyChanged(community_id=community_id, subject_id=duty.id, what=what))
    return duty


def remove_duty(tx: Transaction, duty_id: int) -> None:
    """Nobody answers for the matter by the list any more; needs `duties.edit`."""
    duty = tx.get(Duty, duty_id)
    if duty is None or not _sees(tx, duty.community_id):
        raise NotFound
    tx.require("duties.edit", duty.community_id)
    tx.delete(duty)
    tx.flush()
    tx.emit(DutyChanged(community_id=duty.community_id, subject_id=duty.id, what="removed"))


def _sees(tx: Transaction, community_id: int) -> bool:
    return tx.actor.can("case.dispatch", community_id) or tx.actor.can("duties.edit", community_id)
