"""One call, `read`: what a message is, what it is about, how urgent, where, and how sure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from nlp.address import place_of
from nlp.categories import CATEGORIES
from nlp.chat_model import (
    INTENTS,
    ChatModel,
    Impression,
    around_of,
    impression,
    load_chat_model,
)
from nlp.letter_model import LETTER_CATEGORIES, LetterModel, letter_category, load_letter_model
from nlp.plain import plain
from nlp.rules import Rule, danger_rules
from nlp.signals import NOTHING_AROUND, Around

Urgency = Literal["emergency", "today", "normal"]

WEIGHTS = Path(__file__).parent / "weights"
MESSAGES_MAX = 20
THRESHOLDS: Mapping[str, float] = {"gate": 0.38, "emergency": 0.15, "today": 0.5}


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
_OURS = tuple(place for place, name in enumerate(INTENTS) if Intent(name) in CONCERNS_US)
_OTHERS = tuple(place for place in range(len(INTENTS)) if place not in _OURS)
_EMERGENCY = INTENTS.index("emergency")
_COMMAND = INTENTS.index("command")


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the words: who speaks, what was said before, the community's names.

    `messages` are the last messages of the group, oldest first, and `matters` the open matters
    whatever their age, both as (id, sender, text). `gazetteer` holds the community's own place
    names, `categories` the names of its own categories, `thresholds` overrides of `THRESHOLDS`.
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
    """Everything `read` found out about one message.

    `confidence` is that of the intent and `category_confidence` that of the category, both as
    probabilities; `danger` names the kind of danger when a rule saw one (see `nlp.rules`).
    """

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
    danger: str | None = None

    @property
    def concerns_us(self) -> bool:
        """Whether the message asks something of the community: request, question and the like."""
        return self.intent in CONCERNS_US


@dataclass(frozen=True, slots=True)
class _Models:
    chat: ChatModel
    letters: LetterModel
    version: str


@cache
def models() -> _Models:
    """The shipped models, loaded once."""
    manifest = json.loads((WEIGHTS / "manifest.json").read_text(encoding="utf-8"))
    return _Models(
        chat=load_chat_model(WEIGHTS / "chat.npz", manifest["chat"]["factors"]),
        letters=load_letter_model(WEIGHTS / "letters.npz", manifest["letters"]["factors"]),
        version=manifest["version"],
    )


_NO_CONTEXT = Context()


def read(text: str, context: Context | None = None) -> Reading:
    """What `text` says; never raises, whatever the text."""
    context = context or _NO_CONTEXT
    known = models()
    words = plain(text)
    around = _around(context)
    seen = impression(known.chat, words, context.sender, addressed=context.addressed, around=around)
    rules = danger_rules(words)
    intent, confidence = _intent(seen, rules, context)
    category, category_confidence = _category(words, seen, known)
    urgency = _urgency(seen, intent, context)
    wanted = intent not in (Intent.CHATTER, Intent.THANKS, Intent.AD, Intent.CHAIN)
    return Reading(
        text=text,
        intent=intent,
        category=category if wanted else None,
        category2=None,
        urgency=urgency,
        place=place_of(words) if wanted or intent is Intent.CHATTER else None,
        confidence=round(confidence, 4),
        category_confidence=round(category_confidence, 4),
        reasons=tuple(rule.label for rule in rules),
        same_as=None,
        model=known.version,
        danger=rules[0].name if rules else None,
    )


def read_many(texts: Iterable[str]) -> list[Reading]:
    """`read` for each text without context, in order."""
    return [read(text) for text in texts]


@lru_cache(maxsize=4096)
def _side(text: str, sender: str) -> tuple[float, ...]:
    return tuple(impression(models().chat, plain(text), sender).side())


def _around(context: Context) -> Around:
    if not context.messages:
        return NOTHING_AROUND
    messages = context.messages[-MESSAGES_MAX:]
    senders = [sender for _, sender, _ in messages]
    sides = [_side(text, sender) for _, sender, text in messages]
    return around_of(senders, sides, context.sender or "")


def _intent(seen: Impression, rules: list[Rule], context: Context) -> tuple[Intent, float]:
    limits = {**THRESHOLDS, **context.thresholds}
    chances = seen.intents
    if chances[_EMERGENCY] >= limits["emergency"]:
        return Intent.EMERGENCY, float(chances[_EMERGENCY])
    if rules and chances[_EMERGENCY] >= limits["emergency"] / 4:
        return Intent.EMERGENCY, max(0.5, float(chances[_EMERGENCY]))
    ours = float(chances[list(_OURS)].sum())
    side = _OURS if ours >= limits["gate"] else _OTHERS
    best = max((place for place in side if place != _EMERGENCY), key=lambda p: float(chances[p]))
    return Intent(INTENTS[best]), float(chances[best])


def _category(words: str, seen: Impression, known: _Models) -> tuple[str, float]:
    if seen.letter > 0.5 or len(words) > 160:
        chances = letter_category(known.letters, words)
        best = int(chances.argmax())
        return LETTER_CATEGORIES[best], float(chances[best])
    best = int(seen.categories.argmax())
    return CATEGORIES[best], float(seen.categories[best])


def _urgency(seen: Impression, intent: Intent, context: Context) -> Urgency:
    if intent is Intent.EMERGENCY:
        return "emergency"
    limit = context.thresholds.get("today", THRESHOLDS["today"])
    return "today" if intent in CONCERNS_US and seen.urgent >= limit else "normal"
