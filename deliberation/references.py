"""References such as 依照第七条: numbers are derived, so they may come to point elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deliberation.articles import NUMERALS, Kind, Part, Rulebook
from deliberation.numbering import labels, number_of
from deliberation.operations import Replace
from deliberation.redline import Mark, redline

REFERENCE = re.compile(rf"第[ \u3000]*([{NUMERALS}]+)[ \u3000]*([章条])")
# 《…法》第三十一条 is somebody else's article; so is what follows it in the same list.
OUTSIDE = re.compile(
    "(?:[》典例则]|[^方办无违依守普本]法|(?<!本)(?:办法|规定|解释|决定|章程))[中里]?(?:的)?$"
)
LISTED_ON = re.compile(
    "^(?:[第〇零○一二三四五六七八九十百千0-9０-９款项]|[（）、，和及与或至到])*$"
)
KINDS = {"章": Kind.CHAPTER, "条": Kind.ARTICLE}


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of a part of this rulebook by number, at [start, end) of the text of `part`."""

    part: str
    start: int
    end: int
    words: str
    kind: Kind
    number: int


@dataclass(frozen=True, slots=True)
class StaleReference:
    """A reference that no longer says what it said; `now` is the right label, None if it is gone.

    `kept` tells that the words are from the old version; in new words the author may have meant
    the new number already.
    """

    reference: Reference
    now: str | None
    kept: bool


def references(part: Part) -> Iterator[Reference]:
    """The references in one part to parts of its own rulebook, in order."""
    outside_until = -1
    for match in REFERENCE.finditer(part.text):
        before = part.text[: match.start()]
        listed = outside_until >= 0 and LISTED_ON.match(before[outside_until:])
        if OUTSIDE.search(before) or listed:
            outside_until = match.end()
            continue
        outside_until = -1
        number = number_of(match[1])
        if number:
            span = match.span()
            yield Reference(part.id, *span, match[0], KINDS[match[2]], number)


def stale_references(old: Rulebook, new: Rulebook) -> tuple[StaleReference, ...]:
    """The references in `new` whose number meant another part, or a part now gone, in `old`."""
    meant = {(part.kind, place): part.id for part, place in numbered(old)}
    now = labels(new)
    before = {part.id: part.text for part in old.parts}
    found = []
    for part in new.parts:
        kept = kept_places(before.get(part.id, ""), part.text)
        for reference in references(part):
            target = meant.get((reference.kind, reference.number))
            if target is None:
                continue
            label = now.get(target)
            if label is None or number_of(label[1:-1]) != reference.number:
                from_old = set(range(reference.start, reference.end)) <= kept
                found.append(StaleReference(reference, label, from_old))
    return tuple(found)


def numbered(rulebook: Rulebook) -> Iterator[tuple[Part, int]]:
    """The chapters and articles with their numbers."""
    counts = dict.fromkeys(KINDS.values(), 0)
    for part in rulebook.parts:
        if part.kind in counts:
            counts[part.kind] += 1
            yield part, counts[part.kind]


def kept_places(old: str, new: str) -> set[int]:
    """The places of the new text whose characters come from the old one."""
    kept: set[int] = set()
    place = 0
    for segment in redline(old, new):
        if segment.mark is Mark.KEEP:
            kept.update(range(place, place + len(segment.text)))
        if segment.mark is not Mark.DELETE:
            place += len(segment.text)
    return kept


def reference_edits(stale: tuple[StaleReference, ...]) -> tuple[Replace, ...]:
    """Edits of the new version that let the certain ones follow; the rest are for a person."""
    return tuple(
        Replace(each.reference.part, each.reference.start, each.reference.words, each.now)
        for each in stale
        if each.kept and each.now is not None
    )
