"""Votes on statements as they are kept in files: one person a row, one statement a column.

The form is that of Polis exports: a column `participant`, statement columns named by a whole
number, 1 agree, -1 disagree, 0 pass, empty not answered; other columns are facts about the person.
Columns are found by name. Anything doubtful is refused with its line and column, never guessed.
"""

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deliberation.opinion_csv import TableDamaged, read_rows
from deliberation.opinion_directions import Floats

PEOPLE_MAX = 100_000
STATEMENTS_MAX = 3_000
CELLS_MAX = 10_000_000
ID_MAX = 100  # characters of a participant's or a statement's id
_UNANSWERED = 2
_CODES = {"": _UNANSWERED, "1": 1, "-1": -1, "0": 0, "1.0": 1, "-1.0": -1, "0.0": 0}
_STATEMENT = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """`matrix` is people x statements: 1 agree, -1 disagree, 0 pass, NaN not answered.

    Everyone here has answered something. People and statements are sorted by id, numbers first, so
    the order in the file is forgotten. `facts` has one text for each person under a column's name.
    """

    people: tuple[str, ...]
    statements: tuple[str, ...]
    matrix: Floats
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def id_rank(name: str) -> tuple[int, int, str]:
    """Sorting key of ids: whole numbers by value, then words by their characters."""
    plain = name.isascii() and name.isdigit()
    return (0, int(name), name) if plain else (1, 0, name)


def read_votes(path: Path, *, facts: tuple[str, ...] = ()) -> Votes:
    """The votes in a CSV file (plain or gzip, UTF-8 with or without BOM).

    `facts` names further columns to keep. TableDamaged says line and column of what is wrong;
    OSError when the file cannot be opened.
    """
    with closing(read_rows(path)) as rows:
        first = next(rows, None)
        if first is None:
            raise TableDamaged(problem="文件是空的。")
        header = _read_header(first[1], facts)
        lines: dict[str, int] = {}
        codes: list[NDArray[np.int8]] = []
        kept: list[list[str]] = []
        for line, row in rows:
            person = _person(line, row, header, lines)
            lines[person] = line
            codes.append(np.array(_row_codes(line, row, header), dtype=np.int8))
            kept.append([row[place].strip() for place in header.facts.values()])
            _check_size(len(codes), len(header.statements))
    if not codes:
        raise TableDamaged(problem="只有表头，没有一个人的意见。")
    return _sorted(list(lines), header, np.array(codes), kept)


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    person: int
    statements: Mapping[str, int]  # id to place, in the order of ids
    facts: Mapping[str, int]


def _read_header(row: list[str], facts: tuple[str, ...]) -> _Header:
    places: dict[str, int] = {}
    for place, name in enumerate(name.strip() for name in row):
        if name in places:
            raise TableDamaged(problem=f"第 1 行：列名“{name[:ID_MAX]}”出现了两次。")
        places[name] = place
    for name in ("participant", *facts):
        if name not in places:
            raise TableDamaged(problem=f"第 1 行：缺少“{name}”这一列。")
    statements = [name for name in places if _STATEMENT.fullmatch(name) and len(name) <= ID_MAX]
    for name in places:
        if name[:1].isdigit() and name not in statements:
            problem = f"第 1 行：列名“{name[:ID_MAX]}”看不懂，意见列要用整数编号。"
            raise TableDamaged(problem=problem)
    if not statements:
        raise TableDamaged(problem="第 1 行：没有意见列（意见列的列名是整数编号，如 0、1、2）。")
    if len({int(name) for name in statements}) < len(statements):
        raise TableDamaged(problem="第 1 行：有两个意见列编号相同。")
    if len(statements) > STATEMENTS_MAX:
        problem = f"第 1 行：意见有 {len(statements)} 条，最多 {STATEMENTS_MAX} 条。"
        raise TableDamaged(problem=problem)
    statements.sort(key=id_rank)
    return _Header(
        width=len(row),
        person=places["participant"],
        statements={name: places[name] for name in statements},
        facts={name: places[name] for name in facts},
    )


def _person(line: int, row: list[str], header: _Header, lines: Mapping[str, int]) -> str:
    if len(row) != header.width:
        problem = f"第 {line} 行有 {len(row)} 格，表头有 {header.width} 格，对不上。"
        raise TableDamaged(problem=problem)
    person = row[header.person].strip()
    if not person or len(person) > ID_MAX:
        raise TableDamaged(problem=f"第 {line} 行：participant 是空的，或者太长。")
    if person in lines:
        problem = f"第 {line} 行：参与者“{person}”已经在第 {lines[person]} 行出现过。"
        raise TableDamaged(problem=problem)
    return person


def _row_codes(line: int, row: list[str], header: _Header) -> list[int]:
    try:
        return [_CODES[row[place]] for place in header.statements.values()]
    except KeyError:
        pass
    found = []
    for name, place in header.statements.items():
        cell = row[place].strip()
        if cell not in _CODES:
            shown = cell if len(cell) <= 20 else cell[:20] + "…"
            problem = f"第 {line} 行，意见 {name}：只能是 1、-1、0 或空，不能是“{shown}”。"
            raise TableDamaged(problem=problem)
        found.append(_CODES[cell])
    return found


def _check_size(people: int, statements: int) -> None:
    if people > PEOPLE_MAX:
        raise TableDamaged(problem=f"人数超过 {PEOPLE_MAX}，一张地图画不了，请分开。")
    if people * statements > CELLS_MAX:
        problem = f"表太大：人数乘意见数超过 {CELLS_MAX}，请分开。"
        raise TableDamaged(problem=problem)


def _sorted(
    people: list[str],
    header: _Header,
    codes: NDArray[np.int8],
    kept: list[list[str]],
) -> Votes:
    answered = (codes != _UNANSWERED).any(axis=1)
    order = [place for place in np.argsort(_ranks(people)) if answered[place]]
    if not order:
        raise TableDamaged(problem="一条意见都没有人回答过。")
    matrix = codes[order].astype(np.float64)
    matrix[matrix == _UNANSWERED] = np.nan
    return Votes(
        people=tuple(people[place] for place in order),
        statements=tuple(header.statements),
        matrix=matrix,
        facts={
            name: tuple(kept[place][column] for place in order)
            for column, name in enumerate(header.facts)
        },
    )


def _ranks(people: list[str]) -> list[int]:
    ranked = sorted(range(len(people)), key=lambda place: id_rank(people[place]))
    ranks = [0] * len(people)
    for rank, place in enumerate(ranked):
        ranks[place] = rank
    return ranks
