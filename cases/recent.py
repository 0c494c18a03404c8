"""What was brought up lately: the words of a community's cases, for seeing what is talked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select
from sqlmodel import col

from cases.access import visible
from cases.rules import Phase
from cases.tables import Case, Party
from core.transaction import Transaction

NOT_BROUGHT_UP = (Phase.DISCARDED, Phase.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Brought:
    """A case as talk: when and where, in whose number, in which words."""

    id: int
    number: str
    text: str
    place: str | None
    category: str
    at: datetime


def brought_up(tx: Transaction, community_id: int, *, since: datetime, limit: int) -> list[Brought]:
    """The last `limit` cases of a community since a moment, newest first.

    Without those that were withdrawn or were no requests after all.
    """
    query = (
        select(
            col(Case.id),
            col(Case.number),
            col(Case.text),
            col(Case.place),
            col(Case.category),
            col(Case.collected_at),
        )
        .where(
            col(Case.community_id) == community_id,
            col(Case.collected_at) >= since,
            col(Case.phase).not_in(NOT_BROUGHT_UP),
            visible(tx.actor),
        )
        .order_by(col(Case.collected_at).desc(), col(Case.id).desc())
        .limit(limit)
    )
    return [Brought(*row) for row in tx.look(query)]


def brought_up_stamp(tx: Transaction, community_id: int, *, since: datetime) -> tuple[int, int]:
    """A number pair that changes whenever `brought_up` may: how many cases, and the newest id."""
    query = select(func.count(), func.max(col(Case.id))).where(
        col(Case.community_id) == community_id,
        col(Case.collected_at) >= since,
        col(Case.phase).not_in(NOT_BROUGHT_UP),
    )
    row = tx.look(query).one()
    return int(row[0]), int(row[1] or 0)


def counts_between(
    tx: Transaction, community_id: int, edges: Sequence[datetime]
) -> tuple[int, ...]:
    """How many cases were brought up between each two neighbouring edges, the later one included.

    Without those that were withdrawn or were no requests after all.
    """
    at = col(Case.collected_at)
    parts = [func.count().filter(at > one, at <= other) for one, other in pairwise(edges)]
    query = select(*parts).where(
        col(Case.community_id) == community_id,
        at > edges[0],
        at <= edges[-1],
        col(Case.phase).not_in(NOT_BROUGHT_UP),
    )
    return tuple(tx.look(query).one())


def those_of(tx: Transaction, community_id: int, case_ids: Sequence[int]) -> list[Brought]:
    """The named cases that belong to the community and are visible, oldest first."""
    query = (
        select(
            col(Case.id),
            col(Case.number),
            col(Case.text),
            col(Case.place),
            col(Case.category),
            col(Case.collected_at),
        )
        .where(
            col(Case.id).in_(case_ids),
            col(Case.community_id) == community_id,
            visible(tx.actor),
        )
        .order_by(col(Case.collected_at), col(Case.id))
    )
    return [Brought(*row) for row in tx.look(query)]


def voices(tx: Transaction, case_ids: Sequence[int]) -> dict[int, int]:
    """How many people stand behind each case: who asked and who said "me too"."""
    query = (
        select(col(Party.case_id), func.count())
        .where(col(Party.case_id).in_(case_ids))
        .group_by(col(Party.case_id))
    )
    return {row[0]: row[1] for row in tx.look(query)}
