"""What follows from what happens to people: who is told, and what becomes theirs."""

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from bot.outbox import tell_identity, tell_resident
from cases.tables import Party
from community.events import BindingLocked, IdentityBound, SignInBlocked
from community.people import local_day
from community.privacy import mask_name
from community.tables import Account, Area, Identity, Resident, RoleGrant
from core.transaction import Transaction

AREA_DEPTH_MAX = 4
PEOPLE_MAX = 20

_HOLDERS = select(col(RoleGrant.resident_id)).where(
    col(RoleGrant.role) == bindparam("role"),
    col(RoleGrant.area_id) == bindparam("area_id"),
    col(RoleGrant.from_date) <= bindparam("today"),
    or_(
        col(RoleGrant.until_date).is_(None),
        col(RoleGrant.until_date) >= bindparam("today"),
    ),
)


def warn_of_lock(tx: Transaction, event: BindingLocked) -> None:
    """The secretary hears that somebody tries codes; of a chat that belongs nowhere, nobody."""
    for resident_id in _secretaries(tx, event.community_id):
        tell_resident(
            tx,
            resident_id,
            "有人绑定时连着输错 5 次验证码，已停一小时。如果是居民来问，请在“居民”里重发绑定码。",
            key=f"binding-locked:{event.subject_id}:{tx.now.timestamp():.0f}",
            link="/console/codes",
            community_id=event.community_id,
        )


def take_over_cases(tx: Transaction, event: IdentityBound) -> None:
    """What the chat asked for before it was bound is the resident's from now on."""
    tx.look(
        update(Party)
        .where(col(Party.identity_id) == event.subject_id, col(Party.resident_id).is_(None))
        .values(resident_id=event.resident_id)
    )


def tell_other_chats(tx: Transaction, event: IdentityBound) -> None:
    """Who is bound elsewhere already hears of it there: it may have been somebody else."""
    name = tx.get_one(Resident, event.resident_id).name
    others = select(col(Identity.id)).where(
        col(Identity.resident_id) == event.resident_id, col(Identity.id) != event.subject_id
    )
    for other in tx.look(others.order_by(col(Identity.id)).limit(PEOPLE_MAX)).all():
        tell_identity(
            tx,
            other.id,
            f"{mask_name(name)}，您的名字刚在另一个聊天账号上绑定了。不是您本人请马上告诉社区。",
            key=f"bound:{event.subject_id}:{tx.now.timestamp():.0f}",
            community_id=event.community_id,
        )


def warn_of_wrong_passwords(tx: Transaction, event: SignInBlocked) -> None:
    """Whose account it is hears that somebody tries passwords."""
    account = tx.get_one(Account, event.subject_id)
    tell_resident(
        tx,
        account.resident_id,
        "您的工作台账号连着输错密码，已停 15 分钟。不是您本人请换密码并开动态码。",
        key=f"sign-in-blocked:{event.subject_id}:{tx.now.timestamp():.0f}",
        community_id=event.community_id,
    )


def _secretaries(tx: Transaction, community_id: int) -> list[int]:
    """Who holds the role here, or, when nobody does, in the area above."""
    area_id: int | None = community_id
    for _ in range(AREA_DEPTH_MAX):
        if not area_id:
            break
        values = {"role": "secretary", "area_id": area_id, "today": local_day(tx.now)}
        found = sorted({row.resident_id for row in tx.look(_HOLDERS, values)})
        if found:
            return found[:PEOPLE_MAX]
        area = tx.get(Area, area_id)
        area_id = area.parent_id if area is not None else None
    return []
