"""Sealing the event log: the rows' places, the signed heads, and the check of them all.

Writing an event costs nothing more. Each minute whoever has the turn reads the rows that have no
place yet, outside any writing transaction, and writes places and heads in one short one. See
core/seals.py for what a seal proves.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Index, bindparam, func, select, update
from sqlmodel import Field, SQLModel, col

from core import merkle
from core.actor import SYSTEM
from core.canonical import INTEGER_MAX, Json, canonical
from core.columns import COUNTER_BITS, ID_TYPE, WORKER_BITS, document
from core.database import Database
from core.prepared import Prepared, both
from core.seals import Row, Seal, Sealed, check_seals, export_lines, seal_rows
from core.signatures import private_key, public_key
from core.signing import Signer
from core.transaction import EventRecord, Transaction, table_of

ROUND_ROWS_MAX = 5_000
ROUNDS_MAX = 200  # of one turn; a longer backlog goes on with the next
PAGE_ROWS = 5_000
# How far behind the newest sealed row each turn looks for rows that were committed late. What a
# longer transaction wrote is found by the sweep over everything, once a day.
LATE_MS = 15 * 60 * 1_000
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# As core.canonical writes objects with keys in ASCII and whole numbers, five times as fast.
_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class SealRecord(SQLModel, table=True):
    """A signed head. The database itself refuses to change or delete a row."""

    __tablename__ = "core_seal"

    community_id: int = Field(primary_key=True, sa_type=ID_TYPE)
    number: int = Field(primary_key=True)
    size: int = Field(sa_type=ID_TYPE)
    root: str = Field(max_length=64)
    previous: str = Field(max_length=64)
    time: str = Field(max_length=20)  # as signed: UTC, to the second
    key: str = Field(max_length=64)
    signature: str = Field(max_length=128)


class SealPlace(SQLModel, table=True):
    """The place of an event in its community's tree; append-only like the seals.

    No foreign key: to check it PostgreSQL would lock, and so rewrite, every row of the log.
    """

    __tablename__ = "core_seal_place"
    __table_args__ = (Index("ix_core_seal_place_place", "community_id", "place", unique=True),)

    event_id: int = Field(
        primary_key=True, sa_type=ID_TYPE, sa_column_kwargs={"autoincrement": False}
    )
    community_id: int = Field(sa_type=ID_TYPE)
    place: int = Field(sa_type=ID_TYPE)


class SealTree(SQLModel, table=True):
    """How far a community's log is sealed: what the next seal goes on from."""

    __tablename__ = "core_seal_tree"

    community_id: int = Field(
        primary_key=True, sa_type=ID_TYPE, sa_column_kwargs={"autoincrement": False}
    )
    number: int = -1  # of the last seal; -1 before the first
    size: int = Field(default=0, sa_type=ID_TYPE)
    peaks: list[str] = document(default_factory=list)


@dataclass(frozen=True, slots=True)
class SealState:
    """How a log stands: rows and events, the last seal (None before the first), what waits."""

    event_count: int
    sealed_count: int
    last: Seal | None
    oldest_waiting: datetime | None


_ROWS = (
    col(EventRecord.id),
    col(EventRecord.community_id),
    col(EventRecord.subject_id),
    col(EventRecord.at),
    col(EventRecord.actor_id),
    col(EventRecord.actor_kind),
    col(EventRecord.name),
    col(EventRecord.facts),
)
_HAS_PLACE = (
    select(col(SealPlace.event_id)).where(col(SealPlace.event_id) == col(EventRecord.id)).exists()
)
_UNSEALED = Prepared(
    select(*_ROWS)
    .where(col(EventRecord.id) > bindparam("after"), ~_HAS_PLACE)
    .order_by(col(EventRecord.id))
    .limit(ROUND_ROWS_MAX)
)
_PLACED = Prepared(
    select(*_ROWS, col(SealPlace.place))
    .join_from(EventRecord, SealPlace, col(SealPlace.event_id) == col(EventRecord.id))
    .where(
        col(SealPlace.community_id) == bindparam("community"),
        col(SealPlace.place) >= bindparam("first"),
    )
    .order_by(col(SealPlace.place))
    .limit(PAGE_ROWS)
)
_FIRST = Prepared(
    both(lambda insert: insert(table_of(SealTree)).on_conflict_do_nothing()),
    ("community_id", "number", "size", "peaks"),
)


