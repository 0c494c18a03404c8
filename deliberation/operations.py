"""Amendments as operations on a pinned version, and the one text that accepted ones give.

The result does not depend on the order in which amendments come: every operation speaks of the
pinned version alone, and what could contradict is refused (`deliberation.conflicts`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import Refusal
from deliberation.articles import (
    FIXED_IDS,
    IDENTITY,
    TITLE_ID,
    Kind,
    Part,
    Rulebook,
    check_rulebook,
    clean_text,
    rulebook_hash,
    text_trouble,
)

OPERATIONS_MAX = 500


@dataclass(frozen=True, slots=True)
class Insert:
    """A new part that follows the part `after`."""

    after: str
    part: Part


@dataclass(frozen=True, slots=True)
class Replace:
    """`new` in place of `old`, which stands at `start` (0-based, in characters) of the base."""

    part: str
    start: int
    old: str
    new: str

    @property
    def end(self) -> int:
        return self.start + len(self.old)


@dataclass(frozen=True, slots=True)
class Delete:
    """The whole part goes; `old` is its whole text, so that nobody strikes what they never saw."""

    part: str
    old: str


@dataclass(frozen=True, slots=True)
class Move:
    """The part, unchanged, follows the part `after`."""

    part: str
    after: str


Operation = Insert | Replace | Delete | Move


@dataclass(frozen=True, slots=True)
class Amendment:
    """What somebody wants changed in the version of `rulebook` whose hash is `base`."""

    id: str
    rulebook: str
    base: str
    operations: tuple[Operation, ...]


class WrongRulebook(Refusal):
    code = "amendment_wrong_rulebook"
    text = "修订案“{amendment}”针对的是另一份规约（{theirs}），不是这一份（{ours}）。"
    status = 409


class StaleBase(Refusal):
    code = "amendment_stale"
    text = "修订案“{amendment}”写的时候依据的不是这一版，请先对照现在的文本核对。"
    status = 409


class BadAmendment(Refusal):
    code = "amendment_bad"
    text = "修订案“{amendment}”第 {place} 处：{reason}"


def check_amendment(base: Rulebook, amendment: Amendment) -> None:
    """Raise `WrongRulebook`, `StaleBase` or `BadAmendment` unless it fits this version alone."""
    check_pin(base, amendment, rulebook_hash(base))
    check_operations(base, amendment)


def check_pin(base: Rulebook, amendment: Amendment, base_hash: str) -> None:
    """Raise unless the amendment was written for this rulebook and this version of it."""
    if amendment.rulebook != base.id:
        raise WrongRulebook(amendment=amendment.id, theirs=amendment.rulebook, ours=base.id)
    if amendment.base != base_hash:
        raise StaleBase(amendment=amendment.id)


def check_operations(base: Rulebook, amendment: Amendment) -> None:
    """Raise `BadAmendment` for the first operation that does not fit `base` or its neighbours."""
    count = len(amendment.operations)
    if not IDENTITY.fullmatch(amendment.id):
        raise BadAmendment(amendment=amendment.id[:20], place=1, reason="修订案的编号不合规定。")
    if not 1 <= count <= OPERATIONS_MAX:
        size = f"要有 1 到 {OPERATIONS_MAX} 处改动，这里有 {count} 处。"
        raise BadAmendment(amendment=amendment.id, place=1, reason=size)
    texts = {part.id: part.text for part in base.parts}
    seen = Claims({}, set(), set(), set(), set())
    for place, operation in enumerate(amendment.operations, start=1):
        reason = trouble(texts, operation) or seen.clash(operation)
        if reason is not None:
            raise BadAmendment(amendment=amendment.id, place=place, reason=reason)
        seen.take(operation)
    check_anchors(base, amendment, seen)
    check_results(base, amendment)


@dataclass(frozen=True, slots=True)
class Claims:
    """What the operations of one amendment have laid their hands on so far."""

    ranges: dict[str, list[tuple[int, int]]]
    deleted: set[str]
    moved: set[str]
    anchors: set[str]
    inserted: set[str]

    def clash(self, operation: Operation) -> str | None:
        """Why this operation cannot stand beside the earlier ones, or None."""
        if isinstance(operation, Insert | Move) and operation.after in self.anchors:
            return "同一个位置后面已经放了一条；要放两条，请让第二条接在第一条后面。"
        if isinstance(operation, Insert) and operation.part.id in self.inserted:
            return "这条新条文的编号用过了。"
        if isinstance(operation, Insert):
            return None
        if operation.part in self.deleted:
            return "这一条已经删掉了。"
        if isinstance(operation, Delete):
            touched = operation.part in self.ranges or operation.part in self.moved
            return "要删掉的这一条前面已经改过或移过。" if touched else None
        if isinstance(operation, Move):
            return "这一条已经移过了。" if operation.part in self.moved else None
        for start, end in self.ranges.get(operation.part, ()):
            if operation.start <= end and start <= operation.end:
                return "和前面改的文字连着或者重叠，请合成一处。"
        return None

    def take(self, operation: Operation) -> None:
        """Remember this operation."""
        match operation:
            case Insert():
                self.inserted.add(operation.part.id)
                self.anchors.add(operation.after)
            case Move():
                self.moved.add(operation.part)
                self.anchors.add(operation.after)
            case Delete():
                self.deleted.add(operation.part)
            case Replace():
                place = (operation.start, operation.end)
                self.ranges.setdefault(operation.part, []).append(place)


def trouble(texts: Mapping[str, str], operation: Operation) -> str | None:
    """Why this operation does not fit the base, given the base's texts by identity, or None."""
    if isinstance(operation, Insert):
        return insert_trouble(texts, operation)
    if operation.part not in texts:
        return "要改的这一条在这一版里找不到。"
    text = texts[operation.part]
    if isinstance(operation, Replace):
        return replace_trouble(text, operation)
    if operation.part in FIXED_IDS:
        return "名称和序言只能改字，不能删掉或移动。"
    if isinstance(operation, Delete):
        return None if operation.old == text else "写明要删的原文和这一版的不一样。"
    return "不能移到自己后面。" if operation.after == operation.part else None


