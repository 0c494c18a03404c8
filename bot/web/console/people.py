"""居民: the register in masked lines, and one person's file, where every look is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.web.answers import see_other
from bot.web.console.register import (
    RESIDENCY_WORDS,
    household_numbered,
    read_particulars,
)
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
from bot.web.keys import HOUSE, VISITOR
from cases.queries import CaseLine, cases_of_resident
from community.binding import unbind
from community.grants import GrantLine, visible_grants
from community.households import address_of
from community.privacy import mask_address, mask_name, mask_phone
from community.residents import (
    Page,
    Particulars,
    ResidentFilter,
    access_resident,
    edit,
    find_resident,
    leave,
    move,
    phone_of,
    visible_residents,
)
from community.tables import AccessRecord, Area, Household, Identity, Residency, Resident
from core.errors import NotFound, Refusal
from core.signing import LinkExpired, LinkForged
from core.transaction import Transaction
from core.vault import Vault

PURPOSE = "console-look"
LOOK_SECONDS_MAX = 900
LOOKS_MAX = 30
PURPOSES = ("核实诉求", "电话回访", "更新名册", "走访前了解", "应急联系")
CHANNEL_WORDS = {"simulator": "演示聊天", "desk": "窗口登记"}


@dataclass(frozen=True, slots=True)
class Masked:
    """What is shown before anybody says why they look."""

    id: int
    name: str
    number: str
    residency: Residency
    household_id: int | None
    household: str
    address: str
    phone: str
    has_left: bool
    community: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A chat the person is known by."""

    id: int
    channel: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at the file."""

    at: datetime
    name: str
    purpose: str


@dataclass(frozen=True, slots=True)
class File:
    """Everything the register says of a person."""

    resident: Resident
    address: str
    phone: str
    bound: list[Bound]
    grants: Sequence[GrantLine]
    cases: Sequence[CaseLine]
    looks: list[Look]


async def show_residents(request: web.Request) -> web.Response:
    """The register of a community, masked."""
    actor = staff(request, "people.see")
    house = request.app[HOUSE]
    query = request.query
    residency = query.get("residency", "")
    wanted = ResidentFilter(
        text=query.get("who", "")[:60],
        residency=Residency(residency) if residency in set(Residency) else None,
        with_left=query.get("left") == "1",
    )
    area, among, page = await house.db.read(
        actor,
        _residents,
        house.vault,
        wanted_community(request),
        wanted,
        path_id(query.get("after", "")),
    )
    return show_console(
        request,
        "people.html",
        here="people",
        shelf_here="residents",
        area=area,
        among=among,
        page=page,
        wanted=wanted,
        residencies=RESIDENCY_WORDS,
        may_edit=actor.can("people.edit", area.id),
    )


async def show_resident(request: web.Request) -> web.Response:
    """The file when a look has just been written down; else the masked card and why one looks."""
    return await show_file(request)


async def look(request: web.Request) -> web.Response:
    """Write down who looks and why, then show the file for a quarter of an hour."""
    actor = staff(request, "people.see")
    house, visitor = request.app[HOUSE], request[VISITOR]
    resident_id = row_id(request, "resident_id")
    data = await request.post()
    fields = Fields(data)
    purpose = fields.typed.get("other", "").strip() or fields.typed.get("purpose", "")
    try:
        await house.db.run(actor, _look, resident_id, purpose)
    except Refusal as refusal:
        return await show_file(request, refusal=refusal, typed=typed_in(data))
    token = house.signer.sign(PURPOSE, [visitor.account_id, resident_id])
    return see_other(f"/console/people/{resident_id}?look={token}")


async def change(request: web.Request) -> web.Response:
    """Put the register right."""
    actor = staff(request, "people.edit")
    house = request.app[HOUSE]
    resident_id = row_id(request, "resident_id")
    data = await request.post()
    try:
        particulars = read_particulars(Fields(data))
        await house.db.run(
            actor,
            _change,
            house.vault,
            resident_id,
            particulars,
            str(data.get("household", ""))[:40],
        )
    except Refusal as refusal:
        return await show_file(request, refusal=refusal, typed=typed_in(data))
    return see_other(_again(request, resident_id), done="saved")


async def take_off(request: web.Request) -> web.Response:
    """The person has left: chats are unbound, roles and sign-ins end."""
    actor = staff(request, "people.edit")
    resident_id = row_id(request, "resident_id")
    try:
        await request.app[HOUSE].db.run(actor, leave, resident_id)
    except Refusal as refusal:
        return await show_file(request, refusal=refusal)
    return see_other("/console/people", done="removed")


async def let_go(request: web.Request) -> web.Response:
    """Unbind a chat from the person."""
    actor = staff(request, "people.edit")
    resident_id = row_id(request, "resident_id")
    try:
        await request.app[HOUSE].db.run(actor, _let_go, resident_id, row_id(request, "identity_id"))
    except Refusal as refusal:
        return await show_file(request, refusal=refusal)
    return see_other(_again(request, resident_id), done="unbound")


def _residents(
    tx: Transaction, vault: Vault, wanted: int | None, filter_: ResidentFilter, after: int
) -> tuple[Area, list[Area], Page]:
    area, among = chosen_community(tx, wanted, "people.see")
    return area, among, visible_residents(tx, vault, area.id, filter_, after=after)


def _look(tx: Transaction, resident_id: int, purpose: str) -> None:
    access_resident(tx, resident_id, purpose=purpose)


def _change(
    tx: Transaction, vault: Vault, resident_id: int, particulars: Particulars, household: str
) -> None:
    resident = edit(tx, vault, resident_id, particulars)
    move(tx, resident_id, household_id=household_numbered(tx, resident.community_id, household))


def _let_go(tx: Transaction, resident_id: int, identity_id: int) -> None:
    find_resident(tx, resident_id)
    identity = tx.get(Identity, identity_id)
    if identity is None or identity.resident_id != resident_id:
        raise NotFound
    unbind(tx, identity_id)


async def show_file(
    request: web.Request,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    """The page of a person, with what was refused and what was typed."""
    actor = staff(request, "people.see")
    house = request.app[HOUSE]
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    resident_id = row_id(request, "resident_id")
    masked, may_edit = await house.db.read(actor, _masked, house.vault, resident_id)
    file = None
    if _has_looked(request, resident_id):
        file = await house.db.read(actor, _file, house.vault, resident_id)
    return show_console(
        request,
        "resident.html",
        here="people",
        shelf_here="residents",
        one=masked,
        file=file,
        look=request.query.get("look", ""),
        purposes=PURPOSES,
        residencies=RESIDENCY_WORDS,
        channels=CHANNEL_WORDS,
        may_edit=may_edit,
        now=house.db.clock(),
        **trouble,
    )


def _has_looked(request: web.Request, resident_id: int) -> bool:
    """Whether this account said a moment ago why it looks at this person."""
    token = request.query.get("look", "")
    if not token:
        return False
    try:
        value = request.app[HOUSE].signer.open(PURPOSE, token, seconds_max=LOOK_SECONDS_MAX)
    except (LinkExpired, LinkForged):
        return False
    return value == [request[VISITOR].account_id, resident_id]


def _again(request: web.Request, resident_id: int) -> str:
    token = request.query.get("look", "")
    return f"/console/people/{resident_id}{f'?look={token}' if token else ''}"


def _masked(tx: Transaction, vault: Vault, resident_id: int) -> tuple[Masked, bool]:
    resident = find_resident(tx, resident_id)
    if not tx.actor.can("people.see", resident.community_id):
        raise NotFound
    household = tx.get(Household, resident.household_id) if resident.household_id else None
    phone = phone_of(vault, resident)
    masked = Masked(
        id=resident.id,
        name=mask_name(resident.name),
        number=resident.number,
        residency=resident.residency,
        household_id=resident.household_id,
        household=household.number if household is not None else "",
        address=mask_address(address_of(tx, household.id)) if household is not None else "",
        phone=mask_phone(phone) if phone else "",
        has_left=resident.left_at is not None,
        community=tx.get_one(Area, resident.community_id).name,
    )
    return masked, tx.actor.can("people.edit", resident.community_id)


def _file(tx: Transaction, vault: Vault, resident_id: int) -> File:
    resident = find_resident(tx, resident_id)
    identities = select(col(Identity.id), col(Identity.channel), col(Identity.bound_at)).where(
        col(Identity.resident_id) == resident_id
    )
    looks = (
        select(col(AccessRecord.at), col(Resident.name), col(AccessRecord.purpose))
        .outerjoin(Resident, col(Resident.id) == col(AccessRecord.by_id))
        .where(col(AccessRecord.resident_id) == resident_id)
        .order_by(col(AccessRecord.id).desc())
        .limit(LOOKS_MAX)
    )
    return File(
        resident=resident,
        address=address_of(tx, resident.household_id) if resident.household_id else "",
        phone=phone_of(vault, resident),
        bound=[Bound(*tuple(row)) for row in tx.look(identities.order_by(col(Identity.id)))],
        grants=visible_grants(tx, resident_id=resident_id),
        cases=cases_of_resident(tx, resident_id),
        looks=[Look(row.at, row.name or "系统", row.purpose) for row in tx.look(looks)],
    )
