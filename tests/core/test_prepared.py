"""Rows held back are there for whoever looks, and are written or undone with their work."""

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, func, select, update
from sqlmodel import col

from bot.outbox import tell
from bot.tables import Outgoing
from cases.tables import Case, Confirmation, Party, PartyRole, Source, Urgency
from community.tables import Area, AreaKind, Identity
from core.actor import SYSTEM
from core.columns import new_id
from core.once import once
from core.prepared import Prepared
from core.transaction import table_of

COUNT_AREAS = Prepared(
    select(func.count()).select_from(table_of(Area)).where(col(Area.kind) == bindparam("kind"))
)
STEADY_NAME = Prepared(
    select(col(Area.name)).where(col(Area.code) == bindparam("code")), steady=True
)
COUNT_CASES = Prepared(
    select(func.count()).select_from(table_of(Case)).where(col(Case.number) != bindparam("not"))
)


def area(code):
    return {"id": new_id(), "kind": AreaKind.DISTRICT, "name": code, "code": code}


def write_area(tx, code):
    tx.write(Area, area(code))


def count(tx):
    return tx.look(COUNT_AREAS, {"kind": AreaKind.DISTRICT}).scalar_one()


async def together(db, *works):
    """Results or errors of works that the writer finds waiting all at once."""
    gate, entered = threading.Event(), threading.Event()

    def wait(tx):
        entered.set()
        gate.wait()

    first = asyncio.ensure_future(db.run_sharded("x", SYSTEM, wait))
    await asyncio.to_thread(entered.wait)
    rest = [asyncio.ensure_future(db.run_sharded("x", SYSTEM, *work)) for work in works]
    await asyncio.sleep(0)
    gate.set()
    await first
    return await asyncio.gather(*rest, return_exceptions=True)


async def test_every_way_of_looking_sees_what_was_written(db):
    def look(tx):
        write_area(tx, "A")
        prepared = count(tx)
        write_area(tx, "B")
        core = tx.core.execute(select(func.count()).select_from(table_of(Area))).scalar_one()
        write_area(tx, "C")
        session = sorted(tx.execute(select(col(Area.code))).scalars())
        write_area(tx, "D")
        with tx.begin_nested():
            write_area(tx, "E")
        return prepared, core, session, count(tx)

    assert await db.run(SYSTEM, look) == (1, 2, ["A", "B", "C"], 5)
    assert await db.read(SYSTEM, count) == 5


async def test_what_a_nested_part_wrote_is_undone_with_it(db):
    def look(tx):
        write_area(tx, "A")
        part = tx.core.begin_nested()
        write_area(tx, "B")
        part.rollback()
        return count(tx)

    assert await db.run(SYSTEM, look) == 1
    assert await db.read(SYSTEM, count) == 1


async def test_the_next_work_of_a_batch_sees_it(db):
    def write_and_count(tx, code):
        before = count(tx)
        write_area(tx, code)
        return before

    works = [(write_and_count, str(n)) for n in range(10)]
    assert await together(db, *works) == list(range(10))


async def test_a_work_that_fails_takes_only_its_own_rows_along(db):
    def fail(tx):
        write_area(tx, "gone")
        raise ValueError

    works = [(write_area, "A"), (fail,), (write_area, "B")]
    results = await together(db, *works)
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert await db.read(SYSTEM, count) == 2


async def test_a_row_the_database_refuses_fails_only_its_work(db):
    works = [(write_area, "A"), (write_area, "A"), (write_area, "B")]
    results = await together(db, *works)
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert results[2] is None
    assert await db.read(SYSTEM, count) == 2


