"""Feed recorded messages through the real way in, and count what was made of them."""

import asyncio
import gzip
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlmodel import col, select

from bot.house import House
from bot.inbox import receive
from bot.messages import Answer, Incoming
from community.tables import Area, AreaKind, Group
from core.actor import SYSTEM
from core.errors import Busy, Refusal
from core.transaction import Transaction

IN_FLIGHT_MAX = 64
LINE_MAX = 1_000_000
CHANNEL = "replay"


class BadLine(Refusal):
    code = "bad_line"
    text = "第 {line} 行读不懂：{why}"


class BadFile(Refusal):
    code = "bad_file"
    text = "打不开 {file}：{why}"


@dataclass(slots=True)
class Outcome:
    """What was made of the messages so far."""

    received: int = 0
    by_intent: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def summary(self) -> dict[str, Any]:
        """The figures that `replay` prints."""
        per_second = self.received / self.seconds if self.seconds else 0.0
        return {
            "received": self.received,
            "by_intent": dict(sorted(self.by_intent.items())),
            "opened": self.actions["opened"] + self.actions["asked"],
            "joined": self.actions["joined"] + self.actions["followed"],
            "asked_back": self.actions["asked"],
            "ignored": self.actions["ignored"],
            "noted": self.actions["noted"],
            "failed": self.actions["failed"],
            "seconds": round(self.seconds, 3),
            "per_second": round(per_second, 1),
        }


def read_messages(path: Path, *, group: str | None) -> Iterator[Incoming]:
    """The messages of a JSON-lines file (plain or gzip): `text`, or `title` and `body`, or the
    form of hand-labelled chat (group, seq, sender, text). BadLine names the first wrong line.

    A message's id is its `id`, else that of group and seq, else the file's hash and the line, so
    that a second run of the same file repeats nothing.
    """
    digest = _hash_of(path)
    with _open(path) as file:
        for number, raw in enumerate(file, 1):
            if len(raw) > LINE_MAX:
                raise BadLine(line=number, why=f"超过 {LINE_MAX} 字节")
            if raw.strip():
                yield _message(raw, number, digest, group)


def _message(raw: bytes, number: int, digest: str, group: str | None) -> Incoming:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadLine(line=number, why="不是 JSON") from error
    if not isinstance(row, dict):
        raise BadLine(line=number, why="不是一个对象")
    if "text" in row:
        text = row["text"]
    else:
        parts = [row.get("title"), row.get("body")]
        text = "\n".join(p for p in parts if isinstance(p, str) and p)
    if not isinstance(text, str) or not text:
        raise BadLine(line=number, why="没有 text，也没有 title 和 body")
    chat = group or (f"replay-{row['group']}" if row.get("group") else "replay")
    if "id" in row:
        message_id = f"{row['id']}"
    elif "group" in row and "seq" in row:
        message_id = f"{digest}:{row['group']}#{row['seq']}"
    else:
        message_id = f"{digest}:{number}"
    sender = str(row.get("sender") or f"replay-{message_id}")
    return Incoming(
        channel=CHANNEL,
        message_id=message_id[:150],
        sender=sender[:100],
        text=text,
        chat=chat[:100],
        addressed=text.startswith("@小"),
    )


async def replay(
    house: House,
    messages: Iterator[Incoming],
    *,
    rate: float | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Receive every message; those of one group in order, groups side by side.

    With `rate` so many a second are begun. Busy is waited out, as a platform would.
    """
    outcome = Outcome()
    lanes: dict[str, asyncio.Task[None]] = {}
    gate = asyncio.Semaphore(IN_FLIGHT_MAX)
    groups: set[str] = set()
    started = time.monotonic()
    for number, incoming in enumerate(messages):
        if incoming.chat not in groups:
            await house.db.run(SYSTEM, make_group, CHANNEL, incoming.chat)
            groups.add(incoming.chat)
        if rate:
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        await gate.acquire()
        lane = incoming.chat if len(groups) > 1 else incoming.sender
        before = lanes.get(lane)
        lanes[lane] = asyncio.create_task(_receive(house, incoming, outcome, gate, before))
        outcome.seconds = time.monotonic() - started
        if progress is not None:
            progress(outcome)
        if len(lanes) > 4 * IN_FLIGHT_MAX:
            lanes = {key: task for key, task in lanes.items() if not task.done()}
    for task in list(lanes.values()):
        await task
    outcome.seconds = time.monotonic() - started
    return outcome


async def _receive(
    house: House,
    incoming: Incoming,
    outcome: Outcome,
    gate: asyncio.Semaphore,
    before: asyncio.Task[None] | None,
) -> None:
    try:
        if before is not None:
            await before
        answer = await _patiently(house, incoming)
        outcome.received += 1
        outcome.actions[answer.facts.get("action", "")] += 1
        outcome.by_intent[answer.facts.get("intent", "chatter")] += 1
    finally:
        gate.release()


async def _patiently(house: House, incoming: Incoming) -> Answer:
    while True:
        try:
            return await receive(house, incoming)
        except Busy:
            await asyncio.sleep(0.05)


def make_group(tx: Transaction, channel: str, chat: str) -> None:
    """A group for replayed talk, in the first community there is, unless it is there already."""
    query = select(Group).where(col(Group.channel) == channel, col(Group.chat) == chat)
    if tx.exec(query).first() is not None:
        return
    communities = select(Area).where(col(Area.kind) == AreaKind.COMMUNITY)
    area = tx.exec(communities.order_by(col(Area.id))).first()
    if area is None:
        raise NoCommunity
    tx.add(Group(community_id=area.id, channel=channel, chat=chat, name=f"回放 {chat}"))
    tx.flush()


class NoCommunity(Refusal):
    code = "no_community"
    text = "还没有社区。请先运行：python -m bot seed"


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb") if packed else path.open("rb"))


def _hash_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise BadFile(file=path, why=error.strerror or "读不了") from error
