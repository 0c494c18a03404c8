"""Sign-ins for the console: made, checked, secured by a second factor, disabled.

Signing in has three parts, because comparing a password is slow and must not hold a transaction:
`credentials` (only looks), `passwords.compare` (outside), `sign_in` (counts and decides). A new
password is hashed before its transaction for the same reason (`passwords.prepare`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.events import AccountChanged, SignInBlocked
from community.grants import check_outranks
from community.passwords import NewPassword, PasswordCheck, check_password_rules
from community.tables import Account, Resident
from community.totp import matching_step
from core.actor import EVERYWHERE
from core.attempts import failures, forget_failures, record_failure
from core.columns import new_id
from core.errors import NotAllowed, NotFound, Refusal
from core.once import once
from core.signing import hash_token
from core.transaction import Transaction
from core.vault import Vault

WRONG_MAX = 5
WRONG_WINDOW = timedelta(minutes=15)
LIST_MAX = 200
_LOGIN = re.compile(r"[\w.@-]{2,60}")

_WRONG = "登录名或密码不对。"
_WAIT = (
    f"试错太多次了，请过 {WRONG_WINDOW.seconds // 60} 分钟再试。忘了密码请找能授予角色的人重设。"
)
_WRONG_CODE = "动态码不对，请等下一个六位数再试。"
_NEED_CODE = "请再填验证器上的六位动态码。"


class LoginTaken(Refusal):
    code = "login_taken"
    text = "登录名“{login}”已经有人用了，请换一个。"
    status = 409


class WrongLogin(Refusal):
    code = "wrong_login"
    text = "登录名用 2 到 60 个字母、数字、汉字或 . _ - @，中间不留空格。"


class WrongTotp(Refusal):
    code = "wrong_totp"
    text = _WRONG_CODE


class NoTotp(Refusal):
    code = "no_totp"
    text = "这个账号没有开动态码。"
    status = 409


class Outcome(StrEnum):
    SIGNED_IN = "signed_in"
    WRONG = "wrong"
    WAIT = "wait"
    NEED_CODE = "need_code"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is compared with; the hash is None when nobody can sign in by this login."""

    login: str
    account_id: int | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """What became of an attempt to sign in; `text` is what the person reads."""

    outcome: Outcome
    text: str = ""
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account as a list shows it."""

    id: int
    login: str
    resident_id: int
    name: str
    has_totp: bool
    made_at: datetime
    disabled_at: datetime | None


def create_account(
    tx: Transaction, *, login: str, password: NewPassword, resident_id: int
) -> Account:
    """A sign-in for a person; needs `roles.grant` where the person belongs and all they may do.

    WeakPassword, WrongLogin or LoginTaken say what to change. The password was made ready before
    (`passwords.prepare`), since that is slow.
    """
    login = canonical_login(login)
    if not _LOGIN.fullmatch(login):
        raise WrongLogin
    person = tx.get(Resident, resident_id)
    if person is None or person.left_at is not None:
        raise NotFound
    if not tx.actor.can("roles.grant", person.community_id):
        raise NotFound
    check_outranks(tx, resident_id)
    check_password_rules(login, password.words)
    if tx.exec(select(Account.id).where(col(Account.login) == login)).first() is not None:
        raise LoginTaken(login=login)
    account = Account(
        login=login,
        password_hash=password.hash,
        resident_id=resident_id,
        made_at=tx.now,
    )
    tx.add(account)
    tx.flush()
    _changed(tx, account, "made")
    return account


def credentials(tx: Transaction, login: str) -> Credentials:
    """What to compare a password with; also for a login nobody has, so that nobody can tell."""
    login = canonical_login(login)
    query = (
        core_select(col(Account.id), col(Account.password_hash))
        .join(Resident, col(Resident.id) == col(Account.resident_id))
        .where(
            col(Account.login) == login,
            col(Account.disabled_at).is_(None),
            col(Resident.left_at).is_(None),
        )
    )
    found = tx.look(query).first()
    if found is None:
        return Credentials(login, None, None)
    return Credentials(login, found.id, found.password_hash)


def sign_in(
    tx: Transaction, vault: Vault, known: Credentials, check: PasswordCheck, *, code: str = ""
) -> SignIn:
    """Decide who is in, after the password was compared; every outcome is returned, not raised.

    The WRONG_MAX-th wrong password or code within WRONG_WINDOW makes the login wait, right or
    wrong. NEED_CODE asks for the code of the authenticator and counts nothing.
    """
    subject = _subject(known.login)
    account = None
    if known.account_id is not None:
        query = select(Account).where(col(Account.id) == known.account_id).with_for_update()
        account = tx.exec(query).first()
    if failures(tx, subject, within=WRONG_WINDOW) >= WRONG_MAX:
        return SignIn(Outcome.WAIT, _WAIT)
    # Between looking and now the password may have been changed or the account disabled.
    is_same = account is not None and account.password_hash == known.password_hash
    if account is None or account.disabled_at is not None or not (check.is_right and is_same):
        return _count_wrong(tx, subject, account, _WRONG)
    if account.totp_sealed is not None:
        if not code.strip():
            return SignIn(Outcome.NEED_CODE, _NEED_CODE)
        if not _code_fits(tx, vault, account, code):
            return _count_wrong(tx, subject, account, _WRONG_CODE)
    forget_failures(tx, subject)
    if check.better_hash is not None:
        account.password_hash = check.better_hash
        tx.flush()
    return SignIn(Outcome.SIGNED_IN, account_id=account.id)


def set_password(tx: Transaction, account_id: int, password: NewPassword) -> None:
    """A new password, by its owner (whose old one the page has checked) or by an administrator."""
    account = access_account(tx, account_id)
    check_outranks(tx, account.resident_id)
    check_password_rules(account.login, password.words)
    account.password_hash = password.hash
    tx.flush()
    forget_failures(tx, _subject(account.login))
    _changed(tx, account, "password")


def enable_totp(tx: Transaction, vault: Vault, account_id: int, *, secret: str, code: str) -> None:
    """Ask for a code from now on; the first code proves that the authenticator has the secret."""
    account = access_account(tx, account_id)
    if tx.actor.id != account.resident_id:
        raise NotAllowed(capability="account.totp")
    if matching_step(secret, code, tx.now) is None:
        raise WrongTotp
    account.totp_sealed = vault.seal(secret)
    tx.flush()
    _changed(tx, account, "totp_on")


def disable_totp(tx: Transaction, account_id: int) -> None:
    """Ask for no code any more: by its owner, or by an administrator when the phone is lost."""
    account = access_account(tx, account_id)
    check_outranks(tx, account.resident_id)
    if account.totp_sealed is None:
        raise NoTotp
    account.totp_sealed = None
    tx.flush()
    _changed(tx, account, "totp_off")


def disable_account(tx: Transaction, account_id: int) -> None:
    """Nobody can sign in by this account any more, from this minute."""
    account = access_account(tx, account_id)
    check_outranks(tx, account.resident_id)
    if account.disabled_at is None:
        _disable(tx, account)


def close_accounts(tx: Transaction, resident_id: int) -> None:
    """Disable every account of somebody who leaves. The caller has checked the right."""
    query = select(Account).where(
        col(Account.resident_id) == resident_id, col(Account.disabled_at).is_(None)
    )
    for account in tx.exec(query.order_by(col(Account.id))).all():
        _disable(tx, account)


def enable_account(tx: Transaction, account_id: int) -> None:
    """The account works again, with the password it had."""
    account = access_account(tx, account_id)
    tx.require("roles.grant", tx.get_one(Resident, account.resident_id).community_id)
    check_outranks(tx, account.resident_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        tx.flush()
        _changed(tx, account, "enabled")


def access_account(tx: Transaction, account_id: int) -> Account:
    """The account, locked, if it is the actor's own or of somebody the actor grants roles to."""
    query = select(Account).where(col(Account.id) == account_id).with_for_update()
    account = tx.exec(query).first()
    if account is None:
        raise NotFound
    is_own = tx.actor.id is not None and account.resident_id == tx.actor.id
    place = tx.get_one(Resident, account.resident_id).community_id
    if not is_own and not tx.actor.can("roles.grant", place):
        raise NotFound
    return account


