"""Similar texts: an index that grows with every message and finds those that tell of the same.

Cosine of pieces of two and three characters, weighed by how rare a piece is among the texts kept
(sublinear tf-idf; Manning, Raghavan, Schütze, Introduction to Information Retrieval, 6.4), then
judged by place and time. Candidates come from posting lists of the rarest pieces of the query; the
best of them are compared exactly.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from nlp.nearness import place_factor, time_factor
from nlp.text_terms import COUNT_MAX, TERM_SPACE, Counts, Terms, terms_of

QUERY_TERMS_MAX = 256
POSTINGS_MAX = 60_000
CANDIDATES_MAX = 96
GROWTH = 2

Key = TypeVar("Key", bound=Hashable)
Floats = NDArray[np.float32]

_LOG_COUNT = (1.0 + np.log(np.maximum(np.arange(COUNT_MAX + 1), 1))).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Key]):
    """A text to keep: `at` an aware time, `place` words or a normal form of `nlp.address`."""

    key: Key
    text: str
    at: datetime | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Match(Generic[Key]):
    """A kept text that resembles the query.

    `score` orders matches: `likeness` (cosine of the texts, 0 to 1) after place and time have
    spoken, at most 1. `cover` is the share of the query's weight that the text contains, 0 to 1:
    for short questions against long texts.
    """

    key: Key
    score: float
    likeness: float
    cover: float


class TextIndex(Generic[Key]):
    """Texts by key; what is added is found at once, what is removed is gone at once.

    Answers depend on the texts kept and the order of their adding alone, never on what was removed
    meanwhile: so an index built anew from the rows answers alike. Not safe for several threads at
    the same time.
    """

    def __init__(self, rows: Iterable[Kept[Key]] = ()) -> None:
        self._slots: dict[Key, int] = {}
        self._keys: list[Key | None] = []
        self._terms: list[Terms] = []
        self._counts: list[Counts] = []
        self._seconds: list[float | None] = []
        self._places: list[str | None] = []
        self._order = np.zeros(16, dtype=np.int64)
        self._size = np.ones(16, dtype=np.float32)
        self._free: list[int] = []
        self._next = 0
        self._document_count = np.zeros(TERM_SPACE, dtype=np.int32)
        # Most pieces occur in one text only: that text stands here, a list is made for the second.
        self._only = np.full(TERM_SPACE, -1, dtype=np.int32)
        self._postings: dict[int, array[int]] = {}
        self._asked = np.zeros(TERM_SPACE, dtype=np.float32)
        for row in rows:
            self.add(row.key, row.text, at=row.at, place=row.place)

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: object) -> bool:
        return key in self._slots

    def add(
        self, key: Key, text: str, *, at: datetime | None = None, place: str | None = None
    ) -> None:
        """Keep a text; one kept under the same key before is replaced."""
        self.remove(key)
        terms, counts = terms_of(text)
        slot = self._free.pop() if self._free else self._new_slot()
        self._slots[key] = slot
        self._keys[slot] = key
        self._terms[slot], self._counts[slot] = terms, counts
        self._seconds[slot] = _seconds(at)
        self._places[slot] = place
        self._order[slot] = self._next
        self._next += 1
        # A first guess of the length of the vector, without the rarity of pieces, which changes.
        self._size[slot] = max(float(np.sqrt(np.square(_LOG_COUNT[counts]).sum())), 1.0)
        self._post(terms, slot)

    def remove(self, key: Key) -> bool:
        """Forget a text; false when none is kept under the key."""
        slot = self._slots.pop(key, None)
        if slot is None:
            return False
        terms = self._terms[slot]
        self._unpost(terms, slot)
        self._keys[slot] = None
        self._terms[slot], self._counts[slot] = terms[:0].copy(), self._counts[slot][:0].copy()
        self._seconds[slot], self._places[slot] = None, None
        self._free.append(slot)
        return True

    def find(
        self,
        text: str,
        *,
        at: datetime | None = None,
        place: str | None = None,
        top: int = 20,
        least: float = 0.0,
        but: Key | None = None,
    ) -> list[Match[Key]]:
        """The kept texts most alike, best first, at most `top`, each of score `least` or more.

        `but` names one that must not be among them, as a rule the query itself. Equal scores
        stand in the order of adding.
        """
        terms, counts = terms_of(text)
        if terms.size == 0 or not self._slots or top < 1:
            return []
        weights = _LOG_COUNT[counts] * self._rarity(terms)
        slots = self._candidates(terms, weights, max(CANDIDATES_MAX, 2 * top))
        own = self._slots.get(but) if but is not None else None
        if own is not None:
            slots = slots[slots != own]
        if slots.size == 0:
            return []
        likeness, cover = self._compared(terms, weights, slots)
        second = _seconds(at)
        found = []
        for place_in, slot in enumerate(slots.tolist()):
            key = self._keys[slot]
            assert key is not None, "posting lists hold kept texts only"
            like = float(likeness[place_in])
            score = like * place_factor(place, self._places[slot])
            score = min(score * time_factor(second, self._seconds[slot]), 1.0)
            if score >= least and score > 0:
                order = int(self._order[slot])
                found.append((-score, order, Match(key, score, like, float(cover[place_in]))))
        found.sort(key=lambda one: one[:2])
        return [match for _, _, match in found[:top]]

    def _new_slot(self) -> int:
        slot = len(self._keys)
        self._keys.append(None)
        self._terms.append(np.empty(0, dtype=np.int32))
        self._counts.append(np.empty(0, dtype=np.uint8))
        self._seconds.append(None)
        self._places.append(None)
        if slot >= self._order.size:
            self._order = np.resize(self._order, self._order.size * GROWTH)
            self._size = np.resize(self._size, self._size.size * GROWTH)
        return slot

    def _post(self, terms: Terms, slot: int) -> None:
        known = self._document_count[terms]
        self._only[terms[known == 0]] = slot
        for term in terms[known == 1].tolist():
            pair = sorted((int(self._only[term]), slot))
            self._postings[term] = array("i", pair)
        self._only[terms[known == 1]] = -1
        postings = self._postings
        for term in terms[known > 1].tolist():
            posting = postings[term]
            if slot > posting[-1]:
                posting.append(slot)
            else:
                insort(posting, slot)
        self._document_count[terms] += 1

    def _unpost(self, terms: Terms, slot: int) -> None:
        known = self._document_count[terms]
        self._only[terms[known == 1]] = -1
        for term in terms[known > 1].tolist():
            posting = self._postings[term]
            del posting[bisect_left(posting, slot)]
            if len(posting) == 1:
                self._only[term] = posting[0]
                del self._postings[term]
        self._document_count[terms] -= 1

    def _rarity(self, terms: Terms) -> Floats:
        """The inverse document frequency of each term, a little above zero at least."""
        shares = (len(self._slots) + 1.0) / (self._document_count[terms] + 0.5)
        rarity: Floats = np.log(np.maximum(shares, 1.01)).astype(np.float32)
        return rarity

    def _candidates(self, terms: Terms, weights: Floats, most: int) -> NDArray[np.int64]:
        """Slots that share the telling terms, roughly the best `most`, in order of adding."""
        known = self._document_count[terms]
        useful = np.flatnonzero(known)
        # The weightiest for their length first; a stable sort, so that equal ones stay in order.
        worth = (weights[useful] * self._rarity(terms[useful])).astype(np.float64)
        useful = useful[np.argsort(-worth, kind="stable")][:QUERY_TERMS_MAX]
        read = np.cumsum(known[useful])
        useful = useful[: max(int(np.searchsorted(read, POSTINGS_MAX, side="right")), 1)]
        if useful.size == 0:
            return np.empty(0, dtype=np.int64)
        lists = [self._posting(term) for term in terms[useful].tolist()]
        gains = np.repeat(
            weights[useful] * self._rarity(terms[useful]), [one.size for one in lists]
        )
        sums = np.bincount(np.concatenate(lists), weights=gains, minlength=1)
        slots = np.flatnonzero(sums)
        rough = sums[slots] / self._size[slots]
        if slots.size > most:
            edge = np.partition(rough, slots.size - most)[slots.size - most]
            inside = rough >= edge
            slots, rough = slots[inside], rough[inside]
        best = np.lexsort((self._order[slots], -rough))[:most]
        chosen = slots[best]
        return chosen[np.argsort(self._order[chosen])]

    def _posting(self, term: int) -> NDArray[np.int32]:
        posting = self._postings.get(term)
        if posting is None:
            return self._only[term : term + 1]
        return np.frombuffer(posting, dtype=np.int32)

    def _compared(
        self, terms: Terms, weights: Floats, slots: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """Cosine with each slot's text, and the share of the query's weight found in it."""
        held = [self._terms[slot] for slot in slots.tolist()]
        starts = np.concatenate(([0], np.cumsum([one.size for one in held])[:-1]))
        all_terms = np.concatenate(held)
        counts = np.concatenate([self._counts[slot] for slot in slots.tolist()])
        theirs = _LOG_COUNT[counts] * self._rarity(all_terms)
        self._asked[terms] = weights
        mine = self._asked[all_terms]
        self._asked[terms] = 0.0
        shared = np.add.reduceat(mine * theirs, starts)
        lengths = np.sqrt(np.add.reduceat(theirs * theirs, starts))
        covered = np.add.reduceat(mine * mine, starts)
        whole = float(weights @ weights)
        likeness: Floats = np.minimum(shared / (lengths * np.sqrt(whole)), 1.0)
        cover: Floats = np.minimum(covered / whole, 1.0)
        return likeness, cover


def _seconds(at: datetime | None) -> float | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
