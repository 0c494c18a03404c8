"""The letter model: the category of a title or a letter, trained on citizens' letters."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp.linear import Linear, Vector, load_linear, softmax
from nlp.ngrams import letter_pieces

LETTER_CATEGORIES: tuple[str, ...] = (
    "城乡建设",
    "环境保护",
    "交通运输",
    "教育文体",
    "劳动和社会保障",
    "商贸旅游",
    "卫生计生",
)
BODY_LEAST = 15
TITLE_LONGEST = 80

_TITLE_END = re.compile(r"[\n。！？!?]+\s*")


@dataclass(frozen=True, slots=True)
class LetterModel:
    """Weights and the two factors that make scores of titles and of whole letters honest."""

    linear: Linear
    title_factor: float
    full_factor: float


def letter_parts(text: str) -> tuple[str, str]:
    """Title and body of a plain letter; the body is empty when there is only a title."""
    for end in _TITLE_END.finditer(text):
        if end.end() > 4:
            title, body = text[: end.end()], text[end.end() :]
            if len(title) <= TITLE_LONGEST and len(body) >= BODY_LEAST:
                return title, body
            break
    return text, ""


def letter_scores(model: LetterModel, title: str, body: str) -> Vector:
    """Scores of the seven categories for plain texts; a whole letter is weighed three ways."""
    scores = model.linear.scores
    if not body:
        return scores(letter_pieces(title)) * model.title_factor
    ways = (title, body, title + body)
    total: Vector = np.sum([scores(letter_pieces(way)) for way in ways], axis=0)
    return total * model.full_factor


def letter_category(model: LetterModel, text: str) -> list[float]:
    """Probabilities of `LETTER_CATEGORIES` for a plain text."""
    return softmax(letter_scores(model, *letter_parts(text)).tolist())


def load_letter_model(path: Path, factors: dict[str, float]) -> LetterModel:
    """The model of a weights file with its factors."""
    return LetterModel(load_linear(path), factors["title"], factors["full"])
