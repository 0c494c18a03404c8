"""The duty list as a table that people fill in: read and checked, taken over, taken out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlmodel import col

from cases.duty_list import BASIS_MAX, MINUTES_MAX, NAME_MAX, DutyLine, save_duty, visible_duties
from cases.tables import Confirmation
from community.tables import DISTRICT, Agency
from core.errors import NotFound, Refusal
from core.sheets import Cell, Sheet, is_formula, text_of
from core.transaction import Transaction

HEADERS = (
    "类别",
    "细类",
    "承办单位",
    "签收时限（工作小时）",
    "办结时限（工作小时）",
    "谁确认",
    "公开",
    "依据",
)
REQUIRED = ("类别", "承办单位")
ROWS_MAX = 2_000
HOURS = {"签收时限（工作小时）": Decimal(8), "办结时限（工作小时）": Decimal(40)}
CONFIRMATIONS: Mapping[str, Confirmation] = {
    "": Confirmation.RESIDENT,
    "居民": Confirmation.RESIDENT,
    "居民和核查员": Confirmation.BOTH,
}
YES_NO: Mapping[str, bool] = {"": True, "是": True, "否": False}


class WrongDutyHeaders(Refusal):
    code = "duty_headers"
    text = "表头缺少：{missing}。表头是：{all}。"


@dataclass(frozen=True, slots=True)
class DutyProblem:
    """One thing that is wrong with a row, in words."""

    row: int
    column: str
    wrong: str

    def __str__(self) -> str:
        return f"第 {self.row} 行「{self.column}」：{self.wrong}"


@dataclass(frozen=True, slots=True)
class DutyEntry:
    """One row that can be taken over; times in working minutes. The matter is the natural key."""

    category: str
    category2: str
    agency_id: int
    sign_minutes: int
    handle_minutes: int
    confirmation: Confirmation
    is_public: bool
    basis: str


@dataclass(frozen=True, slots=True)
class DutyCheck:
    """What a table would do to the duty list."""

    entries: tuple[DutyEntry, ...]
    problems: tuple[DutyProblem, ...]
    new_count: int
    changed_count: int
    same_count: int


def check_duties(
    tx: Transaction, community_id: int, sheet: Sheet, *, categories: Collection[str]
) -> DutyCheck:
    """The dry run of a table: which rows are new, changed, the same or wrong. Changes nothing."""
    if not tx.actor.can("duties.edit", community_id):
        raise NotFound
    missing = [name for name in REQUIRED if name not in sheet.headers]
    if missing:
        raise WrongDutyHeaders(missing="、".join(missing), all="、".join(HEADERS))
    agencies = _agencies(tx, community_id)
    entries: dict[tuple[str, str], DutyEntry] = {}
    problems: list[DutyProblem] = []
    for row, cells in sheet.rows[:ROWS_MAX]:
        named = dict(zip(sheet.headers, cells, strict=True))
        entry = _entry(row, named, agencies, categories, problems)
        if entry is None:
            continue
        matter = (entry.category, entry.category2)
        if matter in entries:
            problems.append(DutyProblem(row, "类别", "这一类和细类前面已经写过了，请删掉一行"))
        entries[matter] = entry
    if len(sheet.rows) > ROWS_MAX:
        problems.append(DutyProblem(ROWS_MAX + 2, "类别", f"超过 {ROWS_MAX} 行"))
    known = {(line.category, line.category2): _as_entry(line) for line in _lines(tx, community_id)}
    return DutyCheck(
        entries=tuple(entries.values()),
        problems=tuple(problems),
        new_count=sum(matter not in known for matter in entries),
        changed_count=sum(
            matter in known and known[matter] != entry for matter, entry in entries.items()
        ),
        same_count=sum(known.get(matter) == entry for matter, entry in entries.items()),
    )


def save_duties(tx: Transaction, community_id: int, entries: Iterable[DutyEntry]) -> int:
    """Take the rows over that change something; returns how many. Rows not named stay."""
    known = {(line.category, line.category2): _as_entry(line) for line in _lines(tx, community_id)}
    count = 0
    for entry in entries:
        if known.get((entry.category, entry.category2)) == entry:
            continue
        save_duty(
            tx,
            community_id=community_id,
            category=entry.category,
            category2=entry.category2,
            agency_id=entry.agency_id,
            sign_minutes=entry.sign_minutes,
            handle_minutes=entry.handle_minutes,
            confirmation=entry.confirmation,
            is_public=entry.is_public,
            basis=entry.basis,
        )
        count += 1
    return count


def duty_rows(tx: Transaction, community_id: int) -> list[tuple[Cell, ...]]:
    """The duty list in the columns of HEADERS, so that it goes in again unchanged."""
    confirmations = {value: words for words, value in CONFIRMATIONS.items() if words}
    return [
        (
            line.category,
            line.category2,
            line.agency,
            _hours(line.sign_minutes),
            _hours(line.handle_minutes),
            confirmations[line.confirmation],
            "是" if line.is_public else "否",
            line.basis,
        )
        for line in _lines(tx, community_id)
    ]


def _lines(tx: Transaction, community_id: int) -> Iterable[DutyLine]:
    return visible_duties(tx, community_id)


def _agencies(tx: Transaction, community_id: int) -> dict[str, int]:
    """Agencies by name; a community's own comes before the district's of the same name."""
    query = (
        select(col(Agency.name), col(Agency.id))
        .where(col(Agency.community_id).in_((DISTRICT, community_id)))
        .order_by(col(Agency.community_id) == community_id)
    )
    return {row.name: row.id for row in tx.look(query)}


def _entry(
    row: int,
    cells: Mapping[str, Cell],
    agencies: Mapping[str, int],
    categories: Collection[str],
    problems: list[DutyProblem],
) -> DutyEntry | None:
    before = len(problems)

    def wrong(column: str, words: str) -> None:
        problems.append(DutyProblem(row, column, words))

    for column, cell in cells.items():
        if is_formula(cell):
            wrong(column, "是公式，请只贴数值")
    words = {column: text_of(cell) for column, cell in cells.items()}
    category, agency = words.get("类别", ""), words.get("承办单位", "")
    if category not in categories:
        wrong("类别", f"不在类别表里，可以写：{'、'.join(categories)}")
    if agency not in agencies:
        wrong("承办单位", "还没有这个单位，请先建好")
    minutes = {}
    for column, usual in HOURS.items():
        minutes[column] = _minutes(words.get(column, ""), usual)
        if minutes[column] is None:
            wrong(column, "要写大于 0 的小时数，最多 120 天")
    confirmation = CONFIRMATIONS.get(words.get("谁确认", ""))
    if confirmation is None:
        wrong("谁确认", "写“居民”或“居民和核查员”")
    is_public = YES_NO.get(words.get("公开", ""))
    if is_public is None:
        wrong("公开", "写“是”或“否”")
    if len(words.get("细类", "")) > NAME_MAX:
        wrong("细类", f"最多 {NAME_MAX} 个字")
    if len(words.get("依据", "")) > BASIS_MAX:
        wrong("依据", f"最多 {BASIS_MAX} 个字")
    sign, handle = minutes.values()
    if len(problems) > before:
        return None
    assert sign is not None
    assert handle is not None
    assert confirmation is not None
    assert is_public is not None
    return DutyEntry(
        category=category,
        category2=words.get("细类", ""),
        agency_id=agencies[agency],
        sign_minutes=sign,
        handle_minutes=handle,
        confirmation=confirmation,
        is_public=is_public,
        basis=words.get("依据", ""),
    )


def _minutes(words: str, usual: Decimal) -> int | None:
    try:
        minutes = (Decimal(words) if words else usual) * 60
    except InvalidOperation:
        return None
    if not minutes.is_finite() or not 0 < minutes <= MINUTES_MAX:
        return None
    return int(minutes) if minutes == int(minutes) else None


def _hours(minutes: int) -> Cell:
    return minutes // 60 if minutes % 60 == 0 else str((Decimal(minutes) / 60).normalize())


def _as_entry(line: DutyLine) -> DutyEntry:
    return DutyEntry(
        category=line.category,
        category2=line.category2,
        agency_id=line.agency_id,
        sign_minutes=line.sign_minutes,
        handle_minutes=line.handle_minutes,
        confirmation=line.confirmation,
        is_public=line.is_public,
        basis=line.basis,
    )
