"""The rows of a roster file: read, put in one spelling, and checked without a database."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from hashlib import sha256
from zoneinfo import available_timezones

from community.addresses import building_name, dwelling_address, room_name, unit_name
from community.households import NUMBER_MAX as HOUSEHOLD_MAX
from community.names import NAME_MAX, plain_name, tidy_name
from community.phones import canonical_phone
from community.places import AREA_MAX
from community.residents import CITY_MAX, EARLIEST_BIRTH
from community.residents import NUMBER_MAX as PERSON_MAX
from community.roster_columns import BY_HEADER, COLUMNS, RESIDENCIES, TIME_ZONES, Column
from community.tables import Residency
from core.errors import Refusal
from core.sheets import Cell, Sheet, is_formula, text_of

PROBLEMS_MAX = 500
PLACE_MAX = 20
# Numbers made from household and name carry this mark, so that a real number can replace them.
DERIVED = "~"


class WrongHeaders(Refusal):
    code = "roster_headers"
    text = "表头缺少：{missing}。请下载模板，照模板的表头来。"


class NoRows(Refusal):
    code = "roster_empty"
    text = "只有表头，没有居民。请从第二行起每人一行。"


_EMPTY = frozenset({"", "无", "-", "—", "/", "暂无", "不详"})
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: where, what, and what to do. Never the personal words themselves."""

    row: int
    column: str
    wrong: str
    advice: str

    def __str__(self) -> str:
        return f"第 {self.row} 行「{self.column}」：{self.wrong}，{self.advice}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """One person of the file in one spelling; None stands for a blank that changes nothing.

    `number` is the natural key: the given number, or one made from household and name.
    """

    row: int
    number: str
    household: str
    building: str
    unit: str
    room: str
    address: str
    floor_area: int | None
    name: str
    person: str | None
    residency: Residency | None
    city: str | None
    time_zone: str | None
    birth_date: date | None
    phone: str | None
    grid: str | None


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster file as read: its good rows, what is wrong (the first PROBLEMS_MAX), and headers
    that mean nothing to us.
    """

    rows: tuple[RosterRow, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    ignored: tuple[str, ...]
    row_count: int


@dataclass(slots=True)
class _Reading:
    """The cells of one row while they are read, and what is wrong with them."""

    row: int
    cells: Mapping[str, Cell]
    today: date
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, key: str, wrong: str, advice: str) -> None:
        self.problems.append(Problem(self.row, _header(key), wrong, advice))

    def text(self, key: str, most: int) -> str:
        cell = self.cells.get(key)
        if is_formula(cell):
            self.wrong(key, "是公式", "请复制后用“选择性粘贴”只贴数值")
            return ""
        words = " ".join(text_of(cell).split())
        if _CONTROL.search(words):
            self.wrong(key, "有看不见的字符", "请删掉重打")
            return ""
        if len(words) > most:
            self.wrong(key, f"超过 {most} 个字", "请写短一些")
            return ""
        return "" if words in _EMPTY else words


def derived_number(household: str, name: str) -> str:
    """The number of somebody without one: from household and name, telling neither's words."""
    digest = sha256(f"{household}\0{plain_name(name)}".encode()).hexdigest()[:10]
    return f"{household}{DERIVED}{digest}"


def read_roster(sheet: Sheet, *, today: date) -> Roster:
    """Every row of the file checked by itself and against the others; raises only WrongHeaders
    and NoRows, everything else is in `problems`.
    """
    columns = [BY_HEADER.get(header) for header in sheet.headers]
    _check_headers(columns)
    if not sheet.rows:
        raise NoRows
    ignored = tuple(
        header for header, column in zip(sheet.headers, columns, strict=True) if column is None
    )
    rows, problems = [], []
    for number, cells in sheet.rows:
        named = {column.key: cell for column, cell in zip(columns, cells, strict=True) if column}
        reading = _Reading(number, named, today)
        row = _read_row(reading)
        if reading.problems:
            problems += reading.problems
        else:
            rows.append(row)
    problems += _across(rows)
    problems.sort()
    return Roster(
        rows=tuple(rows),
        problems=tuple(problems[:PROBLEMS_MAX]),
        problem_count=len(problems),
        ignored=tuple(name[:PLACE_MAX] for name in ignored if name),
        row_count=len(sheet.rows),
    )


def _check_headers(columns: Iterable[Column | None]) -> None:
    found = [column.key for column in columns if column is not None]
    missing = [] if "name" in found else ["姓名"]
    if not {"household", "room"} & set(found):
        missing.append("户号（或者房号）")
    if missing:
        raise WrongHeaders(missing="、".join(missing))
    twice = sorted({_header(key) for key in found if found.count(key) > 1})
    if twice:
        raise WrongHeaders(missing=f"——{'、'.join(twice)}有两列，只能留一列")


def _read_row(reading: _Reading) -> RosterRow:
    building = building_name(reading.text("building", PLACE_MAX))
    unit = unit_name(reading.text("unit", PLACE_MAX))
    room = room_name(reading.text("room", PLACE_MAX))
    address = dwelling_address(building, unit, room) if room else ""
    if (unit or room) and not building:
        reading.wrong("building", "是空的", "有单元或房号就要填楼栋或村民组")
    household = reading.text("household", HOUSEHOLD_MAX) or address
    if not household:
        reading.wrong("household", "是空的", "请填户号，或者填楼栋和房号")
    if DERIVED in household:
        reading.wrong("household", f"里有 {DERIVED} 号", "请换成别的符号")
    name = tidy_name(reading.text("name", NAME_MAX))
    if not name:
        reading.wrong("name", "是空的", "请填姓名")
    grid = reading.text("grid", PLACE_MAX) or None
    if grid and not building:
        reading.wrong("grid", "没有对应的楼栋", "网格要跟着楼栋或村民组，请填楼栋")
    city = reading.text("city", CITY_MAX) or None
    person = reading.text("person", PERSON_MAX) or None
    return RosterRow(
        row=reading.row,
        number=person or derived_number(household, name),
        household=household,
        building=building,
        unit=unit,
        room=room,
        address=address,
        floor_area=_floor_area(reading),
        name=name,
        person=person,
        residency=_residency(reading),
        city=city,
        time_zone=_time_zone(reading, city),
        birth_date=_birth_date(reading),
        phone=_phone(reading),
        grid=grid,
    )


