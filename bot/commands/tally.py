"""`python -m bot tally`: decide votes by law from their bare numbers."""

import io
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from core.errors import Refusal


class RowDamaged(Refusal):
    code = "row_damaged"
    text = "{problem}"


def tally(
    file: Annotated[
        str, typer.Argument(help="每行一条 JSON，或者一个 JSON 数组；不写就从标准输入读。")
    ] = "-",
    profiles: Annotated[
        bool, typer.Option("--profiles", help="列出全部表决规则（Markdown），不计票。")
    ] = False,
) -> None:
    """按法定规则计票：每一项比较都写明依据、需要多少、实有多少。

    输入 {"id","profile","input","on"?,"place"?}，输出 {"id","outcome","checks":[…]}；
    有一条算不了，就给出 {"id","error"}，其余照算，最后退出码为 1。
    """
    if profiles:
        from deliberation.profile_list import profile_list  # slow import

        sys.stdout.write(profile_list())
        return
    try:
        with _opened(file) as stream:
            failures = write_answers(stream, sys.stdout)
    except OSError as trouble:
        typer.echo(f"打不开 {file}：{trouble.strerror or trouble}", err=True)
        raise typer.Exit(1) from trouble
    if failures:
        raise typer.Exit(1)


def _opened(file: str) -> TextIO:
    # Undecodable bytes become U+FFFD: that line is refused, the others still count.
    if file == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace")
    return Path(file).open(encoding="utf-8-sig", errors="replace")


def write_answers(lines: Iterable[str], out: TextIO) -> int:
    """Write one answer line for each row read; returns how many could not be decided."""
    failures = 0
    for number, row in _rows(lines):
        answer = _answer(number, row)
        failures += "error" in answer
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return failures


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """Each row with its number from 1: of the line, or of the place in the array."""
    iterator = iter(lines)
    begun = False
    for number, line in enumerate(iterator, start=1):
        if not begun and line.lstrip().startswith("["):
            whole = _parsed(line + "".join(iterator))
            yield from enumerate(whole, start=1) if isinstance(whole, list) else ((number, whole),)
        elif line.strip():
            begun = True
            yield number, _parsed(line.strip())


def _parsed(text: str) -> Any:
    """The value, or the refusal to be reported in its place."""
    if "\ufffd" in text:
        return RowDamaged(problem="不是 UTF-8 编码的文字")
    try:
        return json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except RowDamaged as trouble:
        return trouble
    except json.JSONDecodeError as trouble:
        line = f"第 {trouble.lineno} 行" if trouble.lineno > 1 else ""
        return RowDamaged(problem=f"不是合格的 JSON（{line}第 {trouble.colno} 个字符附近）")
    except (ValueError, RecursionError):
        return RowDamaged(problem="这条 JSON 太长或嵌套太深，读不了")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise RowDamaged(problem="同一个名字写了两次")
    return row


def _no_constant(name: str) -> Any:
    raise RowDamaged(problem=f"{name} 不是数")


def _answer(number: int, row: Any) -> dict[str, Any]:
    row_id = row.get("id") if isinstance(row, dict) else None
    try:
        if isinstance(row, RowDamaged):
            raise row
        return {"id": row_id, **_decide(row)}
    except Refusal as refusal:
        place = "" if row_id is not None else f"第 {number} 条："
        return {"id": row_id, "error": f"{place}{refusal}"}


def _decide(row: Any) -> dict[str, Any]:
    from deliberation.profiles import find_profile  # slow import
    from deliberation.tally import tally as decide  # slow import

    if not isinstance(row, dict):
        raise RowDamaged(problem='要写成 {"id":…,"profile":…,"input":{…}}')
    numbers, profile_id, place = row.get("input"), row.get("profile"), row.get("place")
    if not isinstance(profile_id, str):
        raise RowDamaged(problem="profile 要写表决规则的名字")
    if not isinstance(numbers, dict):
        raise RowDamaged(problem="input 要写成一组数")
    if place is not None and not isinstance(place, str):
        raise RowDamaged(problem="place 要写地名或行政区划代码")
    profile = find_profile(profile_id, on=_day(row.get("on")), place=place or "")
    result = decide(profile, numbers)
    return {"outcome": result.outcome, "checks": [check.as_json() for check in result.checks]}


def _day(text: Any) -> date | None:
    if text is None:
        return None
    try:
        # fromisoformat also takes 20260302 and 2026-W10-1; people write the one form.
        if isinstance(text, str) and len(text) == 10 and text[4] == text[7] == "-":
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RowDamaged(problem="on 要写成 2026-03-02 这样的日期")
