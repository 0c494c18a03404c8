"""Reports of the same thing: find the likely one, join it, leave it again."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select
from sqlmodel import col

from cases.events import CaseEndorsed, EndorsementUndone
from cases.rules import OPEN
from cases.tables import Case, Party, PartyRole
from core.columns import new_id
from core.prepared import Prepared, both
from core.transaction import Transaction, table_of

ALIKE_WITHIN = timedelta(days=7)
ALIKE_MIN = 0.35
CANDIDATES_MAX = 20
_INSERT = Prepared(
    both(lambda insert: insert(table_of(Party)).on_conflict_do_nothing()),
    ("id", "community_id", "case_id", "identity_id", "resident_id", "role", "joined_at"),
)


@dataclass(frozen=True, slots=True)
class Likely:
    """An open case that a fresh report probably repeats."""

    case_id: int
    number: str


def is_open() -> ColumnElement[bool]:
    """The condition on Case that holds while a case is open; fit for a prepared statement."""
    return or_(*(col(Case.phase) == phase for phase in sorted(OPEN)))


_ALIKE = Prepared(
    select(col(Case.id), col(Case.number), col(Case.text), col(Case.category2))
    .where(
        col(Case.community_id) == bindparam("community_id"),
        col(Case.category) == bindparam("category"),
        col(Case.place) == bindparam("place"),
        col(Case.collected_at) > bindparam("since"),
        is_open(),
    )
    .order_by(col(Case.collected_at).desc())
    .limit(CANDIDATES_MAX)
)


def likely_duplicate(
    tx: Transaction,
    *,
    community_id: int,
    category: str,
    category2: str | None,
    place: str | None,
    text: str,
) -> Likely | None:
    """The open case of the last ALIKE_WITHIN at the same place and of the same category that says
    much the same, or None. Without a place nothing is likely.
    """
    if place is None:
        return None
    values = {
        "community_id": community_id,
        "category": category,
        "place": place,
        "since": tx.now - ALIKE_WITHIN,
    }
    best, found = 0.0, None
    for row in tx.look(_ALIKE, values):
        score = likeness(text, row.text)
        if category2 and row.category2 == category2:
            score += ALIKE_MIN
        if score >= ALIKE_MIN and score > best:
            best, found = score, Likely(row.id, row.number)
    return found


def likeness(left: str, right: str) -> float:
    """How much two texts share, 0 to 1: Dice's coefficient of their pairs of characters."""
    pairs_left, pairs_right = _pairs(left), _pairs(right)
    if not pairs_left or not pairs_right:
        return 0.0
    return 2 * len(pairs_left & pairs_right) / (len(pairs_left) + len(pairs_right))


def _pairs(text: str) -> set[str]:
    letters = [c for c in text if c.isalnum()]
    return {a + b for a, b in pairwise(letters)}


def endorse(
    tx: Transaction,
    *,
    community_id: int,
    case_id: int,
    number: str,
    identity_id: int,
    resident_id: int | None,
) -> bool:
    """Join a case as one who says "me too"; False when already a party of it."""
    row = {
        "id": new_id(),
        "community_id": community_id,
        "case_id": case_id,
        "identity_id": identity_id,
        "resident_id": resident_id,
        "role": PartyRole.CO_REPORTER,
        "joined_at": tx.now,
    }
    if tx.look(_INSERT, row).rowcount != 1:
        return False
    tx.emit(
        CaseEndorsed(
            community_id=community_id, subject_id=case_id, number=number, identity_id=identity_id
        )
    )
    return True


def undo_endorsement(tx: Transaction, *, community_id: int, case_id: int, identity_id: int) -> None:
    """Leave a case one had joined; the person who first asked cannot leave this way."""
    tx.look(
        delete(Party).where(
            col(Party.community_id) == community_id,
            col(Party.case_id) == case_id,
            col(Party.identity_id) == identity_id,
            col(Party.role) == PartyRole.CO_REPORTER,
        )
    )
    tx.emit(
        EndorsementUndone(community_id=community_id, subject_id=case_id, identity_id=identity_id)
    )


def party_count(tx: Transaction, case_id: int) -> int:
    """How many people stand behind a case."""
    return int(tx.look(select(func.count()).where(col(Party.case_id) == case_id)).scalar_one())
