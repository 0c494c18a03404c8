"""Which article answers a question, and how sure that is: nothing is made up, only found.

The text index (`nlp.similar`) names candidates; each is then judged by the words of the question:
how many of them the article has, and how telling are those in its title and wordings. The weights
were fitted on questions written for the purpose (tests/bot/data) and judged on questions left out;
see docs/decisions/050-answers.md.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from nlp.plain import plain
from nlp.segment import fast_words
from nlp.similar import TextIndex

QUESTION_CHARACTERS = 200
FOUND_MAX = 120
JUDGED_MAX = 10
GENERIC_WEIGHT = 0.3
SINGLE_WEIGHT = 0.6
PART_WEIGHT = 0.8
LETTER_WEIGHT = 0.25
EVIDENCE_MAX = 1.2
# Likeness to the nearest wording, words the article has, telling words its wordings have, and the
# constant of a logistic regression.
WEIGHTS = (3.8, 6.8, 4.1, -8.1)

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Key]):
    """An article that may answer; `confidence` is how likely it does, 0 to 1."""

    key: Key
    confidence: float


@dataclass(slots=True)
class _Article:
    wordings: tuple[str, ...]
    whole: str
    names: str
    everything: str
    words: frozenset[str]


class AnswerIndex(Generic[Key]):
    """Articles by key, ready to be asked; as TextIndex, not safe for several threads at once."""

    def __init__(self) -> None:
        self._articles: dict[Key, _Article] = {}
        self._having: Counter[str] = Counter()  # in how many articles a word occurs
        # Communities copy from each other: the same words are kept once, with all who have them.
        self._owners: dict[str, set[Key]] = {}
        self._index: TextIndex[str] = TextIndex()

    def __len__(self) -> int:
        return len(self._articles)

    def put(self, key: Key, *, title: str, wordings: Sequence[str], body: str) -> None:
        """Keep an article; one under the same key before is replaced."""
        self.drop(key)
        asked = tuple(dict.fromkeys(essence(text) for text in (title, *wordings)))
        names = usual(" ".join((title, *wordings)))
        everything = f"{names} {usual(body)}"
        whole = " ".join((*asked, essence(body)))
        article = _Article(asked, whole, names, everything, frozenset(fast_words(everything)))
        self._articles[key] = article
        self._having.update(article.words)
        for text in (*asked, whole):
            if text not in self._owners:
                self._owners[text] = set()
                self._index.add(text, text)
            self._owners[text].add(key)

    def drop(self, key: Key) -> None:
        """Forget an article; one that is not kept is fine."""
        article = self._articles.pop(key, None)
        if article is None:
            return
        self._having.subtract(article.words)
        for text in (*article.wordings, article.whole):
            owners = self._owners.get(text, set())
            owners.discard(key)
            if not owners and text in self._owners:
                del self._owners[text]
                self._index.remove(text)

    def find(
        self, text: str, *, may: Callable[[Key], bool] = lambda _: True, top: int = 3
    ) -> list[Answer[Key]]:
        """The articles most likely to answer, best first, of those that `may` be told."""
        wanted = essence(text[:QUESTION_CHARACTERS])
        near: dict[Key, float] = {}
        for match in self._index.find(wanted, top=FOUND_MAX):
            for key in self._owners[match.key]:
                if key not in near and not may(key):
                    continue
                is_wording = match.key in self._articles[key].wordings
                likeness = match.likeness if is_wording else 0.0
                near[key] = max(near.get(key, 0.0), likeness)
        words = [(word, weight, self._rare(word)) for word, weight in _weighed(wanted)]
        found = [
            Answer(key, self._confidence(words, key, likeness))
            for key, likeness in sorted(near.items(), key=lambda one: -one[1])[:JUDGED_MAX]
        ]
        found.sort(key=lambda answer: -answer.confidence)
        return found[:top]

    def _confidence(
        self, words: Sequence[tuple[str, float, float]], key: Key, likeness: float
    ) -> float:
        article = self._articles[key]
        return _sure(features(words, article.names, article.everything, likeness))

    def _rare(self, word: str) -> float:
        """How much it says that an article has this word: 1 for one alone, less for many."""
        return 1.0 / (1.0 + math.log2(max(self._having[word], 1)))


def features(
    words: Sequence[tuple[str, float, float]], names: str, everything: str, likeness: float
) -> tuple[float, float, float]:
    """What speaks for an article: the numbers that WEIGHTS weigh, all from 0 to 1.

    `words` are those of the question, each with how much it tells and how rare it is.
    """
    total = sum(weight for _, weight, _ in words)
    if not total:
        return (likeness, 0.0, 0.0)
    covered = sum(weight * _held(word, everything) for word, weight, _ in words) / total
    evidence = sum(weight * rare * _held(word, names) for word, weight, rare in words)
    return (likeness, covered, min(evidence, EVIDENCE_MAX) / EVIDENCE_MAX)


def is_telling(text: str) -> bool:
    """Whether a question names a matter at all: 在吗 and 吃了吗 do not."""
    return any(
        len(word) > 1 and weight > GENERIC_WEIGHT
        for word, weight in _weighed(essence(text[:QUESTION_CHARACTERS]))
    )


def nearest_passage(question: str, pieces: Sequence[str]) -> int:
    """Which of the pieces of a text has most of the question's words; the first of equals."""
    words = _weighed(essence(question[:QUESTION_CHARACTERS]))
    texts = [usual(piece) for piece in pieces]
    shares = [sum(weight * _held(word, text) for word, weight in words) for text in texts]
    return max(range(len(pieces)), key=lambda place: (shares[place], -place))


