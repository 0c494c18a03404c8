"""What happens on the way to a community's decisions, as the history keeps it: ids and codes."""

from dataclasses import dataclass
from typing import ClassVar

from core.transaction import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChanged(Event):
    """A draft of a consultation (the subject) was made, edited or removed."""

    NAME: ClassVar[str] = "draft.change"
    what: str  # made, edited, removed
