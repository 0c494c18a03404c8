import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.duty import (
    DAY_MINUTES,
    ShiftLine,
    ShiftOverlaps,
    WrongShift,
    add_shift,
    clock_time,
    gaps,
    remove_shift,
    visible_shifts,
)
from core.errors import NotAllowed, NotFound


def test_roster_lists_who_is_paged_when(act, cast):
    act(
        "wu",
        add_shift,
        community_id=cast.xfl,
        resident_id=cast.wu,
        weekday=0,
        from_minute=480,
        until_minute=1200,
    )

    lines = act("ding", visible_shifts, cast.xfl)

    assert [(line.name, line.words) for line in lines if line.weekday == 0] == [
        ("丁网格", "周一 00:00–24:00"),
        ("吴书记", "周一 08:00–20:00"),
    ]
    assert act("lan", visible_shifts, cast.xfl) == []
    assert act("hua", visible_shifts, cast.xfl) == []


def test_roster_is_changed_by_who_may(act, cast, events):
    shift = act("wu", visible_shifts, cast.xfl)[6]
    for who, refusal in (("ding", NotAllowed), ("lan", NotFound), ("hua", NotFound)):
        with pytest.raises(refusal):
            act(who, remove_shift, shift.id)
    for who, refusal in (("ding", NotAllowed), ("lan", NotAllowed), ("hua", NotFound)):
        with pytest.raises(refusal):
            act(who, add_shift, community_id=cast.xfl, resident_id=cast.wu, weekday=0)

    act("wu", remove_shift, shift.id)

    assert events("duty_shift.change") == [
        (
            cast.ding,
            {"what": "removed", "weekday": 6, "from_minute": 0, "until_minute": DAY_MINUTES},
        )
    ]
    assert [
        (gap.weekday, gap.from_minute) for gap in gaps(act("wu", visible_shifts, cast.xfl))
    ] == [(6, 0)]


@pytest.mark.parametrize(
    ("weekday", "start", "end"), [(7, 0, 60), (-1, 0, 60), (0, 60, 60), (0, -1, 60), (0, 0, 1441)]
)
def test_impossible_hours_are_refused(act, cast, weekday, start, end):
    with pytest.raises(WrongShift):
        act(
            "wu",
            add_shift,
            community_id=cast.xfl,
            resident_id=cast.wu,
            weekday=weekday,
            from_minute=start,
            until_minute=end,
        )


def test_nobody_is_on_twice_at_a_time_or_from_elsewhere(act, cast):
    with pytest.raises(ShiftOverlaps):
        act("wu", add_shift, community_id=cast.xfl, resident_id=cast.ding, weekday=3)
    with pytest.raises(NotFound):
        act("wu", add_shift, community_id=cast.xfl, resident_id=cast.chen, weekday=3)


SPANS = st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440))


@pytest.mark.slow
@given(st.lists(SPANS.filter(lambda span: span[1] < span[2]), max_size=12))
def test_gaps_and_shifts_fill_the_week_together(spans):
    shifts = [ShiftLine(n, n, "", *span) for n, span in enumerate(spans)]
    on_duty = {
        (line.weekday, minute)
        for line in shifts
        for minute in range(line.from_minute, line.until_minute)
    }
    free = [
        (gap.weekday, minute)
        for gap in gaps(shifts)
        for minute in range(gap.from_minute, gap.until_minute)
    ]

    assert len(free) == len(set(free))
    assert on_duty.isdisjoint(free)
    assert len(on_duty) + len(free) == 7 * DAY_MINUTES


def test_clock_time_reads_like_a_clock():
    assert [clock_time(minute) for minute in (0, 510, 1440)] == ["00:00", "08:30", "24:00"]
