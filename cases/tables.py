"""Requests and cases as they are stored."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.rules import Phase
from core.columns import document, key, moment, one_of, ref


class Urgency(StrEnum):
    EMERGENCY = "emergency"
    TODAY = "today"
    NORMAL = "normal"


class Source(StrEnum):
    """The door a case came in by."""

    CHAT = "chat"
    WEB = "web"
    PHONE = "phone"
    DESK = "desk"
    PROXY = "proxy"
    IMPORT = "import"


class Confirmation(StrEnum):
    """Who must agree before a case of a class is closed."""

    RESIDENT = "resident"
    BOTH = "both"


class Disposition(StrEnum):
    """What was made of something that was said."""

    OPENED = "opened"
    JOINED = "joined"
    ASKED = "asked"
    ANSWERED = "answered"
    UNSURE = "unsure"
    UNDONE = "undone"


class PartyRole(StrEnum):
    REPORTER = "reporter"
    CO_REPORTER = "co_reporter"


class Stage(StrEnum):
    """What a photo of a case shows."""

    BEFORE = "before"  # how it was
    AFTER = "after"  # how it is after the work
    EVIDENCE = "evidence"  # a bill, a letter, a screenshot


class AssignmentState(StrEnum):
    SENT = "sent"
    SIGNED = "signed"
    DONE = "done"
    RETURNED = "returned"


class Request(SQLModel, table=True):
    """What someone said that concerns us, and what was made of it."""

    __tablename__ = "cases_request"
    __table_args__ = (
        Index("ix_cases_request_community", "community_id", "id"),
        Index("ix_cases_request_case", "case_id"),
        Index("ix_cases_request_identity", "identity_id", "id"),
    )

    id: int = key()
    community_id: int = ref()
    group_id: int | None = ref("community_group.id", default=None)
    identity_id: int = ref("community_identity.id")
    message_id: str = Field(max_length=200)
    text: str
    at: datetime = moment()
    intent: str = Field(max_length=20)
    category: str | None = Field(default=None, max_length=40)
    place: str | None = None
    urgency: str = Field(max_length=20)
    confidence: float
    reasons: list[str] = document(default_factory=list)
    model: str = Field(max_length=60)
    disposition: Disposition = one_of(Disposition)
    case_id: int | None = ref("cases_case.id", default=None)
    corrected_at: datetime | None = moment(default=None)
    corrected_by: int | None = ref(default=None)
    corrected: dict[str, Any] | None = document(default=None)


class Case(SQLModel, table=True):
    __tablename__ = "cases_case"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        # Lists of a community by phase; the likely duplicates of a fresh report; what is due.
        Index("ix_cases_case_phase", "community_id", "phase", "due_at"),
        Index("ix_cases_case_alike", "community_id", "category", "place", "collected_at"),
        # The newest first, for boards and lists.
        Index("ix_cases_case_newest", "community_id", "id"),
        Index("ix_cases_case_step", "phase", "step_due_at"),
        # What was brought up lately; the phase in it, so that counting needs no row.
        Index("ix_cases_case_recent", "community_id", "collected_at", "phase", "id"),
        CheckConstraint("rework_count >= 0", name="rework_count"),
        CheckConstraint("reopened_count >= 0", name="reopened_count"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    number: str = Field(max_length=40)
    text: str
    category: str = Field(max_length=40)
    category2: str | None = Field(default=None, max_length=60)
    place: str | None = Field(default=None)
    grid_id: int | None = ref("community_grid.id", default=None)
    group_id: int | None = ref("community_group.id", default=None)
    urgency: Urgency = one_of(Urgency, default=Urgency.NORMAL)
    source: Source = one_of(Source, default=Source.CHAT)
    taken_by: int | None = ref(default=None)  # the clerk who took it down at the desk
    phase: Phase = one_of(Phase, default=Phase.COLLECTED)
    outcome: str | None = Field(default=None, max_length=40)
    confirmation: Confirmation = one_of(Confirmation, default=Confirmation.RESIDENT)
    is_public: bool = True
    agency_id: int | None = ref("community_agency.id", default=None, index=True)
    merged_into: int | None = ref("cases_case.id", default=None)
    model: str = Field(default="", max_length=60)
    collected_at: datetime = moment()
    registered_at: datetime | None = moment(default=None)
    due_at: datetime | None = moment(default=None)  # the public deadline
    step_due_at: datetime | None = moment(default=None)  # when the present phase must end
    closed_at: datetime | None = moment(default=None)
    rework_count: int = 0
    reopened_count: int = 0


class Party(SQLModel, table=True):
    """Someone who asked for a case or said "me too", with an answer and rating of their own."""

    __tablename__ = "cases_party"
    __table_args__ = (
        UniqueConstraint("community_id", "case_id", "identity_id"),
        Index("ix_cases_party_case", "case_id"),
        Index("ix_cases_party_identity", "identity_id", "case_id"),
        Index("ix_cases_party_resident", "resident_id", "case_id"),
        CheckConstraint("rating IS NULL OR rating BETWEEN 1 AND 5", name="rating"),
    )

    id: int = key()
    community_id: int = ref()
    case_id: int = ref("cases_case.id")
    identity_id: int = ref("community_identity.id")
    resident_id: int | None = ref("community_resident.id", default=None)
    role: PartyRole = one_of(PartyRole)
    joined_at: datetime = moment()
    is_solved: bool | None = None  # this party's own answer to "is it solved?"
    answered_at: datetime | None = moment(default=None)
    answered_by: int | None = ref(default=None)  # the clerk who took the answer down for them
    rating: int | None = None


class Assignment(SQLModel, table=True):
    """A case sent to an agency, and what the agency did with it."""

    __tablename__ = "cases_assignment"
    __table_args__ = (
        Index("ix_cases_assignment_case", "case_id"),
        Index("ix_cases_assignment_agency", "agency_id", "state"),
    )

    id: int = key()
    community_id: int = ref()
    case_id: int = ref("cases_case.id")
    agency_id: int = ref("community_agency.id")
    state: AssignmentState = one_of(AssignmentState, default=AssignmentState.SENT)
    sent_at: datetime = moment()
    sign_by: datetime = moment()
    signed_at: datetime | None = moment(default=None)
    done_at: datetime | None = moment(default=None)


class CaseNote(SQLModel, table=True):
    """Words that belong to a step of a case; erasable, so they stand outside the events."""

    __tablename__ = "cases_note"
    __table_args__ = (Index("ix_cases_note_case", "case_id", "id"),)

    id: int = key()
    community_id: int = ref()
    case_id: int = ref("cases_case.id")
    event_id: int | None = ref(default=None)
    by_id: int | None = ref(default=None)
    by_kind: str = "person"
    at: datetime = moment()
    text: str
    is_public: bool = True  # shown to the people who asked, not to everyone


class Attachment(SQLModel, table=True):
    """A photo or a voice note, kept as a file named after its SHA-256."""

    __tablename__ = "cases_attachment"
    __table_args__ = (
        Index("ix_cases_attachment_case", "case_id"),
        Index("ix_cases_attachment_sha256", "sha256"),
        CheckConstraint("size >= 0", name="size"),
    )

    id: int = key()
    community_id: int = ref()
    case_id: int | None = ref("cases_case.id", default=None)
    request_id: int | None = ref("cases_request.id", default=None)
    identity_id: int | None = ref("community_identity.id", default=None)
    media_type: str = Field(max_length=60)
    sha256: str = Field(default="", max_length=64)  # empty until the file has arrived
    size: int = 0
    reference: str = Field(default="", max_length=300)  # how the channel finds it until then
    attempts: int = 0
    stage: str = Field(default=Stage.BEFORE, max_length=10)  # one of Stage
    at: datetime = moment()


class Duty(SQLModel, table=True):
    """One row of the duty list: which agency answers for a category, and within what time."""

    __tablename__ = "cases_duty"
    __table_args__ = (
        UniqueConstraint("community_id", "category", "category2"),
        CheckConstraint("handle_minutes > 0", name="handle_minutes"),
        CheckConstraint("sign_minutes > 0", name="sign_minutes"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    category: str = Field(max_length=40)
    category2: str = Field(default="", max_length=60)  # empty: the whole category
    agency_id: int = ref("community_agency.id")
    sign_minutes: int = 480  # working minutes to sign
    handle_minutes: int = 2400  # working minutes to solve
    confirmation: Confirmation = one_of(Confirmation, default=Confirmation.RESIDENT)
    is_public: bool = True
    basis: str = ""


class Counter(SQLModel, table=True):
    """The running number of a community and day."""

    __tablename__ = "cases_counter"

    community_id: int = Field(primary_key=True, sa_type=BigInteger)
    day: date = Field(primary_key=True)
    last: int
