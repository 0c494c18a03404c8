"""承办单位, 权责清单, 值班表: who answers for what, and who is called when there is danger."""

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
from cases.duty_list import remove_duty, save_duty, visible_duties
from cases.tables import Confirmation
from community.agencies import save_agency, visible_agencies
from community.duty import (
    DAY_MINUTES,
    WEEKDAYS,
    add_shift,
    clock_time,
    gaps,
    remove_shift,
    visible_shifts,
)
from community.tables import DISTRICT, AgencyKind
from core.errors import Refusal
from core.transaction import Transaction
from core.vault import Vault
from nlp.categories import CATEGORIES

WORKDAY_MINUTES = 540  # 9:00 to 18:00
HOUR_MINUTES = 60
KIND_WORDS = {
    AgencyKind.PROPERTY: "物业公司",
    AgencyKind.DEPARTMENT: "科室部门",
    AgencyKind.UTILITY: "水电气公司",
    AgencyKind.ORGANISATION: "其他组织",
}
CONFIRMATION_WORDS = {
    Confirmation.RESIDENT: "居民确认",
    Confirmation.BOTH: "居民和核查都确认",
}


async def show_agencies(request: web.Request) -> web.Response:
    """Who can be given cases here."""
    return await _agencies(request)


async def keep_agency(request: web.Request) -> web.Response:
    """Add an agency or change it."""
    actor = staff(request, "duties.edit")
    data = await request.post()
    fields = Fields(data)
    try:
        name = fields.text("name", "名称", most=60)
        phone = fields.text("phone", "电话", most=40, required=False)
        kind = fields.one_of("kind", "种类", AgencyKind)
        agency_id = fields.row_id("id", "单位", required=False)
        community_id = fields.row_id("community", "社区") or 0
        fields.check()
        await request.app[HOUSE].db.run(
            actor,
            save_agency,
            community_id=community_id,
            kind=kind,
            name=name,
            phone=phone,
            agency_id=agency_id,
        )
    except Refusal as refusal:
        return await _agencies(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/agencies?community={community_id}", done="saved")


async def show_duties(request: web.Request) -> web.Response:
    """The duty list."""
    return await _duties(request)


async def keep_duty(request: web.Request) -> web.Response:
    """Add a row of the duty list or change it."""
    actor = staff(request, "duties.edit")
    data = await request.post()
    fields = Fields(data)
    try:
        category = fields.choice("category", "类别", CATEGORIES)
        category2 = fields.text("category2", "细类", most=60, required=False)
        agency_id = fields.row_id("agency", "承办单位") or 0
        sign_hours = fields.whole("sign_hours", "签收时限", least=1, most=240)
        handle_days = fields.whole("handle_days", "办结时限", least=1, most=120)
        confirmation = fields.one_of("confirmation", "怎么结案", Confirmation)
        basis = fields.text("basis", "依据", most=200, required=False)
        community_id = fields.row_id("community", "社区") or 0
        fields.check()
        await request.app[HOUSE].db.run(
            actor,
            save_duty,
            community_id=community_id,
            category=category,
            category2=category2,
            agency_id=agency_id,
            sign_minutes=sign_hours * HOUR_MINUTES,
            handle_minutes=handle_days * WORKDAY_MINUTES,
            confirmation=confirmation,
            is_public=fields.flag("is_public"),
            basis=basis,
        )
    except Refusal as refusal:
        return await _duties(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/duties?community={community_id}", done="saved")


async def drop_duty(request: web.Request) -> web.Response:
    """Take a row off the duty list."""
    actor = staff(request, "duties.edit")
    await request.app[HOUSE].db.run(actor, remove_duty, row_id(request, "duty_id"))
    return see_other("/console/duties", done="removed")


async def show_shifts(request: web.Request) -> web.Response:
    """The week: who is called when."""
    return await _shifts(request)


async def keep_shift(request: web.Request) -> web.Response:
    """Put somebody on duty, on one day of the week or on every day."""
    actor = staff(request, "duties.edit")
    data = await request.post()
    fields = Fields(data)
    if "find" in data:
        return await _shifts(request, typed=typed_in(data))
    try:
        resident_id = fields.row_id("resident", "哪一位") or 0
        day = fields.choice("weekday", "星期", ("all", *map(str, range(7))))
        start, until = _minute(fields, "from"), _minute(fields, "until")
        community_id = fields.row_id("community", "社区") or 0
        fields.check()
        days = range(7) if day == "all" else (int(day),)
        await request.app[HOUSE].db.run(
            actor, _keep_shift, community_id, resident_id, tuple(days), start, until
        )
    except Refusal as refusal:
        return await _shifts(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/shifts?community={community_id}", done="added")


async def drop_shift(request: web.Request) -> web.Response:
    """Take a shift off the week."""
    actor = staff(request, "duties.edit")
    await request.app[HOUSE].db.run(actor, remove_shift, row_id(request, "shift_id"))
    return see_other("/console/shifts", done="removed")


def say_span(minutes: int) -> str:
    """Working minutes as people say them: 4 工作小时, 5 工作日."""
    if minutes % WORKDAY_MINUTES == 0:
        return f"{minutes // WORKDAY_MINUTES} 工作日"
    if minutes % HOUR_MINUTES == 0:
        return f"{minutes // HOUR_MINUTES} 工作小时"
    return f"{minutes} 工作分钟"


def _minute(fields: Fields, name: str) -> int:
    """The minute of the day that stands in a field as 08:30; 24:00 is its end."""
    text = fields.text(name, "时间", most=5)
    hours, colon, minutes = text.partition(":")
    if colon and hours.isdigit() and minutes.isdigit() and int(minutes) < HOUR_MINUTES:
        minute = int(hours) * HOUR_MINUTES + int(minutes)
        if 0 <= minute <= DAY_MINUTES:
            return minute
    fields.wrong(name, "时间请写成 08:30 这样。")
    return 0


def _keep_shift(
    tx: Transaction,
    community_id: int,
    resident_id: int,
    days: tuple[int, ...],
    start: int,
    until: int,
) -> None:
    for weekday in days:
        add_shift(
            tx,
            community_id=community_id,
            resident_id=resident_id,
            weekday=weekday,
            from_minute=start,
            until_minute=until,
        )


async def _agencies(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "duties.edit")
    values = await request.app[HOUSE].db.read(actor, _read_agencies, _wanted(request, typed))
    return _show(request, "agencies.html", values, refusal, typed, kinds=KIND_WORDS)


def _read_agencies(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "duties.edit")
    agencies = visible_agencies(tx, area.id)
    return {
        "area": area,
        "among": among,
        "agencies": [one for one in agencies if one.community_id != DISTRICT],
        "shared": [one for one in agencies if one.community_id == DISTRICT],
    }


async def _duties(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "case.dispatch", "duties.edit")
    values = await request.app[HOUSE].db.read(actor, _read_duties, _wanted(request, typed))
    return _show(
        request,
        "duties.html",
        values,
        refusal,
        typed,
        categories=CATEGORIES,
        confirmations=CONFIRMATION_WORDS,
        span=say_span,
        workday=WORKDAY_MINUTES,
        hour=HOUR_MINUTES,
    )


def _read_duties(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "duties.edit", "case.dispatch")
    duties = visible_duties(tx, area.id)
    listed = {duty.category for duty in duties}
    return {
        "area": area,
        "among": among,
        "duties": duties,
        "missing": [name for name in CATEGORIES if name not in listed],
        "agencies": visible_agencies(tx, area.id),
        "may_edit": tx.actor.can("duties.edit", area.id),
    }


async def _shifts(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "case.desk", "duties.edit")
    house = request.app[HOUSE]
    who = (typed or {}).get("who", "")[:WHO_MAX]
    values = await house.db.read(actor, _read_shifts, house.vault, _wanted(request, typed), who)
    return _show(
        request, "shifts.html", values, refusal, typed, weekdays=WEEKDAYS, clock=clock_time, who=who
    )


def _read_shifts(tx: Transaction, vault: Vault, wanted: int | None, who: str) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "case.desk", "duties.edit")
    shifts = visible_shifts(tx, area.id)
    return {
        "area": area,
        "among": among,
        "week": [[line for line in shifts if line.weekday == day] for day in range(7)],
        "gaps": gaps(shifts),
        "found": matches(tx, vault, area.id, who),
        "may_edit": tx.actor.can("duties.edit", area.id),
    }


def _wanted(request: web.Request, typed: dict[str, str] | None) -> int | None:
    return path_id((typed or {}).get("community", "")) or wanted_community(request)


def _show(
    request: web.Request,
    template: str,
    values: dict[str, Any],
    refusal: Refusal | None,
    typed: dict[str, str] | None,
    **more: Any,
) -> web.Response:
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    return show_console(request, template, here="more", **{**values, **more, **trouble})
