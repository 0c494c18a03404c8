"""The duty roster: who is paged when there is danger, week by week."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.areas import sees_place
from community.events import DutyShiftChanged
from community.tables import DutyShift, Resident
from core.errors import NotFound, Refusal
from core.transaction import Transaction

DAY_MINUTES = 1_440
SHIFTS_MAX = 500
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


class WrongShift(Refusal):
    code = "duty_wrong_shift"
    text = "值班时间要写明星期几、从几点到几点，结束要晚于开始；跨夜请分成两条。"


class ShiftOverlaps(Refusal):
    code = "duty_shift_overlaps"
    text = "{name}在{day}这段时间已经排了班。"
    status = 409


class TooManyShifts(Refusal):
    code = "duty_too_many"
    text = "一个社区的值班表最多 {most} 条。"
    status = 409


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """One shift of the roster; minutes are counted from midnight in China."""

    id: int
    resident_id: int
    name: str
    weekday: int
    from_minute: int
    until_minute: int

    @property
    def words(self) -> str:
        """周一 08:00–20:00."""
        day = WEEKDAYS[self.weekday]
        return f"{day} {clock_time(self.from_minute)}–{clock_time(self.until_minute)}"


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of a week in which nobody would be paged."""

    weekday: int
    from_minute: int
    until_minute: int


def visible_shifts(tx: Transaction, community_id: int) -> list[ShiftLine]:
    """The roster of a community, Monday first; for who works there, and one's own shifts."""
    query = (
        core_select(
            col(DutyShift.id),
            col(DutyShift.resident_id),
            col(Resident.name),
            col(DutyShift.weekday),
            col(DutyShift.from_minute),
            col(DutyShift.until_minute),
        )
        .join(Resident, col(Resident.id) == col(DutyShift.resident_id))
        .where(col(DutyShift.community_id) == community_id)
        .order_by(
            col(DutyShift.weekday),
            col(DutyShift.from_minute),
            col(Resident.name),
            col(DutyShift.id),
        )
    )
    if not _sees_roster(tx, community_id):
        query = query.where(col(DutyShift.resident_id) == tx.actor.id)
    return [ShiftLine(*tuple(row)) for row in tx.look(query)]


def add_shift(
    tx: Transaction,
    *,
    community_id: int,
    resident_id: int,
    weekday: int,
    from_minute: int = 0,
    until_minute: int = DAY_MINUTES,
) -> DutyShift:
    """Put somebody on duty every week on a day between two minutes; needs `duties.edit`."""
    _check_edits(tx, community_id)
    if not 0 <= weekday <= 6 or not 0 <= from_minute < until_minute <= DAY_MINUTES:
        raise WrongShift
    person = tx.get(Resident, resident_id)
    if person is None or person.left_at is not None:
        raise NotFound
    if not tx.actor.can("people.see", person.community_id):
        raise NotFound
    others = visible_shifts(tx, community_id)
    if len(others) >= SHIFTS_MAX:
        raise TooManyShifts(most=SHIFTS_MAX)
    for line in others:
        is_same = (line.resident_id, line.weekday) == (resident_id, weekday)
        if is_same and line.from_minute < until_minute and from_minute < line.until_minute:
            raise ShiftOverlaps(name=line.name, day=WEEKDAYS[weekday])
    shift = DutyShift(
        community_id=community_id,
        resident_id=resident_id,
        weekday=weekday,
        from_minute=from_minute,
        until_minute=until_minute,
    )
    tx.add(shift)
    tx.flush()
    _changed(tx, shift, "added")
    return shift


def remove_shift(tx: Transaction, shift_id: int) -> None:
    """Take a shift off the roster; needs `duties.edit`."""
    shift = tx.get(DutyShift, shift_id)
    if shift is None or not _sees_roster(tx, shift.community_id):
        raise NotFound
    tx.require("duties.edit", shift.community_id)
    tx.delete(shift)
    tx.flush()
    _changed(tx, shift, "removed")


def end_shifts(tx: Transaction, resident_id: int) -> None:
    """Take somebody who leaves off every roster. The caller has checked the right."""
    query = select(DutyShift).where(col(DutyShift.resident_id) == resident_id)
    for shift in tx.exec(query.order_by(col(DutyShift.id))).all():
        tx.delete(shift)
        tx.flush()
        _changed(tx, shift, "removed")


def gaps(shifts: Sequence[ShiftLine]) -> list[Gap]:
    """When nobody is on duty, Monday first; empty when somebody always is."""
    found = []
    for weekday in range(7):
        covered_until = 0
        day = sorted(
            (line.from_minute, line.until_minute) for line in shifts if line.weekday == weekday
        )
        for start, end in day:
            if start > covered_until:
                found.append(Gap(weekday, covered_until, start))
            covered_until = max(covered_until, end)
        if covered_until < DAY_MINUTES:
            found.append(Gap(weekday, covered_until, DAY_MINUTES))
    return found


def clock_time(minute: int) -> str:
    """08:30 for the 510th minute of a day; 24:00 for its end."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _sees_roster(tx: Transaction, community_id: int) -> bool:
    actor = tx.actor
    return sees_place(actor, community_id) and (
        actor.can("today.see", community_id) or actor.can("duties.edit", community_id)
    )


def _check_edits(tx: Transaction, community_id: int) -> None:
    if not sees_place(tx.actor, community_id):
        raise NotFound
    tx.require("duties.edit", community_id)


def _changed(tx: Transaction, shift: DutyShift, what: str) -> None:
    tx.emit(
        DutyShiftChanged(
            community_id=shift.community_id,
            subject_id=shift.resident_id,
            what=what,
            weekday=shift.weekday,
            from_minute=shift.from_minute,
            until_minute=shift.until_minute,
        )
    )
