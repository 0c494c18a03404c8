import asyncio
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from community.tables import Area, AreaKind
from core.actor import NOBODY, SYSTEM
from core.columns import new_id
from core.database import Database
from core.errors import Busy, KeyReused, NotAllowed, Refusal
from core.once import once
from core.transaction import Event, EventRecord


def add_area(tx, code):
    tx.add(Area(kind=AreaKind.DISTRICT, name=code, code=code))
    tx.flush()


def codes(tx):
    return sorted(tx.exec(select(Area.code)))


def add_and_refuse(tx, code):
    add_area(tx, code)
    raise Refusal


async def test_run_commits_what_returns_and_undoes_what_raises(db):
    results = await asyncio.gather(
        db.run(SYSTEM, add_area, "A"),
        db.run(SYSTEM, add_and_refuse, "B"),
        db.run(SYSTEM, add_area, "C"),
        return_exceptions=True,
    )

    assert [type(r) for r in results] == [type(None), Refusal, type(None)]
    assert await db.read(SYSTEM, codes) == ["A", "C"]


async def test_unique_violation_undoes_its_own_work_alone(db):
    results = await asyncio.gather(
        *(db.run(SYSTEM, add_area, code) for code in ["A", "A", "B"]), return_exceptions=True
    )

    assert sum(isinstance(r, DBAPIError) for r in results) == 1
    assert await db.read(SYSTEM, codes) == ["A", "B"]


async def test_read_refuses_to_write(db):
    with pytest.raises(DBAPIError):
        await db.read(SYSTEM, add_area, "A")

    assert await db.read(SYSTEM, codes) == []


async def test_full_queue_answers_busy(settings):
    db = Database(settings.database, queue_max=4)
    gate, entered = threading.Event(), threading.Event()
    shard = "one"

    def wait(tx):
        entered.set()
        gate.wait()

    limit = 4 if db.is_sqlite else 1
    blocked = [asyncio.ensure_future(db.run_sharded(shard, SYSTEM, wait))]
    await asyncio.to_thread(entered.wait)  # the writer has taken the first and is held by it
    blocked += [asyncio.ensure_future(db.run_sharded(shard, SYSTEM, wait)) for _ in range(limit)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await db.run_sharded(shard, SYSTEM, wait)
    gate.set()
    await asyncio.gather(*blocked)
    await asyncio.to_thread(db.close)


async def test_works_of_one_shard_keep_their_order(db):
    done = []

    def note(tx, n):
        done.append(n)

    await asyncio.gather(*(db.run_sharded("lan", SYSTEM, note, n) for n in range(200)))

    assert done == list(range(200))


async def test_once_answers_again_and_does_nothing_twice(db):
    def work(tx):
        return once(tx, "k", "f", lambda: (add_area(tx, "A"), "first")[1])

    answers = await asyncio.gather(*(db.run(SYSTEM, work) for _ in range(20)))

    assert answers == ["first"] * 20
    assert await db.read(SYSTEM, codes) == ["A"]


async def test_once_by_two_processes_does_the_work_once(settings):
    one, two = Database(settings.database), Database(settings.database)

    def work(tx):
        return once(tx, "k", "f", lambda: (add_area(tx, "A"), "first")[1])

    answers = await asyncio.gather(*(db.run(SYSTEM, work) for db in [one, two] * 20))

    assert answers == ["first"] * 40
    assert await one.read(SYSTEM, codes) == ["A"]
    one.close()
    two.close()


async def test_once_refuses_another_content_under_the_same_key(db):
    await db.run(SYSTEM, lambda tx: once(tx, "k", "f", lambda: "first"))

    with pytest.raises(KeyReused):
        await db.run(SYSTEM, lambda tx: once(tx, "k", "other", lambda: "second"))


class SomethingHappened(Event):
    NAME = "test.happened"


def happen(tx):
    return tx.emit(SomethingHappened(community_id=1, subject_id=2))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE core_event SET name = 'x'", "DELETE FROM core_event"],
)
async def test_event_history_cannot_be_changed(db, statement):
    await db.run(SYSTEM, happen)

    with pytest.raises(DBAPIError, match="append-only"):
        await db.run(SYSTEM, lambda tx: tx.core.execute(text(statement)))
    names = await db.read(SYSTEM, lambda tx: list(tx.exec(select(EventRecord.name))))
    assert names == ["test.happened"]


async def test_refused_work_leaves_no_event(db):
    def work(tx):
        happen(tx)
        raise Refusal

    with pytest.raises(Refusal):
        await db.run(SYSTEM, work)

    assert await db.read(SYSTEM, lambda tx: list(tx.exec(select(EventRecord.id)))) == []


async def test_nobody_is_not_allowed_anything(db):
    with pytest.raises(NotAllowed):
        await db.run(NOBODY, lambda tx: tx.require("case.see"))


def test_ids_grow_and_never_repeat():
    ids = [new_id() for _ in range(20_000)]

    assert ids == sorted(set(ids))
    assert max(ids) < 2**63
