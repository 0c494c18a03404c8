"""Calls to the platform's interface for one official account, with its errors handled by rule."""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    FormData,
    TCPConnector,
)

from bot.channels.wechat.codec import REPLY_BYTES_MAX, disarm, fit
from bot.channels.wechat.errors import Remedy, WechatError, refused
from bot.channels.wechat.token import AccessToken
from bot.house import House
from community.people import LOCAL
from core.settings import WechatAccount

REQUEST_SECONDS_MAX = 4.5
CONNECT_SECONDS_MAX = 3.0
CONNECTIONS_MAX = 32
PAUSES = (0.3, 0.9)
ANSWER_BYTES_MAX = 1024 * 1024
MEDIA_BYTES_MAX = 10 * 1024 * 1024
MEDIA_SECONDS_MAX = 30.0
DISABLED_FOR = timedelta(hours=1)
SCENE_LENGTH_MAX = 64
QRCODE_DAYS_MAX = 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code that leads to the account: `url` is what stands in the picture."""

    ticket: str
    url: str
    seconds: int  # 0: for ever


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes


class WechatClient:
    """One account's way to the platform; opened on the first call, closed with close().

    Every method raises WechatError (a TransportError) and nothing else for whatever goes wrong
    there; its message holds neither token nor secret nor the receiver.
    """

    def __init__(
        self,
        house: House,
        account: WechatAccount,
        *,
        pauses: Sequence[float] = PAUSES,
        seconds_max: float = REQUEST_SECONDS_MAX,
    ) -> None:
        self.account = account
        self._pauses = pauses
        self._seconds_max = seconds_max
        self._db = house.db
        self._base = account.api_base.rstrip("/")
        self._session: ClientSession | None = None
        self._closed: dict[str, tuple[datetime, WechatError]] = {}
        name = f"wechat:{account.name}:{account.app_id}"[:80]
        self._token = AccessToken(house.db, house.vault, name, self._fetch_token)

    async def send_text(self, openid: str, text: str) -> None:
        """Send a customer-service message: only within 48 h of the person's last message."""
        words = {"content": fit(disarm(text), REPLY_BYTES_MAX)}
        message = {"touser": openid, "msgtype": "text", "text": words}
        await self._call("POST", "/cgi-bin/message/custom/send", document=message)

    async def get_media(self, media_id: str) -> bytes:
        """The picture or sound a person sent, up to MEDIA_BYTES_MAX; kept there for 3 days."""
        answer = await self._call(
            "GET", "/cgi-bin/media/get", query={"media_id": media_id}, bytes_max=MEDIA_BYTES_MAX
        )
        return answer.content

    async def upload_media(
        self, kind: str, content: bytes, *, filename: str, content_type: str
    ) -> str:
        """Keep a file (kind image, voice, video or thumb) there for 3 days; gives its media id."""

        def form() -> FormData:
            data = FormData()
            data.add_field("media", content, filename=filename, content_type=content_type)
            return data

        answer = await self._call("POST", "/cgi-bin/media/upload", query={"type": kind}, form=form)
        return _word(answer, "media_id", "/cgi-bin/media/upload")

    async def create_menu(self, menu: Mapping[str, Any]) -> None:
        """Replace the account's menu; people see it within five minutes."""
        await self._call("POST", "/cgi-bin/menu/create", document=menu)

    async def create_qrcode(self, scene: str, *, days: int = 0) -> QrCode:
        """A code whose scan brings `scene` (1 to 64 characters) to us; days 0 means for ever."""
        assert 0 < len(scene) <= SCENE_LENGTH_MAX
        assert 0 <= days <= QRCODE_DAYS_MAX
        document: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
        if days:
            document |= {"action_name": "QR_STR_SCENE", "expire_seconds": days * 24 * 3600}
        else:
            document |= {"action_name": "QR_LIMIT_STR_SCENE"}
        path = "/cgi-bin/qrcode/create"
        answer = await self._call("POST", path, document=document)
        seconds = _fields(answer, path).get("expire_seconds", 0)
        return QrCode(
            ticket=_word(answer, "ticket", path),
            url=_word(answer, "url", path),
            seconds=seconds if isinstance(seconds, int) else 0,
        )

    async def check(self) -> None:
        """Return if the platform gives a token: address, AppID, AppSecret and IP list are right.

        Asks the platform itself, whatever token is still good; that one stays good.
        """
        await self._fetch_token(False)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._token.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _fetch_token(self, force: bool) -> tuple[str, float]:
        path = "/cgi-bin/stable_token"
        document = {
            "grant_type": "client_credential",
            "appid": self.account.app_id,
            "secret": self.account.secret,
            "force_refresh": force,
        }
        if not self.account.secret:
            raise WechatError(f"公众号 {self.account.name} 没有设置 AppSecret", Remedy.LATER)
        answer = await self._with_pauses(path, lambda: self._request("POST", path, {}, document))
        seconds = _fields(answer, path).get("expires_in")
        if not isinstance(seconds, int) or seconds <= 0:
            raise WechatError(f"微信接口 {path} 的回答看不懂", Remedy.LATER)
        return _word(answer, "access_token", path), float(seconds)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        document: Mapping[str, Any] | None = None,
        form: Callable[[], FormData] | None = None,
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> _Answer:
        """The answer to a call with a token: a refused token is renewed once."""
        self._check_open(path)

        async def attempt(token: str) -> _Answer:
            parameters = {"access_token": token, **(query or {})}
            body = form() if form is not None else document
            return await self._request(method, path, parameters, body, bytes_max)

        async def with_token() -> _Answer:
            token = await self._token.get()
            try:
                return await attempt(token)
            except WechatError as error:
                if error.remedy is not Remedy.RENEW:
                    raise
            return await attempt(await self._token.get(instead_of=token))

        try:
            return await self._with_pauses(path, with_token)
        except WechatError as error:
            self._remember(path, error)
            raise

    async def _with_pauses(self, path: str, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The call's answer; while the platform is busy it is made again after each pause."""
        for pause in self._pauses:
            try:
                return await call()
            except WechatError as error:
                if error.remedy is not Remedy.PAUSE:
                    raise
            log.info("wechat %s is busy, trying again", path)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        return await call()

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | FormData | None,
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> _Answer:
        """One request; its answer is checked for the platform's errors."""
        # The platform shows \uXXXX to people as it stands: the JSON must carry the characters.
        data: Any = body
        headers = {}
        if isinstance(body, Mapping):
            data = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        seconds = MEDIA_SECONDS_MAX if bytes_max == MEDIA_BYTES_MAX else self._seconds_max
        try:
            async with self._open_session().request(
                method,
                self._base + path,
                params=query,
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=seconds, connect=CONNECT_SECONDS_MAX),
            ) as response:
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > bytes_max:
                        raise WechatError(f"微信接口 {path} 的回答太长", Remedy.NEVER)
                answer = _Answer(response.status, bytes(content))
        # Their own words may hold the address, and the address holds the token: not `from error`.
        except TimeoutError:
            raise WechatError(f"微信接口 {path} 超时", Remedy.LATER) from None
        except (ClientError, OSError, ValueError) as error:
            reason = type(error).__name__
            raise WechatError(f"微信接口 {path} 连不上（{reason}）", Remedy.LATER) from None
        _check_answer(answer, path, is_media=bytes_max == MEDIA_BYTES_MAX)
        return answer

    def _open_session(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=CONNECTIONS_MAX), cookie_jar=DummyCookieJar()
            )
        return self._session

    def _check_open(self, path: str) -> None:
        """Return if the interface may be called; a day's quota or a missing right closes it."""
        until, reason = self._closed.get(path, (None, None))
        if until is None or reason is None:
            return
        now = self._db.clock()
        if now >= until:
            del self._closed[path]
            return
        wait = (until - now).total_seconds()
        raise WechatError(str(reason), reason.remedy, code=reason.code, wait_seconds=wait)

    def _remember(self, path: str, error: WechatError) -> None:
        now = self._db.clock()
        if error.remedy is Remedy.TOMORROW:
            here = now.astimezone(LOCAL)
            midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            until = midnight.astimezone(now.tzinfo)
        elif error.remedy is Remedy.DISABLE:
            until = now + DISABLED_FOR
        else:
            return
        error.wait_seconds = (until - now).total_seconds()
        if path not in self._closed:
            log.error("wechat account %s: %s (closed until %s)", self.account.name, error, until)
        self._closed[path] = (until, error)


def _check_answer(answer: _Answer, path: str, *, is_media: bool) -> None:
    """Return if the platform did what it was asked."""
    if answer.status >= 500 or answer.status == 429:
        raise WechatError(f"微信接口 {path} 返回 HTTP {answer.status}", Remedy.PAUSE)
    if answer.status != 200:
        raise WechatError(f"微信接口 {path} 返回 HTTP {answer.status}", Remedy.LATER)
    # A file comes as it is; instead of one, errors come as JSON, whatever the content type says.
    if is_media and not answer.content.startswith(b"{"):
        return
    code = _fields(answer, path).get("errcode", 0)
    if not isinstance(code, int):
        raise WechatError(f"微信接口 {path} 的回答看不懂", Remedy.LATER)
    if code:
        raise refused(path, code)


def _fields(answer: _Answer, path: str) -> dict[str, Any]:
    try:
        fields = json.loads(answer.content)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise WechatError(f"微信接口 {path} 的回答看不懂", Remedy.LATER)
    return fields


def _word(answer: _Answer, name: str, path: str) -> str:
    word = _fields(answer, path).get(name)
    if not isinstance(word, str) or not word:
        raise WechatError(f"微信接口 {path} 的回答看不懂", Remedy.LATER)
    return word
