"""Which parts of a new text are which of the old one, and the operations that lead from old to new.

For a rulebook that came back from a word processor, where identities were lost.
"""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

from deliberation.articles import FIXED_IDS, Part, Rulebook
from deliberation.operations import Delete, Insert, Move, Operation, Replace
from deliberation.redline import Mark, Segment, common, redline

# Share of letter pairs two texts must have in common to be called the same article (percent).
LIKENESS_MIN = 50
# A letter pair in more parts than this says nothing about which part it is.
COMMON_PAIR_MAX = 20
CANDIDATES_MAX = 10


def align(old: Rulebook, new: Rulebook) -> Rulebook:
    """`new` under the identity of `old`, each part with the identity it has there or a new one."""
    known = equal_parts(old.parts, new.parts)
    known |= alike_parts(old.parts, new.parts, known)
    taken = {part.id for part in old.parts}
    parts = []
    for part in new.parts:
        id = part.id if part.id in FIXED_IDS else known.get(part.id) or fresh_id(part, taken)
        taken.add(id)
        parts.append(Part(id, part.kind, part.text))
    return Rulebook(old.id, tuple(parts))


def fresh_id(part: Part, taken: set[str]) -> str:
    """A new identity out of the words, so that the same new article gets the same one twice."""
    stem = "n" + hashlib.sha256(f"{part.kind.value}\n{part.text}".encode()).hexdigest()[:16]
    id, times = stem, 1
    while id in taken:
        times += 1
        id = f"{stem}.{times}"
    return id


def signature(part: Part) -> str:
    """Equal for parts that say the same as the same kind of part."""
    return f"{part.kind.value}\n{part.text}"


def equal_parts(old: Sequence[Part], new: Sequence[Part]) -> dict[str, str]:
    """{new id: old id} of parts with the same words: in order first, then those that moved."""
    pairs = common([signature(part) for part in old], [signature(part) for part in new])
    known = {new[column].id: old[row].id for row, column in pairs}
    used = set(known.values())
    waiting: dict[str, list[str]] = {}
    for part in reversed(old):
        if part.id not in used:
            waiting.setdefault(signature(part), []).append(part.id)
    for part in new:
        if part.id not in known and waiting.get(signature(part)):
            known[part.id] = waiting[signature(part)].pop()
    return known


def letter_pairs(text: str) -> Counter[str]:
    """The text's neighbouring characters, counted."""
    return Counter(text[place : place + 2] for place in range(max(1, len(text) - 1)))


def alike_parts(old: Sequence[Part], new: Sequence[Part], known: dict[str, str]) -> dict[str, str]:
    """{new id: old id} of the parts not yet known that are alike enough, the likest first."""
    used = set(known.values()) | set(FIXED_IDS)
    left = [part for part in old if part.id not in used]
    right = [part for part in new if part.id not in known and part.id not in FIXED_IDS]
    pairs_of = {id(part): letter_pairs(part.text) for part in (*left, *right)}
    holders: dict[str, list[int]] = {}
    for place, part in enumerate(left):
        for pair in pairs_of[id(part)]:
            holders.setdefault(pair, []).append(place)
    scored = []
    for column, part in enumerate(right):
        for row in candidates(pairs_of[id(part)], holders):
            score = likeness(pairs_of[id(left[row])], pairs_of[id(part)])
            if left[row].kind is part.kind and score >= LIKENESS_MIN:
                scored.append((-score, abs(row - column), row, column))
    found: dict[str, str] = {}
    taken: set[int] = set()
    for _, _, row, column in sorted(scored):
        if row not in taken and right[column].id not in found:
            taken.add(row)
            found[right[column].id] = left[row].id
    return found


def candidates(pairs: Counter[str], holders: dict[str, list[int]]) -> list[int]:
    """The old parts that share the most telling letter pairs with these."""
    shared: Counter[int] = Counter()
    for pair in pairs:
        rows = holders.get(pair, ())
        if len(rows) <= COMMON_PAIR_MAX:
            shared.update(rows)
    return [row for row, _ in shared.most_common(CANDIDATES_MAX)]


def likeness(one: Counter[str], other: Counter[str]) -> int:
    """Dice's coefficient of the two, in percent rounded down."""
    both = sum((one & other).values())
    return 200 * both // (one.total() + other.total())


def unmoved(old_ids: Sequence[str], new_ids: Sequence[str]) -> set[str]:
    """A largest set of identities in both that keep their order; the other common ones moved."""
    place_of = {id: place for place, id in enumerate(old_ids)}
    both = [id for id in new_ids if id in place_of]
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for index, id in enumerate(both):
        length = bisect_left(ends, place_of[id])
        before.append(last[length - 1] if length else None)
        ends[length : length + 1] = [place_of[id]]
        last[length : length + 1] = [index]
    kept: set[str] = set()
    step = last[-1] if last else None
    while step is not None:
        kept.add(both[step])
        step = before[step]
    return kept


def operations_between(old: Rulebook, new: Rulebook) -> tuple[Operation, ...]:
    """Operations that turn `old` into `new`; parts with the same identity are the same part."""
    old_ids, new_ids = [part.id for part in old.parts], [part.id for part in new.parts]
    staying = unmoved(old_ids, new_ids)
    before = {part.id: part for part in old.parts}
    operations: list[Operation] = []
    for place, part in enumerate(new.parts):
        was = before.get(part.id)
        if was is None:
            operations.append(Insert(new_ids[place - 1], part))
            continue
        if part.id not in staying:
            operations.append(Move(part.id, new_ids[place - 1]))
        operations += replacements(part.id, redline(was.text, part.text))
    gone = set(old_ids) - set(new_ids)
    operations += [Delete(id, before[id].text) for id in old_ids if id in gone]
    return tuple(operations)


def replacements(id: str, segments: Iterable[Segment]) -> Iterable[Replace]:
    """The changes of one part as edits of its old text."""
    place = 0
    gone = come = ""
    for segment in (*segments, Segment(Mark.KEEP, "")):
        if segment.mark is Mark.DELETE:
            gone += segment.text
        elif segment.mark is Mark.INSERT:
            come += segment.text
        else:
            if gone or come:
                yield Replace(id, place, gone, come)
            place += len(gone) + len(segment.text)
            gone = come = ""
