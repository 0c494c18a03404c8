"""Putting somebody on the register, and what forms say of a person."""

from datetime import date

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.web.answers import see_other
from bot.web.console.shell import (
    chosen_community,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, FormTrouble, path_id
from bot.web.keys import HOUSE
from community.areas import check_time_zone
from community.residents import Particulars, register
from community.tables import Household, Residency
from core.errors import Refusal
from core.transaction import Transaction
from core.vault import Vault

RESIDENCY_WORDS = {
    Residency.HOME: "常住",
    Residency.AWAY: "在外",
    Residency.TENANT: "租住",
    Residency.STAFF: "工作人员",
}


async def show_new(request: web.Request) -> web.Response:
    """The form for somebody who is not on the register yet."""
    return await _new_page(request)


async def add(request: web.Request) -> web.Response:
    """Put somebody on the register."""
    actor = staff(request, "people.edit")
    house = request.app[HOUSE]
    data = await request.post()
    fields = Fields(data)
    try:
        community_id = fields.row_id("community", "社区")
        number = fields.text("number", "人员编号", most=60)
        household = fields.text("household", "户号", most=40, required=False)
        particulars = read_particulars(fields)
        assert community_id is not None
        resident_id = await house.db.run(
            actor, _add, house.vault, community_id, number, household, particulars
        )
    except Refusal as refusal:
        return await _new_page(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/people/{resident_id}", done="added")


def read_particulars(fields: Fields) -> Particulars:
    """What a form says of a person; FormTrouble when something must be put right."""
    name = fields.text("name", "姓名", most=40)
    residency = fields.one_of("residency", "居住情况", Residency)
    city = fields.text("city", "所在城市", most=40, required=False)
    zone = fields.text("time_zone", "时区", most=40, required=False) or "Asia/Shanghai"
    born = fields.text("birth_date", "出生日期", most=10, required=False)
    phone = fields.text("phone", "电话", most=30, required=False)
    birth_date = None
    if born:
        try:
            birth_date = date.fromisoformat(born)
        except ValueError:
            fields.wrong("birth_date", "出生日期请写成 1980-05-01 这样。")
    try:
        check_time_zone(zone)
    except Refusal as refusal:
        fields.wrong("time_zone", str(refusal))
    fields.check()
    return Particulars(
        name=name,
        residency=residency,
        city=city,
        time_zone=zone,
        birth_date=birth_date,
        phone=phone,
    )


def household_numbered(tx: Transaction, community_id: int, number: str) -> int | None:
    """The household with this number, None for an empty one; FormTrouble when there is none."""
    number = number.strip()
    if not number:
        return None
    query = select(col(Household.id)).where(
        col(Household.community_id) == community_id, col(Household.number) == number
    )
    found = tx.look(query).scalar()
    if found is None:
        raise FormTrouble({"household": "没有这个户号，请先在“户”里添加。"}, {"household": number})
    return int(found)


def _add(
    tx: Transaction,
    vault: Vault,
    community_id: int,
    number: str,
    household: str,
    particulars: Particulars,
) -> int:
    return register(
        tx,
        vault,
        community_id=community_id,
        number=number,
        particulars=particulars,
        household_id=household_numbered(tx, community_id, household),
    ).id


async def _new_page(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "people.edit")
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    wanted = path_id((typed or {}).get("community", "")) or wanted_community(request)
    area, among = await request.app[HOUSE].db.read(actor, chosen_community, wanted, "people.edit")
    return show_console(
        request,
        "new_resident.html",
        here="people",
        shelf_here="residents",
        area=area,
        among=among,
        residencies=RESIDENCY_WORDS,
        **trouble,
    )
