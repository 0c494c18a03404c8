"""Residents: the register, who may look at it, and what changes in it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.accounts import close_accounts
from community.areas import check_time_zone
from community.binding import release
from community.duty import end_shifts
from community.events import (
    ResidentEdited,
    ResidentFileOpened,
    ResidentLeft,
    ResidentMoved,
    ResidentRegistered,
)
from community.grants import check_outranks, end_all_roles
from community.households import access_household
from community.names import NAME_MAX, tidy_name
from community.people import DESK_CHANNEL, local_day
from community.phones import canonical_phone
from community.privacy import mask_address, mask_name, mask_phone
from community.tables import (
    AccessRecord,
    Dwelling,
    Household,
    Identity,
    Residency,
    Resident,
)
from core.columns import new_id
from core.errors import NotAllowed, NotFound, Refusal
from core.transaction import Transaction
from core.vault import Vault

PAGE_MAX = 50
NUMBER_MAX = 60
PURPOSE_MAX = 100
CITY_MAX = 40
EARLIEST_BIRTH = date(1900, 1, 1)


class PurposeNeeded(Refusal):
    code = "purpose_needed"
    text = "看居民资料请写明为什么看，本人查得到。"


class WrongResident(Refusal):
    code = "resident_wrong"
    text = "{why}"


class NumberTaken(Refusal):
    code = "resident_number_taken"
    text = "人员编号“{number}”已经有人用了。"
    status = 409


class HasLeft(Refusal):
    code = "resident_has_left"
    text = "这个人已经不在名册上了，先重新登记。"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What the register says of a person. `phone` None leaves it as it is, "" removes it."""

    name: str
    residency: Residency = Residency.HOME
    city: str = ""
    time_zone: str = "Asia/Shanghai"
    birth_date: date | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentFilter:
    """Whom to list; empty fields do not narrow. `text`: a name, number, address or whole phone."""

    text: str = ""
    household_id: int | None = None
    residency: Residency | None = None
    with_left: bool = False


