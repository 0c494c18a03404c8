from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.clocks import after_working, due_at, sign_by
from core.holidays import shipped_holidays

LOCAL = ZoneInfo("Asia/Shanghai")
WORKED = shipped_holidays().is_workday


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23 10:00", 60, "2026-11-23 11:00"),
        ("2026-11-23 17:30", 60, "2026-11-24 09:30"),
        ("2026-11-23 20:00", 60, "2026-11-24 10:00"),
        ("2026-11-27 17:00", 120, "2026-11-30 10:00"),  # over a weekend
        ("2026-09-30 17:00", 120, "2026-10-08 10:00"),  # over the National Day holiday
        ("2026-10-09 17:00", 120, "2026-10-10 10:00"),  # a Saturday worked in exchange
        ("2026-11-23 09:00", 540, "2026-11-23 18:00"),
    ],
)
def test_working_time_knows_holidays_and_days_worked_in_exchange(start, minutes, end):
    assert after_working(at(start), minutes, WORKED) == at(end).astimezone(UTC)


def test_danger_does_not_wait_for_office_hours():
    night = at("2026-10-01 03:00")

    assert sign_by(night, "emergency", 480, WORKED) == night + timedelta(minutes=15)
    assert due_at(night, "emergency", 2400, WORKED) == night + timedelta(hours=2)


def test_today_is_at_most_a_working_day():
    assert due_at(at("2026-11-23 10:00"), "today", 2400, WORKED) == at("2026-11-23 18:00")


@given(st.integers(0, 5_000), st.integers(0, 600), st.integers(1, 3_000))
def test_more_work_never_ends_earlier(offset, more, minutes):
    start = at("2026-01-01 00:00") + timedelta(minutes=offset * 37)

    first = after_working(start, minutes, WORKED)
    assert first >= start.astimezone(UTC)
    assert after_working(start, minutes + more, WORKED) >= first


def test_unknown_year_is_known_to_be_unknown():
    assert shipped_holidays().knows(date(2026, 5, 1))
    assert not shipped_holidays().knows(date(2031, 5, 1))
