"""What happens to a case, as it stands in the history: ids and codes only."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.transaction import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCollected(Event):
    NAME: ClassVar[str] = "case.collect"
    number: str
    source: str
    identity_id: int
    urgency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEndorsed(Event):
    NAME: ClassVar[str] = "case.endorse"
    number: str
    identity_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementUndone(Event):
    NAME: ClassVar[str] = "case.endorse_undone"
    identity_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoted(Event):
    """A party or a clerk did something that is no step of the case: a word, a photo, a rating."""

    NAME: ClassVar[str] = "case.note"
    kind: str
    value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecorded(Event):
    """A clerk took down what a party said on the telephone or at the desk."""

    NAME: ClassVar[str] = "case.answer_recorded"
    identity_id: int
    is_solved: bool
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMoved(Event):
    """One step of a case; `move` is the step's name in cases/rules.py."""

    NAME: ClassVar[str] = "case.move"
    move: str
    origin: str
    phase: str
    who: str
    agency_id: int | None = None
    due_at: datetime | None = None
    identity_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCorrected(Event):
    NAME: ClassVar[str] = "request.correct"
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyChanged(Event):
    """A row of the duty list was added, edited or removed."""

    NAME: ClassVar[str] = "duty.change"
    what: str