def _residency(reading: _Reading) -> Residency | None:
    words = reading.text("residency", PLACE_MAX)
    if not words:
        return None
    if words not in RESIDENCIES:
        reading.wrong("residency", "不是在家、在外或租住", "请改成这三样之一，或者空着")
        return None
    return RESIDENCIES[words]


def _time_zone(reading: _Reading, city: str | None) -> str | None:
    words = reading.text("time_zone", HOUSEHOLD_MAX)
    if not words:
        return TIME_ZONES.get(city or "")
    zone = TIME_ZONES.get(words, words)
    if zone not in _zones():
        reading.wrong("time_zone", "不认识", "请写成 Asia/Tokyo 这样，或者空着")
        return None
    return zone


def _floor_area(reading: _Reading) -> int | None:
    words = reading.text("floor_area", PLACE_MAX)
    if not words:
        return None
    plain = re.sub(r"(㎡|m2|m²|平方米|平米|平)$", "", words.replace(",", "").lower()).strip()
    try:
        exact = Decimal(plain)
        # A spreadsheet computes in binary: 89.50000000000001 is 89.50.
        area = exact.quantize(_CENT)
        if not exact.is_finite() or abs(exact - area) > Decimal("0.000001"):
            raise InvalidOperation
    except InvalidOperation:
        reading.wrong("floor_area", "不是最多两位小数的数", "请写成 89.50 这样")
        return None
    if not 0 < area * 100 <= AREA_MAX:
        reading.wrong("floor_area", "大小不对", "请填大于 0、不超过 100000 的平方米数")
        return None
    return int(area * 100)


def _birth_date(reading: _Reading) -> date | None:
    cell = reading.cells.get("birth_date")
    born: date | None = None
    if isinstance(cell, datetime):
        born = cell.date()
    elif isinstance(cell, date):
        born = cell
    else:
        words = reading.text("birth_date", PLACE_MAX)
        if not words:
            return None
        match = _DATE.fullmatch(words.removesuffix(" 00:00:00"))
        try:
            born = date(*(int(part) for part in match.groups() if part)) if match else None
        except ValueError:
            born = None
    if born is None:
        reading.wrong("birth_date", "不是日期", "请写成 1980-05-01 这样")
        return None
    if not EARLIEST_BIRTH <= born <= reading.today:
        reading.wrong("birth_date", "不在 1900 年到今天之间", "请核对")
        return None
    return born


def _phone(reading: _Reading) -> str | None:
    words = reading.text("phone", HOUSEHOLD_MAX)
    if not words:
        return None
    phone = canonical_phone(words)
    if phone is None:
        reading.wrong("phone", "不是完整的电话号码", "手机要 11 位，座机带区号，国外的用 + 开头")
    return phone


def _across(rows: Iterable[RosterRow]) -> list[Problem]:
    """What is wrong between rows: somebody twice, a household or building in two places."""
    problems: list[Problem] = []
    people: dict[str, int] = {}
    facts: dict[tuple[str, str], tuple[str, int]] = {}
    for row in rows:
        first = people.setdefault(row.number, row.row)
        if first != row.row:
            key = "person" if row.person else "name"
            wrong = f"和第 {first} 行是同一个人"
            advice = "删掉一行；真是同户同名的两个人，请各填一个人员编号"
            problems.append(Problem(row.row, _header(key), wrong, advice))
        for key, of, value, words in _SAME:
            subject, said = of(row), value(row)
            if not subject or not said:
                continue
            before, line = facts.setdefault((key, subject), (said, row.row))
            if before != said:
                wrong = f"和第 {line} 行对不上：{words}"
                problems.append(Problem(row.row, _header(key), wrong, "请核对，改成一样"))
    return problems


# One household lives at one address, one dwelling has one area, one building lies in one grid.
_SAME: tuple[
    tuple[str, Callable[[RosterRow], str], Callable[[RosterRow], str], str],
    ...,
] = (
    ("room", lambda row: row.household, lambda row: row.address, "同一户的房号不一样"),
    (
        "floor_area",
        lambda row: row.address,
        lambda row: str(row.floor_area or ""),
        "同一套房的面积不一样",
    ),
    ("grid", lambda row: row.building, lambda row: row.grid or "", "同一栋楼的网格不一样"),
)


@cache
def _header(key: str) -> str:
    return next(column.header for column in COLUMNS if column.key == key)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def pack_rows(rows: Iterable[RosterRow]) -> bytes:
    """Checked rows as bytes, to be kept (sealed) until they are taken over."""
    return json.dumps([astuple(row) for row in rows], ensure_ascii=False, default=str).encode()


def unpack_rows(packed: bytes) -> tuple[RosterRow, ...]:
    """The rows that `pack_rows` packed: what was checked is what is taken over."""
    rows = []
    for values in json.loads(packed):
        row = dict(zip(_FIELDS, values, strict=True))
        row["residency"] = Residency(row["residency"]) if row["residency"] else None
        row["birth_date"] = date.fromisoformat(row["birth_date"]) if row["birth_date"] else None
        rows.append(RosterRow(**row))
    return tuple(rows)


_FIELDS = tuple(one.name for one in fields(RosterRow))
