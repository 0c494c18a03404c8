"""Cases as a table: those of another system taken in as fresh reports, and ours taken out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import col, select

from cases.access import visible
from cases.desk import TEXT_MAX, Report, open_case
from cases.rules import PHASE_WORDS
from cases.tables import Case, Party, Source, Urgency
from community.people import DESK_CHANNEL, LOCAL, meet
from community.phones import canonical_phone
from community.privacy import mask_text
from community.tables import Agency, Identity, Resident
from core.errors import NotFound, Refusal
from core.sheets import Cell, Sheet, is_formula, text_of
from core.transaction import Transaction
from core.vault import Vault

IMPORT_HEADERS = ("来源编号", "什么事", "类别", "地点", "缓急", "电话")
REQUIRED = ("来源编号", "什么事", "类别")
NUMBER_MAX = 60
PLACE_MAX = 60
URGENCIES: Mapping[str, Urgency] = {
    "": Urgency.NORMAL,
    "一般": Urgency.NORMAL,
    "当天": Urgency.TODAY,
    "紧急": Urgency.EMERGENCY,
}
EXPORT_HEADERS = (
    "编号",
    "反映时间",
    "来源",
    "类别",
    "细类",
    "地点",
    "缓急",
    "进展",
    "承办单位",
    "期限",
    "结案时间",
    "几人反映",
    "评分",
    "什么事",
)
SOURCE_WORDS: Mapping[Source, str] = {
    Source.CHAT: "聊天",
    Source.WEB: "网页",
    Source.PHONE: "电话",
    Source.DESK: "窗口",
    Source.PROXY: "代报",
    Source.IMPORT: "导入",
}
URGENCY_WORDS: Mapping[Urgency, str] = {value: words for words, value in URGENCIES.items() if words}
PAGE_ROWS = 1_000


class WrongCaseHeaders(Refusal):
    code = "case_headers"
    text = "表头缺少：{missing}。表头是：{all}。"


@dataclass(frozen=True, slots=True)
class CaseProblem:
    """One thing that is wrong with a row, in words."""

    row: int
    column: str
    wrong: str

    def __str__(self) -> str:
        return f"第 {self.row} 行「{self.column}」：{self.wrong}"


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One matter to take in; `number` is its number where it comes from, the natural key."""

    number: str
    text: str
    category: str
    place: str | None
    urgency: Urgency
    phone: str | None


def read_cases(
    sheet: Sheet, *, categories: Collection[str]
) -> tuple[tuple[CaseEntry, ...], tuple[CaseProblem, ...]]:
    """The good rows of a table, and what is wrong with the others."""
    missing = [name for name in REQUIRED if name not in sheet.headers]
    if missing:
        raise WrongCaseHeaders(missing="、".join(missing), all="、".join(IMPORT_HEADERS))
    entries: dict[str, CaseEntry] = {}
    problems: list[CaseProblem] = []
    for row, cells in sheet.rows:
        entry, wrong = _entry(dict(zip(sheet.headers, cells, strict=True)), categories)
        problems += [CaseProblem(row, column, words) for column, words in wrong]
        if wrong:
            continue
        if entry.number in entries:
            problems.append(CaseProblem(row, "来源编号", "前面已经有这个编号了，请删掉一行"))
        entries[entry.number] = entry
    return tuple(entries.values()), tuple(problems)


def known_numbers(tx: Transaction, community_id: int) -> frozenset[str]:
    """The numbers of other systems whose matters have been taken in before."""
    prefix = _sender(community_id, "")
    query = core_select(col(Identity.sender)).where(
        col(Identity.channel) == DESK_CHANNEL,
        col(Identity.community_id) == community_id,
        col(Identity.sender).startswith(prefix, autoescape=True),
    )
    return frozenset(row.sender.removeprefix(prefix) for row in tx.look(query))


