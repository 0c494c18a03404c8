"""Who holds which role from when until when, and who may give and take it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.events import RoleEnded, RoleGranted
from community.people import actor_of_resident, covered, local_day
from community.roles import CAPABILITIES, ROLE_WORDS
from community.tables import Agency, Area, Grid, Resident, RoleGrant
from core.actor import EVERYWHERE, Actor, Rights
from core.errors import NotAllowed, NotFound, Refusal
from core.transaction import Transaction

LIST_MAX = 200
AREA_DEPTH_MAX = 4

# What every resident may do anyway is nobody's to give.
EVERYONES = frozenset({"case.report"})
# Handling holds for an agency's own cases alone: who may give an agency cases names its clerks.
GIVEN_BY: Mapping[str, str] = {"case.handle": "case.dispatch"}
AGENCY_ROLES = frozenset({"agency_clerk"})
GRID_ROLES = frozenset({"grid_worker", "grid_lead", "building_steward", "unit_steward"})


class UnknownRole(Refusal):
    code = "role_unknown"
    text = "没有“{role}”这个角色。"


class WrongSpan(Refusal):
    code = "role_wrong_span"
    text = "角色的结束日期（{until}）不能早于开始日期（{start}）。"


class AgencyNeeded(Refusal):
    code = "role_agency_needed"
    text = "“{role}”要写明是哪个承办单位的；其他角色不写承办单位。"


class GridNotHere(Refusal):
    code = "role_grid_not_here"
    text = "只有网格员、网格长、楼栋长、单元长能写网格，而且网格要在这个辖区里。"


class AlreadyHeld(Refusal):
    code = "role_already_held"
    text = "这个人在这里已经是{role}了。"
    status = 409


class LastKeyHolder(Refusal):
    code = "role_last_key_holder"
    text = "这是最后一个能授予角色的人，收回以后谁也改不了角色。请先授予别人。"
    status = 409


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One role of one person as a list shows it."""

    id: int
    resident_id: int
    name: str
    role: str
    word: str
    area_id: int
    area: str
    agency: str | None
    grid: str | None
    from_date: date
    until_date: date | None


def grant_role(
    tx: Transaction,
    *,
    resident_id: int,
    role: str,
    area_id: int,
    agency_id: int | None = None,
    grid_id: int | None = None,
    from_date: date | None = None,
    until_date: date | None = None,
) -> RoleGrant:
    """Give a person a role over an area, from a day (today) until a last day (open end).

    Needs `roles.grant` there and every capability of the role: nobody gives what they have not.
    """
    if role not in CAPABILITIES or role == "resident":
        raise UnknownRole(role=role)
    _check_person(tx, resident_id)
    _check_may_give(tx, role, area_id)
    _check_agency(tx, role, area_id, agency_id)
    _check_grid(tx, role, area_id, grid_id)
    today = local_day(tx.now)
    start = from_date or today
    if until_date is not None and until_date < start:
        raise WrongSpan(until=until_date, start=start)
    _check_not_held(tx, resident_id, role, area_id, agency_id, grid_id, start, until_date)
    grant = RoleGrant(
        community_id=area_id,
        resident_id=resident_id,
        role=role,
        area_id=area_id,
        agency_id=agency_id,
        grid_id=grid_id,
        from_date=start,
        until_date=until_date,
    )
    tx.add(grant)
    tx.flush()
    tx.emit(
        RoleGranted(
            community_id=area_id,
            subject_id=resident_id,
            grant_id=grant.id,
            role=role,
            area_id=area_id,
            agency_id=agency_id,
            grid_id=grid_id,
            from_date=start.isoformat(),
            until_date=until_date.isoformat() if until_date else None,
        )
    )
    return grant


