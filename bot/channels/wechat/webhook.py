"""The way in from official accounts: checked, opened, answered within the platform's patience."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from prometheus_client import Counter

from bot.channels.wechat.codec import BODY_BYTES_MAX, Codec, Letter, WireRefused
from bot.channels.wechat.message import to_incoming
from bot.house import House
from bot.inbox import receive
from bot.messages import Answer, Incoming
from bot.outbox import take_back, tell_later
from core.actor import SYSTEM
from core.errors import Busy
from core.settings import WechatAccount

PATH = "/channels/wechat/{account}"
# The platform cuts the connection after 5 s and delivers again, three times in all.
ANSWER_SECONDS_MAX = 3.0
BODY_SECONDS_MAX = 3.0
CLOSE_SECONDS_MAX = 1.5  # twice: for the work, then for what it leaves behind
AGE_SECONDS_MAX = 600
# An answer that no redelivery collected in this time leaves by the outbox.
COLLECT_WAIT = timedelta(seconds=20)
ECHO_LENGTH_MAX = 256
SILENCE = b"success"  # what the platform wants to hear when there is nothing to say

LETTERS = Counter("yunshequ_wechat_letters_total", "requests, by outcome", ["account", "outcome"])

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Work:
    """A message that is being worked on, and whether a request waits for or has its answer."""

    task: "asyncio.Task[Answer]"
    waiting: int = 0
    is_collected: bool = False


@dataclass(slots=True)
class _Desk:
    """One account's codec and name, built once."""

    account: WechatAccount
    channel: str
    codec: Codec
    counts: dict[str, Any] = field(default_factory=dict)

    def count(self, outcome: str) -> None:
        counter = self.counts.get(outcome)
        if counter is None:
            counter = self.counts[outcome] = LETTERS.labels(self.account.name, outcome)
        counter.inc()


