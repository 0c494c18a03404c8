"""What the bot itself remembers: words waiting to go out, dialogues, sessions, links, tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.columns import UtcDateTime, document, key, moment, ref


class Outgoing(SQLModel, table=True):
    """Words waiting to be sent, written in the transaction that caused them."""

    __tablename__ = "bot_outgoing"
    __table_args__ = (
        # The queue in the order it is due; sent and dead rows leave it.
        Index("ix_bot_outgoing_due", "settled", "due_at"),
        Index("ix_bot_outgoing_community", "community_id", "id"),
        Index("ix_bot_outgoing_dead", "dead_at"),
    )

    id: int = key()
    key: str = Field(unique=True, max_length=200)
    community_id: int = ref(default=0)
    channel: str = Field(max_length=60)
    recipient: str = Field(max_length=200)  # a sender, or a chat with the prefix "chat:"
    text: str
    link: str = ""  # a page of ours that belongs to the words, as a path
    identity_id: int | None = ref(default=None)  # for whom the link is private
    made_at: datetime = moment()
    due_at: datetime = moment()
    attempts: int = 0
    settled: bool = False
    sent_at: datetime | None = moment(default=None)
    dead_at: datetime | None = moment(default=None)
    error: str = ""


class Dialog(SQLModel, table=True):
    """What a sender and the bot are in the middle of; one at a time for each chat."""

    __tablename__ = "bot_dialog"
    __table_args__ = (
        UniqueConstraint("channel", "chat", "sender"),
        Index("ix_bot_dialog_expires", "expires_at"),
        Index("ix_bot_dialog_changed", "changed_at"),
    )

    id: int = key()
    channel: str = Field(max_length=60)
    chat: str = Field(default="", max_length=120)
    sender: str = Field(max_length=120)
    flow: str = Field(max_length=40)
    data: dict[str, Any] = document(default_factory=dict)
    version: int = 1
    changed_at: datetime = moment()
    expires_at: datetime = moment()


class WebSession(SQLModel, table=True):
    """A browser that signed in: to the console by account, or to pages by a link from chat."""

    __tablename__ = "bot_session"

    id: int = key()
    token_hash: str = Field(unique=True, max_length=64)
    account_id: int | None = ref("community_account.id", default=None, index=True)
    identity_id: int | None = ref("community_identity.id", default=None, index=True)
    made_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment()


class PageLink(SQLModel, table=True):
    """A private one-time link: opened once, it belongs to that browser's session."""

    __tablename__ = "bot_link"

    id: int = key()
    token_hash: str = Field(unique=True, max_length=64)
    identity_id: int = ref("community_identity.id", index=True)
    path: str
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(default=None)
    session_id: int | None = ref("bot_session.id", default=None)


class PlatformToken(SQLModel, table=True):
    """An access token of a platform, shared by every process."""

    __tablename__ = "bot_platform_token"

    name: str = Field(primary_key=True, max_length=80)
    token: str = ""
    expires_at: datetime = moment()
    fetching_until: datetime = moment()  # one process fetches, the others wait


class Tick(SQLModel, table=True):
    """A job's scheduled moment, claimed by whoever wrote the row first."""

    __tablename__ = "bot_tick"

    job: str = Field(primary_key=True, max_length=60)
    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    claimed_at: datetime = moment(index=True)


class Training(SQLModel, table=True):
    """A run of learning from corrections, and what came of it class by class."""

    __tablename__ = "bot_training"

    id: int = key()
    begun_at: datetime = moment()
    begun_by: int | None = ref(default=None)
    until: datetime = moment()  # the newest correction it learned from
    ended_at: datetime | None = moment(default=None)
    correction_count: int = 0
    is_installed: bool = False
    version: str = Field(default="", max_length=60)
    reason: str = ""
    scores: dict[str, Any] = document(default_factory=dict)


class SimulatorLine(SQLModel, table=True):
    """A line of the demonstration chat, as everyone in it sees it."""

    __tablename__ = "bot_simulator_line"
    __table_args__ = (Index("ix_bot_simulator_line_room", "room", "id"),)

    id: int = key()
    room: str = Field(max_length=200)  # a chat, or "private:" and the sender
    sender: str = Field(max_length=120)  # empty: the bot
    text: str
    link: str = ""
    media: str = ""  # SHA-256 of a picture
    at: datetime = moment()
