"""Words waiting to be sent: a row is written in the transaction that caused it."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from bot.tables import Outgoing
from community.tables import Identity
from core.columns import new_id
from core.prepared import Prepared, both
from core.transaction import Transaction, table_of

GROUP_PREFIX = "chat:"
TEXT_MAX = 4_000

_ROW = (
    *("id", "key", "community_id", "channel", "recipient", "text", "link", "identity_id"),
    *("made_at", "due_at", "attempts", "settled", "error"),
)
_INSERT = Prepared(both(lambda insert: insert(table_of(Outgoing)).on_conflict_do_nothing()), _ROW)
_TAKE_BACK = Prepared(
    delete(table_of(Outgoing)).where(
        col(Outgoing.key) == bindparam("k"),
        col(Outgoing.settled).is_(False),
        col(Outgoing.attempts) == 0,
    )
)
_IDENTITIES = Prepared(
    select(col(Identity.channel), col(Identity.sender), col(Identity.id)).where(
        col(Identity.resident_id) == bindparam("resident_id")
    )
)
_IDENTITY = Prepared(
    select(col(Identity.channel), col(Identity.sender)).where(
        col(Identity.id) == bindparam("identity_id")
    )
)


def tell(
    tx: Transaction,
    *,
    key: str,
    channel: str,
    recipient: str,
    text: str,
    link: str = "",
    identity_id: int | None = None,
    community_id: int = 0,
    due_at: datetime | None = None,
) -> None:
    """Have words sent, at least once, after this transaction; the same key is sent only once.

    `recipient` is a sender, or GROUP_PREFIX and a chat; `link` the path of a page of ours. With
    `identity_id` the link becomes a one-time private one for that person when it is sent.
    """
    tx.hold(
        _INSERT,
        {
            "id": new_id(),
            "key": key,
            "community_id": community_id,
            "channel": channel,
            "recipient": recipient,
            "text": text[:TEXT_MAX],
            "link": link,
            "identity_id": identity_id,
            "made_at": tx.now,
            "due_at": due_at or tx.now,
            "attempts": 0,
            "settled": False,
            "error": "",
        },
    )


def tell_identity(
    tx: Transaction,
    identity_id: int,
    text: str,
    *,
    key: str,
    link: str = "",
    community_id: int = 0,
) -> None:
    """Have words sent privately to a chat identity."""
    identity = tx.look(_IDENTITY, {"identity_id": identity_id}).first()
    if identity is not None:
        tell(
            tx,
            key=f"{key}:{identity_id}",
            channel=identity.channel,
            recipient=identity.sender,
            text=text,
            link=link,
            identity_id=identity_id,
            community_id=community_id,
        )


def tell_resident(
    tx: Transaction,
    resident_id: int,
    text: str,
    *,
    key: str,
    link: str = "",
    community_id: int = 0,
) -> None:
    """Have words sent privately to a person, on every channel the person is bound on."""
    for identity in tx.look(_IDENTITIES, {"resident_id": resident_id}):
        tell(
            tx,
            key=f"{key}:{identity.id}",
            channel=identity.channel,
            recipient=identity.sender,
            text=text,
            link=link,
            identity_id=identity.id,
            community_id=community_id,
        )


def tell_later(
    tx: Transaction, *, key: str, channel: str, recipient: str, text: str, wait: timedelta
) -> None:
    """Have words sent after a while, unless `take_back` is called for the key before."""
    tell(tx, key=key, channel=channel, recipient=recipient, text=text, due_at=tx.now + wait)


def take_back(tx: Transaction, key: str) -> bool:
    """Do not send these words after all; False when they are on their way or were never there."""
    result = tx.look(_TAKE_BACK, {"k": key})
    return bool(result.rowcount)
