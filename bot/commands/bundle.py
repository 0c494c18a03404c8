"""`bundle`: votes as bundles that anybody can count again."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.errors import Refusal


class Mode(StrEnum):
    NAMED = "named"
    DETACHED = "detached"


class Kind(StrEnum):
    RECOUNT = "recount"
    NOTICE = "notice"


def demo(
    file: Annotated[Path, typer.Argument(help="写到哪个文件（zip）")],
    ballots: Annotated[int, typer.Option(min=0, max=200_000, help="多少张票")] = 200,
    mode: Annotated[Mode, typer.Option(help="named 记名，detached 不记名")] = Mode.NAMED,
    profile: Annotated[
        str, typer.Option(help="表决规则，如 cn.village.assembly.household")
    ] = "cn.village.assembly.person",
    seed: Annotated[int, typer.Option(help="同一个数编出同一次表决")] = 1,
    kind: Annotated[Kind, typer.Option(help="recount 能重新计票，notice 只公告")] = Kind.RECOUNT,
) -> None:
    """编一次假的表决，写成表决包，给人试验票程序用。"""
    from deliberation.bundle import write_bundle  # slow import
    from deliberation.invented_vote import invent_vote  # slow import
    from deliberation.profiles import find_profile  # slow import

    try:
        vote = invent_vote(
            ballots=ballots, mode=mode.value, profile=find_profile(profile), seed=seed
        )
        write_bundle(file, vote, kind.value)
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal
    except OSError as trouble:
        typer.echo(f"写不了 {file}：{trouble.strerror}", err=True)
        raise typer.Exit(1) from trouble
    typer.echo(f"写好了 {file}，{ballots} 张票（虚构）。")
    typer.echo(f"树根 {vote.heads[-1]['root']}")
    typer.echo(
        f"验票：python3 deliberation/verify_bundle.py {file} --root {vote.heads[-1]['root']}"
    )


def bundle_commands() -> None:
    """表决包：让任何人都能重新计票。"""


bundle = typer.Typer(no_args_is_help=True)
# Without a callback a lone command would swallow its own name.
bundle.callback()(bundle_commands)
bundle.command("demo")(demo)
