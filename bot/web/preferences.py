"""How this browser likes its pages."""

from aiohttp import web

from bot.web.answers import LARGE_COOKIE, YEAR_SECONDS, see_other, set_cookie


async def change_type_size(request: web.Request) -> web.Response:
    """Switch between large and normal type, and go back to where one was."""
    data = await request.post()
    is_large = data.get("size") == "large"
    response = see_other(str(data.get("next", "/")), done="large" if is_large else "small")
    seconds = YEAR_SECONDS if is_large else 0
    set_cookie(request, response, LARGE_COOKIE, "1" if is_large else "", seconds=seconds)
    return response
