"""What the clock does to cases: each work takes what is due, a bounded batch, and may run twice."""

from collections.abc import Callable, Sequence

from sqlmodel import col, select

from cases.rules import Phase
from cases.steps import close_confirmed, deem_signed, info_timed_out
from cases.tables import Case, Confirmation, Party, PartyRole
from core.transaction import Transaction

BATCH_MAX = 200


def deem_due_signed(tx: Transaction) -> int:
    """Cases whose time to sign has passed are the agency's, signed or not."""
    return _each(tx, Phase.DISPATCHED, deem_signed)


def resume_unanswered(tx: Transaction) -> int:
    """Cases that waited for an answer during handling go on without it."""
    return _each(tx, Phase.NEED_INFO_HANDLING, info_timed_out)


def close_agreed(tx: Transaction) -> int:
    """Cases whose reporter said yes, and nobody no, close when the others stay silent."""
    closed = 0
    for case in _due(tx, Phase.VERIFYING):
        parties = tx.exec(select(Party).where(col(Party.case_id) == case.id)).all()
        agreed = any(p.role is PartyRole.REPORTER and p.is_solved for p in parties)
        if agreed and case.confirmation is Confirmation.RESIDENT:
            close_confirmed(tx, case)
            closed += 1
    return closed


def _each(tx: Transaction, phase: Phase, act: Callable[[Transaction, Case], None]) -> int:
    due = _due(tx, phase)
    for case in due:
        act(tx, case)
    return len(due)


def _due(tx: Transaction, phase: Phase) -> Sequence[Case]:
    query = (
        select(Case)
        .where(col(Case.phase) == phase, col(Case.step_due_at) < tx.now)
        .order_by(col(Case.step_due_at))
        .limit(BATCH_MAX)
        .with_for_update(skip_locked=True)
    )
    return tx.exec(query).all()
