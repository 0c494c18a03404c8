"""Rulebooks and amendments as JSON: the exact form, with identities and hashes."""

import json
from collections.abc import Iterator, Mapping

from core.errors import Refusal
from deliberation.articles import (
    IDENTITY,
    Kind,
    Part,
    Rulebook,
    check_rulebook,
    rulebook_hash,
)
from deliberation.numbering import labels
from deliberation.operations import Amendment, Delete, Insert, Move, Operation, Replace

JSON_CHARS_MAX = 5_000_000


class BadJson(Refusal):
    code = "rulebook_json"
    text = "{where}：{reason}"


class HashDiffers(Refusal):
    code = "rulebook_hash_differs"
    text = "文件里写的校验码和内容对不上，内容可能被改过。"
    status = 409


Fields = Mapping[str, object]


def rulebook_to_json(rulebook: Rulebook) -> str:
    """The rulebook with identities, derived numbers (for reading only) and its hash."""
    called = labels(rulebook)
    parts = [
        {"id": part.id, "kind": part.kind.value, "label": called[part.id], "text": part.text}
        for part in rulebook.parts
    ]
    whole = {"id": rulebook.id, "hash": rulebook_hash(rulebook), "parts": parts}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def rulebook_from_json(text: str, *, id: str | None = None) -> Rulebook:
    """The rulebook in this JSON, under another identity if one is given; raises a `Refusal`."""
    fields = loaded(text, "规约文件")
    rows = fields.get("parts")
    if not isinstance(rows, list):
        raise BadJson(where="规约文件", reason="缺少 parts。")
    parts = tuple(
        part_from(as_fields(row, where), where)
        for where, row in ((f"parts 第 {place} 项", row) for place, row in enumerate(rows, 1))
    )
    rulebook = Rulebook(word(fields, "id", "规约文件"), parts)
    check_rulebook(rulebook)
    if "hash" in fields and fields["hash"] != rulebook_hash(rulebook):
        raise HashDiffers
    return rulebook if id is None else Rulebook(id, parts)


def loaded(text: str, where: str) -> Fields:
    """A JSON object; raises `BadJson` for everything else."""
    if len(text) > JSON_CHARS_MAX:
        raise BadJson(where=where, reason="太大了。")
    try:
        found = json.loads(text, parse_constant=no_constant, object_pairs_hook=no_doubles)
    except (ValueError, RecursionError) as trouble:
        raise BadJson(where=where, reason="不是合格的 JSON。") from trouble
    return as_fields(found, where)


def no_constant(name: str) -> object:
    """Refuse NaN and infinities, which JSON does not have."""
    raise ValueError(name)


def no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that names a field twice: readers disagree on which counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("doubled field")
    return fields


def as_fields(found: object, where: str) -> Fields:
    """The value as an object; raises `BadJson` if it is none."""
    if not isinstance(found, dict):
        raise BadJson(where=where, reason="应当是 {…} 这样的对象。")
    return found


def word(fields: Fields, name: str, where: str) -> str:
    """A field that must be text."""
    found = fields.get(name)
    if not isinstance(found, str):
        raise BadJson(where=where, reason=f"缺少 {name}，或者不是文字。")
    return found


def identity(fields: Fields, name: str, where: str) -> str:
    """A field that must be an identity."""
    found = word(fields, name, where)
    if not IDENTITY.fullmatch(found):
        raise BadJson(where=where, reason=f"{name} 只能用字母、数字和 _.:-，最多 64 个。")
    return found


def count(fields: Fields, name: str, where: str) -> int:
    """A field that must be a whole number, zero or more."""
    found = fields.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise BadJson(where=where, reason=f"{name} 应当是 0 或更大的整数。")
    return found


def part_from(fields: Fields, where: str) -> Part:
    """A part; its label, if there, is not read."""
    kind = word(fields, "kind", where)
    if kind not in {each.value for each in Kind}:
        raise BadJson(where=where, reason="kind 不认识。")
    return Part(identity(fields, "id", where), Kind(kind), word(fields, "text", where))


def amendment_to_json(amendment: Amendment) -> str:
    """One amendment on one line."""
    whole = {
        "id": amendment.id,
        "rulebook": amendment.rulebook,
        "base": amendment.base,
        "operations": [operation_fields(each) for each in amendment.operations],
    }
    return json.dumps(whole, ensure_ascii=False)


def operation_fields(operation: Operation) -> dict[str, object]:
    """One operation as JSON values."""
    match operation:
        case Insert(after, part):
            fields = {"id": part.id, "kind": part.kind.value, "text": part.text}
            return {"op": "insert", "after": after, "part": fields}
        case Replace(id, start, old, new):
            return {"op": "replace", "part": id, "start": start, "old": old, "new": new}
        case Delete(id, old):
            return {"op": "delete", "part": id, "old": old}
        case Move(id, after):
            return {"op": "move", "part": id, "after": after}


def amendments_from_json(text: str) -> Iterator[Amendment]:
    """The amendments of a file, one JSON object a line; raises `BadJson` with the line."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield amendment_from(loaded(line, f"第 {number} 行"), f"第 {number} 行")


def amendment_from(fields: Fields, where: str) -> Amendment:
    """One amendment; raises `BadJson`."""
    rows = fields.get("operations")
    if not isinstance(rows, list):
        raise BadJson(where=where, reason="缺少 operations。")
    operations = tuple(
        operation_from(as_fields(row, spot), spot)
        for spot, row in ((f"{where}第 {place} 处", row) for place, row in enumerate(rows, 1))
    )
    id, rulebook = identity(fields, "id", where), identity(fields, "rulebook", where)
    return Amendment(id, rulebook, word(fields, "base", where), operations)


def operation_from(fields: Fields, where: str) -> Operation:
    """One operation; raises `BadJson`."""
    kind = word(fields, "op", where)
    if kind == "insert":
        part = part_from(as_fields(fields.get("part"), where), where)
        return Insert(identity(fields, "after", where), part)
    if kind not in ("replace", "delete", "move"):
        raise BadJson(where=where, reason="op 只能是 insert、replace、delete、move。")
    id = identity(fields, "part", where)
    if kind == "replace":
        start = count(fields, "start", where)
        return Replace(id, start, word(fields, "old", where), word(fields, "new", where))
    if kind == "delete":
        return Delete(id, word(fields, "old", where))
    return Move(id, identity(fields, "after", where))
