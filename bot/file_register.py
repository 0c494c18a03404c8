"""What the register keeps about a person: particulars, chats, roles, sign-in, who looked."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_
from sqlalchemy import select as core_select
from sqlmodel import col

from bot.file_part import ROWS_MAX, Part, Whose, make_part
from community.residents import phone_of
from community.roles import ROLE_WORDS
from community.roster_columns import RESIDENCY_WORDS
from community.tables import (
    AccessRecord,
    Account,
    Area,
    BindingCode,
    DutyShift,
    Dwelling,
    Household,
    Resident,
    RoleGrant,
)
from core.transaction import Transaction
from core.vault import Vault


def person_part(tx: Transaction, vault: Vault, whose: Whose) -> Part:
    """What the register says of the person."""
    one = whose.resident
    rows = []
    if one is not None:
        rows.append(
            (
                tx.get_one(Area, one.community_id).name,
                one.name,
                one.number,
                RESIDENCY_WORDS[one.residency],
                one.city,
                one.time_zone,
                one.birth_date,
                phone_of(vault, one),
                one.left_at,
            )
        )
    return make_part(
        "person",
        "名册登记",
        "确认您是这里的居民，办事、投票和联系您时用",
        "社区 姓名 人员编号 居住情况 所在城市 时区 出生日期 电话 离开时间",
        rows,
    )


def household_part(tx: Transaction, whose: Whose) -> Part:
    """The household, without the others in it."""
    rows: Iterable[Sequence[Any]] = ()
    if whose.resident is not None and whose.resident.household_id is not None:
        rows = tx.look(
            core_select(col(Household.number), col(Dwelling.address), col(Dwelling.floor_area))
            .outerjoin(Dwelling, col(Dwelling.id) == col(Household.dwelling_id))
            .where(col(Household.id) == whose.resident.household_id)
        ).all()
    rows = [(number, address, f"{(area or 0) / 100:.2f}") for number, address, area in rows]
    return make_part(
        "household",
        "所在的户",
        "按户投票、积分和找到您家时用；面积用于业主表决",
        "户号 地址 建筑面积（平方米）",
        rows,
    )


def identities_part(whose: Whose) -> Part:
    """The chats the person is known by."""
    rows = [
        (identity.channel, identity.sender, identity.first_at, identity.bound_at)
        for identity in whose.identities
    ]
    return make_part(
        "identities",
        "聊天账号",
        "认出您发来的消息，把进展告诉您",
        "渠道 账号 第一次出现 绑定时间",
        rows,
    )


def codes_part(tx: Transaction, whose: Whose) -> Part:
    """Binding codes made for the person or used by them; of a code only a fingerprint is kept."""
    query = core_select(
        col(BindingCode.made_at), col(BindingCode.expires_at), col(BindingCode.used_at)
    ).where(
        or_(
            col(BindingCode.resident_id) == whose.resident_id,
            col(BindingCode.used_by).in_(whose.identity_ids),
        )
    )
    return make_part(
        "codes",
        "给您发过的绑定码",
        "把聊天账号和您本人对上；只存验证用的指纹，不存码",
        "发出 到期 用掉",
        tx.look(query.order_by(col(BindingCode.id)).limit(ROWS_MAX)),
    )


def roles_part(tx: Transaction, whose: Whose) -> Part:
    """Roles held now and before."""
    query = (
        core_select(
            col(RoleGrant.role),
            col(Area.name),
            col(RoleGrant.from_date),
            col(RoleGrant.until_date),
        )
        .join(Area, col(Area.id) == col(RoleGrant.area_id))
        .where(col(RoleGrant.resident_id) == whose.resident_id)
        .order_by(col(RoleGrant.id))
        .limit(ROWS_MAX)
    )
    rows = [(ROLE_WORDS.get(role, role), *rest) for role, *rest in tx.look(query)]
    return make_part("roles", "担任的角色", "决定您能办哪些事", "角色 范围 开始 结束", rows)


def shifts_part(tx: Transaction, whose: Whose) -> Part:
    """When the person is paged."""
    query = core_select(
        col(DutyShift.weekday), col(DutyShift.from_minute), col(DutyShift.until_minute)
    ).where(col(DutyShift.resident_id) == whose.resident_id)
    rows = [
        (
            f"周{'一二三四五六日'[weekday]}",
            f"{start // 60:02d}:{start % 60:02d}",
            f"{end // 60:02d}:{end % 60:02d}",
        )
        for weekday, start, end in tx.look(query.order_by(col(DutyShift.id)))
    ]
    return make_part("shifts", "值班", "有危险时通知到您", "星期 从 到", rows)


def account_part(tx: Transaction, whose: Whose) -> Part:
    """The sign-in for the console."""
    query = core_select(
        col(Account.login),
        col(Account.totp_sealed).is_not(None),
        col(Account.made_at),
        col(Account.disabled_at),
    ).where(col(Account.resident_id) == whose.resident_id)
    return make_part(
        "account",
        "后台账号",
        "登录工作台；密码只存不可逆的指纹",
        "登录名 开了动态码 建立 停用",
        tx.look(query),
    )


def looks_part(tx: Transaction, whose: Whose) -> Part:
    """Who looked at the person's file, and why."""
    query = (
        core_select(col(AccessRecord.at), col(Resident.name), col(AccessRecord.purpose))
        .outerjoin(Resident, col(Resident.id) == col(AccessRecord.by_id))
        .where(col(AccessRecord.resident_id) == whose.resident_id)
        .order_by(col(AccessRecord.id))
        .limit(ROWS_MAX)
    )
    rows = [(at, name or "系统维护人员", purpose) for at, name, purpose in tx.look(query)]
    return make_part("looks", "谁看过您的资料", "让您监督", "时间 谁 为什么", rows)
