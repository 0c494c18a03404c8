"""The knowledge base as it is stored: articles, every version of them, and what people asked."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from community.tables import DISTRICT
from core.columns import document, key, moment, one_of, ref

TITLE_MAX = 80


class ArticleState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class QuestionState(StrEnum):
    """What became of a question; only open ones wait for the staff."""

    OPEN = "open"  # no article answered it, or the one that did was no help
    ANSWERED = "answered"
    WRITTEN = "written"  # there is an article for it now
    DISMISSED = "dismissed"


class Article(SQLModel, table=True):
    """What people may be told: its words, who says so, since when and until when.

    `community_id` is DISTRICT for what the whole district shares. The title is the natural key.
    """

    __tablename__ = "community_article"
    __table_args__ = (
        UniqueConstraint("community_id", "title"),
        CheckConstraint("version >= 1", name="version"),
    )

    id: int = key()
    community_id: int = ref(default=DISTRICT)
    title: str = Field(max_length=TITLE_MAX)
    body: str
    questions: list[str] = document(default_factory=list)  # how people ask for it
    source: str  # who says so
    source_date: date  # and when they said it
    valid_from: date
    valid_until: date | None = None  # the last day on which it holds
    is_public: bool = True  # readable by anyone, or by the community's own people only
    state: ArticleState = one_of(ArticleState, default=ArticleState.DRAFT)
    version: int = 1
    changed_at: datetime = moment()
    changed_by: int | None = ref(default=None)


class ArticleVersion(SQLModel, table=True):
    """An article as it stood after a change, so that the change can be undone. Never updated."""

    __tablename__ = "community_article_version"
    __table_args__ = (UniqueConstraint("community_id", "article_id", "number"),)

    id: int = key()
    community_id: int = ref(default=DISTRICT)
    article_id: int = ref("community_article.id", index=True)
    number: int
    content: dict[str, Any] = document()
    at: datetime = moment()
    by_id: int | None = ref(default=None)


class ArticleStamp(SQLModel, table=True):
    """How often the articles of a community have changed: a process that has read them compares."""

    __tablename__ = "community_article_stamp"

    community_id: int = ref(primary_key=True)
    version: int = 1


class Question(SQLModel, table=True):
    """A question somebody asked, numbers and names masked, and what became of it."""

    __tablename__ = "community_question"
    __table_args__ = (
        Index("ix_community_question_state", "community_id", "state", "id"),
        Index("ix_community_question_identity", "identity_id", "id"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    identity_id: int = ref("community_identity.id")
    request_id: int | None = ref(default=None)  # the request it was heard as
    article_id: int | None = ref("community_article.id", default=None, index=True)
    text: str
    at: datetime = moment()
    state: QuestionState = one_of(QuestionState, default=QuestionState.OPEN)
    confidence: float = 0.0  # that the article answers it
    was_no_help: bool = False  # an answer was given, and the person said it was no help
    settled_at: datetime | None = moment(default=None)
    settled_by: int | None = ref(default=None)
