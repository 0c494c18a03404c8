"""Two versions of a rulebook side by side: what happened to each part, in the order of the new."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from deliberation.alignment import unmoved
from deliberation.articles import Kind, Part, Rulebook
from deliberation.numbering import labels
from deliberation.redline import Mark, Segment, redline


class Fate(StrEnum):
    KEPT = "kept"
    CHANGED = "changed"
    INSERTED = "inserted"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class PartRedline:
    """What became of one part; a label is None on the side where the part is not."""

    id: str
    kind: Kind
    fate: Fate
    moved: bool
    old_label: str | None
    new_label: str | None
    segments: tuple[Segment, ...]

    @property
    def touched(self) -> bool:
        """Whether anybody changed or moved it (a new number alone does not count)."""
        return self.moved or self.fate is not Fate.KEPT


def redline_book(old: Rulebook, new: Rulebook) -> tuple[PartRedline, ...]:
    """Every part of both versions, struck ones after the part they used to follow."""
    before = {part.id: part for part in old.parts}
    after = {part.id for part in new.parts}
    old_labels, new_labels = labels(old), labels(new)
    staying = unmoved([part.id for part in old.parts], [part.id for part in new.parts])
    struck = struck_after(old, after)
    rows: list[PartRedline] = []
    for part in new.parts:
        rows.append(
            PartRedline(
                id=part.id,
                kind=part.kind,
                fate=fate(before.get(part.id), part),
                moved=part.id in before and part.id not in staying,
                old_label=old_labels.get(part.id),
                new_label=new_labels[part.id],
                segments=redline(before[part.id].text if part.id in before else "", part.text),
            )
        )
        rows += [struck_row(gone, old_labels[gone.id]) for gone in struck.get(part.id, ())]
    return tuple(rows)


def fate(was: Part | None, now: Part) -> Fate:
    """What became of a part that is there now."""
    if was is None:
        return Fate.INSERTED
    return Fate.KEPT if was.text == now.text else Fate.CHANGED


def struck_row(part: Part, label: str) -> PartRedline:
    """The row of a part that is gone."""
    gone = (Segment(Mark.DELETE, part.text),) if part.text else ()
    return PartRedline(part.id, part.kind, Fate.DELETED, False, label, None, gone)


def struck_after(old: Rulebook, after: set[str]) -> dict[str, list[Part]]:
    """The parts that are gone, by the surviving part each used to follow."""
    struck: dict[str, list[Part]] = {}
    survivor = ""
    for part in old.parts:
        if part.id in after:
            survivor = part.id
        else:
            struck.setdefault(survivor, []).append(part)
    return struck


def summary(rows: Iterable[PartRedline]) -> str:
    """How many parts changed in which way, in one line."""
    counted = dict.fromkeys(Fate, 0)
    moved = 0
    for row in rows:
        counted[row.fate] += 1
        moved += row.moved
    words = {Fate.CHANGED: "修改", Fate.INSERTED: "新增", Fate.DELETED: "删去"}
    said = [f"{word} {counted[kind]} 处" for kind, word in words.items() if counted[kind]]
    said += [f"移动 {moved} 处"] if moved else []
    return "，".join(said) if said else "没有改动"