def end_role(tx: Transaction, grant_id: int, *, last_day: date | None = None) -> RoleGrant:
    """Take a role back: at once, or after a last day. Needs what giving it needs."""
    query = select(RoleGrant).where(col(RoleGrant.id) == grant_id).with_for_update()
    grant = tx.exec(query).first()
    if grant is None or not tx.actor.can("roles.grant", grant.area_id):
        raise NotFound
    _check_may_give(tx, grant.role, grant.area_id)
    today = local_day(tx.now)
    until = max(last_day, today - timedelta(days=1)) if last_day else today - timedelta(days=1)
    return _end(tx, grant, until)


def end_all_roles(tx: Transaction, resident_id: int) -> int:
    """Take every role back from somebody who leaves; returns how many. The caller has checked."""
    today = local_day(tx.now)
    query = select(RoleGrant).where(col(RoleGrant.resident_id) == resident_id, _not_over(today))
    grants = tx.exec(query.order_by(col(RoleGrant.id)).with_for_update()).all()
    for grant in grants:
        _end(tx, grant, today - timedelta(days=1))
    return len(grants)


def visible_grants(
    tx: Transaction, *, resident_id: int | None = None, past: bool = False
) -> Sequence[GrantLine]:
    """Roles where the actor may grant them or see the people, and the actor's own; with `past`
    also those that are over.
    """
    query: Select[*tuple[Any, ...]] = (
        core_select(
            col(RoleGrant.id),
            col(RoleGrant.resident_id),
            col(Resident.name),
            col(RoleGrant.role),
            col(RoleGrant.area_id),
            col(Area.name).label("area"),
            col(Agency.name).label("agency"),
            col(Grid.name).label("grid"),
            col(RoleGrant.from_date),
            col(RoleGrant.until_date),
        )
        .join(Resident, col(Resident.id) == col(RoleGrant.resident_id))
        .join(Area, col(Area.id) == col(RoleGrant.area_id))
        .outerjoin(Agency, col(Agency.id) == col(RoleGrant.agency_id))
        .outerjoin(Grid, col(Grid.id) == col(RoleGrant.grid_id))
    )
    places = tx.actor.places("roles.grant") | tx.actor.places("people.see")
    if not places >= EVERYWHERE:
        mine = col(RoleGrant.resident_id) == tx.actor.id
        query = query.where(or_(mine, col(RoleGrant.area_id).in_(places)))
    if resident_id is not None:
        query = query.where(col(RoleGrant.resident_id) == resident_id)
    if not past:
        query = query.where(_not_over(local_day(tx.now)))
    query = query.order_by(col(Area.name), col(RoleGrant.role), col(RoleGrant.id))
    return [
        GrantLine(
            id=row.id,
            resident_id=row.resident_id,
            name=row.name,
            role=row.role,
            word=ROLE_WORDS.get(row.role, row.role),
            area_id=row.area_id,
            area=row.area,
            agency=row.agency,
            grid=row.grid,
            from_date=row.from_date,
            until_date=row.until_date,
        )
        for row in tx.look(query.limit(LIST_MAX))
    ]


def grantable_roles(tx: Transaction, area_id: int) -> list[str]:
    """The roles this actor may give over an area, in the order of the roles' table."""
    if not tx.actor.can("roles.grant", area_id):
        return []
    area_ids = covered(tx, area_id)
    return [
        role
        for role in ROLE_WORDS
        if role != "resident" and _holds(tx.actor, CAPABILITIES[role], area_ids)
    ]


def outranks(tx: Transaction, resident_id: int) -> bool:
    """Whether the actor holds everything this person holds, so that acting for them gains nothing.

    Asked before a binding code, a password or a departure of theirs: otherwise a clerk could
    become the secretary by binding their own phone to the secretary's name.
    """
    if tx.actor.id == resident_id:
        return True
    theirs = actor_of_resident(tx, resident_id)
    return _covers(tx.actor, theirs.rights)


def check_outranks(tx: Transaction, resident_id: int) -> None:
    """Return if `outranks` holds; otherwise NotAllowed."""
    if not outranks(tx, resident_id):
        raise NotAllowed(capability="roles.grant")


def _covers(actor: Actor, rights: Rights) -> bool:
    return all(_holds(actor, (capability,), places) for capability, places in rights.items())


