"""`python -m bot opinions`: an opinion map drawn from a file of votes."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.errors import Refusal

opinions = typer.Typer(no_args_is_help=True, help="意见地图。")


@opinions.callback()
def main() -> None:
    """意见地图。"""


@opinions.command("map")
def draw_map(
    file: Annotated[Path, typer.Argument(help="表态文件：CSV 或 CSV.gz，一人一行，一条意见一列。")],
    groups: Annotated[int | None, typer.Option(help="硬分成几组（2 到 9）。")] = None,
    no_test: Annotated[
        bool, typer.Option("--no-test", help="不做检验（快），分组只供试看。")
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="把图画到这个文件。")] = None,
    statements: Annotated[
        Path | None, typer.Option(help="意见内容文件（comment-id、comment-body、moderated）。")
    ] = None,
    by: Annotated[str | None, typer.Option(help="再按这一列分开统计，如 residency。")] = None,
    earlier: Annotated[
        Path | None, typer.Option(help="上一次的结果（JSON），各组沿用原来的字母。")
    ] = None,
) -> None:
    """从大家对意见的表态画出意见地图，写成 JSON；看不出分派就照实说。

    表态文件要有 participant 一列，意见列以整数编号为名：1 同意，-1 不同意，0 说不清，空白没答。
    """
    try:
        _draw(
            file,
            groups=groups,
            is_tested=not no_test,
            svg=svg,
            statements=statements,
            by=by,
            earlier=earlier,
        )
    except OSError as trouble:
        name = trouble.filename or file
        raise _stopped(f"打不开 {name}：{trouble.strerror or trouble}") from trouble
    except Refusal as refusal:
        raise _stopped(str(refusal)) from refusal


def _draw(
    file: Path,
    *,
    groups: int | None,
    is_tested: bool,
    svg: Path | None,
    statements: Path | None,
    by: str | None,
    earlier: Path | None,
) -> None:
    # These products are small: threads cost more than they give, most of all on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from deliberation.opinion_breakdown import breakdown  # slow import
    from deliberation.opinion_chance import PERMUTATIONS  # slow import
    from deliberation.opinion_json import map_json  # slow import
    from deliberation.opinion_map import opinion_map  # slow import
    from deliberation.opinion_picture import draw_picture  # slow import
    from deliberation.opinion_texts import read_texts  # slow import
    from deliberation.opinion_votes import read_votes  # slow import

    votes = read_votes(file, facts=(by,) if by else ())
    texts = read_texts(statements) if statements else {}
    before = _labels(earlier) if earlier else {}
    started = time.perf_counter()
    drawn = opinion_map(
        votes,
        groups=groups,
        permutations=PERMUTATIONS if is_tested else 0,
        hidden=frozenset(name for name, text in texts.items() if text.is_hidden),
        earlier=before,
    )
    split = breakdown(votes, by) if by else None
    answer = map_json(drawn, split)
    seconds = time.perf_counter() - started
    if svg:
        words = {name: text.text for name, text in texts.items()}
        svg.write_text(draw_picture(drawn, words), "utf-8")
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    typer.echo(f"{answer['words']}计算用时 {seconds:.2f} 秒。", err=True)


def _labels(path: Path) -> Mapping[str, str]:
    from deliberation.opinion_json import earlier_labels  # slow import

    try:
        return earlier_labels(json.loads(path.read_text("utf-8-sig")))
    except (ValueError, RecursionError) as trouble:
        raise _stopped(f"{path} 不是上一次的意见地图（JSON）。") from trouble


def _stopped(words: str) -> typer.Exit:
    typer.echo(words, err=True)
    return typer.Exit(1)
