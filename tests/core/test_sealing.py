"""Sealing a real log: on both databases, by several processes, and found out when it is bent."""

import asyncio
import json
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from core import sealing, verify_seals
from core.actor import SYSTEM
from core.canonical import canonical, parsed
from core.database import Database
from core.sealing import (
    SealPlace,
    SealRecord,
    check_sealed,
    event_row,
    export_sealed,
    last_seals,
    seal_key,
    seal_new,
    seal_state,
    sealed_rows,
    seals,
    sweep,
)
from core.seals import SealBroken
from core.signatures import public_key
from core.signing import Signer
from core.transaction import Event, EventRecord
from tests.conftest import SECRET, START

KEY = seal_key(Signer(SECRET))
BIG = 2**62 + 1  # an id beyond what a JSON number can carry


@dataclass(frozen=True, slots=True, kw_only=True)
class LampMended(Event):
    NAME = "test.lamp"
    lamp_id: int
    is_bright: bool = True


def mend(tx, count=1, *, community_id=1):
    for number in range(count):
        tx.emit(LampMended(community_id=community_id, subject_id=number, lamp_id=BIG + number))


def bend(house, statement):
    """Change the log as only somebody with the database in hand can: with the triggers gone."""
    if house.db.is_sqlite:
        off = ["DROP TRIGGER core_event_no_update", "DROP TRIGGER core_event_no_delete"]
    else:
        off = ["ALTER TABLE core_event DISABLE TRIGGER ALL"]

    def work(tx):
        for one in [*off, statement]:
            tx.core.execute(text(one))

    house.db.run_now(SYSTEM, work)


def look(db, work, *args):
    return db.read_now(SYSTEM, work, *args)


async def test_new_events_are_sealed_for_each_community(db, clock):
    await db.run(SYSTEM, mend, 3)
    await db.run(SYSTEM, mend, 2, community_id=2)

    assert await seal_new(db, KEY) == 5
    clock.forward(minutes=1)
    assert await seal_new(db, KEY) == 0
    await db.run(SYSTEM, mend, 4)
    assert await seal_new(db, KEY) == 4

    assert [(seal.number, seal.size, seal.time) for seal in look(db, seals, 1)] == [
        (0, 3, "2026-11-23T02:00:00Z"),
        (1, 7, "2026-11-23T02:01:00Z"),
    ]
    assert [(seal.community_id, seal.size) for seal in look(db, last_seals)] == [(1, 7), (2, 2)]
    assert look(db, last_seals, [2])[0].size == 2
    assert look(db, check_sealed, 1, KEY) == 7
    state = look(db, seal_state)
    assert (state.event_count, state.sealed_count, state.oldest_waiting) == (9, 9, None)


async def test_a_backlog_takes_several_rounds(db, monkeypatch):
    await db.run(SYSTEM, mend, sealing.ROUND_ROWS_MAX)
    await db.run(SYSTEM, mend, 7)

    assert await seal_new(db, KEY) == sealing.ROUND_ROWS_MAX + 7

    assert [seal.size for seal in look(db, seals, 1)] == [
        sealing.ROUND_ROWS_MAX,
        sealing.ROUND_ROWS_MAX + 7,
    ]
    assert look(db, check_sealed, 1, KEY) == sealing.ROUND_ROWS_MAX + 7


async def test_a_turn_is_bounded_and_the_next_goes_on(db, monkeypatch):
    monkeypatch.setattr(sealing, "ROUNDS_MAX", 1)
    await db.run(SYSTEM, mend, sealing.ROUND_ROWS_MAX + 3)

    counts = [await seal_new(db, KEY) for _ in range(3)]

    assert counts == [sealing.ROUND_ROWS_MAX, 3, 0]


async def test_processes_that_seal_at_once_give_each_row_one_place(database_url):
    houses = [Database(database_url) for _ in range(3)]
    for _ in range(4):
        await houses[0].run(SYSTEM, mend, 20)
        await houses[1].run(SYSTEM, mend, 5, community_id=2)
        counts = await asyncio.gather(*(seal_new(db, KEY) for db in houses * 3))
        assert sum(counts) == 25

    assert look(houses[0], check_sealed, 1, KEY) == 80
    assert look(houses[0], check_sealed, 2, KEY) == 20
    for db in houses:
        db.close()


def late_row(number):
    """An event whose id is older than all others: committed by a transaction that took long."""
    return {
        "id": number,
        "community_id": 1,
        "subject_id": 1,
        "actor_id": None,
        "actor_kind": "system",
        "name": "test.late",
        "facts": {},
    }


async def test_a_row_committed_late_gets_a_later_place(db):
    await db.run(SYSTEM, mend, 3)
    await seal_new(db, KEY)
    newest = look(db, lambda tx: tx.exec(select(func.max(col(EventRecord.id)))).scalar_one())

    await db.run(SYSTEM, lambda tx: tx.write(EventRecord, {**late_row(newest - 9), "at": tx.now}))

    assert await seal_new(db, KEY) == 1
    last = list(look(db, lambda tx: list(sealed_rows(tx, 1))))[-1]
    assert last.id == newest - 9
    assert look(db, check_sealed, 1, KEY) == 4