def _holds(
    actor: Actor, capabilities: Sequence[str] | frozenset[str], places: frozenset[int]
) -> bool:
    for capability in capabilities:
        if capability in EVERYONES:
            continue
        mine = actor.places(GIVEN_BY.get(capability, capability))
        if not (mine >= EVERYWHERE or mine >= places):
            return False
    return True


def _end(tx: Transaction, grant: RoleGrant, until: date) -> RoleGrant:
    if grant.until_date is not None:
        until = min(until, grant.until_date)
    if "roles.grant" in CAPABILITIES.get(grant.role, frozenset()):
        _check_not_last(tx, grant, until)
    grant.until_date = until
    tx.flush()
    tx.emit(
        RoleEnded(
            community_id=grant.community_id,
            subject_id=grant.resident_id,
            grant_id=grant.id,
            role=grant.role,
            until_date=until.isoformat(),
        )
    )
    return grant


def _check_person(tx: Transaction, resident_id: int) -> None:
    person = tx.get(Resident, resident_id)
    if person is None or person.left_at is not None:
        raise NotFound
    actor, place = tx.actor, person.community_id
    if not actor.can("people.see", place) and not actor.can("roles.grant", place):
        raise NotFound


def _check_may_give(tx: Transaction, role: str, area_id: int) -> None:
    tx.require("roles.grant", area_id)
    if not _holds(tx.actor, CAPABILITIES.get(role, frozenset()), covered(tx, area_id)):
        raise NotAllowed(capability=role)


def _check_agency(tx: Transaction, role: str, area_id: int, agency_id: int | None) -> None:
    if (role in AGENCY_ROLES) != (agency_id is not None):
        raise AgencyNeeded(role=ROLE_WORDS[role])
    if agency_id is not None:
        agency = tx.get(Agency, agency_id)
        if agency is None or agency.community_id not in {0, *covered(tx, area_id)}:
            raise NotFound


def _check_grid(tx: Transaction, role: str, area_id: int, grid_id: int | None) -> None:
    if grid_id is None:
        return
    grid = tx.get(Grid, grid_id)
    if role not in GRID_ROLES or grid is None or grid.community_id != area_id:
        raise GridNotHere


def _check_not_held(
    tx: Transaction,
    resident_id: int,
    role: str,
    area_id: int,
    agency_id: int | None,
    grid_id: int | None,
    start: date,
    until: date | None,
) -> None:
    query = select(RoleGrant).where(
        col(RoleGrant.resident_id) == resident_id,
        col(RoleGrant.role) == role,
        col(RoleGrant.area_id) == area_id,
        _not_over(start),
    )
    for held in tx.exec(query):
        overlaps = until is None or held.from_date <= until
        if overlaps and (held.agency_id, held.grid_id) == (agency_id, grid_id):
            raise AlreadyHeld(role=ROLE_WORDS[role])


def _check_not_last(tx: Transaction, grant: RoleGrant, until: date) -> None:
    """Somebody else, or another grant, must hold `roles.grant` over this area afterwards."""
    keys = [role for role, capabilities in CAPABILITIES.items() if "roles.grant" in capabilities]
    others = select(RoleGrant.area_id).where(
        col(RoleGrant.id) != grant.id,
        col(RoleGrant.role).in_(keys),
        _not_over(until + timedelta(days=1)),
        col(RoleGrant.from_date) <= until + timedelta(days=1),
    )
    if not set(tx.exec(others)) & _above(tx, grant.area_id):
        raise LastKeyHolder


def _above(tx: Transaction, area_id: int) -> set[int]:
    """The area and every area it lies in."""
    found: set[int] = set()
    at: int | None = area_id
    for _ in range(AREA_DEPTH_MAX):
        if at is None:
            break
        found.add(at)
        at = tx.get_one(Area, at).parent_id
    return found


def _not_over(day: date) -> ColumnElement[bool]:
    return col(RoleGrant.until_date).is_(None) | (col(RoleGrant.until_date) >= day)
