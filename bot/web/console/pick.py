"""Finding somebody of the register for a form: by name, household number or whole telephone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import col

from community.names import tidy_name
from community.phones import canonical_phone
from community.privacy import mask_address
from community.tables import Dwelling, Household, Resident
from core.transaction import Transaction
from core.vault import Vault

WHO_MAX = 60
FOUND_MAX = 12


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who may be meant; the address is masked, for the form needs no more."""

    id: int
    name: str
    address: str
    number: str


def matches(
    tx: Transaction, vault: Vault, community_id: int, who: str, *, chosen: int = 0
) -> list[Match]:
    """Up to FOUND_MAX people of a community's register, and whoever is chosen already.

    Empty without `people.see` there.
    """
    who = who.strip()
    if not (who or chosen) or not tx.actor.can("people.see", community_id):
        return []
    fits: list[ColumnElement[bool]] = [col(Resident.id) == chosen]
    if who:
        fits.append(col(Resident.name).contains(tidy_name(who), autoescape=True))
        fits += [col(Resident.number) == who, col(Household.number) == who.upper()]
        phone = canonical_phone(who)
        if phone is not None:
            fits.append(col(Resident.phone_hash) == vault.index(phone))
    query: Select[*tuple[Any, ...]] = (
        select(
            col(Resident.id),
            col(Resident.name),
            col(Resident.number),
            col(Dwelling.address),
            col(Household.number).label("household"),
        )
        .outerjoin(Household, col(Household.id) == col(Resident.household_id))
        .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
        .where(
            col(Resident.community_id) == community_id,
            col(Resident.left_at).is_(None),
            or_(*fits),
        )
        .order_by(col(Resident.name), col(Resident.id))
        .limit(FOUND_MAX)
    )
    return [
        Match(row.id, row.name, mask_address(row.address or ""), row.household or row.number)
        for row in tx.look(query)
    ]
