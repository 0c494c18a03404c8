"""Carrying an amendment from the version it was written for to the one in force now.

Only what is certain is carried: the clause that was to be changed must stand, word for word,
exactly once. Everything else is a question to the sponsor, never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from deliberation.articles import Part, Rulebook, rulebook_hash
from deliberation.clauses import clause_around
from deliberation.numbering import labels
from deliberation.operations import (
    Amendment,
    BadAmendment,
    Delete,
    Insert,
    Operation,
    Replace,
    check_amendment,
    check_operations,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What the sponsor must decide about one operation (0-based place), in words for people."""

    place: int
    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Relocation:
    """The amendment for the new version; None with questions if something is not certain."""

    amendment: Amendment | None
    questions: tuple[Question, ...]


def relocate(base: Rulebook, current: Rulebook, amendment: Amendment) -> Relocation:
    """The amendment, written for `base`, carried to `current`, or what has to be asked.

    Raises what `check_amendment` raises if it does not fit `base` to begin with.
    """
    check_amendment(base, amendment)
    called = labels(base)
    added = frozenset(each.part.id for each in amendment.operations if isinstance(each, Insert))
    old, new = Version.of(base), Version.of(current)
    operations: list[Operation] = []
    questions: list[Question] = []
    for place, operation in enumerate(amendment.operations):
        carried = carry(old, new, operation, added)
        if isinstance(carried, str):
            id = operation.after if isinstance(operation, Insert) else operation.part
            questions.append(Question(place, id, f"{called.get(id, '新加的一条')}：{carried}"))
        else:
            operations.append(carried)
    if questions:
        return Relocation(None, tuple(questions))
    moved = replace(amendment, base=rulebook_hash(current), operations=tuple(operations))
    return checked(current, moved)


def checked(current: Rulebook, amendment: Amendment) -> Relocation:
    """The relocation if the amendment as a whole fits the new version, else why not."""
    try:
        check_operations(current, amendment)
    except BadAmendment as trouble:
        return Relocation(None, (Question(0, "", str(trouble)),))
    return Relocation(amendment, ())


@dataclass(frozen=True, slots=True)
class Version:
    """One version's parts by identity, and what comes right after each (None: the end)."""

    parts: Mapping[str, Part]
    next_of: Mapping[str, str | None]

    @classmethod
    def of(cls, rulebook: Rulebook) -> "Version":
        ids = [part.id for part in rulebook.parts]
        nexts = dict(zip(ids, [*ids[1:], None], strict=True))
        return cls({part.id: part for part in rulebook.parts}, nexts)


def carry(
    old: Version, new: Version, operation: Operation, added: frozenset[str]
) -> Operation | str:
    """The same operation for the new version, or the question to ask about it."""
    if isinstance(operation, Replace):
        return carry_replace(old, new, operation)
    if isinstance(operation, Delete):
        part = new.parts.get(operation.part)
        if part is None:
            return "这一条已经不在了，还要删吗？"
        return operation if part.text == operation.old else "这一条的文字变了，还要整条删掉吗？"
    if not isinstance(operation, Insert) and operation.part not in new.parts:
        return "要移动的这一条已经不在了。"
    if isinstance(operation, Insert) and operation.part.id in new.parts:
        return "这一条好像已经加进去了，还要再加吗？"
    if operation.after in added:
        return operation
    if operation.after not in new.parts:
        return "要接在后面的那一条已经不在了，放在哪里？"
    if old.next_of[operation.after] != new.next_of[operation.after]:
        return "这里前后相接的条文变了，放在哪里？"
    return operation


def carry_replace(old: Version, new: Version, operation: Replace) -> Operation | str:
    """The edit at the place where its whole clause now stands, if that is certain."""
    part = new.parts.get(operation.part)
    if part is None:
        return "这一条已经不在了。"
    before = old.parts[operation.part].text
    if part.text == before:
        return operation
    start, end = clause_around(before, operation.start, operation.end)
    clause = before[start:end]
    found = places(part.text, clause)
    if len(found) != 1 or len(places(before, clause)) != 1:
        return f"“{shown(clause)}”这句话在现在的文字里找不到，或者不止一处，请重新写明怎么改。"
    return replace(operation, start=found[0] + operation.start - start)


def places(text: str, clause: str) -> list[int]:
    """Where these words stand as whole clauses; an empty clause stands nowhere."""
    if not clause:
        return []
    return [
        place
        for place in range(len(text) - len(clause) + 1)
        if text.startswith(clause, place)
        and clause_around(text, place, place + len(clause)) == (place, place + len(clause))
    ]


def shown(clause: str) -> str:
    """The clause short enough for a message."""
    return clause if len(clause) <= 30 else clause[:29] + "…"