def insert_trouble(texts: Mapping[str, str], operation: Insert) -> str | None:
    """Why this part cannot be added, or None."""
    part = operation.part
    if part.kind in (Kind.TITLE, Kind.PREAMBLE):
        return "名称和序言各只有一个，不能再加。"
    if not IDENTITY.fullmatch(part.id):
        return "新条文的编号不合规定。"
    if part.id in texts:
        return "新条文的编号和已有的相同。"
    return text_trouble(part.kind, part.text)


def replace_trouble(text: str, operation: Replace) -> str | None:
    """Why these words cannot be replaced in this text, or None."""
    if operation.old == operation.new:
        return "改前改后一样。"
    if operation.start < 0 or text[operation.start : operation.end] != operation.old:
        return "写明要改的原文和这一版的不一样。"
    if operation.start > len(text):
        return "要改的位置超出了这一条。"
    return None


def check_anchors(base: Rulebook, amendment: Amendment, seen: Claims) -> None:
    """Raise unless everything put somewhere follows a part that stays, and in no circle."""
    known = {part.id for part in base.parts} | seen.inserted
    follows: dict[str, str] = {}
    for place, operation in enumerate(amendment.operations, start=1):
        if not isinstance(operation, Insert | Move):
            continue
        reason = None
        if operation.after not in known or operation.after in seen.deleted:
            reason = "要接在后面的那一条找不到，或者同时被删掉了。"
        elif operation.after == TITLE_ID:
            reason = "名称后面是序言；要放在最前面，请接在序言后面。"
        if reason is not None:
            raise BadAmendment(amendment=amendment.id, place=place, reason=reason)
        placed = operation.part.id if isinstance(operation, Insert) else operation.part
        follows[placed] = operation.after
    for start in follows:
        step, steps = follows.get(start), 0
        while step is not None and steps <= len(follows):
            step, steps = follows.get(step), steps + 1
        if step is not None:
            raise BadAmendment(amendment=amendment.id, place=1, reason="移动的位置绕成了一圈。")


def check_results(base: Rulebook, amendment: Amendment) -> None:
    """Raise `BadAmendment` if an edited part could not stand as the amendment leaves it."""
    edits: dict[str, list[Replace]] = {}
    first: dict[str, int] = {}
    for place, operation in enumerate(amendment.operations, start=1):
        if isinstance(operation, Replace):
            edits.setdefault(operation.part, []).append(operation)
            first.setdefault(operation.part, place)
    for part in base.parts:
        if part.id in edits:
            reason = text_trouble(part.kind, edited(part.text, edits[part.id]))
            if reason is not None:
                raise BadAmendment(amendment=amendment.id, place=first[part.id], reason=reason)


def distinct(amendments: Iterable[Amendment]) -> frozenset[Operation]:
    """The operations of all; two people who want exactly the same thing want it once."""
    return frozenset(operation for each in amendments for operation in each.operations)


def edited(text: str, edits: Iterable[Replace]) -> str:
    """The text with these non-overlapping edits made, from the last one backwards, then tidied."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return clean_text(text)


def applied(base: Rulebook, operations: Iterable[Operation]) -> Rulebook:
    """The base after operations known not to conflict; raises if the result cannot stand."""
    edits: dict[str, list[Replace]] = {}
    gone: set[str] = set()
    next_of: dict[str, str] = {}
    parts = {part.id: part for part in base.parts}
    for operation in operations:
        match operation:
            case Replace():
                edits.setdefault(operation.part, []).append(operation)
            case Delete():
                gone.add(operation.part)
            case Insert():
                parts[operation.part.id] = operation.part
                next_of[operation.after] = operation.part.id
            case Move():
                gone.add(operation.part)
                next_of[operation.after] = operation.part
    for id, changes in edits.items():
        parts[id] = Part(id, parts[id].kind, edited(parts[id].text, changes))
    order = placed([part.id for part in base.parts if part.id not in gone], next_of)
    result = Rulebook(base.id, tuple(parts[id] for id in order))
    check_rulebook(result)
    return result


def placed(staying: Sequence[str], next_of: Mapping[str, str]) -> list[str]:
    """The order of parts: each that stays, then whatever was put after it, one after another."""
    order: list[str] = []
    for id in staying:
        step: str | None = id
        while step is not None:
            order.append(step)
            step = next_of.get(step)
    return order
