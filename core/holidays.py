"""Which days are worked in China: public holidays, and weekend days worked in exchange (调休).

The table holidays.toml is editable; each year's notice of the General Office of the State Council
adds a section. It says for which days it speaks, so that nobody need guess.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.errors import Refusal

HOLIDAY_FILE = Path(__file__).with_name("holidays.toml")

DAY = timedelta(days=1)
SATURDAY = 5


class HolidaysDamaged(Refusal):
    code = "holidays_damaged"
    text = "节假日表“{name}”写得不对：{problem}。"


@dataclass(frozen=True)
class Span:
    """Days for which the table speaks, first and last included."""

    first: date
    last: date


@dataclass(frozen=True)
class Holidays:
    """What the announcements say: days off, weekend days worked, and the spans they cover."""

    spans: tuple[Span, ...]
    off: frozenset[date]
    worked: frozenset[date]

    def knows(self, day: date) -> bool:
        """True if an announcement covers the day."""
        return any(span.first <= day <= span.last for span in self.spans)

    def is_workday(self, day: date) -> bool:
        """True on days people work; where no announcement speaks, weekends are the best guess."""
        return day in self.worked or (day.weekday() < SATURDAY and day not in self.off)


@cache
def shipped_holidays() -> Holidays:
    """The table that comes with the program."""
    return read_holidays(HOLIDAY_FILE.read_text("utf-8"), name=HOLIDAY_FILE.name)


def read_holidays(text: str, *, name: str) -> Holidays:
    """The table in a TOML text; refused if a line contradicts another or its own span."""
    try:
        years = tomllib.loads(text).get("year", [])
        parts = [_read_year(year, name) for year in years]
    except tomllib.TOMLDecodeError as trouble:
        raise HolidaysDamaged(name=name, problem=f"不是合格的 TOML（{trouble}）") from trouble
    parts.sort(key=lambda part: part.spans[0].first)
    for earlier, later in pairwise(parts):
        if later.spans[0].first <= earlier.spans[0].last:
            raise HolidaysDamaged(name=name, problem=f"{later.spans[0].first} 在两份通知里都有")
    return Holidays(
        spans=tuple(part.spans[0] for part in parts),
        off=frozenset().union(*(part.off for part in parts)),
        worked=frozenset().union(*(part.worked for part in parts)),
    )


def _read_year(year: Mapping[str, Any], name: str) -> Holidays:
    span = Span(*(_read_day(year.get(key), name) for key in ("from", "until")))
    off = frozenset(day for text in year.get("off", ()) for day in _days(text, name))
    worked = frozenset(day for text in year.get("on", ()) for day in _days(text, name))
    for day in sorted(off | worked):
        if not span.first <= day <= span.last:
            raise HolidaysDamaged(name=name, problem=f"{day} 不在 {span.first} 到 {span.last} 之间")
    for day in sorted(off & worked):
        raise HolidaysDamaged(name=name, problem=f"{day} 又放假又上班")
    for day in sorted(worked):
        if day.weekday() < SATURDAY:
            raise HolidaysDamaged(name=name, problem=f"{day} 本来就上班，不是调休")
    return Holidays((span,), off, worked)


def _read_day(value: object, name: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise HolidaysDamaged(name=name, problem="每年要写 from 和 until 两个日期")


def _days(text: object, name: str) -> list[date]:
    """`"2026-05-01/2026-05-05"` as its days."""
    first_text, _, last_text = str(text).partition("/")
    try:
        first = date.fromisoformat(first_text)
        last = date.fromisoformat(last_text) if last_text else first
    except ValueError as trouble:
        raise HolidaysDamaged(name=name, problem=f"看不懂日期 {text}") from trouble
    if last < first:
        raise HolidaysDamaged(name=name, problem=f"{text} 首尾颠倒")
    return [first + DAY * count for count in range((last - first).days + 1)]
