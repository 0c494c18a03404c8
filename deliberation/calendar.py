"""Days that law counts: working days, publication and notice periods, deadlines. Refuses to guess.

All days are calendar days in Asia/Shanghai; a day ends at 24:00 there.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import Refusal
from core.holidays import Holidays, shipped_holidays

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
SATURDAY = 5
WINDOW_DAYS_MIN = 7
EVENING = (time(20), time(22))


class CalendarUnknown(Refusal):
    code = "calendar_unknown"
    text = "{day}前后的放假和调休安排还没有录入，不能推算；请先在节假日表里补上，再计算期限。"


class PeriodNotPositive(Refusal):
    code = "period_not_positive"
    text = "期限要至少一天，不能是 {days} 天。"


class MomentWithoutZone(Refusal):
    code = "moment_without_zone"
    text = "时间没有写时区，不能判断是哪一天。"


# Asking ----------------------------------------------------------------------------------------


def is_working_day(day: date, holidays: Holidays | None = None) -> bool:
    """True on days people work: weekdays not off, and weekend days worked instead.

    Raises CalendarUnknown beyond the announced years, also for a plain Tuesday: it might be off.
    """
    table = shipped_holidays() if holidays is None else holidays
    if not table.knows(day):
        raise CalendarUnknown(day=day)
    return table.is_workday(day)


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
