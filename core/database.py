"""The only place where transactions begin and end."""

import asyncio
import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from core.actor import Actor
from core.cores import spread_out
from core.errors import Busy
from core.prepared import Driver
from core.transaction import Reactions, Transaction

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]
Work = Callable[Concatenate[Transaction, P], T]

DRIVER = "driver"  # where a connection keeps the driver of the batch it is in
QUERY_ONLY = "query_only"
BUSY_TIMEOUT_MS = 5_000
READ_THREADS_MAX = 4
PG_WRITERS = 4
QUEUE_MAX = 4_000
BATCH_MAX = 64
ATTEMPTS_MAX = 5
# Serialization failure, deadlock: PostgreSQL asks for the whole transaction again.
RETRY_STATES = frozenset({"40001", "40P01"})

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class _Task:
    call: Callable[[Transaction], Any]
    actor: Actor
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None
    result: Any = None
    error: BaseException | None = None


class Database:
    """A SQLite or PostgreSQL database: `run` changes it, `read` only looks.

    On SQLite one thread writes; on PostgreSQL PG_WRITERS threads do, and works with the same
    `shard` meet the same one, in order. Each takes what is waiting, runs it, commits once, and
    only then answers: nothing is acknowledged before it is durable, and one work's failure undoes
    that work alone. A work may be run again from its start, so it has no effect outside.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock = utc_now,
        reactions: Reactions | None = None,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self.engine = make_engine(url)
        self.clock = clock
        self.reactions: Reactions = reactions or {}
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        count = 1 if self.is_sqlite else PG_WRITERS
        self._writers = [_Writer(self, queue_max // count, n) for n in range(count)]
        self._readers = ThreadPoolExecutor(
            READ_THREADS_MAX, thread_name_prefix="db-read", initializer=spread_out
        )

    async def run(
        self,
        actor: Actor,
        work: Work[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The result of plain (never async) work in one transaction, once it is durable.

        Raises what the work raises, after its changes are undone, and Busy when too much waits.
        """
        return await self.run_sharded("", actor, work, *args, **kwargs)

    async def run_sharded(
        self, shard: str, actor: Actor, work: Work[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `run`; works with the same shard are done in the order they were asked for."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._writer(shard).submit(_Task(_bind(work, args, kwargs), actor, future, loop))
        return cast(T, await future)

    def run_now(self, actor: Actor, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, for commands that have no event loop: blocks until it is durable."""
        future: Future[Any] = Future()
        self._writer("").submit(_Task(_bind(work, args, kwargs), actor, future, None))
        return cast(T, future.result())

    async def read(self, actor: Actor, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of work that only looks; a write in it is an error."""
        loop = asyncio.get_running_loop()
        call = partial(self.read_now, actor, work, *args, **kwargs)
        return await loop.run_in_executor(self._readers, call)

    def read_now(self, actor: Actor, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, blocking."""
        engine = self.engine.execution_options(read_only=True)
        with engine.connect() as connection, connection.begin():
            tx = self._transaction(connection, actor, read_only=True)
            try:
                return work(tx, *args, **kwargs)
            finally:
                tx.driver.close()
                tx.let_go()

    def waiting(self) -> int:
        """How many works wait to be written."""
        return sum(writer.waiting() for writer in self._writers)

    def writing_threads(self) -> list[int]:
        """The native ids of the threads that write."""
        return [writer.thread_id() for writer in self._writers]

    def close(self) -> None:
        """Finish what is waiting, then let go of every connection."""
        for writer in self._writers:
            writer.close()
        self._readers.shutdown()
        self.engine.dispose()

    def _transaction(
        self,
        connection: Connection,
        actor: Actor,
        *,
        driver: Driver | None = None,
        read_only: bool = False,
    ) -> Transaction:
        return Transaction(
            connection,
            now=self.clock(),
            actor=actor,
            reactions=self.reactions,
            driver=driver,
            read_only=read_only,
        )

    def _writer(self, shard: str) -> "_Writer":
        if len(self._writers) == 1:
            return self._writers[0]
        return self._writers[zlib.crc32(shard.encode()) % len(self._writers)]


class _Writer:
    """A thread that drains its queue into one commit after another."""

    def __init__(self, db: Database, queue_max: int, number: int) -> None:
        self._db = db
        self._queue_max = queue_max
        self._waiting: list[_Task] = []
        self._ready = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=f"db-write-{number}", daemon=True)
        self._thread.start()

    def waiting(self) -> int:
        return len(self._waiting)

    def thread_id(self) -> int:
        assert self._thread.native_id is not None, "it was started"
        return self._thread.native_id

    def submit(self, task: _Task) -> None:
        with self._ready:
            if self._closing or len(self._waiting) >= self._queue_max:
                raise Busy
            self._waiting.append(task)
            if len(self._waiting) == 1:
                self._ready.notify()

    def close(self) -> None:
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._thread.join()

    def _serve(self) -> None:
        connection: Connection | None = None
        while True:
            with self._ready:
                while not self._waiting and not self._closing:
                    self._ready.wait()
                batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            if not batch:
                break
            connection = self._carry_out(connection, batch)
            _answer(batch)
        if connection is not None:
            connection.close()

    def _carry_out(self, connection: Connection | None, batch: list[_Task]) -> Connection | None:
        """Run the batch and commit it; every task then holds its result or its error.

        Most works succeed: they share a transaction without savepoints. When one of several fails,
        all is undone and run again, each in a savepoint of its own.
        """
        one_by_one = False
        attempt = 1
        while True:
            try:
                if connection is None:
                    connection = self._db.engine.connect()
                with connection.begin(), _held_back(connection) as driver:
                    for task in batch:
                        self._run_one(connection, driver, task, apart=one_by_one)
                return connection
            except _WorkFailed as failed:
                if len(batch) == 1:
                    batch[0].result, batch[0].error = None, failed.__cause__
                    return connection
                one_by_one = True
            except Exception as error:
                # The connection may be half-way through anything: begin again with a new one.
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                    connection = None
                if attempt == ATTEMPTS_MAX or not _is_transient(error):
                    log.exception("a batch of %d works could not be committed", len(batch))
                    for task in batch:
                        task.result, task.error = None, error
                    return None
                attempt += 1

    def _run_one(self, connection: Connection, driver: Driver, task: _Task, *, apart: bool) -> None:
        if apart:
            driver.cursor().execute("SAVEPOINT work")
        tx = self._db._transaction(connection, task.actor, driver=driver)
        try:
            task.result, task.error = task.call(tx), None
            tx.settle()
            if apart:
                driver.settle()
        except Exception as error:
            if _is_transient(error):
                raise
            tx.let_go()
            if not apart:
                raise _WorkFailed from error
            driver.drop()
            driver.cursor().execute("ROLLBACK TO SAVEPOINT work")
            task.result, task.error = None, error
        else:
            tx.let_go()
        if apart:
            driver.cursor().execute("RELEASE SAVEPOINT work")


class _WorkFailed(Exception):
    """A work of the batch raised; each must be run in a savepoint of its own."""


@contextmanager
def _held_back(connection: Connection) -> Iterator[Driver]:
    """A driver that holds rows back for a batch, and writes them at its end."""
    driver = Driver(connection, holds=True)
    info = connection.info  # a broken connection could not be asked for it any more
    info[DRIVER] = driver
    try:
        yield driver
        try:
            driver.settle()
        except Exception as error:
            if _is_transient(error):
                raise
            raise _WorkFailed from error
    finally:
        del info[DRIVER]
        driver.close()


def _settle_first(connection: Connection, *_: Any) -> None:
    """Statements of the session and of plain Core see all rows that were written before them."""
    driver: Driver | None = connection.info.get(DRIVER)
    if driver is not None:
        driver.settle()
        driver.forget()


def _bind(work: Callable[..., T], args: Any, kwargs: Any) -> Callable[[Transaction], T]:
    return lambda tx: work(tx, *args, **kwargs)


def _answer(batch: Iterable[_Task]) -> None:
    """Wake those who wait: one call into each event loop for the whole batch."""
    loops: dict[asyncio.AbstractEventLoop, list[_Task]] = {}
    for task in batch:
        if task.loop is None:
            _resolve(task)
        else:
            loops.setdefault(task.loop, []).append(task)
    for loop, tasks in loops.items():
        # A loop that has closed meanwhile has nobody left who waits.
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve_all, tasks)


def _resolve_all(tasks: list[_Task]) -> None:
    for task in tasks:
        _resolve(task)


def _resolve(task: _Task) -> None:
    if task.future.cancelled():
        return
    if task.error is not None:
        task.future.set_exception(task.error)
    else:
        task.future.set_result(task.result)


def _is_transient(error: BaseException) -> bool:
    """Whether the whole batch may succeed when it is run again; errors of the driver count, too."""
    cause: object = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig
    state = getattr(cause, "sqlstate", None)
    if state in RETRY_STATES:
        return True
    return isinstance(cause, sqlite3.OperationalError) and "database is locked" in str(cause)


def make_engine(url: str) -> Engine:
    """An engine whose every connection is set up for safety: WAL and FULL sync on SQLite."""
    engine = create_engine(
        url,
        json_serializer=json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode,
        pool_size=READ_THREADS_MAX + PG_WRITERS,
        max_overflow=8,
        pool_pre_ping=not url.startswith("sqlite"),
    )
    event.listen(engine, "before_cursor_execute", _settle_first)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, in _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -32000")


def _begin_sqlite(connection: Connection) -> None:
    # A writing transaction takes the lock at once: one that reads first and writes
    # later can otherwise fail half-way with "database is locked".
    read_only = bool(connection.get_execution_options().get("read_only", False))
    run = cast(sqlite3.Connection, connection.connection.dbapi_connection).execute
    # The pragma stays with the connection from one transaction to the next.
    if connection.info.get(QUERY_ONLY) != read_only:
        run(f"PRAGMA query_only = {int(read_only)}")
        connection.info[QUERY_ONLY] = read_only
    run("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("read_only", False):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
