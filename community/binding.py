"""Tie a chat identity to a resident, by a one-time code from the desk or a household's letter."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import segno
from sqlalchemy import select as core_select
from sqlalchemy import update
from sqlmodel import col, select

from community.codes import canonical, new_code, shown
from community.events import BindingCodeMade, BindingLocked, IdentityBound, IdentityUnbound
from community.grants import check_outranks, outranks
from community.names import plain_name
from community.people import DESK_CHANNEL
from community.privacy import mask_name
from community.tables import Area, BindingCode, Household, Identity, Resident
from core.actor import Actor
from core.attempts import failures, forget_failures, record_failure
from core.columns import new_id
from core.errors import NotFound, Refusal
from core.signing import Signer
from core.transaction import Transaction

SCENE_PREFIX = "bind-"
DAYS_MAX = 90
WRONG_MAX = 5
WRONG_WINDOW = timedelta(days=1)
LOCK = timedelta(hours=1)
SLIPS_MAX = 20
_PURPOSE = "binding-code"


class CodeForOne(Refusal):
    code = "binding_code_for_one"
    text = "绑定码要么给一户，要么给一个人，请选一样。"


class WrongDays(Refusal):
    code = "binding_wrong_days"
    text = "绑定码的有效期是 1 到 {most} 天。"


class NobodyToBind(Refusal):
    code = "binding_nobody"
    text = "这一户还没有登记居民，或者都已经绑定了，没有要发的绑定码。"
    status = 409


class NotBound(Refusal):
    code = "binding_not_bound"
    text = "这个聊天账号没有绑定居民，不用解绑。"
    status = 409


class Action(StrEnum):
    BOUND = "bound"
    WRONG_CODE = "wrong_code"
    LOCKED = "locked"
    NEED_NAME = "need_name"
    ALREADY = "already"


@dataclass(frozen=True, slots=True)
class Binding:
    """What became of an attempt to bind; `text` is what the person reads."""

    action: Action
    text: str
    resident_id: int | None = None


@dataclass(frozen=True, slots=True)
class Slip:
    """One strip of a binding letter: for whom (masked), the code as printed, the scene of a QR."""

    name: str
    code: str
    scene: str


@dataclass(frozen=True, slots=True)
class BindingLetter:
    """What is printed for a household: one slip for each resident who is not bound yet."""

    community: str
    household: str
    expires_at: datetime
    slips: tuple[Slip, ...]


def make_code(
    tx: Transaction,
    signer: Signer,
    *,
    household_id: int | None = None,
    resident_id: int | None = None,
    days: int,
) -> str:
    """A fresh one-time code (ABCD-2345) for one resident, or for someone of one household.

    It is valid for `days` days and shown only now: what is kept is a keyed hash. Needs
    `people.edit` where they live, and every right they hold themselves; NotFound when there is
    nobody or they live elsewhere.
    """
    if (household_id is None) == (resident_id is None):
        raise CodeForOne
    community_id = _home(tx, household_id=household_id, resident_id=resident_id)
    for person_id in [resident_id] if resident_id else _members(tx, household_id):
        check_outranks(tx, person_id)
    return _make(
        tx,
        signer,
        community_id=community_id,
        household_id=household_id,
        resident_id=resident_id,
        days=days,
    )


def make_letter(tx: Transaction, signer: Signer, *, household_id: int, days: int) -> BindingLetter:
    """Everything to print for a household: a code of their own for each who is not bound yet."""
    community_id = _home(tx, household_id=household_id)
    household = tx.get_one(Household, household_id)
    bound = core_select(col(Identity.resident_id)).where(
        col(Identity.resident_id).is_not(None), col(Identity.channel) != DESK_CHANNEL
    )
    query = (
        core_select(col(Resident.id), col(Resident.name))
        .where(
            col(Resident.household_id) == household_id,
            col(Resident.left_at).is_(None),
            col(Resident.id).not_in(bound),
        )
        .order_by(col(Resident.number))
        .limit(SLIPS_MAX)
    )
    slips = []
    for resident in tx.look(query).all():
        if not outranks(tx, resident.id):
            continue
        code = _make(
            tx,
            signer,
            community_id=community_id,
            household_id=household_id,
            resident_id=resident.id,
            days=days,
        )
        slips.append(Slip(mask_name(resident.name), code, scene_of(code)))
    if not slips:
        raise NobodyToBind
    return BindingLetter(
        community=tx.get_one(Area, community_id).name,
        household=household.number,
        expires_at=tx.now + timedelta(days=days),
        slips=tuple(slips),
    )


def scene_of(code: str) -> str:
    """What a QR of this code carries as its scene: bind-ABCD2345."""
    return f"{SCENE_PREFIX}{code.replace('-', '')}"


def qr_svg(content: str) -> str:
    """A QR code of a scene or an address as an SVG element that fits on a page of ours."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, scale=4, border=4, omitsize=True
    )
    return out.getvalue().decode()


