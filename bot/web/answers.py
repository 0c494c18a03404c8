"""What handlers answer with: a page, a part of one, or the way to the next."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.web.csrf import token_for
from bot.web.keys import HOUSE, PAGES, REQUEST_ID, VISITOR
from core.signing import new_token

SESSION_COOKIE = "yun_session"
VISIT_COOKIE = "yun_visit"
LARGE_COOKIE = "yun_large"
YEAR_SECONDS = 365 * 24 * 3600
SAYINGS: Mapping[str, str] = {
    "confirmed": "谢谢，已记下：解决了。",
    "sent_back": "已退回重办，办好后再来问您。",
    "rated": "谢谢您的评分。",
    "said": "已补充，经办的人能看到。",
    "photo": "照片已加上。",
    "withdrawn": "已撤回。",
    "undone": "好的，接着办。",
    "unjoined": "已退出附议，那件事照样办。",
    "reopened": "已重新打开，会继续办。",
    "reported": "收到了，谁来办、几时之前办都写在下面。",
    "joined_report": "已经有人反映过同一件事，您的话和照片都加进去了。",
    "danger": "已通知值班人员。人身安全第一：火警 119，急救 120，报警 110，请先打电话。",
    "joined": "已把您加进去，有进展会告诉您。",
    "already": "您已经在里面了，有进展会告诉您。",
    "answered": "谢谢，这件事就到这里。",
    "large": "已换成大字。",
    "small": "已换回标准字号。",
    "deletion": "申请收到了，社区工作人员会联系您核实。",
    "left": "已退出，这个浏览器不再记得您。",
}
"""What a page says once after something was done: `?done=` carries the key, never the words."""


def show(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """The template as a page that no cache keeps.

    Every template may use `visitor`, `csrf`, `large`, `path`, `said` (what was just done),
    `request_id` and `simulator` besides what the handler gives.
    """
    house, visitor = request.app[HOUSE], request[VISITOR]
    fresh = "" if visitor.secret else new_token()
    text = request.app[PAGES].text(
        template,
        {
            "visitor": visitor,
            "csrf": token_for(house.signer, visitor.secret or fresh),
            "large": request.cookies.get(LARGE_COOKIE) == "1",
            "path": request.path,
            "said": SAYINGS.get(request.query.get("done", ""), ""),
            "request_id": request[REQUEST_ID],
            "simulator": house.settings.simulator,
            "errors": {},
            "typed": {},
            **values,
        },
    )
    response = web.Response(text=text, status=status, content_type="text/html")
    response.headers["Cache-Control"] = "no-store"
    if fresh:
        set_cookie(request, response, VISIT_COOKIE, fresh, seconds=YEAR_SECONDS)
    return response


def see_other(path: str, *, done: str = "") -> web.Response:
    """On to another page of ours after a form; `done` is a key of SAYINGS.

    Anything that is not a path of ours leads to the start page instead.
    """
    target = inner_path(path)
    if done:
        target = f"{target}{'&' if '?' in target else '?'}done={quote(done)}"
    return web.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})


def inner_path(path: str) -> str:
    """The path when it leads to a page of ours, else "/"."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours and path.isprintable() else "/"


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, *, seconds: int
) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.app[HOUSE].settings.public_url.startswith("https://"),
    )
