"""What happens to people and places, as it stands in the history: ids and codes only."""

from dataclasses import dataclass
from typing import ClassVar

from core.transaction import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingCodeMade(Event):
    """A one-time code was made; the subject is the code's row."""

    NAME: ClassVar[str] = "binding.code_made"
    household_id: int | None
    resident_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityBound(Event):
    """A chat identity (the subject) is now known to be this resident."""

    NAME: ClassVar[str] = "binding.bound"
    resident_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUnbound(Event):
    """A chat identity (the subject) is no longer this resident."""

    NAME: ClassVar[str] = "binding.unbound"
    resident_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingLocked(Event):
    """Too many wrong codes from an identity (the subject): it has to wait, someone should look."""

    NAME: ClassVar[str] = "binding.locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRegistered(Event):
    """A resident is on the register, for the first time or again."""

    NAME: ClassVar[str] = "resident.register"
    household_id: int | None
    residency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentMoved(Event):
    NAME: ClassVar[str] = "resident.move"
    from_household_id: int | None
    household_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentLeft(Event):
    NAME: ClassVar[str] = "resident.leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentEdited(Event):
    """Particulars were changed; `fields` names which, never what stood there."""

    NAME: ClassVar[str] = "resident.edit"
    fields: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentFileOpened(Event):
    """Staff looked at a resident's file."""

    NAME: ClassVar[str] = "resident.file_opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErased(Event):
    """Everything personal about a resident was taken out of the rows."""

    NAME: ClassVar[str] = "resident.erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChanged(Event):
    """An area, grid, building, facility, unit, dwelling, household, group or agency changed."""

    NAME: ClassVar[str] = "place.change"
    kind: str
    what: str  # added, edited, removed


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(Event):
    """A resident (the subject) has a role; dates are ISO days."""

    NAME: ClassVar[str] = "role.grant"
    grant_id: int
    role: str
    area_id: int
    agency_id: int | None
    grid_id: int | None
    from_date: str
    until_date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnded(Event):
    """A resident (the subject) holds a role until this day at most, or never held it."""

    NAME: ClassVar[str] = "role.end"
    grant_id: int
    role: str
    until_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyShiftChanged(Event):
    """Someone (the subject) is on or off the duty roster at these hours."""

    NAME: ClassVar[str] = "duty_shift.change"
    what: str  # added, removed
    weekday: int
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged(Event):
    """Something about a sign-in (the subject); sessions of it must end unless it was only made.

    `what` is made, password, totp_on, totp_off, disabled or enabled.
    """

    NAME: ClassVar[str] = "account.change"
    resident_id: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInBlocked(Event):
    """Too many wrong passwords for an account (the subject): it has to wait."""

    NAME: ClassVar[str] = "account.blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChecked(Event):
    """A register was uploaded and checked (the subject is the import)."""

    NAME: ClassVar[str] = "roster.check"
    row_count: int
    problem_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterBatchImported(Event):
    """Rows of an import (the subject) are in the register, from the first up to `done_count`."""

    NAME: ClassVar[str] = "roster.batch"
    done_count: int
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterExported(Event):
    """Rows of a community's register (the subject) were taken out as a table."""

    NAME: ClassVar[str] = "roster.export"
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleChanged(Event):
    """An article of the knowledge base (the subject) changed; its words stand in its versions.

    `what` is added, edited, drafted, published, withdrawn or restored.
    """

    NAME: ClassVar[str] = "article.change"
    what: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSettled(Event):
    """A question that no article had answered (the subject) is dealt with: written, dismissed."""

    NAME: ClassVar[str] = "question.settle"
    state: str
    article_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdChanged(Event):
    """How sure the bot must be in a community (the subject) before it acts; None: the default."""

    NAME: ClassVar[str] = "threshold.change"
    name: str
    before: float | None
    after: float | None
