"""Why the bot took a message for what it did: the words that decided, and how sure it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from nlp.reading import Context, read

WORD_MIN = 2  # single characters decide by chance
DROP_MIN = 0.04  # a word that lowers the confidence less than this decided nothing
MARKS_MAX = 4
TEXT_MAX = 200  # of a long letter only the beginning is looked into

INTENT_WORDS: Mapping[str, str] = {
    "request": "诉求",
    "question": "咨询",
    "suggestion": "建议",
    "help": "求助",
    "emergency": "紧急",
    "chatter": "闲聊",
    "notice": "通知",
    "thanks": "感谢",
    "ad": "广告",
    "chain": "接龙",
    "command": "指令",
}
DISPOSITION_WORDS: Mapping[str, str] = {
    "opened": "已立案",
    "joined": "已并入",
    "asked": "问了地点",
    "answered": "已回答",
    "unsure": "拿不准，没有动",
    "undone": "已撤销",
}
SURE_WORDS: Sequence[tuple[float, str]] = (
    (0.85, "很有把握"),
    (0.6, "有把握"),
    (0.4, "拿不准"),
    (0.0, "没把握"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the text; `kind` is empty, "word" where it decided, or "place"."""

    text: str
    kind: str = ""


def sure_word(confidence: float) -> str:
    """A confidence (0 to 1) as a word."""
    return next(word for least, word in SURE_WORDS if confidence >= least)


def pieces(text: str, place: str | None) -> list[Piece]:
    """The text cut into runs, with the words that decided and the place marked.

    A word decided when the reading is less sure of itself, or another, once the word is covered.
    """
    kinds = [""] * len(text)
    for start, end in deciding(text[:TEXT_MAX]):
        kinds[start:end] = ["word"] * (end - start)
    at = text.find(place) if place else -1
    if place and at >= 0:
        kinds[at : at + len(place)] = ["place"] * len(place)
    if not text:
        return []
    cuts = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(kinds)) if a != b), len(text)]
    return [Piece(text[a:b], kinds[a]) for a, b in pairwise(cuts)]


def deciding(text: str) -> list[tuple[int, int]]:
    """The words of the text that decided its intent, the strongest MARKS_MAX, in order."""
    whole = read(text, _ALONE)
    drops: list[tuple[float, tuple[int, int]]] = []
    for start, end in words(text):
        rest = read(f"{text[:start]}，{text[end:]}", _ALONE)
        left = rest.confidence if rest.intent is whole.intent else 0.0
        if whole.confidence - left >= DROP_MIN:
            drops.append((whole.confidence - left, (start, end)))
    return sorted(span for _, span in sorted(drops, reverse=True)[:MARKS_MAX])


def words(text: str) -> list[tuple[int, int]]:
    """Where the words of at least WORD_MIN letters stand in the text: (start, end)."""
    found, at = [], 0
    for word in _segmenter().cut(text):
        if len(word) >= WORD_MIN and word.isalpha():
            found.append((at, at + len(word)))
        at += len(word)
    return found


@cache
def _segmenter() -> Any:
    """The dictionary of general words, loaded once when first needed (half a second)."""
    import rjieba  # slow import

    return rjieba.Jieba()


_ALONE = Context()
