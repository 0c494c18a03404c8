"""Deadlines: working minutes, counted on the working days of the place. Pure."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

# China has kept one time all year since 1992; a fixed offset costs less to reckon with.
LOCAL = timezone(timedelta(hours=8))
OPENS = time(9, 0, tzinfo=LOCAL)
DAY = timedelta(hours=9)  # 9:00 to 18:00
NEXT = timedelta(days=1)
DAYS_MAX = 400
# Danger does not wait for office hours.
EMERGENCY_SIGN = timedelta(minutes=15)
EMERGENCY_HANDLE = timedelta(hours=2)
# Someone is stuck in daily life: today, or tomorrow morning when it is late.
TODAY_HANDLE_MINUTES = 480
TODAY_SIGN_MINUTES = 120
VERIFY_AFTER = timedelta(0)
SILENCE = timedelta(hours=72)
INFO_WAIT = timedelta(hours=72)
REOPEN_WINDOW = timedelta(days=30)
EVALUATE_WITHIN = timedelta(days=7)

IsWorkday = Callable[[date], bool]


def after_working(start: datetime, minutes: int, is_workday: IsWorkday) -> datetime:
    """The moment when so many working minutes have passed since `start`; aware, in UTC.

    Working time is 9:00-18:00 in China on days `is_workday` says yes to.
    """
    local = start.astimezone(LOCAL)
    left = timedelta(minutes=minutes)
    day = local.date()
    for _ in range(DAYS_MAX):
        if is_workday(day):
            opens = datetime.combine(day, OPENS)
            begin = max(opens, local)
            free = opens + DAY - begin
            if timedelta(0) < free and left <= free:
                return (begin + left).astimezone(UTC)
            left -= max(free, timedelta(0))
        day += NEXT
    raise ValueError(f"{minutes} working minutes do not fit into {DAYS_MAX} days")


def sign_by(now: datetime, urgency: str, minutes: int, is_workday: IsWorkday) -> datetime:
    """Until when the agency must sign."""
    if urgency == "emergency":
        return now + EMERGENCY_SIGN
    if urgency == "today":
        minutes = min(minutes, TODAY_SIGN_MINUTES)
    return after_working(now, minutes, is_workday)


def due_at(now: datetime, urgency: str, minutes: int, is_workday: IsWorkday) -> datetime:
    """The public deadline of a case registered now."""
    if urgency == "emergency":
        return now + EMERGENCY_HANDLE
    if urgency == "today":
        minutes = min(minutes, TODAY_HANDLE_MINUTES)
    return after_working(now, minutes, is_workday)
