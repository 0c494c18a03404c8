"""`rulebook`: read, convert, compare, check and revise rulebooks as files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import Refusal

if TYPE_CHECKING:
    from deliberation.articles import Rulebook
    from deliberation.rulebook_lines import Imported

rulebook = typer.Typer(
    no_args_is_help=True, help="规约：导入、导出、修订对照、合法性检查、合并修订案。"
)

FileIn = Annotated[Path, typer.Argument(help="规约文件：.txt、.md、.docx 或 .json")]


class Form(StrEnum):
    CARDS = "cards"
    PLAIN = "plain"
    ALOUD = "aloud"


class Community(StrEnum):
    VILLAGE = "village"
    RESIDENTS = "residents"
    OWNERS = "owners"


class CannotOpen(Refusal):
    code = "file_cannot_open"
    text = "打不开 {file}：{reason}"


class UnknownForm(Refusal):
    code = "file_unknown_form"
    text = "不认识 {file} 的格式，只能写 .txt、.md、.docx、.json。"


@contextmanager
def told() -> Iterator[None]:
    """A refusal inside becomes one line on standard error and exit status 1."""
    try:
        yield
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal


def read_bytes(file: Path) -> bytes:
    """The file's bytes, one more than may be read at most; raises `CannotOpen`."""
    from deliberation.rulebook_import import FILE_BYTES_MAX  # slow import

    try:
        with file.open("rb") as stream:
            return stream.read(FILE_BYTES_MAX + 1)
    except OSError as trouble:
        raise CannotOpen(file=file, reason=why(trouble)) from trouble


def why(trouble: OSError) -> str:
    """The reason in words for people."""
    match trouble:
        case FileNotFoundError():
            return "没有这个文件或文件夹。"
        case IsADirectoryError():
            return "这是文件夹，不是文件。"
        case PermissionError():
            return "没有权限。"
    return trouble.strerror or "读写出错。"


def write_bytes(file: Path, data: bytes) -> None:
    """Write the file; raises `CannotOpen`."""
    try:
        file.write_bytes(data)
    except OSError as trouble:
        raise CannotOpen(file=file, reason=why(trouble)) from trouble


def read(file: Path) -> "Imported":
    """The rulebook in this file; its doubts go to standard error."""
    from deliberation.rulebook_import import read_rulebook  # slow import

    imported = read_rulebook(read_bytes(file), name=file.name)
    for doubt in imported.doubts:
        typer.echo(f"提示（{file.name}）：{doubt}", err=True)
    return imported


def write(file: Path, found: "Rulebook") -> None:
    """Write the rulebook in the form the file's name asks for."""
    from deliberation.rulebook_export import WRITERS  # slow import

    writer = WRITERS.get(file.suffix.lower())
    if writer is None:
        raise UnknownForm(file=file)
    write_bytes(file, writer(found))


def read_pair(old: Path, new: Path) -> tuple["Rulebook", "Rulebook"]:
    """Two versions of one rulebook; the new one's parts are recognised by their words."""
    from deliberation.alignment import align  # slow import

    before, after = read(old).rulebook, read(new).rulebook
    return before, align(before, after)


@rulebook.command("import")
def import_file(
    file: FileIn,
    out: Annotated[
        Path | None, typer.Option(help="把结果写成 .json（带每条的编号和校验码）")
    ] = None,
) -> None:
    """读一份规约，列出读到的章、条和要核对的地方。"""
    with told():
        from deliberation.articles import rulebook_hash  # slow import
        from deliberation.numbering import labels  # slow import

        found = read(file).rulebook
        called = labels(found)
        for part in found.parts:
            if part.text:
                first = part.text.split("\n")[0]
                shown = first if len(first) <= 30 else first[:29] + "…"
                typer.echo(f"{called[part.id]}\u3000{shown}")
        typer.echo(f"共 {len(found.articles)} 条。校验码 {rulebook_hash(found)}")
        if out is not None:
            write(out.with_suffix(".json"), found)


@rulebook.command("export")
def export_file(
    file: FileIn,
    out: Annotated[Path, typer.Argument(help="写到哪里；按后缀定格式：.txt、.md、.docx、.json")],
) -> None:
    """把规约换一种格式，号码由系统排。"""
    with told():
        write(out, read(file).rulebook)


