"""Processes that read messages, so that the one that answers people is free to answer.

Reading is pure: it may be done anywhere. Where a reader is not ready, or has died, the message is
read here and now, so nothing ever waits for one that will not come.
"""

import asyncio
import logging
import pickle
import sys
import zlib
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.reader_process import LENGTH, READY, Item, Place, Told, pack
from core.cores import CORES
from nlp.reading import Context, Intent, Reading, models, read

BATCH_MAX = 32  # a longer batch would keep its first message waiting for its last
ON_THE_WAY_MAX = 2  # one is being read while the next is already there
RESTART_SECONDS = 1.0
RESTART_SECONDS_MAX = 60.0
FRAME_BYTES_MAX = 64 * 1024 * 1024
CLOSE_SECONDS_MAX = 2.0

log = logging.getLogger(__name__)


def spare_cores() -> int:
    """How many readers make sense here: one for each core but the first, at most three."""
    return min(len(CORES) - 1, 3)


class Readers:
    """Some reading processes; opened with start(), closed with close()."""

    def __init__(self, count: int, models_folder: Path, cores: Sequence[int] = CORES) -> None:
        self._readers = [_Reader(models_folder, cores) for _ in range(count)]

    async def start(self) -> None:
        """Begin to start the processes; messages are read here until they are ready."""
        for reader in self._readers:
            reader.start()

    async def ready(self) -> None:
        """Return when every process is ready to read."""
        for reader in self._readers:
            await reader.is_ready.wait()

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(reader.close() for reader in self._readers))

    @property
    def pids(self) -> list[int]:
        """The processes that are ready."""
        return [reader.pid for reader in self._readers if reader.pid]

    async def read(self, room: str, text: str, context: Context, *, place: int) -> Reading:
        """What `nlp.reading.read` says; messages of one room are read in the order they came.

        `place` numbers the community whose names and thresholds the context holds.
        """
        if not self._readers:
            return read(text, context)
        reader = self._readers[zlib.crc32(room.encode("utf-8", "replace")) % len(self._readers)]
        found = await reader.ask(text, context, place) if reader.is_ready.is_set() else None
        if found is None:
            return read(text, context)
        intent, *others = found
        return Reading(text, Intent(intent), *others)


class _Reader:
    """One process, what waits for it and what is on its way."""

    def __init__(self, models_folder: Path, cores: Sequence[int]) -> None:
        self.is_ready = asyncio.Event()
        self.pid = 0
        self._arguments = [str(models_folder), *(str(core) for core in cores)]
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: list[tuple[Item, asyncio.Future[Told | None]]] = []
        self._on_the_way: deque[list[asyncio.Future[Told | None]]] = deque()
        self._places: dict[int, Place] = {}
        self._new_places: dict[int, Place] = {}
        self._is_due = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_running())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._give_up()

    def ask(self, text: str, context: Context, place: int) -> "asyncio.Future[Told | None]":
        """The reading of the other process, or None when it died over it."""
        known = (context.gazetteer, context.thresholds)
        if self._places.get(place) != known:
            self._places[place] = self._new_places[place] = (known[0], dict(known[1]))
        item = (
            text,
            place,
            context.sender,
            context.addressed,
            context.messages,
            context.matters,
            context.links,
        )
        future: asyncio.Future[Told | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if not self._is_due and len(self._on_the_way) < ON_THE_WAY_MAX:
            # What else comes in this turn of the loop goes along.
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._send)
        return future

    def _send(self) -> None:
        self._is_due = False
        process = self._process
        if not self._waiting or process is None or process.stdin is None:
            return
        batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
        self._on_the_way.append([future for _, future in batch])
        new_places, self._new_places = self._new_places, {}
        folder = str(models().folder)
        process.stdin.write(pack((folder, new_places, [item for item, _ in batch])))

    async def _keep_running(self) -> None:
        pause = RESTART_SECONDS
        while True:
            try:
                await self._run()
            except (OSError, EOFError, ValueError) as error:
                log.error("a reading process is gone: %r", error)
            if self.is_ready.is_set():
                pause = RESTART_SECONDS
            self._give_up()
            await asyncio.sleep(pause)
            pause = min(pause * 2, RESTART_SECONDS_MAX)

    async def _run(self) -> None:
        """Start the process and hand out what it says until it ends."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.reader_process",
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            cwd=Path(__file__).parents[1],
            # Ctrl-C in a terminal reaches the whole group: this one ends when its input does.
            start_new_session=True,
        )
        self._process = process
        try:
            if await _frame(process) != [READY]:
                raise ValueError("it speaks another language")
            self.pid = process.pid
            self.is_ready.set()
            while True:
                answers = await _frame(process)
                for future, told in zip(self._on_the_way.popleft(), answers, strict=True):
                    if not future.done():
                        future.set_result(told)
                self._send()
        finally:
            await _end(process)

    def _give_up(self) -> None:
        """Whoever waits must read for himself."""
        self.is_ready.clear()
        self.pid, self._process = 0, None
        self._places, self._new_places = {}, {}
        lost = [future for batch in self._on_the_way for future in batch]
        lost += [future for _, future in self._waiting]
        self._on_the_way.clear()
        self._waiting.clear()
        for future in lost:
            if not future.done():
                future.set_result(None)


async def _frame(process: Process) -> list[Any]:
    assert process.stdout is not None
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    if length > FRAME_BYTES_MAX:
        raise ValueError(f"a frame of {length} bytes")
    frame: list[Any] = pickle.loads(await process.stdout.readexactly(length))
    return frame


async def _end(process: Process) -> None:
    """Let the process end by itself, and end it when it does not."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(CLOSE_SECONDS_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
