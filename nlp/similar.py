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

QUERY_TERMS_MAX = 128
POSTINGS_MAX = 10_000
CANDIDATES_MAX = 32
GROWTH = 2
FAR_LOWER = 0.3
COUNT_BITS = 3
PACKED_COUNT_MAX = (1 << COUNT_BITS) - 1
NOTHING = -1
LEAST_RARITY = np.float32(0.01)

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
        self._log_count = np.full(TERM_SPACE, np.log(0.5), dtype=np.float32)
        # Most pieces occur in one text only: that text stands here, a list is made for the second.
        self._only = np.full(TERM_SPACE, NOTHING, dtype=np.int32)
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
        self._post(terms, counts, slot)

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

    def _post(self, terms: Terms, counts: Counts, slot: int) -> None:
        entries = _packed(slot, counts)
        known = self._document_count[terms]
        first, second = known == 0, known == 1
        self._only[terms[first]] = entries[first]
        for term, entry in zip(terms[second].tolist(), entries[second].tolist(), strict=True):
            self._postings[term] = array("i", sorted((int(self._only[term]), entry)))
        self._only[terms[second]] = NOTHING
        more = known > 1
        for term, entry in zip(terms[more].tolist(), entries[more].tolist(), strict=True):
            posting = self._postings[term]
            if entry > posting[-1]:
                posting.append(entry)
            else:
                insort(posting, entry)
        self._counted(terms, 1)

    def _unpost(self, terms: Terms, slot: int) -> None:
        known = self._document_count[terms]
        self._only[terms[known == 1]] = NOTHING
        for term in terms[known > 1].tolist():
            posting = self._postings[term]
            del posting[bisect_left(posting, slot << COUNT_BITS)]
            if len(posting) == 1:
                self._only[term] = posting[0]
                del self._postings[term]
        self._counted(terms, -1)

    def _counted(self, terms: Terms, change: int) -> None:
        counts = self._document_count[terms] + change
        self._document_count[terms] = counts
        self._log_count[terms] = np.log(counts + 0.5)

    def _rarity(self, terms: Terms) -> Floats:
        """The inverse document frequency of each term, a little above zero at least."""
        rarity: Floats = np.float32(np.log(len(self._slots) + 1.0)) - self._log_count[terms]
        return np.maximum(rarity, LEAST_RARITY)

    def _candidates(self, terms: Terms, weights: Floats, most: int) -> NDArray[np.int64]:
        """Slots that share the telling terms, roughly the best `most`, in order of adding."""
        known = self._document_count[terms]
        useful = np.flatnonzero(known > 0)
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
        entries = np.concatenate(lists)
        gains *= _LOG_COUNT[entries & PACKED_COUNT_MAX]
        raw = np.bincount(entries >> COUNT_BITS, weights=gains)
        # Most of very many texts share nothing that tells: they are passed over at once.
        touched = np.flatnonzero(raw)
        sums: NDArray[np.float64] = raw[touched] / self._size[touched]
        high = _highest(sums, most)
        slots, sums = touched[high], sums[high]
        best = np.lexsort((self._order[slots], -sums))[:most]
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
        chosen = slots.tolist()
        held = [self._terms[slot] for slot in chosen]
        counts = [self._counts[slot] for slot in chosen]
        owner = np.repeat(np.arange(len(chosen)), [one.size for one in held])
        self._asked[terms] = weights
        all_terms = np.concatenate(held)
        mine = self._asked[all_terms]
        self._asked[terms] = 0.0
        shared = np.flatnonzero(mine > 0)
        mine, owner = mine[shared], owner[shared]
        theirs = _LOG_COUNT[np.concatenate(counts)[shared]] * self._rarity(all_terms[shared])
        products = np.bincount(owner, weights=mine * theirs, minlength=len(chosen))
        covered = np.bincount(owner, weights=mine * mine, minlength=len(chosen))
        whole = float(weights @ weights)
        plain_size = float(np.sqrt(np.square(weights / self._rarity(terms)).sum()))
        likeness = np.minimum(products / (self._size[slots] * whole / plain_size), 1.0)
        cover = np.minimum(covered / whole, 1.0)
        return likeness, cover


def _highest(sums: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Places of the `most` highest sums above zero and of all equal to the last of them."""
    # Sorting out the far lower ones first is several times faster than a partition of all.
    high = np.flatnonzero(sums > sums.max() * FAR_LOWER)
    if high.size < most:
        high = np.flatnonzero(sums > 0)
    if high.size <= most:
        return high
    values = sums[high]
    edge = np.partition(values, high.size - most)[high.size - most]
    chosen: NDArray[np.int64] = high[values >= edge]
    return chosen


def _packed(slot: int, counts: Counts) -> NDArray[np.int32]:
    """Slot and count of a posting in one number, so that a list of them is one array."""
    few = np.minimum(counts, PACKED_COUNT_MAX).astype(np.int32)
    return few | np.int32(slot << COUNT_BITS)


def _seconds(at: datetime | None) -> float | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
