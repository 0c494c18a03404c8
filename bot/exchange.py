"""Tables in and out on the command line: what each kind does, told as one summary."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sqlmodel import col, select

from bot.article_exchange import (
    article_file,
    district_coded,
    read_article_file,
    take_in_all,
)
from bot.house import House
from bot.roster_import import check_upload, keep_upload, run_import
from bot.training import correction_rows
from cases.case_sheet import (
    EXPORT_HEADERS as CASE_HEADERS,
)
from cases.case_sheet import (
    CaseEntry,
    case_rows,
    known_numbers,
    read_cases,
    take_in_case,
)
from cases.desk import TEXT_MAX
from cases.duty_sheet import HEADERS as DUTY_HEADERS
from cases.duty_sheet import check_duties, duty_rows, save_duties
from community.article_import import article_entries, check_articles
from community.people import local_day
from community.roster import DONE
from community.roster_export import HEADERS as ROSTER_HEADERS
from community.roster_export import export_page
from community.tables import DISTRICT, Area, AreaKind
from core.actor import SYSTEM
from core.errors import Busy, Refusal
from core.sealing import PAGE_ROWS, export_sealed, seal_key, seal_new
from core.sheets import Cell, read_sheet, write_sheet
from core.transaction import Transaction
from nlp.categories import CATEGORIES

Progress = Callable[[int, int], None]
PROBLEMS_SHOWN = 200
AT_ONCE = 32
EXPORT_PURPOSE = "命令行导出名册"
NOT_BUILT = ("calendar", "items", "rulebook")
NO_WAY_IN = ("seals", "corrections")


class NotBuilt(Refusal):
    code = "exchange_not_built"
    text = (
        "{kind} 还没有做好；现在可以用 roster（名册）、duties（权责清单）、cases（案件）、"
        "articles（知识库）。"
    )


class OnlyOut(Refusal):
    code = "exchange_only_out"
    text = "{kind} 只能导出，不能导入。"


class WhichCommunity(Refusal):
    code = "exchange_which_community"
    text = "请用 --community 写明是哪个社区。现有：{known}。"


@dataclass(slots=True)
class Summary:
    """What an import did or would do; `done` only when everything is in."""

    kind: str
    community: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)
    done: bool = False


def community_coded(tx: Transaction, code: str) -> tuple[int, str]:
    """The id and code of a community; without a code the only one there is."""
    query = select(Area.id, Area.code).where(col(Area.kind) == AreaKind.COMMUNITY)
    areas = {area_code: area_id for area_id, area_code in tx.exec(query.order_by(col(Area.code)))}
    wanted = code.strip().upper()
    if not wanted and len(areas) == 1:
        wanted = next(iter(areas))
    if wanted not in areas:
        raise WhichCommunity(known="、".join(areas) or "还没有社区")
    return areas[wanted], wanted


async def import_roster(
    house: House, code: str, *, file_name: str, content: bytes, dry_run: bool, progress: Progress
) -> Summary:
    """The register of a community, as the console imports it."""
    community_id, code = await house.db.read(SYSTEM, community_coded, code)
    roster, report = await check_upload(
        house, SYSTEM, community_id, file_name=file_name, content=content
    )
    summary = Summary(
        "roster",
        code,
        rows=roster.row_count,
        new=report.new_count,
        changed=report.changed_count,
        same=report.same_count,
        problems=[str(problem) for problem in report.problems[:PROBLEMS_SHOWN]],
        problem_count=report.problem_count,
    )
    if report.ignored:
        summary.notes.append(f"这些列不认识，没有用：{'、'.join(report.ignored)}")
    if report.new_buildings:
        summary.notes.append(f"会新建楼栋：{'、'.join(report.new_buildings)}")
    if dry_run or report.problem_count:
        return summary
    upload = await keep_upload(house, SYSTEM, community_id, file_name=file_name, content=content)
    upload = await run_import(house, SYSTEM, upload.id, progress=progress)
    summary.done = upload.state == DONE
    return summary


async def import_duties(
    house: House, code: str, *, file_name: str, content: bytes, dry_run: bool, progress: Progress
) -> Summary:
    """The duty list of a community, in one transaction."""
    community_id, code = await house.db.read(SYSTEM, community_coded, code)
    sheet = await asyncio.to_thread(read_sheet, content, file_name)
    check = await house.db.read(SYSTEM, check_duties, community_id, sheet, categories=CATEGORIES)
    summary = Summary(
        "duties",
        code,
        rows=len(sheet.rows),
        new=check.new_count,
        changed=check.changed_count,
        same=check.same_count,
        problems=[str(problem) for problem in check.problems[:PROBLEMS_SHOWN]],
        problem_count=len(check.problems),
    )
    if not dry_run and not check.problems:
        await house.db.run(SYSTEM, save_duties, community_id, check.entries)
        progress(len(check.entries), len(check.entries))
        summary.done = True
    return summary


async def import_cases(
    house: House, code: str, *, file_name: str, content: bytes, dry_run: bool, progress: Progress
) -> Summary:
    """Running matters of another system, each as a fresh case in a transaction of its own."""
    community_id, code = await house.db.read(SYSTEM, community_coded, code)
    sheet = await asyncio.to_thread(read_sheet, content, file_name, cell_max=TEXT_MAX)
    entries, problems = read_cases(sheet, categories=CATEGORIES)
    known = await house.db.read(SYSTEM, known_numbers, community_id)
    fresh = [entry for entry in entries if entry.number not in known]
    summary = Summary(
        "cases",
        code,
        rows=len(sheet.rows),
        new=len(fresh),
        same=len(entries) - len(fresh),
        problems=[str(problem) for problem in problems[:PROBLEMS_SHOWN]],
        problem_count=len(problems),
    )
    if dry_run or problems:
        return summary
    for start in range(0, len(fresh), AT_ONCE):
        part = fresh[start : start + AT_ONCE]
        await asyncio.gather(*(_take_in(house, community_id, entry) for entry in part))
        progress(start + len(part), len(fresh))
    summary.done = True
    return summary


async def import_articles(
    house: House, code: str, *, file_name: str, content: bytes, dry_run: bool, progress: Progress
) -> Summary:
    """Articles of the knowledge base, of a community or with the district's code of all."""
    community_id, code = await house.db.read(SYSTEM, knowledge_coded, code)
    today = local_day(house.db.clock())
    found = await asyncio.to_thread(read_article_file, content, file_name, today=today)
    check = await house.db.read(SYSTEM, check_articles, community_id, found.entries)
    summary = Summary(
        "articles",
        code,
        rows=found.row_count,
        new=check.new_count,
        changed=check.changed_count,
        same=check.same_count,
        problems=[str(problem) for problem in found.problems[:PROBLEMS_SHOWN]],
        problem_count=len(found.problems),
    )
    if not dry_run and not found.problems:
        await take_in_all(house, SYSTEM, community_id, found.entries, progress=progress)
        summary.done = True
    return summary