@dataclass(frozen=True, slots=True)
class ResidentLine:
    """A resident as a list shows them: masked, for a list needs no more."""

    id: int
    number: str
    name: str
    residency: Residency
    phone: str
    household: str
    address: str
    is_bound: bool
    has_left: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and the id after which the next page begins (None: that was all)."""

    lines: list[ResidentLine]
    after: int | None


def access_resident(tx: Transaction, resident_id: int, *, purpose: str) -> Resident:
    """The resident, if it is the actor or somebody where the actor sees people.

    Every look by somebody else is written down with its purpose, for the resident to read; so it
    needs a transaction that may write. NotFound when absent or elsewhere.
    """
    resident = find_resident(tx, resident_id)
    if tx.actor.id == resident_id or tx.actor.kind == "system":
        return resident
    reason = purpose.strip()[:PURPOSE_MAX]
    if not reason:
        raise PurposeNeeded
    tx.write(
        AccessRecord,
        {
            "id": new_id(),
            "community_id": resident.community_id,
            "resident_id": resident_id,
            "by_id": tx.actor.id,
            "at": tx.now,
            "purpose": reason,
        },
    )
    tx.emit(ResidentFileOpened(community_id=resident.community_id, subject_id=resident_id))
    return resident


def find_resident(tx: Transaction, resident_id: int) -> Resident:
    """The resident by the same rule, for an action that shows nothing of their file."""
    resident = tx.get(Resident, resident_id)
    if resident is None:
        raise NotFound
    is_own = tx.actor.id == resident_id
    if not is_own and not tx.actor.can("people.see", resident.community_id):
        raise NotFound
    return resident


def phone_of(vault: Vault, resident: Resident) -> str:
    """The whole number, "" when none is known; for who has accessed the resident."""
    return vault.unseal(resident.phone_sealed) if resident.phone_sealed else ""


def visible_residents(
    tx: Transaction,
    vault: Vault,
    community_id: int,
    wanted: ResidentFilter,
    *,
    after: int = 0,
    limit: int = PAGE_MAX,
) -> Page:
    """Residents of a community, masked, in the order they were registered; `after` is an id.

    A telephone number is found only whole, by its keyed hash. Empty without `people.see`.
    """
    if not tx.actor.can("people.see", community_id):
        return Page([], None)
    bound = core_select(col(Identity.id)).where(
        col(Identity.resident_id) == col(Resident.id), col(Identity.channel) != DESK_CHANNEL
    )
    query: Select[*tuple[Any, ...]] = (
        core_select(
            col(Resident.id),
            col(Resident.number),
            col(Resident.name),
            col(Resident.residency),
            col(Resident.phone_sealed),
            col(Resident.left_at),
            col(Household.number).label("household"),
            col(Dwelling.address),
            bound.exists().label("is_bound"),
        )
        .outerjoin(Household, col(Household.id) == col(Resident.household_id))
        .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .where(col(Resident.community_id) == community_id, col(Resident.id) > after)
        .where(*_conditions(vault, wanted))
        .order_by(col(Resident.id))
        .limit(limit + 1)
    )
    rows = tx.look(query).all()
    lines = [
        ResidentLine(
            id=row.id,
            number=row.number,
            name=mask_name(row.name),
            residency=row.residency,
            phone=mask_phone(vault.unseal(row.phone_sealed)) if row.phone_sealed else "",
            household=row.household or "",
            address=mask_address(row.address or ""),
            is_bound=row.is_bound,
            has_left=row.left_at is not None,
        )
        for row in rows[:limit]
    ]
    return Page(lines, rows[limit - 1].id if len(rows) > limit else None)


def register(
    tx: Transaction,
    vault: Vault,
    *,
    community_id: int,
    number: str,
    particulars: Particulars,
    household_id: int | None = None,
) -> Resident:
    """A new person on the register; needs `people.edit` there."""
    if not tx.actor.can("people.see", community_id):
        raise NotFound
    tx.require("people.edit", community_id)
    _check_household(tx, community_id, household_id)
    number = number.strip()
    if not 1 <= len(number) <= NUMBER_MAX:
        raise WrongResident(why=f"人员编号不能空，最多 {NUMBER_MAX} 个字符。")
    taken = select(Resident.id).where(
        col(Resident.community_id) == community_id, col(Resident.number) == number
    )
    if tx.exec(taken).first() is not None:
        raise NumberTaken(number=number)
    resident = Resident(
        community_id=community_id,
        household_id=household_id,
        number=number,
        name=particulars.name,
    )
    _write_particulars(tx, vault, resident, particulars)
    tx.add(resident)
    tx.flush()
    tx.emit(
        ResidentRegistered(
            community_id=community_id,
            subject_id=resident.id,
            household_id=household_id,
            residency=resident.residency,
        )
    )
    return resident


def edit(tx: Transaction, vault: Vault, resident_id: int, particulars: Particulars) -> Resident:
    """Put the register right: at the desk by whoever edits people there."""
    resident = _access_to_edit(tx, resident_id)
    changed = _write_particulars(tx, vault, resident, particulars)
    tx.flush()
    if changed:
        tx.emit(
            ResidentEdited(
                community_id=resident.community_id,
                subject_id=resident.id,
                fields=",".join(changed),
            )
        )
    return resident


def move(tx: Transaction, resident_id: int, *, household_id: int | None) -> Resident:
    """The person now belongs to another household of the community, or to none."""
    resident = _access_to_edit(tx, resident_id)
    _check_household(tx, resident.community_id, household_id)
    before, resident.household_id = resident.household_id, household_id
    tx.flush()
    if before != household_id:
        tx.emit(
            ResidentMoved(
                community_id=resident.community_id,
                subject_id=resident.id,
                from_household_id=before,
                household_id=household_id,
            )
        )
    return resident


def leave(tx: Transaction, resident_id: int) -> Resident:
    """The person is off the register: chats are unbound, roles, shifts and sign-ins end."""
    resident = _access_to_edit(tx, resident_id)
    check_outranks(tx, resident_id)
    identities = select(Identity).where(col(Identity.resident_id) == resident_id)
    for identity in tx.exec(identities.order_by(col(Identity.id)).with_for_update()).all():
        release(tx, identity)
    end_all_roles(tx, resident_id)
    end_shifts(tx, resident_id)
    close_accounts(tx, resident_id)
    resident.left_at = tx.now
    tx.flush()
    tx.emit(ResidentLeft(community_id=resident.community_id, subject_id=resident.id))
    return resident


def come_back(tx: Transaction, resident_id: int) -> Resident:
    """Somebody who had left is on the register again; chats and roles have to be given anew."""
    resident = find_resident(tx, resident_id)
    tx.require("people.edit", resident.community_id)
    if resident.left_at is not None:
        resident.left_at = None
        tx.flush()
        tx.emit(
            ResidentRegistered(
                community_id=resident.community_id,
                subject_id=resident.id,
                household_id=resident.household_id,
                residency=resident.residency,
            )
        )
    return resident


def _access_to_edit(tx: Transaction, resident_id: int) -> Resident:
    query = select(Resident).where(col(Resident.id) == resident_id).with_for_update()
    resident = tx.exec(query).first()
    if resident is None or not tx.actor.can("people.see", resident.community_id):
        raise NotFound
    if not tx.actor.can("people.edit", resident.community_id):
        raise NotAllowed(capability="people.edit")
    if resident.left_at is not None:
        raise HasLeft
    return resident


def _check_household(tx: Transaction, community_id: int, household_id: int | None) -> None:
    if household_id is None:
        return
    if access_household(tx, household_id).community_id != community_id:
        raise NotFound


def _write_particulars(
    tx: Transaction, vault: Vault, resident: Resident, particulars: Particulars
) -> list[str]:
    """Check and take over; returns the names of the fields that changed, for the history."""
    name = tidy_name(particulars.name)
    if not 1 <= len(name) <= NAME_MAX:
        raise WrongResident(why=f"姓名不能空，最多 {NAME_MAX} 个字。")
    born = particulars.birth_date
    if born is not None and not EARLIEST_BIRTH <= born <= local_day(tx.now):
        raise WrongResident(why="出生日期要在 1900 年以后、今天以前。")
    city = particulars.city.strip()
    if len(city) > CITY_MAX:
        raise WrongResident(why=f"所在城市最多 {CITY_MAX} 个字。")
    check_time_zone(particulars.time_zone)
    values: dict[str, Any] = {
        "name": name,
        "residency": particulars.residency,
        "city": city,
        "time_zone": particulars.time_zone,
        "birth_date": born,
    }
    changed = [field for field, value in values.items() if getattr(resident, field) != value]
    for field, value in values.items():
        setattr(resident, field, value)
    if particulars.phone is not None and _write_phone(vault, resident, particulars.phone):
        changed.append("phone")
    return changed


def _write_phone(vault: Vault, resident: Resident, typed: str) -> bool:
    phone = canonical_phone(typed) if typed.strip() else ""
    if phone is None:
        raise WrongResident(why="电话号码不对：手机 11 位，座机带区号，国外的用 + 开头。")
    found_by = vault.index(phone) if phone else None
    if found_by == resident.phone_hash:
        return False
    resident.phone_sealed = vault.seal(phone) if phone else None
    resident.phone_hash = found_by
    return True


def _conditions(vault: Vault, wanted: ResidentFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if not wanted.with_left:
        where.append(col(Resident.left_at).is_(None))
    if wanted.household_id is not None:
        where.append(col(Resident.household_id) == wanted.household_id)
    if wanted.residency is not None:
        where.append(col(Resident.residency) == wanted.residency)
    words = wanted.text.strip()
    if words:
        anywhere = [
            col(Resident.name).contains(tidy_name(words), autoescape=True),
            col(Resident.number) == words,
            col(Household.number) == words,
            col(Dwelling.address).startswith(words, autoescape=True),
        ]
        phone = canonical_phone(words)
        if phone is not None:
            anywhere.append(col(Resident.phone_hash) == vault.index(phone))
        where.append(or_(*anywhere))
    return where
