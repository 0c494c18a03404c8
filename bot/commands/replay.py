"""python -m bot replay"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.run import LOGINS, settings_or_exit
from core.errors import Refusal

PROGRESS_SECONDS = 2.0


def replay(
    file: Annotated[Path, typer.Argument(help="JSON Lines 文件，可以是 .gz")],
    group: Annotated[str | None, typer.Option(help="全部算作这个群里说的话")] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="每秒多少条；不写则尽快")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="数据库里有演示数据也照样运行")] = False,
) -> None:
    """把文件里的消息从真实入口送进来，最后打印一行 JSON 统计。再运行一次不会重复办理。"""
    from bot.house import open_house  # slow import
    from bot.migrate import is_current  # slow import
    from bot.replay import Outcome, read_messages  # slow import
    from bot.replay import replay as feed  # slow import
    from core.actor import SYSTEM  # slow import
    from core.workers import become_worker, is_served, release_worker  # slow import

    settings = settings_or_exit()
    if not is_current(settings.database):
        typer.echo("数据库还没有升级，请先运行：python -m bot migrate", err=True)
        raise typer.Exit(1)
    house = open_house(settings)
    shown = time.monotonic()

    def show(outcome: Outcome) -> None:
        nonlocal shown
        if time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            sys.stderr.write(f"已处理 {outcome.received} 条…\n")

    try:
        if (
            not yes
            and (settings.data_dir / LOGINS).exists()
            and house.db.read_now(SYSTEM, is_served)
        ):
            typer.echo(
                "这个数据库正在运行演示。要把消息放进去请加 --yes，"
                "或者用 YUNSHEQU_DATA_DIR 指到别处。",
                err=True,
            )
            raise typer.Exit(1)
        number, holder = become_worker(house.db)
        outcome = asyncio.run(
            feed(house, read_messages(file, group=group), rate=rate, progress=show)
        )
        house.db.run_now(SYSTEM, release_worker, number, holder)
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal
    finally:
        house.close()
    typer.echo(json.dumps(outcome.summary(), ensure_ascii=False))
    if outcome.actions["failed"]:
        raise typer.Exit(1)