async def export_roster(house: House, code: str, file_name: str, progress: Progress) -> bytes:
    """The register of a community; everybody in it can see that it was taken out."""
    community_id, _ = await house.db.read(SYSTEM, community_coded, code)
    rows: list[tuple[Cell, ...]] = []
    after: int | None = 0
    while after is not None:
        page = await house.db.run(
            SYSTEM,
            export_page,
            house.vault,
            community_id,
            purpose=EXPORT_PURPOSE,
            after=after,
        )
        rows += page.rows
        after = page.after
        progress(len(rows), 0)
    return await asyncio.to_thread(write_sheet, file_name, ROSTER_HEADERS, rows, sheet="居民名册")


async def export_duties(house: House, code: str, file_name: str, progress: Progress) -> bytes:
    """The duty list of a community."""
    community_id, _ = await house.db.read(SYSTEM, community_coded, code)
    rows = await house.db.read(SYSTEM, duty_rows, community_id)
    progress(len(rows), len(rows))
    return write_sheet(file_name, DUTY_HEADERS, rows, sheet="权责清单")


async def export_cases(house: House, code: str, file_name: str, progress: Progress) -> bytes:
    """The cases of a community, telephone and identity numbers in them masked."""
    community_id, _ = await house.db.read(SYSTEM, community_coded, code)
    rows: list[tuple[Cell, ...]] = []
    after: int | None = 0
    while after is not None:
        page, after = await house.db.read(SYSTEM, case_rows, community_id, after=after)
        rows += page
        progress(len(rows), 0)
    return await asyncio.to_thread(write_sheet, file_name, CASE_HEADERS, rows, sheet="案件")