def open_case(tx, community_id, number):
    """Rows of three tables that refer to each other, written with nothing read in between."""
    identity, case = new_id(), new_id()
    tx.write(
        Identity,
        {
            "id": identity,
            "channel": "test",
            "sender": number,
            "community_id": community_id,
            "first_at": tx.now,
        },
    )
    tx.write(
        Case,
        {
            "id": case,
            "community_id": community_id,
            "number": number,
            "text": "灯不亮",
            "category": "其他",
            "urgency": Urgency.NORMAL,
            "source": Source.CHAT,
            "phase": "triage",
            "confirmation": Confirmation.RESIDENT,
            "is_public": True,
            "model": "",
            "collected_at": tx.now,
            "rework_count": 0,
            "reopened_count": 0,
        },
    )
    tx.write(
        Party,
        {
            "id": new_id(),
            "community_id": community_id,
            "case_id": case,
            "identity_id": identity,
            "role": PartyRole.REPORTER,
            "joined_at": tx.now,
        },
    )


async def test_what_others_refer_to_is_written_first(db, cast):
    def look_at_cases(tx):
        return tx.look(COUNT_CASES, {"not": ""}).scalar_one()

    works = []
    for number in range(6):
        works += [(open_case, cast.xfl, f"T-{number}"), (look_at_cases,)]
    results = await together(db, *works)
    assert results == [None, 1, None, 2, None, 3, None, 4, None, 5, None, 6]


async def test_a_steady_answer_is_asked_again_after_a_change(db):
    def name(tx):
        return tx.look(STEADY_NAME, {"code": "A"}).scalar()

    def look(tx):
        found = [name(tx)]
        write_area(tx, "A")
        found.append(name(tx))
        tx.core.execute(update(table_of(Area)).values(name="plain"))
        found.append(name(tx))
        row = tx.execute(select(Area).where(col(Area.code) == "A")).scalar_one()
        row.name = "session"
        tx.add(row)
        tx.flush()
        return [*found, name(tx), name(tx)]

    assert await db.run(SYSTEM, look) == [None, "A", "plain", "session", "session"]


async def test_a_steady_answer_does_not_outlive_its_batch(db):
    def name(tx):
        return tx.look(STEADY_NAME, {"code": "A"}).scalar()

    assert await db.run(SYSTEM, name) is None
    await db.run(SYSTEM, write_area, "A")
    assert await db.run(SYSTEM, name) == "A"


async def test_a_reader_is_refused_at_once(db):
    def write(tx):
        write_area(tx, "A")
        pytest.fail("a reader must not get this far")

    with pytest.raises(Exception, match=r"(?i)read.?only"):
        await db.read(SYSTEM, write)


async def test_many_rows_do_not_pile_up(db):
    def write(tx):
        for number in range(2_500):
            write_area(tx, str(number))

    await db.run(SYSTEM, write)
    assert await db.read(SYSTEM, count) == 2_500


async def test_the_same_key_twice_in_a_batch_is_done_once(db):
    def work(tx):
        return once(tx, "k", "f", lambda: (write_area(tx, "A"), "first")[1])

    assert await together(db, (work,), (work,), (work,)) == ["first"] * 3
    assert await db.read(SYSTEM, count) == 1


async def test_words_are_told_once_however_late_they_are_written(db):

    def work(tx):
        for _ in range(2):
            tell(tx, key="k", channel="c", recipient="r", text="好", due_at=tx.now + timedelta(1))

    await together(db, (work,), (work,))
    rows = await db.read(SYSTEM, lambda tx: tx.execute(select(col(Outgoing.key))).scalars().all())
    assert rows == ["k"]


async def test_a_refused_row_says_so_to_a_lone_work(db):
    await db.run(SYSTEM, write_area, "A")
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        await db.run(SYSTEM, write_area, "A")


async def test_after_a_broken_connection_the_next_work_has_a_whole_one(db):
    def break_it(tx):
        write_area(tx, "lost")
        tx.core.connection.dbapi_connection.close()
        count(tx)

    with pytest.raises(Exception, match=r"(?i)clos"):
        await db.run(SYSTEM, break_it)
    await db.run(SYSTEM, write_area, "A")
    assert await db.read(SYSTEM, count) == 1
