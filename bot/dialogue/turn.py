"""One turn of a conversation, and the memory between two messages of one sender."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ClauseElement, bindparam, select
from sqlalchemy import delete as core_delete
from sqlmodel import col

from bot.knowledge import Found
from bot.links import private_link
from bot.messages import Answer, Incoming
from bot.tables import Dialog
from community.people import Known
from core.columns import new_id
from core.prepared import Prepared, both
from core.signing import Signer
from core.transaction import Transaction, table_of
from nlp.reading import Reading

# Channels on which a sender can be spoken to alone, and is the same person as in its groups.
PRIVATE_CHANNELS = ("wechat:", "simulator")


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A chat group as the house knows it."""

    id: int
    community_id: int
    grid_id: int | None
    building: str | None
    name: str
    bot_name: str


@dataclass(frozen=True, slots=True)
class Memory:
    """An open dialogue: what the bot is waiting for from this sender in this chat."""

    flow: str
    data: dict[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything a handler needs to know about the message it answers."""

    incoming: Incoming
    reading: Reading
    known: Known
    community_id: int
    group: GroupPlace | None
    memory: Memory | None
    gazetteer: tuple[str, ...]
    signer: Signer
    public_url: str
    joined_case: int | None = None  # the open matter that the message seems to go on about
    match: re.Match[str] | None = None
    pages_hook: bool = False  # an outgoing hook is set for danger
    thresholds: Mapping[str, float] = field(default_factory=dict)  # where they differ from ours
    found: tuple[Found, ...] | None = None  # articles that may answer; None: nothing was asked

    @property
    def text(self) -> str:
        return self.incoming.text.strip()

    @property
    def can_whisper(self) -> bool:
        """Whether private words can reach the sender."""
        return self.incoming.channel.startswith(PRIVATE_CHANNELS)

    def url(self, path: str) -> str:
        """A private link for the sender, as a whole address."""
        return self.public_url + private_link(self.signer, self.known.identity_id, path)


_FIND = Prepared(
    select(col(Dialog.flow), col(Dialog.data), col(Dialog.version), col(Dialog.expires_at)).where(
        col(Dialog.channel) == bindparam("channel"),
        col(Dialog.chat) == bindparam("chat"),
        col(Dialog.sender) == bindparam("sender"),
    )
)


def _upsert(insert: Any) -> ClauseElement:
    fresh = insert(table_of(Dialog))
    new = fresh.excluded
    statement: ClauseElement = fresh.on_conflict_do_update(
        index_elements=["channel", "chat", "sender"],
        set_={
            "flow": new.flow,
            "data": new.data,
            "changed_at": new.changed_at,
            "expires_at": new.expires_at,
            "version": table_of(Dialog).c.version + 1,
        },
    )
    return statement


_UPSERT = Prepared(
    both(_upsert),
    ("id", "channel", "chat", "sender", "flow", "data", "version", "changed_at", "expires_at"),
)


def recall(tx: Transaction, incoming: Incoming) -> Memory | None:
    """What the bot and the sender are in the middle of here, unless it has expired."""
    found = tx.look(_FIND, _place(incoming)).first()
    if found is None or found.expires_at <= tx.now:
        return None
    return Memory(found.flow, found.data, found.version)


def remember(
    tx: Transaction, incoming: Incoming, *, flow: str, data: dict[str, Any], wait: timedelta
) -> datetime:
    """Wait for the sender's next words here; returns until when."""
    until = tx.now + wait
    row = {
        "id": new_id(),
        **_place(incoming),
        "flow": flow,
        "data": data,
        "version": 1,
        "changed_at": tx.now,
        "expires_at": until,
    }
    tx.look(_UPSERT, row)
    return until


def remember_for(
    tx: Transaction,
    *,
    channel: str,
    sender: str,
    flow: str,
    data: dict[str, Any],
    wait: timedelta,
) -> None:
    """As `remember`, in private, for someone who has not written just now."""
    incoming = Incoming(channel=channel, message_id="", sender=sender, text="")
    remember(tx, incoming, flow=flow, data=data, wait=wait)


def forget(tx: Transaction, incoming: Incoming) -> None:
    """The dialogue is over."""
    place = _place(incoming)
    tx.look(
        core_delete(Dialog).where(
            col(Dialog.channel) == place["channel"],
            col(Dialog.chat) == place["chat"],
            col(Dialog.sender) == place["sender"],
        )
    )


def _place(incoming: Incoming) -> dict[str, str]:
    return {
        "channel": incoming.channel,
        "chat": incoming.chat,
        "sender": incoming.sender,
    }


def quiet(action: str, **facts: str) -> Answer:
    """Say nothing, and note what was done."""
    return Answer("", {"action": action, **facts})


def say(text: str, action: str, **facts: str) -> Answer:
    """Say something, and note what was done."""
    return Answer(text, {"action": action, **facts})
