"""绑定单: letters to print for households, each with a one-time code and a QR for every person."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Select, func, select
from sqlmodel import col

from bot.web.console.shell import (
    chosen_community,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, path_id
from bot.web.keys import HOUSE, SCENES
from community.binding import BindingLetter, NobodyToBind, make_letter, qr_svg
from community.grants import outranks
from community.places import visible_buildings
from community.tables import Area, Building, Dwelling, Household, Identity, Resident
from core.errors import Refusal
from core.signing import Signer
from core.transaction import Transaction

DAYS = (7, 30, 90)
SCAN_DAYS_MAX = 30  # as long as WeChat keeps a code with a scene
LETTERS_MAX = 60
HOUSEHOLDS_LENGTH_MAX = 2_000


class NoSuchHousehold(Refusal):
    code = "codes_no_household"
    text = "没有找到户号 {number}，请核对后再打印。"
    status = 422


class TooManyLetters(Refusal):
    code = "codes_too_many"
    text = "一次最多打印 {most} 户，请分几次。"
    status = 422


@dataclass(frozen=True, slots=True)
class Sheet:
    """One household's letter as it is printed; the pictures stand beside their slips.

    `can_scan` when every picture leads into the official account;
    otherwise they carry the words to send.
    """

    letter: BindingLetter
    pictures: list[str]
    can_scan: bool


async def show_codes(request: web.Request) -> web.Response:
    """Which households have people who are not bound yet, and the form to print for them."""
    return await _page(request)


async def print_codes(request: web.Request) -> web.Response:
    """Fresh codes on letters ready to print; they are shown this once."""
    actor = staff(request, "people.edit")
    house = request.app[HOUSE]
    data = await request.post()
    fields = Fields(data)
    try:
        days = fields.whole("days", "有效天数", least=1, most=90)
        building_id = fields.row_id("building", "楼栋", required=False)
        numbers = fields.text(
            "households", "户号", most=HOUSEHOLDS_LENGTH_MAX, required=building_id is None
        )
        community_id = fields.row_id("community", "社区") or 0
        fields.check()
        letters = await house.db.run(
            actor, _letters, house.signer, community_id, building_id, numbers.split(), days
        )
    except Refusal as refusal:
        return await _page(request, refusal=refusal, typed=typed_in(data))
    sheets = await _sheets(request, community_id, letters, days)
    return show_console(
        request,
        "letters.html",
        here="people",
        shelf_here="codes",
        sheets=sheets,
        days=days,
        scan_days=min(days, SCAN_DAYS_MAX),
    )


async def _sheets(
    request: web.Request, community_id: int, letters: list[BindingLetter], days: int
) -> list[Sheet]:
    """The letters with their pictures: of the official account where there is one."""
    scenes = [slip.scene for letter in letters for slip in letter.slips]
    addresses = [""] * len(scenes)
    codes_for = request.app.get(SCENES)
    if codes_for is not None:
        actor = staff(request, "people.edit")
        code = await request.app[HOUSE].db.read(actor, _code_of, community_id)
        addresses = await codes_for(code, scenes, days)
    found = dict(zip(scenes, addresses, strict=True))
    sheets = []
    for letter in letters:
        can_scan = all(found[slip.scene] for slip in letter.slips)
        pictures = [
            qr_svg(found[slip.scene] if can_scan else f"绑定 {slip.code}") for slip in letter.slips
        ]
        sheets.append(Sheet(letter, pictures, can_scan))
    return sheets


def _code_of(tx: Transaction, community_id: int) -> str:
    return chosen_community(tx, community_id, "people.edit")[0].code


def _letters(
    tx: Transaction,
    signer: Signer,
    community_id: int,
    building_id: int | None,
    numbers: list[str],
    days: int,
) -> list[BindingLetter]:
    area, _ = chosen_community(tx, community_id, "people.edit")
    ids = _household_ids(tx, area.id, building_id, numbers)
    if len(ids) > LETTERS_MAX:
        raise TooManyLetters(most=LETTERS_MAX)
    letters = []
    for household_id in ids:
        if not _may_print(tx, household_id):
            continue
        try:
            letters.append(make_letter(tx, signer, household_id=household_id, days=days))
        except NobodyToBind:
            continue
    if not letters:
        raise NobodyToBind
    return letters


def _may_print(tx: Transaction, household_id: int) -> bool:
    """Whoever lives here with more rights than the actor gets a code from somebody above."""
    query = select(col(Resident.id)).where(
        col(Resident.household_id) == household_id, col(Resident.left_at).is_(None)
    )
    return all(outranks(tx, row.id) for row in tx.look(query).all())


def _household_ids(
    tx: Transaction, community_id: int, building_id: int | None, numbers: list[str]
) -> list[int]:
    query = select(col(Household.id), col(Household.number)).where(
        col(Household.community_id) == community_id
    )
    if numbers:
        wanted = list(dict.fromkeys(number.strip("，,、；;") for number in numbers))
        rows = tx.look(query.where(col(Household.number).in_(wanted))).all()
        found = {row.number: row.id for row in rows}
        for number in wanted:
            if number not in found:
                raise NoSuchHousehold(number=number)
        return [found[number] for number in wanted]
    bound = select(col(Identity.resident_id)).where(col(Identity.resident_id).is_not(None))
    query = (
        query.join(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .join(Resident, col(Resident.household_id) == col(Household.id))
        .where(
            col(Dwelling.building_id) == building_id,
            col(Resident.left_at).is_(None),
            col(Resident.id).not_in(bound),
        )
        .distinct()
        .order_by(col(Household.number))
        .limit(LETTERS_MAX + 1)
    )
    return [row.id for row in tx.look(query)]


async def _page(
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
    values = await request.app[HOUSE].db.read(actor, _read, wanted)
    given = request.query.get("households", "")[:HOUSEHOLDS_LENGTH_MAX]
    return show_console(
        request,
        "codes.html",
        here="people",
        shelf_here="codes",
        **{**values, "days": DAYS, "given": given, **trouble},
    )


def _read(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, "people.edit")
    bound = select(col(Identity.resident_id)).where(col(Identity.resident_id).is_not(None))
    query: Select[*tuple[Any, ...]] = (
        select(col(Building.id), func.count(func.distinct(col(Household.id))).label("households"))
        .join(Dwelling, col(Dwelling.building_id) == col(Building.id))
        .join(Household, col(Household.dwelling_id) == col(Dwelling.id))
        .join(Resident, col(Resident.household_id) == col(Household.id))
        .where(
            col(Building.community_id) == area.id,
            col(Resident.left_at).is_(None),
            col(Resident.id).not_in(bound),
        )
        .group_by(col(Building.id))
    )
    waiting: dict[int, int] = {row.id: row.households for row in tx.look(query)}
    return {
        "area": area,
        "among": among,
        "waiting": [(b, waiting[b.id]) for b in visible_buildings(tx, area.id) if b.id in waiting],
        **_bound_share(tx, area),
    }


def _bound_share(tx: Transaction, area: Area) -> dict[str, int]:
    here = (col(Resident.community_id) == area.id, col(Resident.left_at).is_(None))
    everyone = select(func.count()).select_from(Resident).where(*here)
    bound = (
        select(func.count(func.distinct(col(Resident.id))))
        .join(Identity, col(Identity.resident_id) == col(Resident.id))
        .where(*here)
    )
    return {
        "resident_count": int(tx.look(everyone).scalar_one()),
        "bound_count": int(tx.look(bound).scalar_one()),
    }
