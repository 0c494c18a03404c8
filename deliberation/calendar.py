"""Days that law counts: working days, publication and notice periods, deadlines. Refuses to guess.

All days are calendar days in Asia/Shanghai; a day ends at 24:00 there.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Refusal

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLIDAY_FILE = Path(__file__).with_name("holidays.toml")

DAY = timedelta(days=1)
SATURDAY = 5
WINDOW_DAYS_MIN = 7
EVENING = (time(20), time(22))


class CalendarUnknown(Refusal):
    code = "calendar_unknown"
    text = "{day}前后的放假和调休安排还没有录入，不能推算；请先在节假日表里补上，再计算期限。"


class HolidaysDamaged(Refusal):
    code = "holidays_damaged"
    text = "节假日表“{name}”写得不对：{problem}。"


class PeriodNotPositive(Refusal):
    code = "period_not_positive"
    text = "期限要至少一天，不能是 {days} 天。"


class MomentWithoutZone(Refusal):
    code = "moment_without_zone"
    text = "时间没有写时区，不能判断是哪一天。"


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


# Reading ---------------------------------------------------------------------------------------


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


# Asking ----------------------------------------------------------------------------------------


def is_working_day(day: date, holidays: Holidays | None = None) -> bool:
    """True on days people work: weekdays not off, and weekend days worked instead.

    Raises CalendarUnknown beyond the announced years, also for a plain Tuesday: it might be off.
    """
    table = shipped_holidays() if holidays is None else holidays
    if not table.knows(day):
        raise CalendarUnknown(day=day)
    return day in table.worked or (day.weekday() < SATURDAY and day not in table.off)


def working_day_from(day: date, holidays: Holidays | None = None) -> date:
    """The day itself if people work on it, else the next day they do (民法典 203)."""
    while not is_working_day(day, holidays):
        day += DAY
    return day


@dataclass(frozen=True)
class PeriodEnd:
    """A period that began with `posted`: its last day by count, and the day it really closes."""

    posted: date
    days: int
    nominal_last: date
    last: date

    @property
    def ends_at(self) -> datetime:
        """The instant it is over: 24:00 of the last day in Asia/Shanghai, an aware datetime."""
        return datetime.combine(self.last + DAY, time(0), SHANGHAI)


def publication_end(posted: date, *, days: int, holidays: Holidays | None = None) -> PeriodEnd:
    """When a publication of `days` days is over.

    The day of posting is not counted (民法典 201); a last day off moves to the next working day
    (203). Raises CalendarUnknown where the table does not reach.
    """
    if days < 1:
        raise PeriodNotPositive(days=days)
    nominal = posted + DAY * days
    return PeriodEnd(posted, days, nominal, working_day_from(nominal, holidays))


def earliest_meeting(noticed: date, *, days: int) -> date:
    """The first day a meeting may be held after a notice of `days` clear days.

    Neither the day of the notice nor the day of the meeting is counted among them: the careful
    reading of 提前十日通知. Days off count, for people can read a notice on a Sunday.
    """
    if days < 1:
        raise PeriodNotPositive(days=days)
    return noticed + DAY * (days + 1)


def day_in_shanghai(moment: datetime) -> date:
    """The calendar day of an aware moment in Asia/Shanghai."""
    if moment.tzinfo is None:
        raise MomentWithoutZone()
    return moment.astimezone(SHANGHAI).date()


def window_faults(
    opens: datetime, closes: datetime, holidays: Holidays | None = None
) -> tuple[str, ...]:
    """What makes a voting window hard for people away from home, in plain words; () if nothing.

    A window wants seven days, a weekend, an evening from 20:00 to 22:00, and a last day that is
    no eve of a holiday. Both moments are aware.
    """
    table = shipped_holidays() if holidays is None else holidays
    first, last = day_in_shanghai(opens), day_in_shanghai(closes)
    days = [first + DAY * count for count in range((last - first).days + 1)]
    evenings = [
        day
        for day in days
        if opens <= datetime.combine(day, EVENING[0], SHANGHAI)
        and datetime.combine(day, EVENING[1], SHANGHAI) <= closes
    ]
    faults = []
    if closes - opens < DAY * WINDOW_DAYS_MIN:
        faults.append(f"投票时间不到 {WINDOW_DAYS_MIN} 天")
    if not any(day.weekday() >= SATURDAY and not is_working_day(day, table) for day in days):
        faults.append("投票时间里没有周末")
    if not evenings:
        faults.append("投票时间里没有一个完整的晚上八点到十点")
    if not table.knows(last + DAY):
        raise CalendarUnknown(day=last + DAY)
    if is_working_day(last, table) and last + DAY in table.off:
        faults.append("截止日是放假前一天，路上的人容易错过")
    return tuple(faults)
