"""The first people who may do everything: made on the command line, where no page can yet be."""

from dataclasses import dataclass

from sqlmodel import col, select

from community.accounts import canonical_login, create_account
from community.areas import add_area
from community.grants import grant_role
from community.passwords import NewPassword
from community.residents import Particulars, register
from community.tables import Area, AreaKind, Residency
from core.errors import Refusal
from core.transaction import Transaction
from core.vault import Vault

# Together they hold every capability, so that an administrator can give every role.
ADMIN_ROLES = ("operator", "secretary", "dispatcher", "supervisor")
DISTRICT_CODE = "QX"


class NoSuchArea(Refusal):
    code = "no_such_area"
    text = "没有代码是 {code} 的区、街道或社区。现有：{known}。"
    status = 404


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who was made, and over what."""

    account_id: int
    login: str
    area: str
    is_new_district: bool


def create_administrator(
    tx: Transaction, vault: Vault, *, login: str, password: NewPassword, code: str, district: str
) -> Administrator:
    """A person with ADMIN_ROLES and a sign-in, over the area with this code or, without one, the
    district; on an empty installation the district is made and named.
    """
    login = canonical_login(login)
    area, is_new = _area(tx, code.strip().upper(), district)
    person = register(
        tx,
        vault,
        community_id=area.id,
        number=f"ADMIN-{login}"[:60],
        particulars=Particulars(name=login, residency=Residency.STAFF),
    )
    for role in ADMIN_ROLES:
        grant_role(tx, resident_id=person.id, role=role, area_id=area.id)
    account = create_account(tx, login=login, password=password, resident_id=person.id)
    return Administrator(account.id, login, area.name, is_new)


def _area(tx: Transaction, code: str, district: str) -> tuple[Area, bool]:
    if code:
        found = tx.exec(select(Area).where(col(Area.code) == code)).first()
        if found is None:
            known = tx.exec(select(Area.code).order_by(col(Area.code)).limit(20)).all()
            raise NoSuchArea(code=code, known="、".join(known) or "还没有")
        return found, False
    top = tx.exec(select(Area).where(col(Area.kind) == AreaKind.DISTRICT)).first()
    if top is not None:
        return top, False
    return add_area(tx, kind=AreaKind.DISTRICT, name=district, code=DISTRICT_CODE), True