async def test_the_sweep_finds_what_was_committed_very_late(db):
    await db.run(SYSTEM, mend, 3)
    await seal_new(db, KEY)
    await db.run(SYSTEM, lambda tx: tx.write(EventRecord, {**late_row(5), "at": tx.now}))

    assert await seal_new(db, KEY) == 0
    assert look(db, seal_state).oldest_waiting is not None
    assert await sweep(db, KEY) == 1
    assert look(db, check_sealed, 1, KEY) == 4


async def test_a_clock_that_steps_back_makes_no_seal_that_goes_back(db, clock):
    await db.run(SYSTEM, mend)
    await seal_new(db, KEY)
    clock.forward(minutes=-5)
    await db.run(SYSTEM, mend)
    await seal_new(db, KEY)

    assert {seal.time for seal in look(db, seals, 1)} == {"2026-11-23T02:00:00Z"}
    assert look(db, check_sealed, 1, KEY) == 2


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE core_event SET actor_id = 7 WHERE subject_id = 4", "第 1 道封条对不上"),
        ("UPDATE core_event SET community_id = 9 WHERE subject_id = 1", "第 0 道封条对不上"),
        ("UPDATE core_event SET facts = '{}' WHERE subject_id = 0", "第 0 道封条对不上"),
        ("DELETE FROM core_event WHERE subject_id = 4", "第 1 道封条对不上：只剩 4 行"),
    ],
)
async def test_a_change_behind_the_triggers_is_named(house, statement, why, tmp_path):
    def mend_from(tx, first, count):
        for number in range(first, first + count):
            tx.emit(LampMended(community_id=1, subject_id=number, lamp_id=number))

    await house.db.run(SYSTEM, mend_from, 0, 3)
    await seal_new(house.db, KEY)
    await house.db.run(SYSTEM, mend_from, 3, 2)
    await seal_new(house.db, KEY)
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(look(house.db, lambda tx: list(export_sealed(tx, 1)))))
    assert "验过了，没有发现改动：5 行，2 道封条。" in verify_seals.check(str(file), None, None)
    root = look(house.db, seals, 1)[-1].root

    bend(house, statement)

    with pytest.raises(SealBroken, match=why):
        look(house.db, check_sealed, 1, KEY)
    file.write_bytes(b"".join(look(house.db, lambda tx: list(export_sealed(tx, 1)))))
    with pytest.raises(verify_seals.Broken):
        verify_seals.check(str(file), root, None)


@pytest.mark.parametrize("table", ["core_seal", "core_seal_place"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET community_id = 5", "DELETE FROM {}"])
async def test_seals_and_places_cannot_be_changed(db, table, verb):
    await db.run(SYSTEM, mend)
    await seal_new(db, KEY)

    with pytest.raises(DBAPIError, match="append-only"):
        await db.run(SYSTEM, lambda tx: tx.core.execute(text(verb.format(table))))


async def test_another_secret_signs_as_somebody_else(db):
    await db.run(SYSTEM, mend)
    await seal_new(db, KEY)

    with pytest.raises(SealBroken, match="换了签名的钥匙"):
        look(db, check_sealed, 1, seal_key(Signer("t" * 40)))
    assert look(db, seals, 1)[0].key == public_key(KEY)


async def test_the_bytes_of_a_row_hold_all_of_it_canonically(db):
    await db.run(SYSTEM, mend)
    await seal_new(db, KEY)

    (row,) = look(db, lambda tx: list(sealed_rows(tx, 1)))

    assert canonical(parsed(row.data)) == row.data
    assert json.loads(row.data) == {
        "id": str(row.id),
        "community": "1",
        "subject": "0",
        "at": "2026-11-23T02:00:00.000000+00:00",
        "actor": None,
        "actor_kind": "system",
        "name": "test.lamp",
        "facts": {"is_bright": True, "lamp_id": str(BIG)},
    }


async def test_writing_an_event_writes_nothing_else(db):
    await db.run(SYSTEM, mend, 3)

    counts = look(
        db,
        lambda tx: [
            tx.look(select(func.count()).select_from(table)).scalar_one()
            for table in (EventRecord, SealPlace, SealRecord)
        ],
    )

    assert counts == [3, 0, 0]


FACTS = st.dictionaries(
    st.text("abc_", max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(0, 1),
        st.lists,
        max_leaves=5,
    ),
)


@given(FACTS)
@settings(deadline=None)
def test_the_bytes_of_any_row_are_canonical(facts):
    record = SimpleNamespace(**{**late_row(5), "at": START, "facts": facts})

    data = event_row(record).data

    assert canonical(parsed(data)) == data
