"""`python -m bot import` and `export`: tables in and out."""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from bot.commands.opening import opened_house

if TYPE_CHECKING:
    from bot.exchange import Summary

PROGRESS_SECONDS = 2.0


class Kind(StrEnum):
    ROSTER = "roster"
    DUTIES = "duties"
    CASES = "cases"
    ARTICLES = "articles"
    CALENDAR = "calendar"
    ITEMS = "items"
    RULEBOOK = "rulebook"
    SEALS = "seals"
    CORRECTIONS = "corrections"


# What is not a table; the rest is .csv or .xlsx.
SUFFIXES = {
    Kind.SEALS: (".jsonl",),
    Kind.CORRECTIONS: (".jsonl",),
    Kind.ARTICLES: (".md", ".xlsx", ".csv"),
}


KindArgument = Annotated[
    Kind,
    typer.Argument(
        help="roster 名册，duties 权责清单，cases 案件，articles 知识库，"
        "seals 封存的事件记录，corrections 对机器人的纠正；其余以后才有"
    ),
]
CommunityOption = Annotated[str, typer.Option(help="社区代码，如 XFL；只有一个社区时可不写")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def import_file(
    kind: KindArgument,
    file: Annotated[
        Path, typer.Argument(help="CSV 或 XLSX 文件；知识库也可以是 Markdown", dir_okay=False)
    ],
    community: CommunityOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不导入")] = False,
    as_json: JsonOption = False,
) -> None:
    """把表格导入：先整份检查，有一处错就一行也不导入；同一份再导入不会重复。

    名册认人员编号（没有就认户号加姓名），权责清单认类别加细类，案件认来源编号，知识库认标题。
    """
    from bot.exchange import IMPORTS  # slow import

    content = _read(file)
    with opened_house() as house:
        summary = asyncio.run(
            IMPORTS[kind](
                house,
                community,
                file_name=file.name,
                content=content,
                dry_run=dry_run,
                progress=_progress(),
            )
        )
    if as_json:
        typer.echo(json.dumps(asdict(summary), ensure_ascii=False))
    else:
        _tell(summary, dry_run=dry_run)
    if summary.problem_count or not (summary.done or dry_run):
        raise typer.Exit(1)


def export_file(
    kind: KindArgument,
    file: Annotated[
        Path,
        typer.Argument(
            help="写到哪里，.csv 或 .xlsx（知识库也可以 .md，seals 是 .jsonl）", dir_okay=False
        ),
    ],
    community: CommunityOption = "",
    force: Annotated[bool, typer.Option("--force", help="文件已有也覆盖")] = False,
    as_json: JsonOption = False,
) -> None:
    """把表格导出，列和导入的一样。名册里有完整电话：只有本人能读的文件，用完请删。

    seals 是封存的事件记录，任何人用 core/verify_seals.py 都能自己查有没有被改过。
    """
    from bot.exchange import EXPORTS  # slow import

    suffixes = SUFFIXES.get(kind, (".csv", ".xlsx"))
    if file.suffix.lower() not in suffixes:
        typer.echo(f"文件名要以 {' 或 '.join(suffixes)} 结尾。", err=True)
        raise typer.Exit(1)
    if file.exists() and not force:
        typer.echo(f"{file} 已经有了，要覆盖请加 --force。", err=True)
        raise typer.Exit(1)
    counted = [0]
    show = _progress()

    def count(done: int, of: int) -> None:
        counted[0] = done
        show(done, of)

    with opened_house() as house:
        content = asyncio.run(EXPORTS[kind](house, community, file.name, count))
        _write(file, content)
    if as_json:
        told = {"kind": kind.value, "file": str(file), "rows": counted[0], "done": True}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(f"写好了 {file}，{counted[0]} 行。")


def _read(file: Path) -> bytes:
    from core.sheets import FILE_MAX  # slow import

    try:
        with file.open("rb") as stream:
            return stream.read(FILE_MAX + 1)
    except OSError as error:
        typer.echo(f"打不开 {file}：{error.strerror or error}", err=True)
        raise typer.Exit(1) from error


def _write(file: Path, content: "bytes | Callable[[BinaryIO], None]") -> None:
    """Whole or not at all, and readable by its owner alone; a long file writes itself."""
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".export-")
        try:
            with os.fdopen(handle, "wb") as stream:
                if isinstance(content, bytes):
                    stream.write(content)
                else:
                    content(stream)
            os.replace(temporary, file)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        typer.echo(f"写不了 {file}：{error.strerror or error}", err=True)
        raise typer.Exit(1) from error


def _progress() -> Callable[[int, int], None]:
    """Says on the error stream how far it is, at most every PROGRESS_SECONDS."""
    shown = time.monotonic()

    def show(done: int, of: int) -> None:
        nonlocal shown
        if time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            typer.echo(f"已处理 {done} 行" + (f"，共 {of} 行…" if of else "…"), err=True)

    return show


def _tell(summary: "Summary", *, dry_run: bool) -> None:
    for problem in summary.problems:
        typer.echo(problem, err=True)
    for note in summary.notes:
        typer.echo(note)
    counts = f"{summary.rows} 行：新增 {summary.new}，改动 {summary.changed}，不变 {summary.same}"
    if summary.problem_count:
        typer.echo(f"{counts}；有 {summary.problem_count} 处要改，一行也没有导入。", err=True)
    elif dry_run:
        typer.echo(f"{counts}。检查通过，还没有导入。")
    else:
        typer.echo(f"{counts}。导入好了。")
