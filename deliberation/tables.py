"""What a community deliberates on, as it is stored."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.columns import document, key, moment, one_of, ref

TITLE_MAX = 60
TEXT_MAX = 4000


class DraftState(StrEnum):
    DRAFT = "draft"


class ConsultationDraft(SQLModel, table=True):
    """A matter that may be put to the community, as the staff are writing it.

    `case_ids` are the cases it came from, as strings. The title is the natural key.
    """

    __tablename__ = "deliberation_draft"
    __table_args__ = (
        UniqueConstraint("community_id", "title"),
        Index("ix_deliberation_draft_changed", "community_id", "changed_at"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    title: str = Field(max_length=TITLE_MAX)
    text: str
    case_ids: list[str] = document(default_factory=list)
    state: DraftState = one_of(DraftState, default=DraftState.DRAFT)
    made_by: int | None = ref(default=None)
    made_at: datetime = moment()
    changed_by: int | None = ref(default=None)
    changed_at: datetime = moment()
    version: int = 1
