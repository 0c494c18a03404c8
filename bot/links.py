"""Private pages by a link from chat: one-time, short-lived, bound to the first browser."""

from datetime import timedelta

from sqlmodel import col, select

from bot.tables import PageLink, WebSession
from core.columns import new_id
from core.errors import Refusal
from core.signing import LinkForged, Signer, hash_token, new_token
from core.transaction import Transaction

PURPOSE = "page"
LINK_SECONDS_MAX = 24 * 3600
SESSION = timedelta(days=30)


class LinkUsed(Refusal):
    code = "link_used"
    text = "这个链接已经在另一部手机上打开过了。请回到聊天里，发“我的事”取一个新的。"
    status = 410


def private_link(signer: Signer, identity_id: int, path: str) -> str:
    """A path under which the person behind this identity sees `path` once signed in by it.

    Nothing is stored until it is opened: it is signed, valid for LINK_SECONDS_MAX, and the first
    browser that opens it keeps it.
    """
    return f"/l/{signer.sign(PURPOSE, [identity_id, path, new_id()])}"


def open_link(
    tx: Transaction, signer: Signer, token: str, *, session_token: str
) -> tuple[str, str]:
    """Sign the browser in by a link; returns the path to show and the session token to keep.

    `session_token` is the one the browser already has, or empty. Opening the same link again in
    the same browser is fine; in another one it is LinkUsed.
    """
    value = signer.open(PURPOSE, token, seconds_max=LINK_SECONDS_MAX)
    if not isinstance(value, list) or len(value) != 3:
        raise LinkForged
    identity_id, path = int(value[0]), str(value[1])
    digest = hash_token(token)
    used = tx.exec(select(PageLink).where(col(PageLink.token_hash) == digest)).first()
    session = _session(tx, session_token)
    if used is not None:
        if session is None or used.session_id != session.id:
            raise LinkUsed
        return path, session_token
    if session is None or session.identity_id != identity_id:
        session_token = new_token()
        session = WebSession(
            token_hash=hash_token(session_token),
            identity_id=identity_id,
            made_at=tx.now,
            seen_at=tx.now,
            expires_at=tx.now + SESSION,
        )
        tx.add(session)
        tx.flush()
    tx.add(
        PageLink(
            token_hash=digest,
            identity_id=identity_id,
            path=path,
            made_at=tx.now,
            expires_at=tx.now + timedelta(seconds=LINK_SECONDS_MAX),
            used_at=tx.now,
            session_id=session.id,
        )
    )
    tx.flush()
    return path, session_token


def _session(tx: Transaction, token: str) -> WebSession | None:
    if not token:
        return None
    query = select(WebSession).where(
        col(WebSession.token_hash) == hash_token(token), col(WebSession.expires_at) > tx.now
    )
    return tx.exec(query).first()
