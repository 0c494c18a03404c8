"""人员和角色: who may do what from when until when, and who can sign in."""

import asyncio
import secrets
from datetime import date
from typing import Any

from aiohttp import web

from bot.web.answers import see_other
from bot.web.console.pick import WHO_MAX, matches
from bot.web.console.shell import (
    chosen_community,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, path_id
from bot.web.keys import HOUSE
from bot.web.session import forget_sessions
from cases.queries import agencies_of
from community.accounts import (
    access_account,
    create_account,
    disable_account,
    disable_totp,
    enable_account,
    set_password,
    visible_accounts,
)
from community.areas import visible_areas
from community.codes import ALPHABET
from community.grants import end_role, grant_role, grantable_roles, visible_grants
from community.passwords import NewPassword, prepare
from community.people import covered
from community.places import visible_grids
from community.roles import CAPABILITIES, CAPABILITY_WORDS, ROLE_WORDS
from core.errors import Refusal
from core.transaction import Transaction
from core.vault import Vault

PASSWORD_GROUPS = 4
GROUP_LETTERS = 4  # sixteen letters of 32 are 80 bits


async def show_roles(request: web.Request) -> web.Response:
    """Roles that hold and people who can sign in."""
    return await _page(request)


async def grant(request: web.Request) -> web.Response:
    """Give somebody a role, from a day until a day."""
    actor = staff(request, "roles.grant")
    data = await request.post()
    fields = Fields(data)
    if "find" in data:
        return await _page(request, typed=typed_in(data))
    try:
        resident_id = fields.row_id("resident", "哪一位")
        role = fields.choice("role", "角色", ROLE_WORDS)
        area_id = fields.row_id("area", "辖区")
        agency_id = fields.row_id("agency", "承办单位", required=False)
        grid_id = fields.row_id("grid", "网格", required=False)
        start, until = _day(fields, "from", "开始日期"), _day(fields, "until", "结束日期")
        fields.check()
        await request.app[HOUSE].db.run(
            actor,
            grant_role,
            resident_id=resident_id or 0,
            role=role,
            area_id=area_id or 0,
            agency_id=agency_id,
            grid_id=grid_id,
            from_date=start,
            until_date=until,
        )
    except Refusal as refusal:
        return await _page(request, refusal=refusal, typed=typed_in(data))
    return see_other(_back(fields), done="granted")


async def end(request: web.Request) -> web.Response:
    """Take a role back at once."""
    actor = staff(request, "roles.grant")
    try:
        await request.app[HOUSE].db.run(actor, end_role, row_id(request, "grant_id"))
    except Refusal as refusal:
        return await _page(request, refusal=refusal)
    return see_other("/console/roles", done="revoked")


async def open_account(request: web.Request) -> web.Response:
    """A sign-in for somebody; the password we make is shown this once."""
    actor = staff(request, "roles.grant")
    data = await request.post()
    fields = Fields(data)
    password = fresh_password()
    try:
        resident_id = fields.row_id("resident", "哪一位")
        login = fields.text("login", "登录名", most=60)
        fields.check()
        ready = await asyncio.to_thread(prepare, password)
        await request.app[HOUSE].db.run(
            actor, create_account, login=login, password=ready, resident_id=resident_id or 0
        )
    except Refusal as refusal:
        return await _page(request, refusal=refusal, typed=typed_in(data))
    return await _page(request, made=(login.strip().lower(), password))


async def new_password(request: web.Request) -> web.Response:
    """A fresh password for somebody who lost theirs, shown this once; they are signed out."""
    actor = staff(request, "roles.grant")
    password = fresh_password()
    account_id = row_id(request, "account_id")
    try:
        ready = await asyncio.to_thread(prepare, password)
        login = await request.app[HOUSE].db.run(actor, _new_password, account_id, ready)
    except Refusal as refusal:
        return await _page(request, refusal=refusal)
    return await _page(request, made=(login, password))


async def switch_account(request: web.Request) -> web.Response:
    """Disable an account or let it work again; turn off a second step whose phone is lost."""
    actor = staff(request, "roles.grant")
    what = request.match_info["what"]
    try:
        await request.app[HOUSE].db.run(actor, _switch, row_id(request, "account_id"), what)
    except Refusal as refusal:
        return await _page(request, refusal=refusal)
    done = {"disable": "disabled", "enable": "enabled"}.get(what, "totp_off")
    return see_other("/console/roles", done=done)


def fresh_password() -> str:
    """A password nobody guesses, easy to read out: abcd-efgh-jkmn-pqrs (80 bits)."""
    letters = ALPHABET.lower()
    groups = (
        "".join(secrets.choice(letters) for _ in range(GROUP_LETTERS))
        for _ in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def _new_password(tx: Transaction, account_id: int, password: NewPassword) -> str:
    set_password(tx, account_id, password)
    forget_sessions(tx, account_id=account_id)
    return access_account(tx, account_id).login


def _switch(tx: Transaction, account_id: int, what: str) -> None:
    if what == "disable":
        disable_account(tx, account_id)
        forget_sessions(tx, account_id=account_id)
    elif what == "enable":
        enable_account(tx, account_id)
    else:
        disable_totp(tx, account_id)


def _day(fields: Fields, name: str, label: str) -> date | None:
    text = fields.text(name, label, most=10, required=False)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        fields.wrong(name, f"{label}请写成 2026-11-30 这样。")
        return None


def _back(fields: Fields) -> str:
    community_id = path_id(fields.typed.get("community", ""))
    return f"/console/roles?community={community_id}" if community_id else "/console/roles"


async def _page(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    made: tuple[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "roles.grant")
    house = request.app[HOUSE]
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    typed = typed or {}
    wanted = path_id(typed.get("community", "")) or wanted_community(request)
    who = typed.get("who", request.query.get("who", ""))[:WHO_MAX]
    values = await house.db.read(
        actor, _read, house.vault, wanted, who, path_id(typed.get("resident", ""))
    )
    return show_console(
        request,
        "roles.html",
        here="more",
        **{
            **values,
            "who": who,
            "made": made,
            "capabilities": CAPABILITIES,
            "capability_words": CAPABILITY_WORDS,
            "role_words": ROLE_WORDS,
            "past": request.query.get("past") == "1",
            **trouble,
        },
    )


def _read(
    tx: Transaction, vault: Vault, wanted: int | None, who: str, chosen: int
) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "roles.grant")
    areas = [one for one in visible_areas(tx) if tx.actor.can("roles.grant", one.id)]
    here = covered(tx, area.id)
    grants = [line for line in visible_grants(tx) if line.area_id in here or len(among) == 1]
    return {
        "area": area,
        "among": among,
        "grants": grants,
        "accounts": visible_accounts(tx),
        "areas": areas,
        "roles": grantable_roles(tx, area.id),
        "agencies": agencies_of(tx, area.id),
        "grids": visible_grids(tx, area.id),
        "found": matches(tx, vault, area.id, who, chosen=chosen),
    }
