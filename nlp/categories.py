"""The categories of requests: thirteen names, each with a second level and its words."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

CATEGORIES: tuple[str, ...] = (
    "城乡建设",
    "环境保护",
    "交通运输",
    "教育文体",
    "劳动和社会保障",
    "商贸旅游",
    "卫生计生",
    "住房与物业",
    "邻里纠纷",
    "治安安全",
    "农村农业",
    "民政救助",
    "其他",
)
_FILE = Path(__file__).parent / "lexicon" / "categories.toml"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of the second level: which category and second-level name each speaks for."""

    meanings: dict[str, tuple[tuple[int, str], ...]]
    lengths: dict[str, tuple[int, ...]]

    def words(self, text: str) -> list[str]:
        """The words of the lexicon in a plain text, the longest at each place, none overlapping."""
        found: list[str] = []
        free = 0
        for place, letter in enumerate(text):
            if place >= free and letter in self.lengths:
                for length in self.lengths[letter]:
                    word = text[place : place + length]
                    if word in self.meanings:
                        found.append(word)
                        free = place + length
                        break
        return found


@cache
def lexicon() -> Lexicon:
    """The shipped words of the two levels."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    meanings: dict[str, list[tuple[int, str]]] = {}
    for first, seconds in table.items():
        for second, words in seconds.items():
            for word in words:
                meanings.setdefault(word, []).append((CATEGORIES.index(first), second))
    known = {word: tuple(means) for word, means in meanings.items()}
    lengths: dict[str, set[int]] = {}
    for word in known:
        lengths.setdefault(word[0], set()).add(len(word))
    return Lexicon(known, {first: tuple(sorted(some)[::-1]) for first, some in lengths.items()})


@cache
def second_levels() -> dict[str, tuple[str, ...]]:
    """The second-level names of each first-level category, in the order of the file."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {first: tuple(seconds) for first, seconds in table.items()}


@lru_cache(maxsize=64)
def words_in(text: str) -> tuple[str, ...]:
    """The words of the lexicon in a plain text; kept for a moment, since several parts ask."""
    return tuple(lexicon().words(text))


def lexicon_numbers(text: str) -> list[float]:
    """How many characters of the lexicon's words speak for each category, at most six each."""
    numbers = [0.0] * len(CATEGORIES)
    known = lexicon()
    for word in set(words_in(text)):
        means = known.meanings[word]
        for place, _ in means:
            numbers[place] += len(word) / 2 / len(means)
    return [min(number, 3.0) for number in numbers]


def second_level(text: str, category: str) -> str | None:
    """The second-level name whose words a plain text uses most, null when it uses none."""
    weights: dict[str, float] = {}
    known = lexicon()
    for word in words_in(text):
        for place, second in known.meanings[word]:
            if CATEGORIES[place] == category:
                weights[second] = weights.get(second, 0.0) + len(word)
    return max(weights, key=weights.__getitem__) if weights else None


def own_category(text: str, names: Sequence[str]) -> tuple[str, float] | None:
    """The community's own category whose name shares most with a plain text, and how much.

    A name counts by the share of its two-character pieces that the text holds; under a half there
    is none.
    """
    best: tuple[str, float] | None = None
    for name in names:
        pieces = {name[place : place + 2] for place in range(len(name) - 1)} or {name}
        share = sum(piece in text for piece in pieces) / len(pieces)
        if share >= 0.5 and (best is None or share > best[1]):
            best = (name, share)
    return best