@rulebook.command("redline")
def redline_files(
    old: FileIn,
    new: FileIn,
    html: Annotated[Path | None, typer.Option(help="另写一份网页，可以打印")] = None,
    form: Annotated[
        Form, typer.Option(help="cards 卡片，plain 全文带标记，aloud 朗读稿")
    ] = Form.CARDS,
) -> None:
    """对照两版规约，标出删了什么、增了什么。"""
    with told():
        from deliberation import redline_words  # slow import
        from deliberation.redline_book import redline_book, summary  # slow import
        from deliberation.redline_html import page  # slow import
        from deliberation.references import stale_references  # slow import

        before, after = read_pair(old, new)
        rows = redline_book(before, after)
        forms = {
            Form.CARDS: redline_words.cards,
            Form.PLAIN: redline_words.plain,
            Form.ALOUD: redline_words.aloud,
        }
        typer.echo(forms[form](rows), nl=False)
        typer.echo(f"{summary(rows)}。", err=True)
        for stale in stale_references(before, after):
            now = f"现在是{stale.now}" if stale.now else "已经删去"
            words = f"文中提到的“{stale.reference.words}”，原来指的那一条{now}，请核对。"
            typer.echo(f"提示：{words}", err=True)
        if html is not None:
            write_bytes(html, page(before, after).encode())


@rulebook.command("lint")
def lint_file(
    file: FileIn,
    community: Annotated[
        Community, typer.Option(help="village 村，residents 社区居民，owners 业主")
    ] = Community.VILLAGE,
    as_json: Annotated[bool, typer.Option("--json", help="每行一条 JSON")] = False,
) -> None:
    """表决前查一查有没有违法的写法；有“不能这样写”的，退出码为 2。"""
    with told():
        from deliberation.legality import (  # slow import
            CommunityKind,
            Level,
            finding_fields,
            lint,
            report,
            shipped_rules,
        )

        found = read(file).rulebook
        findings = lint(found, CommunityKind(community.value))
        for finding in findings if as_json else ():
            typer.echo(json.dumps(finding_fields(found, finding), ensure_ascii=False))
        if not as_json:
            typer.echo(report(found, findings), nl=False)
        checked = shipped_rules().checked_on
        typer.echo(
            f"查出 {len(findings)} 处。规则按 {checked} 的法律文本，不代替法律意见。", err=True
        )
        stopped = any(finding.level is Level.STOP for finding in findings)
    if stopped:
        raise typer.Exit(2)


@rulebook.command("amend")
def amend(
    old: FileIn,
    new: FileIn,
    id: Annotated[str, typer.Option(help="修订案的编号")] = "amendment",
) -> None:
    """把改好的文件变成一件修订案（一行 JSON），写明改哪一条、从什么改成什么。"""
    with told():
        from deliberation.alignment import operations_between  # slow import
        from deliberation.articles import rulebook_hash  # slow import
        from deliberation.operations import Amendment, check_amendment  # slow import
        from deliberation.rulebook_json import amendment_to_json  # slow import

        before, after = read_pair(old, new)
        operations = operations_between(before, after)
        if not operations:
            typer.echo("两份文件没有不同。", err=True)
            return
        found = Amendment(id, before.id, rulebook_hash(before), operations)
        check_amendment(before, found)
        typer.echo(amendment_to_json(found))


@rulebook.command("merge")
def merge(
    base: FileIn,
    amendments: Annotated[Path, typer.Argument(help="修订案，每行一件 JSON")],
    out: Annotated[Path, typer.Argument(help="合并后的规约写到哪里")],
    undisputed: Annotated[
        bool, typer.Option("--undisputed", help="有冲突时，先合并没有争议的")
    ] = False,
) -> None:
    """把已采纳的修订案合成一份新稿；有冲突就列出来，不替人选。"""
    with told():
        from deliberation.conflicts import explain  # slow import
        from deliberation.consolidation import preview  # slow import
        from deliberation.rulebook_import import decode  # slow import
        from deliberation.rulebook_json import amendments_from_json  # slow import

        found = read(base).rulebook
        text = decode(read_bytes(amendments), amendments.name)
        draft = preview(found, tuple(amendments_from_json(text)))
        for conflict in draft.conflicts:
            names = "、".join(conflict.amendments)
            typer.echo(f"冲突：{explain(found, conflict)}（{names}）", err=True)
        disputed = bool(draft.conflicts)
        if not disputed or undisputed:
            write(out, draft.rulebook)
            typer.echo(f"合并了 {len(draft.accepted)} 件，写好了 {out}。")
    if disputed:
        raise typer.Exit(2)
