"""更多: what is needed seldom; 设置: how this installation stands; and the one search box."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiohttp import web
from sqlalchemy import func, select
from sqlmodel import col

from bot.tables import Outgoing
from bot.web.answers import see_other
from bot.web.console.shell import (
    MORE,
    chosen_community,
    communities,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields
from bot.web.keys import HOUSE
from cases.access import access_case_numbered
from cases.queries import CaseFilter, CaseLine, visible_cases
from cases.rules import ENDED
from community.areas import edit_area
from community.places import visible_buildings, visible_facilities
from community.residents import ResidentFilter, ResidentLine, visible_residents
from community.tables import AreaKind
from core.errors import NotFound, Refusal
from core.settings import Settings
from core.transaction import Transaction
from core.vault import Vault

FOUND_MAX = 20
WORDS_MAX = 60
COMMUNITIES_MAX = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What the search box found."""

    number: int | None
    cases: list[CaseLine]
    residents: list[ResidentLine]
    places: list[tuple[str, str]]


async def show_more(request: web.Request) -> web.Response:
    """Everything that is needed seldom."""
    actor = staff(request)
    return show_console(
        request, "more.html", here="more", tiles=[one for one in MORE if one.is_for(actor)]
    )


async def find(request: web.Request) -> web.Response:
    """Cases, people and places by number, words or name; a whole case number opens its case."""
    actor = staff(request)
    house = request.app[HOUSE]
    words = request.query.get("q", "").strip()[:WORDS_MAX]
    found = await house.db.read(actor, _find, house.vault, words)
    if found.number is not None:
        return see_other(f"/console/cases/{found.number}")
    return show_console(
        request,
        "find.html",
        here="",
        words=words,
        found=found,
        now=house.db.clock(),
        ended=ENDED,
    )


async def show_setup(request: web.Request) -> web.Response:
    """How the installation stands, without secrets, and what the community is called."""
    return await _setup(request)


async def change_area(request: web.Request) -> web.Response:
    """What a community and its bot are called."""
    actor = staff(request, "places.edit")
    data = await request.post()
    fields = Fields(data)
    area_id = row_id(request, "area_id")
    try:
        name = fields.text("name", "名称", most=60)
        bot_name = fields.text("bot_name", "机器人的名字", most=10)
        fields.check()
        await request.app[HOUSE].db.run(actor, _change_area, area_id, name, bot_name)
    except Refusal as refusal:
        return await _setup(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/setup?community={area_id}", done="saved")


def _find(tx: Transaction, vault: Vault, words: str) -> Found:
    if not words:
        return Found(None, [], [], [])
    try:
        return Found(access_case_numbered(tx, words).id, [], [], [])
    except NotFound:
        pass
    residents: list[ResidentLine] = []
    places: list[tuple[str, str]] = []
    for area in communities(tx, "people.see")[:COMMUNITIES_MAX]:
        page = visible_residents(tx, vault, area.id, ResidentFilter(text=words), limit=FOUND_MAX)
        residents += page.lines
        known = [(one.name, one.nicknames) for one in visible_buildings(tx, area.id)]
        known += [(one.name, one.nicknames) for one in visible_facilities(tx, area.id)]
        for name, nicknames in known:
            if any(words in called for called in (name, *nicknames)):
                places.append((name, area.name))
    cases = visible_cases(tx, CaseFilter(group="", text=words), limit=FOUND_MAX)
    return Found(None, cases, residents[:FOUND_MAX], places[:FOUND_MAX])


def _change_area(tx: Transaction, area_id: int, name: str, bot_name: str) -> None:
    area, _ = chosen_community(tx, area_id, "places.edit")
    edit_area(
        tx,
        area_id,
        name=name,
        time_zone=area.time_zone,
        bot_name=bot_name,
        is_village=area.is_village,
    )


async def _setup(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "operate", "roles.grant")
    house = request.app[HOUSE]
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    values = await house.db.read(actor, _read_setup, wanted_community(request))
    facts = _installation(house.settings) if actor.can("operate") else []
    if facts:
        facts.append(("等着写入的事", str(house.db.waiting())))
    return show_console(request, "setup.html", here="more", **{**values, "facts": facts, **trouble})


def _read_setup(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    waiting = select(func.count()).select_from(Outgoing).where(col(Outgoing.settled).is_(False))
    values: dict[str, Any] = {
        "area": None,
        "among": [],
        "waiting": int(tx.look(waiting).scalar_one()),
    }
    try:
        area, among = chosen_community(tx, wanted, "places.edit")
    except NotFound:
        return values
    assert area.kind is AreaKind.COMMUNITY
    return {**values, "area": area, "among": among}


def _installation(settings: Settings) -> list[tuple[str, str]]:
    """What an operator has set, without anything secret."""
    accounts = settings.accounts()
    kind = "PostgreSQL" if settings.database.startswith("postgresql") else "SQLite"
    return [
        ("版本", _version()),
        ("Python", platform.python_version()),
        ("数据库", kind),
        ("监听", settings.listen),
        ("居民打开网页的地址", settings.public_url),
        ("公众号", "、".join(one.name for one in accounts) or "没有接公众号"),
        ("演示聊天", "开着" if settings.simulator else "关着"),
        ("值班的外部接口", "已设置" if settings.duty_hook_url else "没有设置"),
        ("微信授权登录", "开着" if settings.wechat_oauth else "关着"),
    ]


def _version() -> str:
    try:
        return version("yunshequ")
    except PackageNotFoundError:
        return "开发中"
