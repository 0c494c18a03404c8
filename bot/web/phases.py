"""How a phase is shown: always a word with a shape, never a colour alone. Pure."""

from dataclasses import dataclass

from cases.rules import ENDED, Phase


@dataclass(frozen=True, slots=True)
class Mark:
    """The tone and the shape (an icon of static/icons.svg) that go with a phase's word."""

    tone: str  # wait, work, ask, done, off
    shape: str


WAIT = Mark("wait", "clock")
WORK = Mark("work", "wrench")
ASK = Mark("ask", "question")
DONE = Mark("done", "check")
OFF = Mark("off", "minus")

_ASKING = frozenset({Phase.NEED_INFO_INTAKE, Phase.NEED_INFO_HANDLING, Phase.VERIFYING})
_WORKING = frozenset({Phase.DISPATCHED, Phase.IN_PROGRESS, Phase.FEEDBACK})
_FINISHED = frozenset({Phase.CLOSED, Phase.EVALUATED, Phase.ANSWERED})


def mark_of(phase: Phase) -> Mark:
    """How the phase is shown."""
    if phase in _ASKING:
        return ASK
    if phase in _FINISHED:
        return DONE
    if phase in ENDED or phase is Phase.SUSPENDED:
        return OFF
    return WORK if phase in _WORKING else WAIT
