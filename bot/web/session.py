"""Browsers that signed in: a random token in a cookie, its hash in the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlmodel import col

from bot.tables import WebSession
from community.people import Known, actor_for, actor_of_account
from community.tables import Account, Identity, Resident
from core.actor import NOBODY, Actor
from core.errors import NotFound, Refusal
from core.signing import hash_token, new_token
from core.transaction import Transaction

SEEN_EVERY = timedelta(hours=1)


class SignInNeeded(Refusal):
    """A page that belongs to somebody, and nobody is signed in."""

    code = "sign_in_needed"
    text = "这一页只给您本人看。请回到聊天里，给机器人发“我的事”，点它发给您的链接进来。"
    status = 401


class StaffSignInNeeded(Refusal):
    """A console page, and the browser is not signed in by an account: leads to the sign-in page."""

    code = "staff_sign_in_needed"
    text = "请先登录工作台。"
    status = 401


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever looks at a page: NOBODY, a person by a link from chat, or staff by account.

    `channel` and `sender` say how chat knows the person; both are empty for staff. `secret` is
    what the tokens of forms are bound to: the session's cookie, or the browser's own.
    """

    actor: Actor = NOBODY
    session_id: int | None = None
    identity_id: int | None = None
    account_id: int | None = None
    channel: str = ""
    sender: str = ""
    name: str = ""
    seen_at: datetime | None = None
    secret: str = ""

    def person(self) -> Actor:
        """The resident (or stranger) who came by a link from chat; SignInNeeded otherwise."""
        if self.identity_id is None:
            raise SignInNeeded
        return self.actor

    def staff(self) -> Actor:
        """The member of staff who signed in by account; StaffSignInNeeded otherwise."""
        if self.account_id is None:
            raise StaffSignInNeeded
        return self.actor

    @property
    def is_signed_in(self) -> bool:
        return self.session_id is not None

    @property
    def is_staff(self) -> bool:
        return self.account_id is not None


_FIND = (
    select(
        col(WebSession.id),
        col(WebSession.identity_id),
        col(WebSession.account_id),
        col(WebSession.seen_at),
        col(Identity.channel),
        col(Identity.sender),
        col(Identity.community_id),
        col(Identity.resident_id),
        col(Resident.name),
    )
    .outerjoin(Identity, col(Identity.id) == col(WebSession.identity_id))
    .outerjoin(Account, col(Account.id) == col(WebSession.account_id))
    .outerjoin(
        Resident,
        col(Resident.id) == func.coalesce(col(Identity.resident_id), col(Account.resident_id)),
    )
    .where(
        col(WebSession.token_hash) == bindparam("token_hash"),
        col(WebSession.expires_at) > bindparam("now"),
    )
)


def find_visitor(tx: Transaction, token: str) -> Visitor:
    """Who the browser with this session token belongs to today; nobody when it is not known."""
    row = tx.look(_FIND, {"token_hash": hash_token(token), "now": tx.now}).first()
    if row is None:
        return Visitor()
    try:
        if row.account_id is not None:
            actor = actor_of_account(tx, row.account_id)
        else:
            known = Known(row.identity_id, row.community_id, row.resident_id)
            actor = actor_for(tx, known)
    except NotFound:  # they have left, or the account was closed: the session is worth nothing
        return Visitor()
    return Visitor(
        actor=actor,
        session_id=row.id,
        identity_id=row.identity_id,
        account_id=row.account_id,
        channel=row.channel or "",
        sender=row.sender or "",
        name=row.name or "",
        seen_at=row.seen_at,
        secret=token,
    )


def begin_session(
    tx: Transaction,
    *,
    lasts: timedelta,
    account_id: int | None = None,
    identity_id: int | None = None,
) -> str:
    """Sign a browser in; returns the token for its cookie, which is kept nowhere else."""
    assert (account_id is None) != (identity_id is None)
    token = new_token()
    tx.add(
        WebSession(
            token_hash=hash_token(token),
            account_id=account_id,
            identity_id=identity_id,
            made_at=tx.now,
            seen_at=tx.now,
            expires_at=tx.now + lasts,
        )
    )
    tx.flush()
    return token


def end_session(tx: Transaction, token: str) -> None:
    """Sign the browser out: its token is worth nothing from now on."""
    ended = update(WebSession).where(col(WebSession.token_hash) == hash_token(token))
    tx.look(ended.values(expires_at=tx.now))


def mark_seen(tx: Transaction, session_id: int) -> None:
    """Note that the session is in use."""
    tx.look(update(WebSession).where(col(WebSession.id) == session_id).values(seen_at=tx.now))


def forget_sessions(tx: Transaction, *, account_id: int) -> int:
    """Sign an account out everywhere, as after a new password; returns how many browsers."""
    mine = col(WebSession.account_id) == account_id
    return int(tx.look(delete(WebSession).where(mine)).rowcount)
