"""Column types every table shares, and the ids rows are known by."""

import threading
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Enum, Integer
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import DateTime, TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

# Every constraint has a name of its own, so that a migration can find it on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# 41 bits of milliseconds since 2026-01-01 UTC (until 2095), 10 bits of worker, 12 bits of counter.
EPOCH_MS = 1_767_225_600_000
WORKER_BITS = 10
COUNTER_BITS = 12
WORKERS_MAX = 1 << WORKER_BITS

# SQLite keeps a table in the order of its key only when the type is spelled INTEGER.
ID_TYPE = BigInteger().with_variant(Integer(), "sqlite")
DOCUMENT_TYPE = JSON().with_variant(JSONB(), "postgresql")


class IdSource:
    """64-bit ids in order of time, never the same twice, also across processes.

    `worker` is a number leased from the database (core/workers.py); two sources with different
    workers never meet. A clock that steps back does not matter: the source goes on from the
    latest moment it has seen.
    """

    def __init__(self, worker: int) -> None:
        assert 0 <= worker < WORKERS_MAX
        self._worker = worker << COUNTER_BITS
        self._lock = threading.Lock()
        self._last_ms = 0
        self._counter = 0

    def __call__(self) -> int:
        with self._lock:
            now_ms = time.time_ns() // 1_000_000 - EPOCH_MS
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, 0
            elif self._counter + 1 < 1 << COUNTER_BITS:
                self._counter += 1
            else:  # more than 4,096 in one millisecond: borrow from the next
                self._last_ms, self._counter = self._last_ms + 1, 0
            return self._last_ms << (WORKER_BITS + COUNTER_BITS) | self._worker | self._counter


_source = IdSource(0)


def new_id() -> int:
    """A fresh 64-bit id, larger than every id this process made before."""
    return _source()


def use_worker(worker: int) -> None:
    """From now on make ids with this leased worker number."""
    global _source
    _source = IdSource(worker)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes in Python, whatever the database keeps."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "naive datetime"
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def key() -> Any:
    """The primary key of a table: a fresh time-ordered id."""
    return Field(default_factory=new_id, primary_key=True, sa_type=ID_TYPE)


def ref(target: str | None = None, **options: Any) -> Any:
    """The id of a row elsewhere; with a target such as "cases_case.id" it must exist."""
    if target is not None:
        options["foreign_key"] = target
    return Field(sa_type=ID_TYPE, **options)


def moment(**options: Any) -> Any:
    """A point in time, aware and in UTC."""
    return Field(sa_type=UtcDateTime, **options)


def document(**options: Any) -> Any:
    """Plain JSON: dicts and lists of strings, numbers, booleans, null."""
    return Field(sa_type=DOCUMENT_TYPE, **options)


def one_of(values: type[StrEnum], **options: Any) -> Any:
    """An enum kept as its readable value ("open"), not as its Python name ("OPEN")."""
    kind = Enum(
        values,
        values_callable=lambda enum: [e.value for e in enum],
        native_enum=False,
        create_constraint=False,
        length=40,
    )
    return Field(sa_type=kind, **options)
