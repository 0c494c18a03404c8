"""Reading in processes of their own says what reading here says, whatever becomes of them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.readers import Readers, spare_cores
from nlp.installed import choose_model
from nlp.reading import Context, read

pytestmark = pytest.mark.slow  # each test starts real processes

TEXTS = (
    "3栋2单元501漏水了，请派人来修",
    "大家早上好",
    "闻到很浓的煤气味，快来人",
    "",
    "😀" * 50,
    "\ud800 broken \x00 text",
    "老槐树那边路灯不亮",
)
CONTEXT = Context(
    sender="o1",
    messages=(("m1", "o2", "二单元电梯坏了"), ("m2", "o3", "是啊，困了人")),
    matters=(("m1", "o2", "二单元电梯坏了"),),
    gazetteer=("老槐树", "3栋"),
    thresholds={"gate": 0.3},
)


@pytest.fixture
async def readers(tmp_path: Path) -> AsyncIterator[Readers]:
    opened = Readers(1, tmp_path / "nlp")
    await opened.start()
    await opened.ready()
    yield opened
    await opened.close()


async def test_another_process_reads_as_this_one_does(readers: Readers) -> None:
    contexts = (Context(), CONTEXT)
    asked = [(text, context) for text in TEXTS for context in contexts]
    found = await asyncio.gather(
        *(
            readers.read(f"room {number}", text, context, place=contexts.index(context))
            for number, (text, context) in enumerate(asked)
        )
    )
    assert found == [read(text, context) for text, context in asked]


async def test_names_of_a_place_may_change(readers: Readers) -> None:
    text = "老槐树那边路灯不亮"
    for names in (("老槐树",), (), ("老槐树那边",)):
        context = Context(gazetteer=names)
        assert await readers.read("room", text, context, place=7) == read(text, context)


async def test_messages_of_a_room_are_read_in_order(readers: Readers) -> None:
    done: list[int] = []

    async def one(number: int) -> None:
        await readers.read("room", f"{number}栋楼道灯不亮了", Context(), place=0)
        done.append(number)

    await asyncio.gather(*(one(number) for number in range(200)))
    assert done == list(range(200))


async def test_a_killed_reader_loses_nothing_and_comes_back(readers: Readers) -> None:
    before = set(readers.pids)
    assert len(before) == 1
    asked = [
        asyncio.create_task(readers.read(f"room {number}", f"{number}栋漏水了", Context(), place=0))
        for number in range(300)
    ]
    await asyncio.sleep(0)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    found = await asyncio.gather(*asked)
    assert [reading.text for reading in found] == [f"{number}栋漏水了" for number in range(300)]
    async with asyncio.timeout(60):
        await readers.ready()
    assert before.isdisjoint(readers.pids)
    assert await readers.read("room", TEXTS[0], CONTEXT, place=0) == read(TEXTS[0], CONTEXT)


async def test_processes_end_with_their_readers(tmp_path: Path) -> None:
    opened = Readers(1, tmp_path / "nlp")
    await opened.start()
    await opened.ready()
    (pid,) = opened.pids
    await opened.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (await opened.read("room", TEXTS[0], CONTEXT, place=0)).intent == "request"


async def test_a_model_that_cannot_be_loaded_leaves_the_shipped_one(tmp_path: Path) -> None:
    folder = tmp_path / "nlp"
    (folder / "broken").mkdir(parents=True)
    (folder / "broken" / "manifest.json").write_text('{"version": "broken"}', "utf-8")
    choose_model(folder, "broken")
    opened = Readers(1, folder)
    await opened.start()
    await opened.ready()
    try:
        reading = await opened.read("room", TEXTS[0], Context(), place=0)
        assert reading == read(TEXTS[0])
    finally:
        await opened.close()


async def test_without_readers_this_process_reads() -> None:
    none = Readers(0, Path("nowhere"))
    await none.start()
    assert await none.read("room", TEXTS[0], CONTEXT, place=0) == read(TEXTS[0], CONTEXT)
    await none.close()
    assert none.pids == []


def test_the_first_core_is_for_answering() -> None:
    assert 0 <= spare_cores() <= 3
