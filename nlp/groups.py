"""Texts that ask the same put together, for people to see once what was said many times."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from nlp.answers import essence
from nlp.similar import TextIndex

# How much alike the essences of two short texts must be to be one question.
SAME_MIN = 0.5

Key = TypeVar("Key", bound=Hashable)


def grouped(rows: Iterable[tuple[Key, str]], *, least: float = SAME_MIN) -> list[list[Key]]:
    """Keys of the texts that ask the same, the largest group first, keys in the order given.

    A text joins the group whose first text it resembles most; groups of one are kept. Of groups of
    the same size the one that was begun first comes first.
    """
    leaders: TextIndex[int] = TextIndex()
    groups: list[list[Key]] = []
    for key, text in rows:
        words = essence(text)
        near = leaders.find(words, top=1, least=least)
        if near:
            groups[near[0].key].append(key)
        else:
            leaders.add(len(groups), words)
            groups.append([key])
    return sorted(groups, key=len, reverse=True)
