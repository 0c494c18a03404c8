"""One unit of work: the rows, the time, the asker and the consequences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import Connection, Executable, Index, Table, insert
from sqlmodel import Session, SQLModel

from core.actor import Actor
from core.columns import document, key, moment, new_id, ref
from core.errors import NotAllowed
from core.prepared import Driver, Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every domain event: frozen, named in the past tense; ids, codes and times only.

    `community_id` says whose history it belongs to and `subject_id` which row it is about. No
    personal words: texts, names and phones stand in rows that can be erased.
    """

    NAME: ClassVar[str]
    community_id: int
    subject_id: int


Reaction = Callable[["Transaction", Any], None]
Reactions = Mapping[type[Event], Sequence[Reaction]]


class EventRecord(SQLModel, table=True):
    """What happened, in order. The database itself refuses to change or delete a row."""

    __tablename__ = "core_event"
    __table_args__ = (
        Index("ix_core_event_subject", "subject_id", "id"),
        Index("ix_core_event_community", "community_id", "id"),
    )

    id: int = key()
    community_id: int = ref()
    subject_id: int = ref()
    at: datetime = moment()
    actor_id: int | None = ref(default=None)
    actor_kind: str
    name: str
    facts: dict[str, Any] = document()


_INSERTS: dict[tuple[type[SQLModel], tuple[str, ...]], Prepared] = {}


class Transaction(Session):
    """SQLModel's Session that also knows who asks, when, and what follows.

    Every action takes one as its first argument, `tx`. Only core/database.py makes, commits and
    rolls them back. `now` is read once, when the transaction begins; aware, in UTC.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        now: datetime,
        actor: Actor,
        reactions: Reactions,
        driver: Driver | None = None,
        read_only: bool = False,
    ) -> None:
        self._is_open = False
        self._read_only = read_only
        self.core = connection
        self.driver = driver or Driver(connection)
        self.now = now
        self.actor = actor
        self._reactions = reactions
        self._records: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        """Open the session when something of it is first used: most messages need none."""
        if self._is_open:
            raise AttributeError(name)
        self._is_open = True
        # A failed flush must undo this work alone, never the batch it is part of.
        mode: Literal["rollback_only", "create_savepoint"] = (
            "rollback_only" if self._read_only else "create_savepoint"
        )
        super().__init__(bind=self.core, expire_on_commit=False, join_transaction_mode=mode)
        return getattr(self, name)

    def require(self, capability: str, place: int | None = None) -> None:
        """Return if the actor holds the capability (there); otherwise raise NotAllowed."""
        if not self.actor.can(capability, place):
            raise NotAllowed(capability=capability)

    def write(self, table: type[SQLModel], *rows: dict[str, Any]) -> None:
        """Insert plain rows without the session: for the path every message takes.

        The rows have the same columns; what is left out is the column's constant default or null.
        They are there for every statement that looks, but go to the database as late as that.
        """
        if rows:
            key = (table, tuple(rows[0]))
            prepared = _INSERTS.get(key)
            if prepared is None:
                prepared = _INSERTS[key] = Prepared(insert(table_of(table)), key[1])
            prepared.hold(self.driver, *rows)

    def hold(self, statement: Prepared, values: dict[str, Any]) -> None:
        """Run a write whose outcome nobody asks for, as late as nobody can see it."""
        statement.hold(self.driver, values)

    def look(self, statement: Executable | Prepared, values: dict[str, Any] | None = None) -> Any:
        """Run a statement without the session; rows are plain tuples with named columns.

        Gives a CursorResult, or core.prepared.Rows for a Prepared, which are asked alike.
        """
        if isinstance(statement, Prepared):
            return statement.run(self.driver, values or {})
        return self.core.execute(statement, values)

    def emit(self, event: Event) -> int:
        """Record the event, run its reactions here and now, and return the record's id."""
        record = {
            "id": new_id(),
            "community_id": event.community_id,
            "subject_id": event.subject_id,
            "at": self.now,
            "actor_id": self.actor.id,
            "actor_kind": self.actor.kind,
            "name": event.NAME,
            "facts": {name: _plain(getattr(event, name)) for name in _fact_names(type(event))},
        }
        self._records.append(record)
        for react in self._reactions.get(type(event), ()):
            react(self, event)
        record_id = record["id"]
        assert isinstance(record_id, int)
        return record_id

    def settle(self) -> None:
        """End the work: what the session holds back goes to the database, events to the driver."""
        if self._is_open:
            self.flush()
        records, self._records = self._records, []
        self.write(EventRecord, *records)
        if self._is_open and self.in_transaction():
            self.commit()

    def let_go(self) -> None:
        """Close the session, if there is one: what it holds back is not written."""
        if self._is_open:
            self.close()


def table_of(model: type[SQLModel]) -> Table:
    """The plain table behind a model, for statements that need no session."""
    table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on tables
    assert isinstance(table, Table)
    return table


_FACTS: dict[type[Event], tuple[str, ...]] = {}


def _fact_names(kind: type[Event]) -> tuple[str, ...]:
    names = _FACTS.get(kind)
    if names is None:
        columns = ("community_id", "subject_id")
        names = _FACTS[kind] = tuple(f.name for f in fields(kind) if f.name not in columns)
    return names


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