def seal_key(signer: Signer) -> Ed25519PrivateKey:
    """The key that signs seals, derived from the installation's one secret."""
    return private_key(signer.key("seals"))


async def seal_new(db: Database, key: Ed25519PrivateKey) -> int:
    """Seal what has no place yet, round after round; returns how many rows that were.

    Several processes may do so at once: whoever comes second to a community leaves it be.
    """
    after = await db.read(SYSTEM, _horizon)
    return await _seal(db, key, after)


async def sweep(db: Database, key: Ed25519PrivateKey) -> int:
    """As `seal_new`, over the whole log: also what a very long transaction committed late."""
    return await _seal(db, key, -1)


async def _seal(db: Database, key: Ed25519PrivateKey, after: int) -> int:
    count = 0
    for _ in range(ROUNDS_MAX):
        drafts = await db.read(SYSTEM, _drafts, key, after)
        kept = await db.run(SYSTEM, _keep, drafts) if drafts else 0
        count += kept
        if kept < ROUND_ROWS_MAX:  # nothing is left, or another process is at it
            break
    return count


def seals(
    tx: Transaction, community_id: int, *, first: int = 0, limit: int | None = None
) -> list[Seal]:
    """The seals of a community from number `first` on, oldest first."""
    query = select(*(col(getattr(SealRecord, name)) for name in Seal.__slots__)).where(
        col(SealRecord.community_id) == community_id, col(SealRecord.number) >= first
    )
    rows = tx.look(query.order_by(col(SealRecord.number)).limit(limit))
    return [Seal(*tuple(row)) for row in rows]


def last_seals(tx: Transaction, community_ids: Sequence[int] | None = None) -> list[Seal]:
    """The newest seal of each of these communities, or of all; those never sealed are left out."""
    query = (
        select(*(col(getattr(SealRecord, name)) for name in Seal.__slots__))
        .join_from(SealTree, SealRecord, col(SealRecord.community_id) == col(SealTree.community_id))
        .where(col(SealRecord.number) == col(SealTree.number))
        .order_by(col(SealTree.community_id))
    )
    if community_ids is not None:
        query = query.where(col(SealTree.community_id).in_(community_ids))
    return [Seal(*tuple(row)) for row in tx.look(query)]


def sealed_rows(tx: Transaction, community_id: int) -> Iterator[Row]:
    """Every sealed row of a community in its place, as the log has it now; read page by page."""
    first = 0
    while True:
        values = {"community": community_id, "first": first}
        page = tx.look(_PLACED, values).all()
        for row in page:
            yield event_row(row)
        if len(page) < PAGE_ROWS:
            return
        first = page[-1].place + 1


def check_sealed(tx: Transaction, community_id: int, key: Ed25519PrivateKey) -> int:
    """Recompute every seal of a community over its rows; returns how many rows hold.

    SealBroken names the first seal that does not hold: a change lies between it and the one
    before.
    """
    peaks = check_seals(
        seals(tx, community_id),
        sealed_rows(tx, community_id),
        community_id=community_id,
        key=public_key(key),
    )
    return peaks.size


def export_sealed(tx: Transaction, community_id: int) -> Iterator[bytes]:
    """The file for the stand-alone check (core/verify_seals.py), line by line."""
    return export_lines(seals(tx, community_id), sealed_rows(tx, community_id))


def seal_state(tx: Transaction) -> SealState:
    """How the whole log stands, for the operator."""
    events = int(tx.look(select(func.count()).select_from(EventRecord)).scalar_one())
    sealed = int(tx.look(select(func.count()).select_from(SealPlace)).scalar_one())
    newest = max(last_seals(tx), key=lambda seal: seal.time, default=None)
    oldest = None
    if sealed < events:
        oldest = tx.look(_UNSEALED, {"after": -1}).all()[0].at
    return SealState(events, sealed, newest, oldest)


