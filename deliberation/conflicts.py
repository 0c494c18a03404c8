"""Which amendments of one version cannot all be accepted, and why, for a person to settle.

Two people who want exactly the same thing agree. Everything else that touches the same words, the
same place or the same number is a conflict: the program never picks a winner.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from deliberation.articles import Part, Rulebook, text_trouble
from deliberation.figures import Figure, figures
from deliberation.numbering import labels
from deliberation.operations import Amendment, Delete, Insert, Move, Operation, Replace, edited


class Clash(StrEnum):
    OVERLAP = "overlap"
    NUMBER = "number"
    DELETED = "deleted"
    MOVED = "moved"
    PLACE = "place"
    IDENTITY = "identity"
    RESULT = "result"


REASONS = {
    Clash.OVERLAP: "改的是同一处文字，或者紧挨着的文字",
    Clash.NUMBER: "对同一件事写了不同的数字",
    Clash.DELETED: "有的要删掉这一条，有的要改它、移它或接在它后面",
    Clash.MOVED: "有的要移动这一条，有的要改它、移到别处或接在它后面",
    Clash.PLACE: "都要在这一条后面放新的内容，先后不清楚",
    Clash.IDENTITY: "新加的条文用了相同的编号",
    Clash.RESULT: "单独看都可以，合在一起这一条就不成文了",
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """These amendments (ids, sorted) cannot all stand, because of this part."""

    kind: Clash
    part: str
    amendments: tuple[str, ...]


@dataclass(slots=True)
class Touches:
    """Who wants what with one part: the operations, each with the amendments that contain it."""

    edits: dict[Replace, set[str]] = field(default_factory=dict)
    deletes: set[str] = field(default_factory=set)
    moves: dict[Move, set[str]] = field(default_factory=dict)
    followers: dict[Operation, set[str]] = field(default_factory=dict)


def conflicts(base: Rulebook, amendments: Sequence[Amendment]) -> tuple[Conflict, ...]:
    """All conflicts among amendments that each fit `base` by themselves, in a fixed order."""
    touched = touches(amendments)
    parts = {part.id: part for part in base.parts}
    found = [*identity_conflicts(amendments), *number_conflicts(parts, amendments)]
    numbered = {(conflict.part, conflict.amendments) for conflict in found}
    for id, touch in touched.items():
        overlaps = list(overlap_conflicts(id, touch))
        # "Two different numbers" says more than "the same words".
        found += [each for each in overlaps if (each.part, each.amendments) not in numbered]
        found += place_conflicts(id, touch)
        if not overlaps and id in parts:
            found += result_conflicts(parts[id], touch)
    order = {id: place for place, id in enumerate(parts)}
    return tuple(sorted(found, key=lambda each: sort_key(order, each)))


def sort_key(order: dict[str, int], conflict: Conflict) -> tuple[int, str, str, tuple[str, ...]]:
    """Conflicts in the order of the text; what is about new parts comes last."""
    place = order.get(conflict.part, len(order))
    return place, conflict.part, conflict.kind.value, conflict.amendments


def touches(amendments: Iterable[Amendment]) -> dict[str, Touches]:
    """For each part that anybody changes or builds on: who wants what with it."""
    found: dict[str, Touches] = {}
    for amendment in amendments:
        for operation in amendment.operations:
            if isinstance(operation, Insert | Move):
                after = found.setdefault(operation.after, Touches())
                after.followers.setdefault(operation, set()).add(amendment.id)
            if isinstance(operation, Insert):
                continue
            touch = found.setdefault(operation.part, Touches())
            match operation:
                case Replace():
                    touch.edits.setdefault(operation, set()).add(amendment.id)
                case Move():
                    touch.moves.setdefault(operation, set()).add(amendment.id)
                case Delete():
                    touch.deletes.add(amendment.id)
    return found


def everyone(wants: Iterable[set[str]]) -> set[str]:
    """All who want one of these."""
    return set().union(*wants)


def conflict(kind: Clash, part: str, amendments: Iterable[str]) -> Conflict:
    return Conflict(kind, part, tuple(sorted(amendments)))


def overlap_conflicts(id: str, touch: Touches) -> Iterator[Conflict]:
    """Groups of edits that overlap or touch one another, directly or through a third."""
    group: list[Replace] = []
    reach = -1
    for edit in sorted(touch.edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start > reach:
            yield from group_conflict(id, touch, group)
            group = []
        group.append(edit)
        reach = max(reach, edit.end)
    yield from group_conflict(id, touch, group)


def group_conflict(id: str, touch: Touches, group: Sequence[Replace]) -> Iterator[Conflict]:
    """The conflict of a group of overlapping edits, if they are more than one."""
    if len(group) > 1:
        yield conflict(Clash.OVERLAP, id, everyone(touch.edits[edit] for edit in group))


def place_conflicts(id: str, touch: Touches) -> Iterator[Conflict]:
    """Delete or move against anything else, and two followers of one part."""
    editing = everyone(touch.edits.values())
    moving = everyone(touch.moves.values())
    following = everyone(touch.followers.values())
    if touch.deletes and editing | moving | following:
        yield conflict(Clash.DELETED, id, touch.deletes | editing | moving | following)
    others = editing | following
    if touch.moves and (len(touch.moves) > 1 or others) and len(moving | others) > 1:
        yield conflict(Clash.MOVED, id, moving | others)
    if len(touch.followers) > 1:
        yield conflict(Clash.PLACE, id, following)


def result_conflicts(part: Part, touch: Touches) -> Iterator[Conflict]:
    """Edits of several people that leave this part empty or otherwise no rule at all."""
    owners = everyone(touch.edits.values())
    if len(owners) > 1 and text_trouble(part.kind, edited(part.text, touch.edits)) is not None:
        yield conflict(Clash.RESULT, part.id, owners)


def identity_conflicts(amendments: Iterable[Amendment]) -> Iterator[Conflict]:
    """New parts with the same identity that are not the same part at the same place."""
    wanted: dict[str, dict[Insert, set[str]]] = {}
    for amendment in amendments:
        for operation in amendment.operations:
            if isinstance(operation, Insert):
                same = wanted.setdefault(operation.part.id, {})
                same.setdefault(operation, set()).add(amendment.id)
    for id, inserts in wanted.items():
        if len(inserts) > 1:
            yield conflict(Clash.IDENTITY, id, everyone(inserts.values()))


def number_conflicts(parts: dict[str, Part], amendments: Iterable[Amendment]) -> Iterator[Conflict]:
    """The same sentence given different numbers by different people, wherever it stands."""
    before: dict[str, frozenset[Figure]] = {}
    said: dict[tuple[str, int], dict[str, set[str]]] = {}
    where: dict[tuple[str, int], str] = {}
    for amendment in amendments:
        for id, (sentence, which, value) in new_figures(parts, before, amendment):
            place = (sentence, which)
            said.setdefault(place, {}).setdefault(value, set()).add(amendment.id)
            where[place] = min(where.get(place, id), id)
    for place, values in said.items():
        owners = everyone(values.values())
        if len(values) > 1 and len(owners) > 1:
            yield conflict(Clash.NUMBER, where[place], owners)


def new_figures(
    parts: dict[str, Part], before: dict[str, frozenset[Figure]], amendment: Amendment
) -> Iterator[tuple[str, Figure]]:
    """The figures this amendment brings in by itself; `before` remembers those of the base."""
    edits: dict[str, list[Replace]] = {}
    for operation in amendment.operations:
        if isinstance(operation, Replace):
            edits.setdefault(operation.part, []).append(operation)
        elif isinstance(operation, Insert):
            yield from ((operation.part.id, each) for each in figures(operation.part.text))
    for id, changes in edits.items():
        if id not in before:
            before[id] = figures(parts[id].text)
        after = figures(edited(parts[id].text, changes))
        yield from ((id, each) for each in after - before[id])


def explain(base: Rulebook, found: Conflict) -> str:
    """The conflict in words, with the number people know the part by."""
    return f"{labels(base).get(found.part, '新加的一条')}：{REASONS[found.kind]}"
