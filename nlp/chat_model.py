"""The chat model: intent, category, urgency and style of a message, with the talk around it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.categories import CATEGORIES
from nlp.linear import Known, Linear, load_linear, softmax
from nlp.signals import CATEGORY_COUNT, INTENT_COUNT, NOTHING_AROUND, Around, numbers_of, pieces_of
from nlp.tower import Tower, load_tower

INTENTS: tuple[str, ...] = (
    "request",
    "question",
    "suggestion",
    "emergency",
    "help",
    "notice",
    "thanks",
    "chatter",
    "ad",
    "chain",
    "command",
)
STYLES = ("chat", "letter")
PACES = ("normal", "urgent")
THREADS = ("apart", "opens", "follows")
CHAT_NAMES: tuple[str, ...] = (*INTENTS, *CATEGORIES, *STYLES, *PACES, *THREADS)
CHAT_FILE, TOWER_FILE = "chat.npz", "tower.npz"
WINDOW_WIDE = 8
WINDOW_LONG = 12

_CATEGORY_END = INTENT_COUNT + CATEGORY_COUNT
_STYLE_END = _CATEGORY_END + len(STYLES)
_PACE_END = _STYLE_END + len(PACES)


@dataclass(frozen=True, slots=True)
class ChatModel:
    """Weights of both parts and the factors that make the intent and category scores honest.

    `letter_shift` makes up for there being far more chat than letters in training.

    The score of a name is the mean of what the linear model and the tower say: each errs where
    the other does not.
    """

    linear: Linear
    tower: Tower
    intent_factor: float
    category_factor: float
    letter_shift: float


@dataclass(frozen=True, slots=True)
class Impression:
    """What the model makes of one message, as probabilities."""

    intents: list[float]
    categories: list[float]
    letter: float
    urgent: float
    thread: list[float]

    def side(self) -> list[float]:
        """Intents and categories in one row, as `Around` holds them."""
        return [*self.intents, *self.categories]


def impression(
    model: ChatModel,
    text: str,
    sender: str | None,
    *,
    addressed: bool = False,
    around: Around = NOTHING_AROUND,
) -> Impression:
    """What the model makes of a plain text of this sender."""
    numbers = numbers_of(text, sender, addressed=addressed, around=around)
    return impression_of(model, model.linear.rows(pieces_of(text, sender)), numbers)


def impression_of(model: ChatModel, known: Known, numbers: list[float]) -> Impression:
    """What the model makes of n-grams and numbers that are already there."""
    total = model.linear.scores_of(known, numbers) + model.tower.scores(known, numbers)
    scores: list[float] = (total * 0.5).tolist()
    intent, category = model.intent_factor, model.category_factor
    return Impression(
        intents=softmax([score * intent for score in scores[:INTENT_COUNT]]),
        categories=softmax([score * category for score in scores[INTENT_COUNT:_CATEGORY_END]]),
        letter=_second(scores[_CATEGORY_END], scores[_CATEGORY_END + 1] + model.letter_shift),
        urgent=_second(scores[_STYLE_END], scores[_STYLE_END + 1]),
        thread=softmax(scores[_PACE_END:]),
    )


def _second(first: float, second: float) -> float:
    """The probability of the second of two scores."""
    return 1.0 / (1.0 + math.exp(min(first - second, 50.0)))


def around_of(
    senders: Sequence[str], sides: Sequence[Sequence[float]] | NDArray[np.float64], sender: str
) -> Around:
    """The talk around a message of `sender`, from the senders and sides of those before it."""
    first = max(0, len(senders) - WINDOW_LONG)
    before = range(first, len(senders))
    mine = [place for place in before if senders[place] == sender]
    if not len(before):
        return Around(known=True)
    window = np.max(np.asarray(sides[-WINDOW_WIDE:]), axis=0)
    return Around(
        own=list(sides[mine[-1]]) if mine else (),
        last=list(sides[len(senders) - 1]),
        window=window.tolist(),
        last_is_own=bool(mine) and mine[-1] == len(senders) - 1,
        known=True,
    )


def load_chat_model(folder: Path, factors: dict[str, float]) -> ChatModel:
    """The model of a folder of weights with its factors."""
    linear, tower = load_linear(folder / CHAT_FILE), load_tower(folder / TOWER_FILE)
    return ChatModel(linear, tower, factors["intent"], factors["category"], factors["letter_shift"])
