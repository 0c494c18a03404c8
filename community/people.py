"""Who someone is to us: from a chat identity or an account to an Actor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlmodel import col

from community.roles import CAPABILITIES
from community.tables import Account, Area, AreaKind, Identity, Resident, RoleGrant
from core.actor import Actor
from core.columns import new_id
from core.errors import NotFound
from core.prepared import Prepared
from core.transaction import Transaction

LOCAL = ZoneInfo("Asia/Shanghai")
AREA_DEPTH_MAX = 4
# The identity of people whom no chat reaches: bound to nothing they hold in their hands.
DESK_CHANNEL = "desk"


@dataclass(frozen=True, slots=True)
class Known:
    """A chat identity as the database knows it."""

    identity_id: int
    community_id: int
    resident_id: int | None


_IDENTITY = Prepared(
    select(col(Identity.id), col(Identity.community_id), col(Identity.resident_id)).where(
        col(Identity.channel) == bindparam("channel"), col(Identity.sender) == bindparam("sender")
    )
)
_GRANTS = Prepared(
    select(
        col(RoleGrant.role),
        col(RoleGrant.area_id),
        col(RoleGrant.agency_id),
        col(RoleGrant.grid_id),
    ).where(
        col(RoleGrant.resident_id) == bindparam("resident_id"),
        col(RoleGrant.from_date) <= bindparam("today"),
        (col(RoleGrant.until_date).is_(None)) | (col(RoleGrant.until_date) >= bindparam("today")),
    )
)
_RESIDENT = Prepared(
    select(col(Resident.community_id), col(Resident.household_id)).where(
        col(Resident.id) == bindparam("resident_id"), col(Resident.left_at).is_(None)
    )
)


def local_day(moment: datetime) -> date:
    """The calendar day in China at this moment."""
    return moment.astimezone(LOCAL).date()


def meet(tx: Transaction, *, channel: str, sender: str, community_id: int) -> Known:
    """The identity of whoever writes; a stranger becomes known as a stranger of this community."""
    found = tx.look(_IDENTITY, {"channel": channel, "sender": sender}).first()
    if found is not None:
        return Known(found.id, found.community_id, found.resident_id)
    identity_id = new_id()
    tx.write(
        Identity,
        {
            "id": identity_id,
            "channel": channel,
            "sender": sender,
            "community_id": community_id,
            "first_at": tx.now,
        },
    )
    return Known(identity_id, community_id, None)


def actor_for(tx: Transaction, known: Known) -> Actor:
    """The actor behind a chat identity: a resident with roles, or a stranger who may report."""
    if known.resident_id is None:
        return Actor(
            id=None,
            rights={"case.report": frozenset({known.community_id})},
            home=known.community_id,
            identity_id=known.identity_id,
        )
    return actor_of_resident(tx, known.resident_id, identity_id=known.identity_id)


def actor_of_resident(
    tx: Transaction, resident_id: int, *, identity_id: int | None = None
) -> Actor:
    """A resident with every right their roles give them today; NotFound once they have left."""
    person = tx.look(_RESIDENT, {"resident_id": resident_id}).first()
    if person is None:
        raise NotFound
    grants = tx.look(_GRANTS, {"resident_id": resident_id, "today": local_day(tx.now)}).all()
    rights: dict[str, frozenset[int]] = {"case.report": frozenset({person.community_id})}
    agencies, grids = set(), set()
    for grant in grants:
        where = covered(tx, grant.area_id)
        for capability in CAPABILITIES.get(grant.role, frozenset()):
            rights[capability] = rights.get(capability, frozenset()) | where
        if grant.agency_id is not None:
            agencies.add(grant.agency_id)
        if grant.grid_id is not None:
            grids.add(grant.grid_id)
    memberships = {"agency": frozenset(agencies), "grid": frozenset(grids)}
    if person.household_id is not None:
        memberships["household"] = frozenset({person.household_id})
    return Actor(
        id=resident_id,
        rights=rights,
        memberships=memberships,
        home=person.community_id,
        identity_id=identity_id,
    )


def actor_of_account(tx: Transaction, account_id: int) -> Actor:
    """The actor who signed in to the console; NotFound when the account is gone or disabled."""
    account = tx.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        raise NotFound
    return actor_of_resident(tx, account.resident_id)


def covered(tx: Transaction, area_id: int) -> frozenset[int]:
    """The area and every area below it, so a street's role holds in its communities."""
    found: set[int] = {area_id}
    edge: Iterable[int] = found
    for _ in range(AREA_DEPTH_MAX):
        rows = tx.look(select(col(Area.id)).where(col(Area.parent_id).in_(list(edge))))
        edge = {row.id for row in rows} - found
        if not edge:
            break
        found |= edge
    return frozenset(found)


def community_named(tx: Transaction, code: str) -> Area:
    """The community with this code; NotFound when there is none."""
    area = tx.look(
        select(col(Area.id)).where(col(Area.code) == code, col(Area.kind) == AreaKind.COMMUNITY)
    ).first()
    if area is None:
        raise NotFound
    return tx.get_one(Area, area.id)