async def export_corrections(house: House, code: str, _file_name: str, progress: Progress) -> bytes:
    """What people put right of what the bot heard, masked, to learn from; all communities' when
    none is named.
    """
    wanted = None
    if code:
        wanted = frozenset({(await house.db.read(SYSTEM, community_coded, code))[0]})
    lines = await house.db.read(SYSTEM, correction_rows, wanted)
    progress(len(lines), len(lines))
    return b"".join(lines)


async def export_seals(
    house: House, code: str, _file_name: str, progress: Progress
) -> Callable[[BinaryIO], None]:
    """Writes the sealed history of an area, ids and codes only, for the stand-alone check.

    What is not sealed yet is sealed first.
    """
    area_id = await house.db.read(SYSTEM, _sealed_area, code)
    await seal_new(house.db, seal_key(house.signer))

    def write(stream: BinaryIO) -> None:
        house.db.read_now(SYSTEM, _write_sealed, area_id, progress, stream)

    return write


def _write_sealed(tx: Transaction, area_id: int, progress: Progress, stream: BinaryIO) -> None:
    number = 0
    for number, line in enumerate(export_sealed(tx, area_id), 1):
        stream.write(line)
        if number % PAGE_ROWS == 0:
            progress(number, 0)
    progress(number, 0)


def _sealed_area(tx: Transaction, code: str) -> int:
    """Districts and streets have a log, too; without a code it is the only community's."""
    query = select(Area.id).where(col(Area.code) == code.strip().upper())
    area_id = tx.exec(query).first()
    return community_coded(tx, code)[0] if area_id is None else area_id


async def export_articles(house: House, code: str, file_name: str, progress: Progress) -> bytes:
    """Every article of a community, or with the district's code those of all."""
    community_id, _ = await house.db.read(SYSTEM, knowledge_coded, code)
    entries = await house.db.read(SYSTEM, article_entries, community_id)
    progress(len(entries), len(entries))
    return await asyncio.to_thread(article_file, entries, file_name)


def knowledge_coded(tx: Transaction, code: str) -> tuple[int, str]:
    """The id and code of a community, or DISTRICT for the district's own code."""
    if district_coded(tx, code):
        return DISTRICT, code.strip().upper()
    return community_coded(tx, code)


async def _take_in(house: House, community_id: int, entry: CaseEntry) -> None:
    while True:
        try:
            await house.db.run(SYSTEM, take_in_case, house.vault, community_id, entry)
            return
        except Busy:
            # The house is full of people's messages: they go first.
            await asyncio.sleep(1)


def not_built(kind: str) -> Any:
    """The answer for a kind that the house does not have yet."""

    async def refuse(*_: Any, **__: Any) -> Any:
        raise NotBuilt(kind=kind)

    return refuse


def no_way_in(kind: str) -> Any:
    """The answer for a kind that is only ever taken out."""

    async def refuse(*_: Any, **__: Any) -> Any:
        raise OnlyOut(kind=kind)

    return refuse


IMPORTS: dict[str, Callable[..., Any]] = {
    "roster": import_roster,
    "duties": import_duties,
    "cases": import_cases,
    "articles": import_articles,
    **{kind: no_way_in(kind) for kind in NO_WAY_IN},
    **{kind: not_built(kind) for kind in NOT_BUILT},
}
EXPORTS: dict[str, Callable[..., Any]] = {
    "roster": export_roster,
    "duties": export_duties,
    "cases": export_cases,
    "articles": export_articles,
    "seals": export_seals,
    "corrections": export_corrections,
    **{kind: not_built(kind) for kind in NOT_BUILT},
}