class Webhook:
    """Answers the platform's requests to every official account; close() lets late work finish."""

    def __init__(
        self,
        house: House,
        accounts: Sequence[WechatAccount],
        *,
        answer_seconds_max: float = ANSWER_SECONDS_MAX,
        body_seconds_max: float = BODY_SECONDS_MAX,
    ) -> None:
        self._house = house
        self._answer_seconds_max = answer_seconds_max
        self._body_seconds_max = body_seconds_max
        self._desks = {
            account.name: _Desk(
                account,
                f"wechat:{account.name}",
                Codec(
                    token=account.token,
                    app_id=account.app_id,
                    aes_key=account.aes_key,
                    mode=account.wire_mode,
                ),
            )
            for account in accounts
        }
        self._working: dict[tuple[str, str], _Work] = {}
        self._background: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Where the platform sends its requests."""
        return [
            web.get(PATH, self.handle_get, allow_head=False),
            web.post(PATH, self.handle_post),
        ]

    async def close(self) -> None:
        """Wait for work that is still going on, and for the answers it leaves to the outbox."""
        tasks: set[asyncio.Task[Any]] = {work.task for work in self._working.values()}
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS_MAX)
        if self._background:
            await asyncio.wait(self._background, timeout=CLOSE_SECONDS_MAX)

    async def handle_get(self, request: web.Request) -> web.Response:
        """The platform's check of the address: gives `echostr` back when the signature is right."""
        desk = self._desks.get(request.match_info["account"])
        if desk is None:
            return _plain(404, "没有这个公众号")
        try:
            self._check_fresh(request.query.get("timestamp", ""))
            desk.codec.check_signature(request.query)
        except WireRefused as refusal:
            return _refusal(desk, refusal)
        return _plain(200, request.query.get("echostr", "")[:ECHO_LENGTH_MAX])

    async def handle_post(self, request: web.Request) -> web.Response:
        """A message or an event; the answer stands in the response, or 503 to have it again."""
        desk = self._desks.get(request.match_info["account"])
        if desk is None:
            return _plain(404, "没有这个公众号")
        try:
            self._check_fresh(request.query.get("timestamp", ""))
            letter = desk.codec.open(request.query, await self._read_body(request))
            incoming = to_incoming(
                letter.fields, channel=desk.channel, community=desk.account.community
            )
        except WireRefused as refusal:
            return _refusal(desk, refusal)
        if incoming is None:
            desk.count("noted")
            return web.Response(body=SILENCE, content_type="text/plain")
        try:
            answer = await self._answer(incoming)
        except Busy as busy:
            desk.count("busy")
            return _again(str(busy))
        if answer is None:
            desk.count("late")
            return _again("还没有办好，请稍后重发。")
        return self._respond(desk, letter, answer)

    async def _read_body(self, request: web.Request) -> bytes:
        """The body, refused as soon as it is longer than any message, announced or not."""
        if "Content-Encoding" in request.headers:
            raise WireRefused("不接受压缩过的消息", 415)
        if (request.content_length or 0) > BODY_BYTES_MAX:
            raise WireRefused("消息太长", 413)
        if request.content.is_eof():
            # Most messages are all there by the time they are looked at.
            return _not_too_long(request.content.read_nowait())
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds_max):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > BODY_BYTES_MAX:
                        raise WireRefused("消息太长", 413)
        except TimeoutError:
            raise WireRefused("消息来得太慢", 408) from None
        return bytes(body)

    def _respond(self, desk: _Desk, letter: Letter, answer: Answer) -> web.Response:
        if not answer.text:
            desk.count("silent")
            return web.Response(body=SILENCE, content_type="text/plain")
        desk.count("answered")
        now = int(self._house.db.clock().timestamp())
        body = desk.codec.reply(letter, answer.text, timestamp=now)
        return web.Response(body=body, content_type="application/xml", charset="utf-8")

    def _check_fresh(self, timestamp: str) -> None:
        """Return if the signed moment (seconds since 1970) is within ten minutes of now."""
        is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
        now = self._house.db.clock().timestamp()
        if not is_number or abs(now - int(timestamp)) > AGE_SECONDS_MAX:
            raise WireRefused("请求的时间和现在相差太多", 403)

    async def _answer(self, incoming: Incoming) -> Answer | None:
        """The answer, once durable; None when that takes longer than the platform waits.

        A redelivery joins the work that is still going on. The work goes on in any case; see
        _land for what becomes of an answer that comes too late.
        """
        key = (incoming.channel, incoming.message_id)
        work = self._working.get(key)
        if work is None:
            work = self._working[key] = _Work(asyncio.create_task(receive(self._house, incoming)))
            work.task.add_done_callback(lambda task: self._land(incoming, task))
        work.waiting += 1
        try:
            await asyncio.wait((work.task,), timeout=self._answer_seconds_max)
        finally:
            work.waiting -= 1
        if not work.task.done():
            return None
        # Time may run out in the very moment the work is done: then this stands before _land.
        work.is_collected = True
        answer = work.task.result()
        if answer.is_repeat and answer.text:
            self._spawn(self._collected(incoming))
        return answer

    def _land(self, incoming: Incoming, task: "asyncio.Task[Answer]") -> None:
        """The work is done; when nobody waits for the answer any more, promise it by the outbox."""
        work = self._working.pop((incoming.channel, incoming.message_id))
        if work.waiting or work.is_collected or task.cancelled():
            return
        error = task.exception()
        if error is None:
            answer = task.result()
            if answer.text:
                self._spawn(self._promise(incoming, answer))
        elif not isinstance(error, Busy):
            log.error("work on a message of %s failed late", incoming.channel, exc_info=error)

    async def _promise(self, incoming: Incoming, answer: Answer) -> None:
        """Have the answer sent in a while, unless a redelivery collects it before."""
        await self._house.db.run(
            SYSTEM,
            tell_later,
            key=_late_key(incoming),
            channel=incoming.channel,
            recipient=incoming.sender,
            text=answer.text,
            wait=COLLECT_WAIT,
        )

    async def _collected(self, incoming: Incoming) -> None:
        """A redelivery got the answer: the promised one must not follow."""
        await self._house.db.run(SYSTEM, take_back, _late_key(incoming))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[None]") -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a late answer could not be promised or taken back", exc_info=error)


def _not_too_long(body: bytes) -> bytes:
    if len(body) > BODY_BYTES_MAX:
        raise WireRefused("消息太长", 413)
    return body


def _late_key(incoming: Incoming) -> str:
    return f"late:{incoming.channel}:{incoming.message_id}"


def _refusal(desk: _Desk, refusal: WireRefused) -> web.Response:
    desk.count("refused")
    log.info("wechat account %s: refused (%d) %s", desk.account.name, refusal.status, refusal)
    response = _plain(refusal.status, str(refusal))
    if refusal.status in {408, 413, 415}:
        response.force_close()  # the rest of the body is not worth reading
    return response


def _again(text: str) -> web.Response:
    """Not "success": the platform must deliver this message again."""
    response = _plain(503, text)
    response.headers["Retry-After"] = "1"
    return response


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, headers={"X-Content-Type-Options": "nosniff"})