def event_row(record: Any) -> Row:
    """The bytes that stand for a row of the log: all of it, in canonical JSON, ids as text."""
    whole: dict[str, Json] = {
        "id": str(record.id),
        "community": str(record.community_id),
        "subject": str(record.subject_id),
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": None if record.actor_id is None else str(record.actor_id),
        "actor_kind": record.actor_kind,
        "name": record.name,
        "facts": _exact(record.facts),
    }
    return Row(record.id, _WRITER.encode(whole).encode())


def _exact(value: Any) -> Json:
    """The value with ids as text, since JSON numbers end at 2**53, and so with fractions."""
    if isinstance(value, dict):
        return {name: _exact(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_exact(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > INTEGER_MAX:
        return str(value)
    if isinstance(value, float):
        return canonical(value).decode()
    plain: Json = value
    return plain


def _horizon(tx: Transaction) -> int:
    newest = tx.look(select(func.max(col(SealPlace.event_id)))).scalar()
    return -1 if newest is None else int(newest) - (LATE_MS << (WORKER_BITS + COUNTER_BITS))


def _drafts(tx: Transaction, key: Ed25519PrivateKey, after: int) -> list[Sealed]:
    """Seals over the next rows without a place, one for each community; nothing is written."""
    # The trees first: what another process seals meanwhile then falls out of the drafts, or of
    # what _keep takes.
    trees = {
        row.community_id: row
        for row in tx.look(
            select(
                col(SealTree.community_id),
                col(SealTree.number),
                col(SealTree.size),
                col(SealTree.peaks),
            )
        )
    }
    found = sorted(tx.look(_UNSEALED, {"after": after}), key=lambda row: row.community_id)
    drafts = []
    for community_id, rows in groupby(found, key=lambda row: row.community_id):
        tree = trees.get(community_id)
        number, size, hashes = (tree.number, tree.size, tree.peaks) if tree else (-1, 0, [])
        last = seals(tx, community_id, first=number)[0] if number >= 0 else None
        drafts.append(
            seal_rows(
                [event_row(row) for row in rows],
                community_id=community_id,
                last=last,
                peaks=merkle.Peaks(size, tuple(bytes.fromhex(one) for one in hashes)),
                time=_not_before(tx.now, last),
                key=key,
            )
        )
    return drafts


def _not_before(now: datetime, last: Seal | None) -> datetime:
    """Now, or the time of the last seal where another process's clock is ahead of ours."""
    if last is None:
        return now
    return max(now, datetime.strptime(last.time, _TIME).replace(tzinfo=UTC))


def _keep(tx: Transaction, drafts: Sequence[Sealed]) -> int:
    """Write the drafts that still go on from where their trees stand; returns the rows sealed."""
    count = 0
    for draft in drafts:
        seal = draft.seal
        if not _is_next(tx, seal):
            continue
        tx.write(SealRecord, {name: getattr(seal, name) for name in Seal.__slots__})
        tx.write(
            SealPlace,
            *(
                {"event_id": event_id, "community_id": seal.community_id, "place": place}
                for event_id, place in draft.places
            ),
        )
        tx.look(
            update(SealTree)
            .where(col(SealTree.community_id) == seal.community_id)
            .values(
                number=seal.number, size=seal.size, peaks=[one.hex() for one in draft.peaks.hashes]
            )
        )
        count += len(draft.places)
    return count


def _is_next(tx: Transaction, seal: Seal) -> bool:
    """Whether no other process has sealed meanwhile; the tree stays locked until the end."""
    start = {"community_id": seal.community_id, "number": -1, "size": 0, "peaks": []}
    tx.look(_FIRST, start)
    query = select(col(SealTree.number)).where(col(SealTree.community_id) == seal.community_id)
    return bool(tx.look(query.with_for_update()).scalar_one() + 1 == seal.number)
