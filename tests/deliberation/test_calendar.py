"""Days that law counts, against the announcements and the examples of the design."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.holidays import HolidaysDamaged, read_holidays, shipped_holidays
from deliberation.calendar import (
    SHANGHAI,
    CalendarUnknown,
    MomentWithoutZone,
    PeriodNotPositive,
    day_in_shanghai,
    earliest_meeting,
    is_working_day,
    publication_end,
    window_faults,
    working_day_from,
)


@pytest.mark.parametrize(
    ("posted", "days", "nominal", "last"),
    [
        ("2026-03-02", 15, "2026-03-17", "2026-03-17"),
        ("2026-04-17", 15, "2026-05-02", "2026-05-06"),
        ("2026-09-18", 15, "2026-10-03", "2026-10-08"),
        ("2026-03-02", 30, "2026-04-01", "2026-04-01"),
        # The last day a Sunday: Monday.
        ("2026-02-28", 15, "2026-03-15", "2026-03-16"),
        # The last day a Saturday that is worked: no later.
        ("2026-04-24", 15, "2026-05-09", "2026-05-09"),
        ("2026-02-01", 15, "2026-02-16", "2026-02-24"),
    ],
)
def test_publication_ends_on_a_working_day(posted, days, nominal, last):
    end = publication_end(date.fromisoformat(posted), days=days)

    assert (end.nominal_last.isoformat(), end.last.isoformat()) == (nominal, last)
    assert (end.posted.isoformat(), end.days) == (posted, days)
    assert end.ends_at == datetime.combine(
        date.fromisoformat(last) + timedelta(days=1), datetime.min.time(), SHANGHAI
    )


def test_publication_is_over_at_midnight_in_shanghai():
    end = publication_end(date(2026, 3, 2), days=15)

    assert end.ends_at.astimezone(UTC) == datetime(2026, 3, 17, 16, tzinfo=UTC)


@pytest.mark.parametrize("posted", ["2026-12-14", "2026-12-25", "2023-12-10", "2031-05-05"])
def test_publication_refuses_to_guess_beyond_the_announcements(posted):
    with pytest.raises(CalendarUnknown) as refusal:
        publication_end(date.fromisoformat(posted), days=15)

    nominal = date.fromisoformat(posted) + timedelta(days=15)
    assert str(refusal.value).startswith(f"{nominal}前后的放假和调休安排还没有录入")


def test_publication_refuses_when_the_days_off_run_out_of_the_table():
    short = read_holidays(
        '[[year]]\nfrom = 2026-05-01\nuntil = 2026-05-05\noff = ["2026-05-01/2026-05-05"]',
        name="x",
    )

    with pytest.raises(CalendarUnknown, match="2026-05-06"):
        publication_end(date(2026, 4, 17), days=15, holidays=short)


@pytest.mark.parametrize("days", [0, -1])
def test_periods_are_at_least_a_day(days):
    with pytest.raises(PeriodNotPositive, match=f"不能是 {days} 天"):
        publication_end(date(2026, 3, 2), days=days)
    with pytest.raises(PeriodNotPositive, match=f"不能是 {days} 天"):
        earliest_meeting(date(2026, 3, 2), days=days)
    assert publication_end(date(2026, 3, 2), days=1).last == date(2026, 3, 3)
    assert earliest_meeting(date(2026, 3, 2), days=1) == date(2026, 3, 4)


def test_meeting_is_held_after_ten_clear_days():
    assert earliest_meeting(date(2026, 3, 2), days=10) == date(2026, 3, 13)


def test_working_days_follow_the_announcement_of_2026():
    def working(text):
        return is_working_day(date.fromisoformat(text))

    off = ["2026-01-01", "2026-02-23", "2026-04-06", "2026-06-19", "2026-09-25", "2026-10-07"]
    on = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert [working(day) for day in off] == [False] * 6
    assert [working(day) for day in on] == [True] * 6
    assert working("2026-10-08")
    assert not working("2026-03-07")
    assert not working("2026-03-08")


def test_shipped_table_covers_three_years_without_a_hole():
    table = shipped_holidays()

    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(3 * 365 + 1 - 3)]
    assert (days[0], days[-1]) == (date(2024, 1, 1), date(2026, 12, 28))
    assert all(table.knows(day) for day in days)
    assert not table.knows(date(2023, 12, 31))
    assert not table.knows(date(2026, 12, 29))
    # Each swap of the announcements gives back a weekend day for a weekday off.
    assert (len(table.off), len(table.worked)) == (28 + 28 + 33, 8 + 5 + 6)


@given(st.dates(date(2024, 1, 1), date(2026, 12, 1)))
def test_working_day_from_is_the_next_one(day):
    found = working_day_from(day)

    assert is_working_day(found)
    gap = [day + timedelta(days=n) for n in range((found - day).days)]
    assert not any(is_working_day(between) for between in gap)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[year]", "不是合格的 TOML"),
        ("[[year]]\nfrom = 2026-01-01", "得不对：每年要写 from 和 until 两个日期。"),
        (
            '[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\non = ["May"]',
            "看不懂日期 May",
        ),
        ("[[year]]\nfrom = 2026-01-01T00:00:00\nuntil = 2026-12-28", "from 和 until"),
        (
            '[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\noff = ["2027-01-01"]',
            "2027-01-01 不在 2026-01-01 到 2026-12-28 之间",
        ),
        (
            '[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\noff = ["2026-02-30"]',
            "看不懂日期 2026-02-30",
        ),
        (
            '[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\noff = ["2026-05-05/2026-05-01"]',
            "首尾颠倒",
        ),
        (
            "[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\n"
            'off = ["2026-05-09"]\non = ["2026-05-09"]',
            "2026-05-09 又放假又上班",
        ),
        (
            '[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\non = ["2026-05-08"]',
            "2026-05-08 本来就上班",
        ),
        (
            "[[year]]\nfrom = 2026-01-01\nuntil = 2026-12-28\n"
            "[[year]]\nfrom = 2026-12-28\nuntil = 2027-12-28",
            "2026-12-28 在两份通知里都有",
        ),
    ],
)
def test_read_holidays_names_what_is_wrong(text, problem):
    with pytest.raises(HolidaysDamaged) as refusal:
        read_holidays(text, name="holidays.toml")

    assert str(refusal.value).startswith("节假日表“holidays.toml”写得不对：")
    assert problem in str(refusal.value)


def test_an_empty_table_knows_nothing():
    with pytest.raises(CalendarUnknown):
        is_working_day(date(2026, 3, 3), read_holidays("", name="x"))


def test_day_in_shanghai_needs_a_zone():
    assert day_in_shanghai(datetime(2026, 3, 1, 16, tzinfo=UTC)) == date(2026, 3, 2)
    with pytest.raises(MomentWithoutZone):
        day_in_shanghai(datetime(2026, 3, 1, 16))  # noqa: DTZ001  the fault under test


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


SHORT, NO_WEEKEND = "投票时间不到 7 天", "投票时间里没有周末"
NO_EVENING = "投票时间里没有一个完整的晚上八点到十点"
HOLIDAY_EVE = "截止日是放假前一天，路上的人容易错过"


@pytest.mark.parametrize(
    ("opens", "closes", "faults"),
    [
        ("2026-03-02T09:00", "2026-03-10T22:00", ()),
        # Seven days to the minute, and one minute less.
        ("2026-03-02T09:00", "2026-03-09T09:00", ()),
        ("2026-03-02T09:00", "2026-03-09T08:59", (SHORT,)),
        # A Saturday alone, a Sunday alone, neither.
        ("2026-03-02T09:00", "2026-03-07T23:00", (SHORT,)),
        ("2026-03-08T09:00", "2026-03-09T23:00", (SHORT,)),
        ("2026-03-02T09:00", "2026-03-05T23:00", (SHORT, NO_WEEKEND)),
        # A weekend day that is worked is none: 9 May 2026 is worked, 10 May is not.
        ("2026-05-06T09:00", "2026-05-09T23:00", (SHORT, NO_WEEKEND)),
        ("2026-05-06T09:00", "2026-05-10T23:00", (SHORT,)),
        # One evening to the minute, and one minute less on either side.
        ("2026-03-07T20:00", "2026-03-07T22:00", (SHORT,)),
        ("2026-03-07T20:01", "2026-03-07T22:00", (SHORT, NO_EVENING)),
        ("2026-03-07T20:00", "2026-03-07T21:59", (SHORT, NO_EVENING)),
        ("2026-03-07T20:01", "2026-03-08T21:59", (SHORT, NO_EVENING)),
        # The eve of a holiday; a Friday and the holiday itself are none.
        ("2026-04-20T09:00", "2026-04-30T12:00", (HOLIDAY_EVE,)),
        ("2026-04-20T09:00", "2026-05-01T12:00", ()),
        ("2026-03-02T09:00", "2026-03-13T12:00", ()),
    ],
)
def test_window_faults_speak_of_what_keeps_people_away(opens, closes, faults):
    assert window_faults(at(opens), at(closes)) == faults


def test_window_faults_follow_the_table_they_are_given():
    table = read_holidays(
        "[[year]]\nfrom = 2027-03-01\nuntil = 2027-03-31\n"
        'off = ["2027-03-12"]\non = ["2027-03-06", "2027-03-07"]',
        name="x",
    )

    assert window_faults(at("2027-03-02T09:00"), at("2027-03-11T22:00"), table) == (
        NO_WEEKEND,
        HOLIDAY_EVE,
    )
    assert window_faults(at("2027-03-02T09:00"), at("2027-03-12T22:00"), table) == (NO_WEEKEND,)
    with pytest.raises(CalendarUnknown, match="2027-04-01"):
        window_faults(at("2027-03-12T09:00"), at("2027-03-31T22:00"), table)
    with pytest.raises(CalendarUnknown, match="2027-02-27"):
        window_faults(at("2027-02-27T09:00"), at("2027-03-10T22:00"), table)
