"""A load of signed and encrypted messages, as an official account's platform sends them.

Every message has a sender, a place and an id of its own, fresh in each run, so that each opens a
case and none joins another. Prints one JSON object. Run it as `python -m bench.wechat_load --help`.
"""

import argparse
import asyncio
import json
import os
import random
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode, urlsplit

import uvloop

from bot.channels.wechat.codec import Codec, WireRefused, parse, sign

BUILDINGS, UNITS, FLOORS = 999, 9, 30
PLACES = BUILDINGS * UNITS * FLOORS
# Everyday matters: dangers take another, longer path.
TEXTS = (
    "{place}的电梯坏了两天了，麻烦尽快修一下",
    "{place}楼道灯不亮了，请派人来修",
    "{place}门口的下水道堵了，污水漫出来，请处理",
    "{place}楼道里堆满杂物，没人管，请清理",
    "{place}屋顶漏水，墙都湿了，请物业来看看",
)
NUMBER = re.compile(r"[A-Z]{2,8}-\d{8}-\d{4,}")
CONNECTIONS_MAX = 512


@dataclass(frozen=True, slots=True)
class Keys:
    """What the account and the load both know."""

    token: str
    app_id: str
    aes_key: str


@dataclass(slots=True)
class Outcome:
    """What came back: seconds from when a message was due, statuses, bodies."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)


def requests(address: str, keys: Keys, count: int) -> list[bytes]:
    """Whole HTTP requests, signed now: they must be sent within ten minutes."""
    parts = urlsplit(address)
    codec = Codec(token=keys.token, app_id=keys.app_id, aes_key=keys.aes_key)
    first_place = random.randrange(PLACES)
    run = f"{random.getrandbits(40):010x}"
    first_id = time.time_ns() // 1_000
    return [
        _request(
            parts.netloc,
            parts.path,
            keys,
            codec,
            _message(run, number, (first_place + number) % PLACES, first_id + number),
        )
        for number in range(count)
    ]


def _message(run: str, number: int, place: int, message_id: int) -> bytes:
    building, rest = divmod(place, UNITS * FLOORS)
    unit, floor = divmod(rest, FLOORS)
    where = f"{building + 1}栋{unit + 1}单元{floor + 1}楼"
    text = TEXTS[number % len(TEXTS)].format(place=where)
    return (
        f"<xml><ToUserName><![CDATA[gh_load]]></ToUserName>"
        f"<FromUserName><![CDATA[oLoad{run}{number:07d}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{message_id}</MsgId></xml>"
    ).encode()


def _request(host: str, path: str, keys: Keys, codec: Codec, body: bytes) -> bytes:
    stamp, nonce = str(int(time.time())), f"{random.getrandbits(32):08x}"
    query = {"signature": sign(keys.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    if keys.aes_key:
        encrypted = codec.encrypt(body)
        signature = sign(keys.token, stamp, nonce, encrypted)
        query |= {"encrypt_type": "aes", "msg_signature": signature}
        body = (
            "<xml><ToUserName><![CDATA[gh_load]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        ).encode()
    head = (
        f"POST {path}?{urlencode(query)} HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Line(asyncio.Protocol):
    """A kept connection with one request at a time; bare, to leave the CPU to the server."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport, self.is_open = cast(asyncio.Transport, transport), True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, b""))

    def ask(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Status and body; status 0 when the connection broke."""
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None or not self.is_open:
            self._answer.set_result((0, b""))
        else:
            self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or self._answer is None or self._answer.done():
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._received = b""
            self._answer.set_result((int(head[9:12]), body[:length]))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def open_lines(address: str, count: int) -> list[Line]:
    """Connections to the server."""
    parts = urlsplit(address)
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(Line, parts.hostname or "127.0.0.1", parts.port or 80))[1]
        for _ in range(count)
    ]


async def closed_loop(
    lines: Sequence[Line], work: Sequence[bytes], seconds: float, outcome: Outcome
) -> float:
    """Each line sends its next message when it has the last answer; gives the time it took."""
    waiting = deque(work)
    began = time.perf_counter()

    async def drive(line: Line) -> None:
        while waiting and line.is_open and (start := time.perf_counter()) - began < seconds:
            _note(outcome, start, await line.ask(waiting.popleft()))

    await asyncio.gather(*(drive(line) for line in lines))
    return time.perf_counter() - began


async def open_loop(
    lines: Sequence[Line], work: Sequence[bytes], rate: float, outcome: Outcome
) -> float:
    """Messages leave at a fixed rate whatever comes back; latency counts from when they are due."""
    idle: asyncio.Queue[Line] = asyncio.Queue()
    for line in lines:
        idle.put_nowait(line)
    began = time.perf_counter() + 0.1
    sending: set[asyncio.Task[None]] = set()

    async def send(line: Line, request: bytes, due: float) -> None:
        _note(outcome, due, await line.ask(request))
        idle.put_nowait(line)

    for number, request in enumerate(work):
        due = began + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(send(await idle.get(), request, due))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    return time.perf_counter() - began


def _note(outcome: Outcome, due: float, answer: tuple[int, bytes]) -> None:
    status, body = answer
    outcome.seconds.append(time.perf_counter() - due)
    outcome.statuses[status] += 1
    if status == 200:
        outcome.bodies.append(body)


def numbers_in(bodies: Sequence[bytes], keys: Keys) -> list[str]:
    """The case numbers in the replies, read after the run so that it costs the run nothing."""
    codec = Codec(token=keys.token, app_id=keys.app_id, aes_key=keys.aes_key)
    found = []
    for body in bodies:
        try:
            fields = parse(body)
            if "Encrypt" in fields:
                fields = parse(codec.decrypt(fields["Encrypt"]))
        except WireRefused:
            continue
        if number := NUMBER.search(fields.get("Content", "")):
            found.append(number.group())
    return found


def report(outcome: Outcome, spent: float, keys: Keys) -> dict[str, object]:
    """The figures: messages a second count only answered ones, latencies are in milliseconds."""
    ordered = sorted(outcome.seconds)
    numbers = numbers_in(outcome.bodies, keys)
    answered = outcome.statuses[200]

    def at(share: float) -> float:
        return round(1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2)

    return {
        "mode": "secure" if keys.aes_key else "plain",
        "seconds": round(spent, 2),
        "sent": len(ordered),
        "answered": answered,
        "other_statuses": {str(s): n for s, n in outcome.statuses.items() if s != 200},
        "with_case_number": len(numbers),
        "distinct_cases": len(set(numbers)),
        "per_second": round(answered / spent, 1),
        "p50_ms": at(0.50),
        "p90_ms": at(0.90),
        "p99_ms": at(0.99),
        "max_ms": at(1.0),
    }


async def run(options: argparse.Namespace, keys: Keys) -> dict[str, object]:
    """One run: closed loop, or open loop when a rate is given."""
    count = int(options.rate * options.seconds) if options.rate else options.messages
    work = requests(options.address, keys, count)
    outcome = Outcome()
    lines = await open_lines(options.address, min(options.connections, CONNECTIONS_MAX))
    if options.rate:
        spent = await open_loop(lines, work, options.rate, outcome)
    else:
        spent = await closed_loop(lines, work, options.seconds, outcome)
    for line in lines:
        line.close()
    if not outcome.seconds:
        raise SystemExit("the server took no message")
    loop = {"loop": "open", "rate": options.rate} if options.rate else {"loop": "closed"}
    return {**loop, "connections": len(lines), **report(outcome, spent, keys)}


def main() -> int:
    """0 when every message was answered with a case of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="such as http://127.0.0.1:8080/channels/wechat/main")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--messages", type=int, default=40_000, help="at most, in a closed loop")
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second: open loop")
    parser.add_argument("--plain", action="store_true", help="do not encrypt")
    parser.add_argument("--token", default=os.environ.get("YUNSHEQU_WECHAT_TOKEN", ""))
    parser.add_argument("--app-id", default=os.environ.get("YUNSHEQU_WECHAT_APP_ID", ""))
    parser.add_argument("--aes-key", default=os.environ.get("YUNSHEQU_WECHAT_AES_KEY", ""))
    options = parser.parse_args()
    keys = Keys(options.token, options.app_id, "" if options.plain else options.aes_key)
    figures = uvloop.run(run(options, keys))
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    return 0 if figures["sent"] == figures["distinct_cases"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
