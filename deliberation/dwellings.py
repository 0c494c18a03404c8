"""The owners' roll: heads and floor area out of dwellings, as the law on 建筑物区分所有权 counts.

Source: 最高人民法院关于审理建筑物区分所有权纠纷案件适用法律若干问题的解释, articles 8 and 9.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deliberation.rolls import Roll, RollDuplicate, RollEntry, RollRowDamaged

AREA_SOURCES = ("register", "survey", "contract")


@dataclass(frozen=True, slots=True)
class OwnedDwelling:
    """One exclusive part: its owners' ids, its area in 0.01 m2 and where that figure is from.

    `held_by_developer`: not sold, or sold but not handed over; all such parts together are one
    head, whoever has signed for them. `representative` is the co-owner who speaks for the part.
    Parking spaces and shops count only where they have a register entry of their own.
    """

    dwelling_id: str
    owners: tuple[str, ...]
    area: int
    area_source: str = "register"
    held_by_developer: bool = False
    counts_for_head: bool = True
    counts_for_area: bool = True
    representative: str | None = None


def owner_roll(dwellings: Iterable[OwnedDwelling], *, developer: str = "developer") -> Roll:
    """The roll of owners: several dwellings one head, areas summed; co-owners one voice.

    The same group of co-owners with two dwellings is one head; each of them alone with a third
    is another. `developer` is the id of the builder's voice.
    """
    seen: dict[str, int] = {}
    groups: dict[tuple[str, ...], list[tuple[int, OwnedDwelling]]] = {}
    for line, dwelling in enumerate(dwellings, start=1):
        _check_dwelling(dwelling, line)
        if dwelling.dwelling_id in seen:
            earlier = seen[dwelling.dwelling_id]
            raise RollDuplicate(line=line, earlier=earlier, what=dwelling.dwelling_id)
        seen[dwelling.dwelling_id] = line
        owners = (developer,) if dwelling.held_by_developer else tuple(sorted(dwelling.owners))
        groups.setdefault(owners, []).append((line, dwelling))
    entries = (_entry(owners, parts) for owners, parts in groups.items())
    counted = [entry for entry in entries if entry.heads or entry.area]
    return Roll("owner", tuple(sorted(counted, key=lambda entry: entry.entry_id)))


def _check_dwelling(dwelling: OwnedDwelling, line: int) -> None:
    owners = dwelling.owners
    if not dwelling.dwelling_id:
        raise RollRowDamaged(line=line, problem="没有编号")
    if not dwelling.held_by_developer and not owners:
        raise RollRowDamaged(line=line, problem="没有业主")
    if len(set(owners)) != len(owners) or not all(owners):
        raise RollRowDamaged(line=line, problem="业主重复或没有编号")
    # The id of an entry joins its owners with "+".
    if any("+" in owner for owner in owners):
        raise RollRowDamaged(line=line, problem="业主编号里不能有加号")
    if type(dwelling.area) is not int or dwelling.area <= 0:
        raise RollRowDamaged(line=line, problem="面积要写成大于零的整数，单位 0.01 平方米")
    if dwelling.area_source not in AREA_SOURCES:
        raise RollRowDamaged(line=line, problem="面积要写明来自登记、实测还是合同")
    if dwelling.representative is not None and dwelling.representative not in owners:
        raise RollRowDamaged(line=line, problem="推选的代表不是业主")


def _entry(owners: tuple[str, ...], parts: Sequence[tuple[int, OwnedDwelling]]) -> RollEntry:
    heads = any(dwelling.counts_for_head for _, dwelling in parts)
    area = sum(dwelling.area for _, dwelling in parts if dwelling.counts_for_area)
    return RollEntry(
        entry_id="+".join(owners), voters=_voters(owners, parts), heads=int(heads), area=area
    )


def _voters(owners: tuple[str, ...], parts: Sequence[tuple[int, OwnedDwelling]]) -> tuple[str, ...]:
    """The named representative, or any of the co-owners while none is named."""
    named: dict[str, int] = {}
    for line, dwelling in parts:
        if dwelling.representative is not None and not dwelling.held_by_developer:
            named.setdefault(dwelling.representative, line)
    if len(named) > 1:
        raise RollRowDamaged(line=max(named.values()), problem="同一些业主推选了两个代表")
    return tuple(named) or owners
