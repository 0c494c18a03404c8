"""Trouble becomes a page: a refusal its own words, a bug a short apology."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.web.answers import inner_path, see_other, show
from bot.web.console.shell import frame
from bot.web.keys import HOUSE, REQUEST_ID, VISITOR
from bot.web.session import SignInNeeded, StaffSignInNeeded, Visitor
from core.errors import NotFound, Refusal

APOLOGY = "出了点问题，是我们的错，已经记下来了。您写的内容请先复制一份，过一会儿再试。"
STAFF_LOGIN = "/console/login"
OAUTH_START = "/oauth/wechat"
MACHINE_PREFIXES = ("/channels/", "/bridge/", "/healthz", "/readyz", "/metrics", "/static/")
"""Where programs speak: no cookies, no form tokens, plain answers."""
HTTP_WORDS = {
    404: NotFound.text,
    405: "这个地址不能这样用，请从页面上的按钮进入。",
    411: "请求不完整，请刷新后重试。",
    413: "内容太大了：照片最大 10 MB。请返回上一页，换一张小一点的再提交。",
}

log = logging.getLogger(__name__)


@web.middleware
async def show_trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one place where trouble on the way to a page is told to people."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return tell(request, refusal)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        words = HTTP_WORDS.get(error.status, Refusal.text)
        return _page(request, error.status, words)
    except (ConnectionResetError, ConnectionAbortedError):
        raise  # nobody is left to tell
    except Exception:
        log.exception("bug at %s, request %s", _pattern(request), request[REQUEST_ID])
        return _page(request, 500, APOLOGY)


def tell(request: web.Request, refusal: Refusal) -> web.StreamResponse:
    """The page of a refusal; who has to sign in first is led there."""
    is_page = request.method in ("GET", "HEAD") and "HX-Request" not in request.headers
    if isinstance(refusal, StaffSignInNeeded) and is_page:
        return see_other(f"{STAFF_LOGIN}?next={_here(request)}")
    # Elsewhere than in WeChat its page would only say that it must be opened in WeChat.
    is_wechat = "MicroMessenger" in request.headers.get("User-Agent", "")
    can_ask = request.app[HOUSE].settings.wechat_oauth and is_wechat
    if isinstance(refusal, SignInNeeded) and is_page and can_ask:
        return see_other(f"{OAUTH_START}?next={_here(request)}")
    return _page(request, refusal.status, str(refusal), code=refusal.code)


def _page(request: web.Request, status: int, words: str, *, code: str = "") -> web.StreamResponse:
    if VISITOR not in request:  # trouble before anybody was looked up
        request[VISITOR] = Visitor()
    if "HX-Request" in request.headers or request.path.startswith(MACHINE_PREFIXES):
        return web.Response(text=words, status=status)
    place = "console" if request.path.startswith("/console") else "resident"
    around = frame(request) if place == "console" and request[VISITOR].is_staff else {}
    return show(
        request,
        "trouble.html",
        status=status,
        **{"words": words, "code": code, "shown": status, "place": place, **around},
    )


def _here(request: web.Request) -> str:
    from_here = inner_path(request.rel_url.raw_path_qs)
    return from_here.replace("&", "%26").replace("#", "%23")


def _pattern(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "(none)"