def visible_accounts(tx: Transaction) -> Sequence[AccountLine]:
    """The accounts of people the actor grants roles to, and the actor's own, by login."""
    query = core_select(
        col(Account.id),
        col(Account.login),
        col(Account.resident_id),
        col(Resident.name),
        col(Account.totp_sealed).is_not(None),
        col(Account.made_at),
        col(Account.disabled_at),
    ).join(Resident, col(Resident.id) == col(Account.resident_id))
    places = tx.actor.places("roles.grant")
    if not places >= EVERYWHERE:
        mine = col(Account.resident_id) == tx.actor.id
        query = query.where(or_(mine, col(Resident.community_id).in_(places)))
    rows = tx.look(query.order_by(col(Account.login)).limit(LIST_MAX))
    return [AccountLine(*tuple(row)) for row in rows]


def canonical_login(login: str) -> str:
    """A login as it is kept: without spaces around it, in lower case."""
    return login.strip().lower()


def _disable(tx: Transaction, account: Account) -> None:
    account.disabled_at = tx.now
    tx.flush()
    _changed(tx, account, "disabled")


def _code_fits(tx: Transaction, vault: Vault, account: Account, code: str) -> bool:
    assert account.totp_sealed is not None
    step = matching_step(vault.unseal(account.totp_sealed), code, tx.now)
    if step is None:
        return False
    # A code that was read over a shoulder is worth nothing once it has been used (RFC 6238, 5.2).
    use = str(new_id())
    return once(tx, f"totp:{account.id}:{step}", "", lambda: use) == use


def _count_wrong(tx: Transaction, subject: str, account: Account | None, text: str) -> SignIn:
    record_failure(tx, subject)
    if failures(tx, subject, within=WRONG_WINDOW) < WRONG_MAX:
        return SignIn(Outcome.WRONG, text)
    if account is not None:
        place = tx.get_one(Resident, account.resident_id).community_id
        tx.emit(SignInBlocked(community_id=place, subject_id=account.id))
    return SignIn(Outcome.WAIT, _WAIT)


def _subject(login: str) -> str:
    # People type their password into the wrong field: the words themselves are not kept.
    return f"sign-in:{hash_token(login)}"


def _changed(tx: Transaction, account: Account, what: str) -> None:
    place = tx.get_one(Resident, account.resident_id).community_id
    tx.emit(
        AccountChanged(
            community_id=place, subject_id=account.id, resident_id=account.resident_id, what=what
        )
    )
