"""WeChat's interface as a real HTTP server on loopback, with tokens that expire and bad days."""

import asyncio
import json
import secrets
from collections import defaultdict
from dataclasses import dataclass

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN_SECONDS = 7_200
PICTURE = b"\xff\xd8\xff\xe0" + b"picture" * 100
SLOW_SECONDS = 60.0


@dataclass
class Call:
    """A request as it came in."""

    path: str
    query: dict[str, str]
    body: bytes
    is_accepted: bool = False

    def document(self):
        return json.loads(self.body)


class WechatApi:
    """The platform for one account: `calls` is what it was asked, `misbehave` spoils answers.

    A way to misbehave is an error code, "slow", "500", "502", "404", "broken", "list", "redirect",
    "hang up" or "huge". `stale` makes every token that was handed out worthless.
    """

    def __init__(self, app_id="wxb11529c136998cb6", secret="app-secret-app-secret"):
        self.app_id = app_id
        self.secret = secret
        self.calls: list[Call] = []
        self.media: dict[str, bytes] = {"pic-9x_Zk2J7": PICTURE}
        self.codes: dict[str, str] = {}  # of web authorisation: code → openid, each good once
        self.token = ""
        self.is_token_stuck = False
        self.gate: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self._bad_days: dict[str, list] = defaultdict(list)
        self._done = asyncio.Event()
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._server = TestServer(app)

    async def __aenter__(self):
        await self._server.start_server()
        return self

    async def __aexit__(self, *_):
        self._done.set()
        await self._server.close()

    @property
    def base(self):
        return str(self._server.make_url("/")).rstrip("/")

    def misbehave(self, path, *ways):
        """The next calls to this path go wrong, one way after another; then all is well."""
        self._bad_days[path].extend(ways)

    def stale(self, *, stuck=False):
        """Let the token lapse; `stuck`: without force the platform hands out the lapsed one."""
        self.lapsed, self.is_token_stuck = self.token, stuck
        self.token = ""

    def to(self, path):
        return [call for call in self.calls if call.path == path]

    @property
    def sent(self):
        """Customer-service messages that were accepted: who and what."""
        return [
            (call.document()["touser"], call.document()["text"]["content"])
            for call in self.to("/cgi-bin/message/custom/send")
            if call.is_accepted
        ]

    async def _answer(self, request):
        call = Call(request.path, dict(request.query), await request.read())
        self.calls.append(call)
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        ways = self._bad_days[request.path]
        if ways:
            return await self._spoilt(request, ways.pop(0))
        if request.path == "/cgi-bin/stable_token":
            return self._stable_token(call)
        if request.path == "/sns/oauth2/access_token":
            return self._web_token(call)
        if not self.token or call.query.get("access_token") != self.token:
            return _error(40001, "invalid credential, access_token is invalid or not latest")
        handler = {
            "/cgi-bin/message/custom/send": self._send,
            "/cgi-bin/media/get": self._get_media,
            "/cgi-bin/media/upload": self._upload,
            "/cgi-bin/menu/create": self._menu,
            "/cgi-bin/qrcode/create": self._qrcode,
        }.get(request.path)
        if handler is None:
            return web.Response(status=404)
        answer = handler(call)
        call.is_accepted = True
        return answer

    async def _spoilt(self, request, way):
        if isinstance(way, int):
            return _error(way, f"no, rid: {secrets.token_hex(4)} token {request.query_string}")
        if way == "slow":
            await asyncio.wait([asyncio.create_task(self._done.wait())], timeout=SLOW_SECONDS)
        if way == "hang up":
            request.transport.close()
            return web.Response()
        if way == "redirect":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})
        if way == "huge":
            return web.Response(body=b"x" * (12 * 1024 * 1024))
        if way == "broken":
            return web.Response(text='{"errcode":0,"errmsg"')
        if way == "list":
            return web.json_response([])
        return web.Response(status=int(way) if way.isdigit() else 500, text="bad gateway")

    def _stable_token(self, call):
        wanted = call.document()
        if wanted["appid"] != self.app_id:
            return _error(40013, "invalid appid")
        if wanted["secret"] != self.secret:
            return _error(40125, "invalid appsecret")
        call.is_accepted = True
        if self.is_token_stuck and not wanted["force_refresh"]:
            return web.json_response({"access_token": self.lapsed, "expires_in": TOKEN_SECONDS})
        if not self.token or wanted["force_refresh"]:
            self.token = secrets.token_urlsafe(32)
        return web.json_response({"access_token": self.token, "expires_in": TOKEN_SECONDS})

    def _web_token(self, call):
        if (call.query["appid"], call.query["secret"]) != (self.app_id, self.secret):
            return _error(40125, "invalid appsecret")
        openid = self.codes.pop(call.query["code"], None)
        if openid is None:
            return _error(40029, "invalid code")
        call.is_accepted = True
        return web.Response(
            text=json.dumps({"access_token": "t", "expires_in": 7200, "openid": openid})
        )

    def _send(self, call):
        assert call.document()["msgtype"] == "text"
        return _error(0, "ok")

    def _get_media(self, call):
        content = self.media.get(call.query["media_id"])
        if content is None:
            return _error(40007, "invalid media_id")
        return web.Response(body=content, content_type="image/jpeg")

    def _upload(self, call):
        self.media["uploaded-1"] = call.body
        return web.json_response(
            {"type": call.query["type"], "media_id": "uploaded-1", "created_at": 1}
        )

    def _menu(self, call):
        assert 1 <= len(call.document()["button"]) <= 3
        return _error(0, "ok")

    def _qrcode(self, call):
        wanted = call.document()
        answer = {"ticket": "gQH47joAAAA", "url": "http://weixin.qq.com/q/kZgfwMTm72WWPkov"}
        if "expire_seconds" in wanted:
            answer["expire_seconds"] = wanted["expire_seconds"]
        return web.json_response(answer)


def _error(code, message):
    # The platform sends its JSON as text/plain more often than not.
    return web.Response(text=json.dumps({"errcode": code, "errmsg": message}))
