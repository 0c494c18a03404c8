"""Forms that only our own pages can send: a token bound to the browser, and the Origin header."""

from urllib.parse import urlsplit

from aiohttp import web

from bot.web.forms import Posted
from core.errors import Refusal
from core.signing import Signer, same

PURPOSE = "csrf"
FIELD = "csrf"
HEADER = "X-CSRF-Token"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class FormNotOurs(Refusal):
    code = "form_not_ours"
    text = "这一页放得太久，没有提交成功。请返回上一页，刷新后再提交一次。"
    status = 403


def token_for(signer: Signer, secret: str) -> str:
    """The token that forms shown to the browser with this secret must bring back."""
    return signer.fingerprint(PURPOSE, secret)


def check_csrf(
    request: web.Request, posted: Posted, *, signer: Signer, secret: str, public_url: str
) -> None:
    """Return if a changing request comes from a page of ours in this browser; else FormNotOurs.

    The token stands in the form field FIELD or, for requests made by script, in HEADER.
    """
    if not secret or not _is_same_site(request, public_url):
        raise FormNotOurs
    token = request.headers.get(HEADER)
    if token is None:
        found = posted.get(FIELD, "")
        token = found if isinstance(found, str) else ""
    if not same(token, token_for(signer, secret)):
        raise FormNotOurs


def _is_same_site(request: web.Request, public_url: str) -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    host = urlsplit(origin).netloc
    return host in (request.host, urlsplit(public_url).netloc)