def usual(text: str) -> str:
    """The text with every word that has a more usual one replaced by it: 娃 becomes 孩子."""
    pattern, into = _synonyms()
    return pattern.sub(lambda hit: into[hit[0]], plain(text))


def essence(text: str) -> str:
    """What a question is about: without the words every question has."""
    words = usual(text)
    bare = " ".join(_fillers().sub(" ", words).split())
    return bare if len(bare.replace(" ", "")) >= 2 else words


def _weighed(text: str) -> list[tuple[str, float]]:
    """Each word of a question once, with how much it tells."""
    generic = _generic()
    weights: dict[str, float] = {}
    for word in fast_words(text):
        if any(letter.isalnum() for letter in word):
            weight = GENERIC_WEIGHT if word in generic else 1.0
            weights[word] = weight if len(word) > 1 else weight * SINGLE_WEIGHT
    return list(weights.items())


def _held(word: str, text: str) -> float:
    """How much of a word a text has: 1 for all of it, less for parts."""
    if word in text:
        return 1.0
    if len(word) < 2:
        return 0.0
    pairs = [word[place : place + 2] for place in range(len(word) - 1)]
    known = sum(pair in text for pair in pairs)
    if known:
        return PART_WEIGHT * known / len(pairs)
    return LETTER_WEIGHT * sum(letter in text for letter in word) / len(word)


def _sure(numbers: Iterable[float]) -> float:
    *weights, constant = WEIGHTS
    score = constant + sum(weight * number for weight, number in zip(weights, numbers, strict=True))
    return 1 / (1 + math.exp(-score))


@cache
def _lines(name: str) -> tuple[str, ...]:
    path = Path(__file__).parent / "lexicon" / name
    lines = (line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return tuple(line for line in lines if line)


@cache
def _fillers() -> re.Pattern[str]:
    words = sorted(" ".join(_lines("asking.txt")).split(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)) + r"|[^\w]+")


@cache
def _generic() -> frozenset[str]:
    return frozenset(" ".join(_lines("asking_generic.txt")).split())


@cache
def _synonyms() -> tuple[re.Pattern[str], dict[str, str]]:
    into: dict[str, str] = {}
    for line in _lines("asking_synonyms.txt"):
        usual_word, *others = line.split()
        # A word that holds the usual one must stay what it is: 电动自行车 holds 自行车.
        into.update(dict.fromkeys(others, usual_word))
        into.setdefault(usual_word, usual_word)
    words = sorted(into, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words))), into
