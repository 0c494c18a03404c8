"""One call, `read`: what a message is, what it is about, how urgent, where, and how sure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Urgency = Literal["emergency", "today", "normal"]


class Intent(StrEnum):
    """What the writer wants with a message."""

    REQUEST = "request"
    QUESTION = "question"
    SUGGESTION = "suggestion"
    EMERGENCY = "emergency"
    HELP = "help"
    NOTICE = "notice"
    THANKS = "thanks"
    CHATTER = "chatter"
    AD = "ad"
    CHAIN = "chain"
    COMMAND = "command"


CONCERNS_US = frozenset(
    {
        Intent.REQUEST,
        Intent.QUESTION,
        Intent.SUGGESTION,
        Intent.EMERGENCY,
        Intent.HELP,
        Intent.COMMAND,
    }
)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the words: who speaks, what was said before, the community's names.

    `messages` are the last messages of the group, oldest first, and `matters` the open matters
    whatever their age, both as (id, sender, text). `gazetteer` holds the community's own place
    names, `categories` the names of its own categories, `thresholds` overrides of the shipped ones.
    """

    sender: str | None = None
    addressed: bool = False
    messages: tuple[tuple[str, str, str], ...] = ()
    matters: tuple[tuple[str, str, str], ...] = ()
    gazetteer: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything `read` found out about one message."""

    text: str
    intent: Intent
    category: str | None
    category2: str | None
    urgency: Urgency
    place: str | None
    confidence: float
    category_confidence: float
    reasons: tuple[str, ...]
    same_as: str | None
    model: str

    @property
    def concerns_us(self) -> bool:
        """Whether the message asks something of the community: request, question and the like."""
        return self.intent in CONCERNS_US


_DANGER = re.compile(r"着火|起火|煤气味|燃气泄漏|救命|晕倒|触电|被困|快打119|快打120|跳楼")
_COMMAND = re.compile(r"^@?小[栖七]|登记一下")
_FAULT = re.compile(r"坏了|不亮|漏水|停水|停电|堵了|没人管|太吵|修一下|投诉|垃圾")
_ASK = re.compile(r"[吗么?？]|怎么|哪里|几点|多少")
_THANKS = re.compile(r"谢谢|感谢|收到|辛苦")
_PLACE = re.compile(r"\d+(?:栋|幢|号楼)(?:\d+单元)?(?:\d{3,4})?")


def read(text: str, context: Context | None = None) -> Reading:
    """What `text` says; never raises, whatever the text."""
    addressed = context is not None and context.addressed
    intent, urgency = Intent.CHATTER, "normal"
    if _DANGER.search(text):
        intent, urgency = Intent.EMERGENCY, "emergency"
    elif addressed or _COMMAND.search(text):
        intent = Intent.COMMAND
    elif _FAULT.search(text):
        intent = Intent.REQUEST
    elif _THANKS.search(text):
        intent = Intent.THANKS
    elif _ASK.search(text):
        intent = Intent.QUESTION
    place = _PLACE.search(text)
    return Reading(
        text=text,
        intent=intent,
        category="其他" if intent in CONCERNS_US else None,
        category2=None,
        urgency="emergency" if urgency == "emergency" else "normal",
        place=place.group() if place else None,
        confidence=0.5,
        category_confidence=0.2,
        reasons=(),
        same_as=None,
        model="rules-0",
    )


def read_many(texts: Iterable[str]) -> list[Reading]:
    """`read` for each text without context, in order."""
    return [read(text) for text in texts]
