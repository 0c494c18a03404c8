"""Signing in to the console: password, then the six digits where somebody asked for them."""

import asyncio
from datetime import timedelta

from aiohttp import web

from bot.web.answers import SESSION_COOKIE, inner_path, see_other, set_cookie, show
from bot.web.console.shell import SAYINGS
from bot.web.forms import Fields
from bot.web.keys import HOUSE, VISITOR
from bot.web.session import begin_session, end_session
from community.accounts import Credentials, Outcome, SignIn, credentials, sign_in
from community.passwords import LENGTH_MAX, PasswordCheck, compare
from core.actor import SYSTEM
from core.errors import Refusal
from core.signing import hash_token, same
from core.transaction import Transaction
from core.vault import Vault

SESSION = timedelta(hours=12)
CODE_SECONDS_MAX = 300
PURPOSE = "sign-in-code"
LOGIN_MAX = 60


async def show_login(request: web.Request) -> web.Response:
    """The form; whoever is signed in already goes on."""
    if request[VISITOR].is_staff:
        return see_other(_next(request.query.get("next", "")))
    return _form(request)


async def log_in(request: web.Request) -> web.Response:
    """Sign the browser in, ask for the six digits, or say what was wrong."""
    house = request.app[HOUSE]
    fields = Fields(await request.post())
    half_way = fields.typed.pop("half_way", "")
    code = fields.typed.pop("code", "")[:20]
    try:
        if half_way:
            known, check = await _half_way(request, half_way)
        else:
            login = fields.text("login", "登录名", most=LOGIN_MAX)
            password = fields.secret("password", "密码", most=LENGTH_MAX)
            fields.check()
            known = await house.db.read(SYSTEM, credentials, login)
            check = await asyncio.to_thread(compare, known.password_hash, password)
        found, token = await house.db.run(SYSTEM, _enter, house.vault, known, check, code)
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        errors = getattr(refusal, "errors", {})
        refused = "" if errors else str(refusal)
        return _form(request, status=422, errors=errors, typed=fields.typed, refused=refused)
    if found.outcome is Outcome.SIGNED_IN:
        response = see_other(_next(fields.typed.get("next", "")))
        seconds = int(SESSION.total_seconds())
        set_cookie(request, response, SESSION_COOKIE, token, seconds=seconds)
        return response
    asks = found.outcome is Outcome.NEED_CODE or bool(half_way)
    if asks and found.outcome is not Outcome.WAIT:
        half_way = half_way or house.signer.sign(
            PURPOSE, [known.login, hash_token(known.password_hash or "")]
        )
        wrong = {} if found.outcome is Outcome.NEED_CODE else {"code": found.text}
        status = 200 if not wrong else 422
        return _form(request, status=status, half_way=half_way, errors=wrong, typed=fields.typed)
    status = 429 if found.outcome is Outcome.WAIT else 422
    return _form(request, status=status, typed=fields.typed, refused=found.text)


async def log_out(request: web.Request) -> web.Response:
    """Sign this browser out."""
    visitor = request[VISITOR]
    if visitor.is_signed_in:
        await request.app[HOUSE].db.run(SYSTEM, end_session, visitor.secret)
    response = see_other("/console/login", done="signed_out")
    set_cookie(request, response, SESSION_COOKIE, "", seconds=0)
    return response


async def _half_way(request: web.Request, half_way: str) -> tuple[Credentials, PasswordCheck]:
    """Who has given the right password a moment ago, as the signed field says."""
    house = request.app[HOUSE]
    value = house.signer.open(PURPOSE, half_way, seconds_max=CODE_SECONDS_MAX)
    assert isinstance(value, list), "what we signed ourselves"
    known = await house.db.read(SYSTEM, credentials, str(value[0]))
    is_same = same(hash_token(known.password_hash or ""), str(value[1]))
    return known, PasswordCheck(is_right=is_same)


def _enter(
    tx: Transaction, vault: Vault, known: Credentials, check: PasswordCheck, code: str
) -> tuple[SignIn, str]:
    found = sign_in(tx, vault, known, check, code=code)
    if found.outcome is not Outcome.SIGNED_IN:
        return found, ""
    return found, begin_session(tx, lasts=SESSION, account_id=found.account_id)


def _next(path: str) -> str:
    target = inner_path(path or "/console")
    return target if target.startswith("/console") else "/console"


def _form(request: web.Request, *, status: int = 200, **values: object) -> web.Response:
    given = {
        "half_way": "",
        "refused": "",
        "next": request.query.get("next", ""),
        "said": SAYINGS.get(request.query.get("done", ""), ""),
        **values,
    }
    return show(request, "console/login.html", status=status, **given)
