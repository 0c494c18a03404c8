"""Statements compiled once and run on the driver: for the path that every message takes.

A Core statement costs several times more to carry to the driver than the driver needs to run it.
`Prepared` keeps the compiled text, the order of its parameters and the conversions of its types,
so that a statement stays written in Core, portable and checked, and costs little to run.

Rows that nobody reads in the same batch of works need not go to the database one by one: `hold`
keeps them, and they go together before the first statement that could see them, and in any case
before the commit. What a work sees is the same; only the number of statements is smaller.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.sql.util import find_tables
from sqlalchemy.types import Enum, TypeEngine
from sqlmodel import SQLModel

from core.columns import UtcDateTime

Convert = Callable[[Any], Any] | None
Statement = ClauseElement | Mapping[str, ClauseElement]

KNOWN_MAX = 256
HELD_MAX = 1_000


def both(build: Callable[[Any], ClauseElement]) -> Mapping[str, ClauseElement]:
    """The statement that `build` makes with each database's own `insert`, by its name."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


class Rows:
    """What a prepared statement gave: rows with named columns, read at once, and their count."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Every row."""
        return list(self._rows)

    def first(self) -> Any:
        """The first row, or None."""
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """The only row; anything else is a bug."""
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        """The first column of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        """The first column of the only row."""
        return self.one()[0]


class Prepared:
    """A Core statement with `bindparam` parameters, compiled once for each kind of database.

    `columns` names the columns of an insert; `both` makes statements the databases spell alike
    but SQLAlchemy builds apart. The answer of a `steady` one is remembered within a batch of works
    until something is written to its tables, or only to those of `until`: for one that new rows of
    the others cannot change. A `blind` one does the same whether or not rows that
    are still held back are there.
    """

    def __init__(
        self,
        statement: Statement,
        columns: Sequence[str] = (),
        *,
        steady: bool = False,
        until: Sequence[type[SQLModel]] = (),
        blind: bool = False,
    ) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._steady = steady
        self._until = frozenset(str(model.__tablename__) for model in until)
        self._blind = blind
        self._compiled: dict[str, _Compiled] = {}

    def run(self, driver: "Driver", *values: Mapping[str, Any]) -> Rows:
        """Run on the driver, once for each set of values; with none, not at all."""
        if not values:
            return Rows((), 0)
        compiled = self._compiled.get(driver.name) or self._compile(driver)
        if self._steady:
            key = (self, *values[0].values())
            known = driver.known.get(key)
            if known is None:
                driver.settle(compiled)
                known = driver.known[key] = compiled.run(driver.cursor(), values)
                driver.known_tables |= self._until or compiled.tables
            return known
        if not self._blind:
            driver.settle(compiled)
        if compiled.writes:
            driver.unlearn(compiled)
        return compiled.run(driver.cursor(), values)

    def hold(self, driver: "Driver", *values: Mapping[str, Any]) -> None:
        """Run a write whose outcome nobody asks for: at the latest before the commit."""
        if values:
            driver.hold(self._compiled.get(driver.name) or self._compile(driver), values)

    def _compile(self, driver: "Driver") -> "_Compiled":
        chosen = self._statement
        if isinstance(chosen, Mapping):
            chosen = chosen[driver.name]
        compiled = _Compiled(chosen, self._columns, driver.dialect)
        self._compiled[driver.name] = compiled
        return compiled


class Driver:
    """A connection's own cursor, opened when first used and kept: every answer is read at once.

    One that `holds` keeps back what is given to hold(), for a whole batch of works.
    """

    __slots__ = (
        "_connection",
        "_cursor",
        "_held",
        "_holds",
        "dialect",
        "known",
        "known_tables",
        "name",
    )

    def __init__(self, connection: Connection, *, holds: bool = False) -> None:
        self._connection = connection
        self._cursor: DBAPICursor | None = None
        self._holds = holds
        self._held: dict[str, dict[_Compiled, list[Any]]] = {}
        self.known: dict[tuple[Any, ...], Rows] = {}
        self.known_tables: set[str] = set()
        self.dialect = connection.dialect
        self.name = connection.dialect.name

    def cursor(self) -> DBAPICursor:
        """The cursor."""
        if self._cursor is None:
            self._cursor = self._connection.connection.cursor()
        return self._cursor

    def hold(self, compiled: "_Compiled", values: Sequence[Mapping[str, Any]]) -> None:
        """Keep rows back; without `holds`, write them at once."""
        self.unlearn(compiled)
        if not self._holds:
            compiled.run(self.cursor(), values)
            return
        kept = self._held.setdefault(compiled.target, {}).setdefault(compiled, [])
        kept += [compiled.parameters(one) for one in values]
        if len(kept) >= HELD_MAX:
            self.settle(compiled)

    def settle(self, needed: "_Compiled | None" = None) -> None:
        """Write what is held for the tables of a statement and what these refer to; or all.

        What others refer to goes first.
        """
        if not self._held:
            return
        names = set(self._held) if needed is None else self._held.keys() & needed.reach
        for name in sorted(names, key=_rank) if len(names) > 1 else names:
            for compiled, rows in self._held.pop(name).items():
                compiled.write(self.cursor(), rows)

    def unlearn(self, compiled: "_Compiled") -> None:
        """Forget remembered answers that a write to these tables may change."""
        if self.known and not self.known_tables.isdisjoint(compiled.tables):
            self.forget()

    def forget(self) -> None:
        """Forget every remembered answer."""
        self.known.clear()
        self.known_tables.clear()

    def drop(self) -> None:
        """Let go of what is held without writing it: its work is undone."""
        self._held.clear()
        self.forget()

    def close(self) -> None:
        """Let go of the cursor."""
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None


class _Compiled:
    """The text for one kind of database and the conversions of what goes in and comes out."""

    def __init__(
        self, statement: ClauseElement, columns: list[str] | None, dialect: Dialect
    ) -> None:
        found_tables = _tables_of(statement)
        self.tables = frozenset(table.name for table in found_tables)
        self.reach = frozenset(_reach(found_tables))
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params, "write IN over constants as a chain of OR"
        self.writes = compiled.isinsert or compiled.isupdate or compiled.isdelete
        self.target = getattr(statement, "table").name if self.writes else ""  # noqa: B009
        self._text = str(compiled)
        self._constants = {
            name: bind.value
            for bind, name in compiled.bind_names.items()
            if not bind.required and bind.callable is None
        }
        for column in compiled.insert_prefetch:
            default = column.default
            assert isinstance(default, ScalarElementColumnDefault), f"{column} needs a value"
            self._constants[column.key] = default.arg
        names = compiled.positiontup
        types = {name: bind.type for bind, name in compiled.bind_names.items()}
        self._is_positional = names is not None
        self._names = list(names if names is not None else types)
        self._pick = itemgetter(*self._names) if len(self._names) > 1 else None
        into = [(place, _into(types[name], dialect)) for place, name in enumerate(self._names)]
        self._into = [(place, convert) for place, convert in into if convert is not None]
        found = compiled._result_columns
        self._row = _row_type(tuple(_safe(entry.keyname) for entry in found))
        self._back: list[tuple[int, Callable[[Any], Any]]] = []
        for index, entry in enumerate(found):
            convert = entry.type.dialect_impl(dialect).result_processor(dialect, None)
            if convert is not None:
                self._back.append((index, convert))

    def run(self, cursor: DBAPICursor, values: Sequence[Mapping[str, Any]]) -> Rows:
        if len(values) > 1:
            cursor.executemany(self._text, [self.parameters(one) for one in values])
            return Rows((), cursor.rowcount)
        cursor.execute(self._text, self.parameters(values[0]))
        if cursor.description is None:
            return Rows((), cursor.rowcount)
        return Rows([self._convert(row) for row in cursor.fetchall()], cursor.rowcount)

    def write(self, cursor: DBAPICursor, rows: list[Any]) -> None:
        """Run with parameters that parameters() made."""
        if len(rows) == 1:
            cursor.execute(self._text, rows[0])
        else:
            cursor.executemany(self._text, rows)

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them."""
        if self._constants:
            values = {**self._constants, **values}
        pick = self._pick
        row = list(pick(values)) if pick else [values[name] for name in self._names]
        for place, convert in self._into:
            row[place] = convert(row[place])
        return row if self._is_positional else dict(zip(self._names, row, strict=True))

    def _convert(self, row: Sequence[Any]) -> Any:
        if not self._back:
            return self._row._make(row)
        changed = list(row)
        for index, convert in self._back:
            changed[index] = convert(changed[index])
        return self._row._make(changed)