def bind(
    tx: Transaction, signer: Signer, *, identity_id: int, code: str, name: str = ""
) -> Binding:
    """Tie the identity to the resident the code is for; every outcome is returned, not raised.

    A wrong code counts: the WRONG_MAX-th within a day locks the identity for LOCK and is told to
    the secretary (BindingLocked). A code for a household with several residents needs a name.
    """
    identity = tx.exec(
        select(Identity).where(col(Identity.id) == identity_id).with_for_update()
    ).one()
    if failures(tx, f"bind-lock:{identity_id}", within=LOCK):
        return Binding(Action.LOCKED, _LOCKED)
    if identity.resident_id is not None:
        text = "您已经绑定过了，发“我的事”看看。要换成别人，请到社区服务台办。"
        return Binding(Action.ALREADY, text, identity.resident_id)
    found = _find(tx, signer, code)
    if found is None:
        return _count_wrong(tx, identity)
    if found.used_at is not None:
        return Binding(Action.WRONG_CODE, "这个码已经用过了，一个码只能用一次。请到社区再领一个。")
    if found.expires_at <= tx.now:
        return Binding(Action.WRONG_CODE, "这个码已经过期了，请到社区再领一个。")
    chosen = _choose(tx, found, name)
    if isinstance(chosen, str):
        return Binding(Action.NEED_NAME, chosen)
    return _tie(tx, identity, found, chosen)


def unbind(tx: Transaction, identity_id: int) -> None:
    """Let go of an identity at the desk, so that it can be bound again; needs `people.edit`."""
    identity = tx.exec(
        select(Identity).where(col(Identity.id) == identity_id).with_for_update()
    ).first()
    if identity is None or not tx.actor.can("people.edit", identity.community_id):
        raise NotFound
    if identity.resident_id is None:
        raise NotBound
    release(tx, identity)


def release(tx: Transaction, identity: Identity) -> None:
    """The identity is a stranger of its community again; whoever calls has checked the right."""
    assert identity.resident_id is not None
    resident_id, identity.resident_id, identity.bound_at = identity.resident_id, None, None
    tx.flush()
    tx.emit(
        IdentityUnbound(
            community_id=identity.community_id, subject_id=identity.id, resident_id=resident_id
        )
    )


_LOCKED = (
    f"验证码错了 {WRONG_MAX} 次，为安全起见先停一小时。社区已经知道了；急的话请带证件到服务台办。"
)


def _home(
    tx: Transaction, *, household_id: int | None = None, resident_id: int | None = None
) -> int:
    """The community of a household or a resident who still lives here and whom we may edit."""
    row: Household | Resident | None
    if household_id is not None:
        row = tx.get(Household, household_id)
    else:
        row = tx.get(Resident, resident_id)
        row = row if row is not None and row.left_at is None else None
    if row is None or not _may_see(tx.actor, row.community_id):
        raise NotFound
    tx.require("people.edit", row.community_id)
    return row.community_id


def _members(tx: Transaction, household_id: int | None) -> Sequence[int]:
    query = select(Resident.id).where(
        col(Resident.household_id) == household_id, col(Resident.left_at).is_(None)
    )
    return tx.exec(query).all()


