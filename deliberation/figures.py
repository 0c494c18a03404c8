"""What a text says in numbers, so that two places that say the same with other numbers are seen."""

import unicodedata
from collections.abc import Iterator

from deliberation.articles import Rulebook
from deliberation.clauses import NUMBER_ONLY, SENTENCE_ENDS, tokens
from deliberation.numbering import number_of

WORDS_MIN = 6

# A sentence with its numbers blanked, which of its numbers is meant (0-based), and its value.
Figure = tuple[str, int, str]


def figures(text: str) -> frozenset[Figure]:
    """Every number of the text with the sentence around it; too short sentences say nothing."""
    return frozenset(figure for sentence in sentences(text) for figure in figures_of(sentence))


def sentences(text: str) -> Iterator[list[str]]:
    """The text's sentences as tokens, without the closing mark."""
    sentence: list[str] = []
    for piece in tokens(text):
        if piece in SENTENCE_ENDS:
            yield sentence
            sentence = []
        else:
            sentence.append(piece)
    yield sentence


def figures_of(sentence: list[str]) -> Iterator[Figure]:
    """The numbers of one sentence, references such as 第七条 left alone."""
    places = [
        place
        for place, piece in enumerate(sentence)
        if NUMBER_ONLY.fullmatch(piece) and (place == 0 or sentence[place - 1] != "第")
    ]
    blanked = "".join("#" if place in places else piece for place, piece in enumerate(sentence))
    blanked = blanked.replace(" ", "").replace("\u3000", "")
    if len(blanked) - len(places) >= WORDS_MIN:
        for which, place in enumerate(places):
            yield blanked, which, value_of(sentence[place])


def value_of(written: str) -> str:
    """The number in one form (两, 二 and 2 are the same), or as written if it is no whole one."""
    plain = unicodedata.normalize("NFKC", written)
    number = number_of(plain)
    return plain if number is None else str(number)


def contradictions(rulebook: Rulebook) -> list[tuple[str, tuple[str, ...]]]:
    """Sentences that stand in several parts with different numbers: (sentence, parts' ids)."""
    said: dict[tuple[str, int], dict[str, set[str]]] = {}
    for part in rulebook.parts:
        for sentence, which, value in figures(part.text):
            said.setdefault((sentence, which), {}).setdefault(value, set()).add(part.id)
    order = {part.id: place for place, part in enumerate(rulebook.parts)}
    found = {
        sentence: tuple(sorted(set().union(*values.values()), key=order.__getitem__))
        for (sentence, _), values in said.items()
        if len(values) > 1
    }
    return sorted(found.items(), key=lambda item: (order[item[1][0]], item[0]))