def _tables_of(statement: ClauseElement) -> list[Table]:
    found = find_tables(
        statement,
        check_columns=True,
        include_aliases=True,
        include_joins=True,
        include_selects=True,
        include_crud=True,
    )
    tables = [table for table in found if isinstance(table, Table)]
    assert tables, "a statement without tables could see anything"
    return tables


_RANKS: dict[str, int] = {}


def _reach(tables: Sequence[Table]) -> set[str]:
    """The names of the tables and of all they refer to; each of them gets a rank."""
    if not _RANKS or any(table.name not in _RANKS for table in tables):
        ordered = tables[0].metadata.sorted_tables
        _RANKS.update({table.name: place for place, table in enumerate(ordered)})
    names: set[str] = set()
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table.name not in names:
            names.add(table.name)
            waiting += [key.column.table for key in table.foreign_keys]
    return names


def _rank(name: str) -> int:
    return _RANKS[name]


def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # names are known only now


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is None or not isinstance(kind, UtcDateTime | Enum):
        return convert
    # Few values come again and again: the moment of a transaction, the names of a phase.
    known = lru_cache(KNOWN_MAX)(convert)
    # The moment of a transaction stands in the rows of many tables: it is converted once.
    return _MOMENTS.setdefault(dialect.name, known) if isinstance(kind, UtcDateTime) else known


_MOMENTS: dict[str, Callable[[Any], Any]] = {}


def _safe(name: str) -> str:
    return name if name.isidentifier() else "_"
