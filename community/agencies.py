"""Agencies: property companies, departments and utilities that handle what people ask for."""

from collections.abc import Sequence

from sqlmodel import col, select

from community.areas import NameTaken, check_edits_place, checked_name, place_changed, sees_place
from community.tables import DISTRICT, Agency, AgencyKind, Area, AreaKind
from core.actor import EVERYWHERE, Actor
from core.errors import NotAllowed, NotFound
from core.transaction import Transaction

LIST_MAX = 500


def access_agency(tx: Transaction, agency_id: int) -> Agency:
    """The agency, if it is the district's, of the actor's own place, or the actor's own."""
    agency = tx.get(Agency, agency_id)
    if agency is None or not _sees(tx.actor, agency):
        raise NotFound
    return agency


def visible_agencies(tx: Transaction, community_id: int) -> Sequence[Agency]:
    """The agencies a community can give cases to: its own and the district's, by name."""
    if not sees_place(tx.actor, community_id):
        return []
    where = col(Agency.community_id).in_((DISTRICT, community_id))
    return tx.exec(select(Agency).where(where).order_by(col(Agency.name)).limit(LIST_MAX)).all()


def save_agency(
    tx: Transaction,
    *,
    community_id: int,
    kind: AgencyKind,
    name: str,
    phone: str = "",
    agency_id: int | None = None,
) -> Agency:
    """Add an agency of a community (or DISTRICT), or with `agency_id` change it."""
    _check_edits(tx, community_id)
    name = checked_name(name)
    taken = select(Agency.id).where(
        col(Agency.community_id) == community_id, col(Agency.name) == name
    )
    if tx.exec(taken).first() not in (None, agency_id):
        raise NameTaken(name=name)
    agency = Agency(community_id=community_id, kind=kind, name=name)
    if agency_id is not None:
        found = tx.get(Agency, agency_id)
        if found is None or found.community_id != community_id:
            raise NotFound
        agency = found
    agency.kind, agency.name, agency.phone = kind, name, phone.strip()[:40]
    tx.add(agency)
    tx.flush()
    what = "added" if agency_id is None else "edited"
    place_changed(tx, community_id, agency.id, "agency", what)
    return agency


def _check_edits(tx: Transaction, community_id: int) -> None:
    if community_id != DISTRICT:
        check_edits_place(tx, community_id)
    elif not tx.actor.places("places.edit") >= EVERYWHERE and not _whole_district(tx):
        raise NotAllowed(capability="places.edit")


def _whole_district(tx: Transaction) -> bool:
    """Whether the actor edits places over the whole district."""
    from_top = select(Area.id).where(col(Area.kind) == AreaKind.DISTRICT)
    tops = set(tx.exec(from_top))
    return bool(tops) and tops <= tx.actor.places("places.edit")


def _sees(actor: Actor, agency: Agency) -> bool:
    return (
        agency.community_id == DISTRICT
        or agency.id in actor.member_of("agency")
        or sees_place(actor, agency.community_id)
    )
