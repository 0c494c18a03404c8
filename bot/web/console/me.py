"""One's own account: the password, the second step, and the browsers that are signed in."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import delete, func, select
from sqlmodel import col

from bot.tables import WebSession
from bot.web.answers import see_other
from bot.web.console.shell import show_console, staff, trouble_of
from bot.web.forms import Fields
from bot.web.keys import HOUSE, VISITOR
from community.accounts import (
    Credentials,
    access_account,
    credentials,
    disable_totp,
    enable_totp,
    set_password,
)
from community.binding import qr_svg
from community.grants import GrantLine, visible_grants
from community.passwords import LENGTH_MAX, NewPassword, compare, prepare
from community.tables import Account
from community.totp import TotpOffer, offer_totp
from core.actor import SYSTEM
from core.errors import Refusal
from core.transaction import Transaction

PURPOSE = "totp-offer"
OFFER_SECONDS_MAX = 900


class WrongOldPassword(Refusal):
    code = "wrong_old_password"
    text = "现在的密码不对，请再输一次。"
    status = 422


@dataclass(frozen=True, slots=True)
class Me:
    """What the page shows of one's own account."""

    login: str
    has_totp: bool
    made_at: datetime
    other_count: int
    grants: list[GrantLine]


async def show_me(request: web.Request) -> web.Response:
    """The page."""
    return await _page(request)


async def change_password(request: web.Request) -> web.Response:
    """A new password, after the old one; every other browser is signed out."""
    actor = staff(request)
    house = request.app[HOUSE]
    account_id, session_id = _mine(request)
    fields = Fields(await request.post())
    try:
        old = fields.secret("password", "现在的密码", most=LENGTH_MAX)
        new = fields.secret("new_password", "新密码", most=LENGTH_MAX)
        if new and new != fields.secret("again", "新密码（再输一次）", most=LENGTH_MAX):
            fields.wrong("again", "两次输入的新密码不一样。")
        fields.check()
        known = await house.db.read(SYSTEM, _own_credentials, account_id)
        if not (await asyncio.to_thread(compare, known.password_hash, old)).is_right:
            raise WrongOldPassword
        ready = await asyncio.to_thread(prepare, new, login=known.login)
        await house.db.run(actor, _change_password, account_id, session_id, ready)
    except Refusal as refusal:
        return await _page(request, refusal=refusal, opened="password")
    return see_other("/console/me", done="password")


async def offer_second_step(request: web.Request) -> web.Response:
    """Show the QR code that an authenticator reads; nothing is kept yet."""
    return await _page(request, opened="totp")


async def turn_on_second_step(request: web.Request) -> web.Response:
    """Ask for six digits from now on, once the first six were right."""
    actor = staff(request)
    house = request.app[HOUSE]
    account_id, _ = _mine(request)
    fields = Fields(await request.post())
    offered = fields.typed.pop("offer", "")
    secret = ""
    try:
        secret = str(house.signer.open(PURPOSE, offered, seconds_max=OFFER_SECONDS_MAX))
        code = fields.text("code", "六位数字", most=10)
        fields.check()
        await house.db.run(actor, enable_totp, house.vault, account_id, secret=secret, code=code)
    except Refusal as refusal:
        return await _page(request, refusal=refusal, opened="totp", secret=secret)
    return see_other("/console/me", done="totp_on")


async def turn_off_second_step(request: web.Request) -> web.Response:
    """Ask for no digits any more."""
    actor = staff(request)
    account_id, _ = _mine(request)
    try:
        await request.app[HOUSE].db.run(actor, disable_totp, account_id)
    except Refusal as refusal:
        return await _page(request, refusal=refusal)
    return see_other("/console/me", done="totp_off")


async def leave_others(request: web.Request) -> web.Response:
    """Sign out every browser but this one."""
    actor = staff(request)
    account_id, session_id = _mine(request)
    await request.app[HOUSE].db.run(actor, _leave_others, account_id, session_id)
    return see_other("/console/me", done="left_others")


async def _page(
    request: web.Request, *, refusal: Refusal | None = None, opened: str = "", secret: str = ""
) -> web.Response:
    actor = staff(request)
    house = request.app[HOUSE]
    trouble = trouble_of(refusal) if refusal is not None else {}
    me = await house.db.read(actor, _me, *_mine(request))
    offer = None
    if opened == "totp" and not me.has_totp:
        offer = offer_totp(me.login)
        if secret:  # the same secret again: the telephone may have read it already
            offer = TotpOffer(secret, offer.uri.replace(offer.secret, secret))
    return show_console(
        request,
        "me.html",
        here="more",
        me=me,
        offer=offer,
        qr=qr_svg(offer.uri) if offer is not None else "",
        signed=house.signer.sign(PURPOSE, offer.secret) if offer is not None else "",
        name=request[VISITOR].name,
        **trouble,
    )


def _mine(request: web.Request) -> tuple[int, int]:
    """The account and the session of whoever `staff` has let in."""
    visitor = request[VISITOR]
    assert visitor.account_id is not None
    assert visitor.session_id is not None
    return visitor.account_id, visitor.session_id


def _me(tx: Transaction, account_id: int, session_id: int) -> Me:
    account = tx.get_one(Account, account_id)
    others = select(func.count()).where(
        col(WebSession.account_id) == account_id,
        col(WebSession.id) != session_id,
        col(WebSession.expires_at) > tx.now,
    )
    return Me(
        login=account.login,
        has_totp=account.totp_sealed is not None,
        made_at=account.made_at,
        other_count=int(tx.look(others).scalar_one()),
        grants=list(visible_grants(tx, resident_id=account.resident_id)),
    )


def _own_credentials(tx: Transaction, account_id: int) -> Credentials:
    return credentials(tx, tx.get_one(Account, account_id).login)


def _change_password(
    tx: Transaction, account_id: int, session_id: int, password: NewPassword
) -> None:
    set_password(tx, account_id, password)
    _leave_others(tx, account_id, session_id)


def _leave_others(tx: Transaction, account_id: int, session_id: int) -> None:
    access_account(tx, account_id)
    tx.look(
        delete(WebSession).where(
            col(WebSession.account_id) == account_id, col(WebSession.id) != session_id
        )
    )