def take_in_case(tx: Transaction, vault: Vault, community_id: int, entry: CaseEntry) -> bool:
    """Open a case for a matter of another system; False when it has been taken in before.

    Who reported is known to the desk alone, or by a telephone number that is on the register.
    """
    if not tx.actor.can("case.desk", community_id):
        raise NotFound
    sender = _sender(community_id, entry.number)
    taken = select(Identity.id).where(
        col(Identity.channel) == DESK_CHANNEL, col(Identity.sender) == sender
    )
    if tx.exec(taken).first() is not None:
        return False
    known = meet(tx, channel=DESK_CHANNEL, sender=sender, community_id=community_id)
    open_case(
        tx,
        Report(
            community_id=community_id,
            identity_id=known.identity_id,
            resident_id=_resident(tx, vault, community_id, entry.phone),
            text=entry.text,
            category=entry.category,
            place=entry.place,
            urgency=entry.urgency,
            source=Source.IMPORT,
            taken_by=tx.actor.id,
        ),
    )
    return True


def case_rows(
    tx: Transaction, community_id: int, *, after: int = 0
) -> tuple[list[tuple[Cell, ...]], int | None]:
    """The next PAGE_ROWS cases the actor sees, oldest first, numbers of people masked; and the
    id after which the next begin (None: that was all).
    """
    parties = (
        core_select(func.count())
        .where(col(Party.case_id) == col(Case.id))
        .correlate(Case)
        .scalar_subquery()
    )
    stars = (
        core_select(func.avg(col(Party.rating)))
        .where(col(Party.case_id) == col(Case.id))
        .correlate(Case)
        .scalar_subquery()
    )
    query = (
        core_select(Case, col(Agency.name).label("agency"), parties.label("n"), stars.label("s"))
        .outerjoin(Agency, col(Agency.id) == col(Case.agency_id))
        .where(visible(tx.actor), col(Case.community_id) == community_id, col(Case.id) > after)
        .order_by(col(Case.id))
        .limit(PAGE_ROWS)
    )
    found = tx.execute(query).all()
    rows = [_row(case, agency, count, rating) for case, agency, count, rating in found]
    return rows, found[-1][0].id if len(found) == PAGE_ROWS else None


def _row(case: Case, agency: str | None, count: int, rating: object) -> tuple[Cell, ...]:
    return (
        case.number,
        _local(case.collected_at),
        SOURCE_WORDS[case.source],
        case.category,
        case.category2 or "",
        case.place or "",
        URGENCY_WORDS[case.urgency],
        PHASE_WORDS[case.phase],
        agency or "",
        _local(case.due_at),
        _local(case.closed_at),
        count,
        f"{float(str(rating)):.1f}" if rating is not None else "",
        mask_text(case.text),
    )


def _local(moment: object) -> str:
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else ""


def _sender(community_id: int, number: str) -> str:
    return f"import-{community_id}-{number}"


def _resident(tx: Transaction, vault: Vault, community_id: int, phone: str | None) -> int | None:
    """The one resident with this number; None when nobody or several have it."""
    if phone is None:
        return None
    query = select(Resident.id).where(
        col(Resident.community_id) == community_id,
        col(Resident.phone_hash) == vault.index(phone),
        col(Resident.left_at).is_(None),
    )
    found = tx.exec(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _entry(
    cells: Mapping[str, Cell], categories: Collection[str]
) -> tuple[CaseEntry, list[tuple[str, str]]]:
    wrong = [(column, "是公式，请只贴数值") for column, cell in cells.items() if is_formula(cell)]
    words = {column: text_of(cell) for column, cell in cells.items()}
    number, text = words.get("来源编号", ""), words.get("什么事", "")
    category, place = words.get("类别", ""), words.get("地点", "")
    urgency = URGENCIES.get(words.get("缓急", ""))
    phone = canonical_phone(words["电话"]) if words.get("电话") else None
    if not 1 <= len(number) <= NUMBER_MAX:
        wrong.append(("来源编号", f"要填，最多 {NUMBER_MAX} 个字符"))
    if not 1 <= len(text) <= TEXT_MAX:
        wrong.append(("什么事", f"要填，最多 {TEXT_MAX} 个字"))
    if category not in categories:
        wrong.append(("类别", f"不在类别表里，可以写：{'、'.join(categories)}"))
    if len(place) > PLACE_MAX:
        wrong.append(("地点", f"最多 {PLACE_MAX} 个字"))
    if urgency is None:
        wrong.append(("缓急", "写“一般”“当天”或“紧急”"))
    if words.get("电话") and phone is None:
        wrong.append(("电话", "不是完整的电话号码"))
    return CaseEntry(number, text, category, place or None, urgency or Urgency.NORMAL, phone), wrong
