"""How sure the bot must be before it does something, as each community sets it."""

from collections.abc import Mapping

from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.events import ThresholdChanged
from community.tables import Threshold
from core.errors import NotFound, Refusal
from core.transaction import Transaction

RIGHT = "listening.edit"
# The least and the most each may be set to: beyond them the bot would hear everything or nothing.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "gate": (0.15, 0.80),
    "emergency": (0.08, 0.50),
    "act": (0.10, 0.90),
    "sure": (0.20, 0.95),
    "answer": (0.30, 0.95),
}


class OutOfBounds(Refusal):
    code = "threshold_out_of_bounds"
    text = "这个门槛只能设在 {least}% 到 {most}% 之间。"


def thresholds_of(tx: Transaction, community_id: int) -> dict[str, float]:
    """What this community has set for itself; what is missing is the default."""
    query = core_select(col(Threshold.name), col(Threshold.value)).where(
        col(Threshold.community_id) == community_id
    )
    return {row.name: row.value for row in tx.look(query) if row.name in BOUNDS}


def set_threshold(tx: Transaction, community_id: int, name: str, value: float | None) -> None:
    """Set one threshold of a community, None for the default again; needs `listening.edit`."""
    if not tx.actor.can(RIGHT, community_id) or name not in BOUNDS:
        raise NotFound
    least, most = BOUNDS[name]
    if value is not None and not least <= value <= most:
        raise OutOfBounds(least=round(least * 100), most=round(most * 100))
    query = select(Threshold).where(
        col(Threshold.community_id) == community_id, col(Threshold.name) == name
    )
    row = tx.exec(query.with_for_update()).first()
    before = row.value if row is not None else None
    if before == value:
        return
    if value is None:
        assert row is not None
        tx.delete(row)
    else:
        row = row or Threshold(community_id=community_id, name=name, value=value, changed_at=tx.now)
        row.value, row.changed_at, row.changed_by = value, tx.now, tx.actor.id
        tx.add(row)
    tx.flush()
    tx.emit(
        ThresholdChanged(
            community_id=community_id,
            subject_id=community_id,
            name=name,
            before=before,
            after=value,
        )
    )
