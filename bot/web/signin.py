"""Signing in by a link from chat, and signing out."""

from aiohttp import web

from bot.links import SESSION, open_link
from bot.web.answers import SESSION_COOKIE, see_other, set_cookie, show
from bot.web.keys import HOUSE, VISITOR
from bot.web.session import end_session
from core.actor import SYSTEM


async def show_link(request: web.Request) -> web.Response:
    """A private link, before it is used: one button, pressed by itself where scripts run.

    Only the press uses the link up. Chat programs fetch links to look at them first, and must
    not take a person's page away by it.
    """
    return show(request, "resident/link.html", token=request.match_info["token"])


async def follow_link(request: web.Request) -> web.Response:
    """Open a private link: from now on this browser is the person it was sent to."""
    house = request.app[HOUSE]
    visitor = request[VISITOR]
    path, token = await house.db.run(
        SYSTEM,
        open_link,
        house.signer,
        request.match_info["token"],
        session_token=visitor.secret if visitor.is_signed_in else "",
    )
    response = see_other(path)
    set_cookie(request, response, SESSION_COOKIE, token, seconds=int(SESSION.total_seconds()))
    return response


async def leave(request: web.Request) -> web.Response:
    """Forget who this browser belongs to."""
    visitor = request[VISITOR]
    if visitor.is_signed_in:
        await request.app[HOUSE].db.run(SYSTEM, end_session, visitor.secret)
    response = see_other("/", done="left")
    set_cookie(request, response, SESSION_COOKIE, "", seconds=0)
    return response