def _may_see(actor: Actor, community_id: int) -> bool:
    return actor.can("people.see", community_id) or actor.can("people.edit", community_id)


def _make(
    tx: Transaction,
    signer: Signer,
    *,
    community_id: int,
    household_id: int | None,
    resident_id: int | None,
    days: int,
) -> str:
    if not 1 <= days <= DAYS_MAX:
        raise WrongDays(most=DAYS_MAX)
    code, code_id = new_code(), new_id()
    tx.write(
        BindingCode,
        {
            "id": code_id,
            "community_id": community_id,
            "household_id": household_id,
            "resident_id": resident_id,
            "code_hash": signer.fingerprint(_PURPOSE, code),
            "made_by": tx.actor.id,
            "made_at": tx.now,
            "expires_at": tx.now + timedelta(days=days),
        },
    )
    tx.emit(
        BindingCodeMade(
            community_id=community_id,
            subject_id=code_id,
            household_id=household_id,
            resident_id=resident_id,
        )
    )
    return shown(code)


def _find(tx: Transaction, signer: Signer, typed: str) -> BindingCode | None:
    code = canonical(typed)
    if code is None:
        return None
    digest = signer.fingerprint(_PURPOSE, code)
    query = select(BindingCode).where(col(BindingCode.code_hash) == digest).with_for_update()
    return tx.exec(query).first()


def _count_wrong(tx: Transaction, identity: Identity) -> Binding:
    subject = f"bind:{identity.id}"
    record_failure(tx, subject)
    left = WRONG_MAX - failures(tx, subject, within=WRONG_WINDOW)
    if left > 0:
        text = f"验证码不对，请照着单子再核对一遍（还可以试 {left} 次）。发：绑定 验证码"
        return Binding(Action.WRONG_CODE, text)
    forget_failures(tx, subject)
    record_failure(tx, f"bind-lock:{identity.id}")
    tx.emit(BindingLocked(community_id=identity.community_id, subject_id=identity.id))
    return Binding(Action.LOCKED, _LOCKED)


def _choose(tx: Transaction, code: BindingCode, name: str) -> Resident | str:
    """The resident the code and the name point to, or the question to ask."""
    wanted = plain_name(name)
    if code.resident_id is not None:
        people = select(Resident).where(col(Resident.id) == code.resident_id)
    else:
        people = select(Resident).where(col(Resident.household_id) == code.household_id)
    here = tx.exec(people.where(col(Resident.left_at).is_(None))).all()
    if not here:
        return "这个码对应的人已经不在名册上了，请到社区服务台办。"
    if len(here) == 1 and (code.resident_id is not None or not wanted):
        return here[0]
    how = "请再发一次，后面写上您的姓名，例如：绑定 验证码 张三"
    if not wanted:
        return f"这一户登记了 {len(here)} 个人，{how}"
    same = [one for one in here if wanted in (plain_name(one.name), plain_name(one.number))]
    if not same:
        return f"这一户没有登记这个名字，{how}；名册有误请到社区服务台改。"
    if len(same) > 1:
        return "这一户有同名的人，请到社区服务台领一个您自己的绑定码。"
    return same[0]


def _tie(tx: Transaction, identity: Identity, code: BindingCode, resident: Resident) -> Binding:
    # Two phones with one slip: whoever commits first has it, also where rows are not locked.
    claimed = tx.look(
        update(BindingCode)
        .where(col(BindingCode.id) == code.id, col(BindingCode.used_at).is_(None))
        .values(used_at=tx.now, used_by=identity.id)
    )
    assert claimed.rowcount == 1, "the row is locked and was unused"
    identity.resident_id, identity.bound_at = resident.id, tx.now
    identity.community_id = resident.community_id
    tx.flush()
    forget_failures(tx, f"bind:{identity.id}")
    tx.emit(
        IdentityBound(
            community_id=resident.community_id, subject_id=identity.id, resident_id=resident.id
        )
    )
    text = (
        f"绑定好了，您是{mask_name(resident.name)}。以后发“我的事”看进度，投票、附议都算数。"
        "不是您本人请马上告诉社区。"
    )
    return Binding(Action.BOUND, text, resident.id)
