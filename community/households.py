"""Households: the people who count as one in votes and points, and where they live."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.areas import NameTaken, checked_name, place_changed
from community.privacy import mask_address
from community.tables import Building, Dwelling, Household, Resident
from core.errors import NotFound
from core.transaction import Transaction

PAGE_MAX = 50
NUMBER_MAX = 40


@dataclass(frozen=True, slots=True)
class HouseholdLine:
    """A household as a list shows it: address masked, people counted."""

    id: int
    number: str
    address: str
    resident_count: int


def access_household(tx: Transaction, household_id: int) -> Household:
    """The household, if the actor is of it or sees the people there; otherwise NotFound."""
    household = tx.get(Household, household_id)
    if household is None:
        raise NotFound
    is_own = household_id in tx.actor.member_of("household")
    if not is_own and not tx.actor.can("people.see", household.community_id):
        raise NotFound
    return household


def visible_households(
    tx: Transaction,
    community_id: int,
    *,
    text: str = "",
    building_id: int | None = None,
    after: str = "",
    limit: int = PAGE_MAX,
) -> list[HouseholdLine]:
    """Households of a community by number, for who sees its people; `after` is the last number.

    `text` is the beginning of a number or a part of an address.
    """
    if not tx.actor.can("people.see", community_id):
        return []
    people = (
        core_select(func.count())
        .where(col(Resident.household_id) == col(Household.id), col(Resident.left_at).is_(None))
        .correlate(Household)
        .scalar_subquery()
    )
    query = (
        core_select(
            col(Household.id),
            col(Household.number),
            func.coalesce(col(Dwelling.address), "").label("address"),
            people.label("people"),
        )
        .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .where(col(Household.community_id) == community_id, col(Household.number) > after)
    )
    words = text.strip()
    if words:
        query = query.where(
            col(Household.number).startswith(words, autoescape=True)
            | col(Dwelling.address).contains(words, autoescape=True)
        )
    if building_id is not None:
        query = query.where(col(Dwelling.building_id) == building_id)
    rows = tx.look(query.order_by(col(Household.number)).limit(limit))
    return [
        HouseholdLine(row.id, row.number, mask_address(row.address), row.people) for row in rows
    ]


def add_household(
    tx: Transaction, *, community_id: int, number: str, dwelling_id: int | None = None
) -> Household:
    """A new household under its number (户号); needs `people.edit` there."""
    if not tx.actor.can("people.see", community_id):
        raise NotFound
    tx.require("people.edit", community_id)
    number = checked_name(number, most=NUMBER_MAX)
    _check_dwelling(tx, community_id, dwelling_id)
    taken = select(Household.id).where(
        col(Household.community_id) == community_id, col(Household.number) == number
    )
    if tx.exec(taken).first() is not None:
        raise NameTaken(name=number)
    household = Household(community_id=community_id, number=number, dwelling_id=dwelling_id)
    tx.add(household)
    tx.flush()
    place_changed(tx, community_id, household.id, "household", "added")
    return household


def house_household(tx: Transaction, household_id: int, dwelling_id: int | None) -> Household:
    """Say in which dwelling a household lives, or that it is not known."""
    household = access_household(tx, household_id)
    tx.require("people.edit", household.community_id)
    _check_dwelling(tx, household.community_id, dwelling_id)
    household.dwelling_id = dwelling_id
    tx.flush()
    place_changed(tx, household.community_id, household.id, "household", "edited")
    return household


def address_of(tx: Transaction, household_id: int) -> str:
    """The address a household lives at, unmasked, "" when unknown; the caller has checked."""
    query = (
        core_select(col(Dwelling.address))
        .join(Household, col(Household.dwelling_id) == col(Dwelling.id))
        .where(col(Household.id) == household_id)
    )
    return str(tx.look(query).scalar() or "")


def grid_of_household(tx: Transaction, household_id: int) -> int | None:
    """The comprehensive grid a household lives in, by its building."""
    query = (
        core_select(col(Building.grid_id))
        .join(Dwelling, col(Dwelling.building_id) == col(Building.id))
        .join(Household, col(Household.dwelling_id) == col(Dwelling.id))
        .where(col(Household.id) == household_id)
    )
    grid_id: int | None = tx.look(query).scalar()
    return grid_id


def _check_dwelling(tx: Transaction, community_id: int, dwelling_id: int | None) -> None:
    if dwelling_id is None:
        return
    dwelling = tx.get(Dwelling, dwelling_id)
    if dwelling is None or dwelling.community_id != community_id:
        raise NotFound
