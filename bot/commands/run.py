"""serve, migrate and seed: the life of an installation."""

import asyncio
import gc
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings, SettingsError, load_settings

LOGINS = "demo-logins.json"
# A message makes some hundred objects that die by themselves; cycles are rare and may wait.
GC_THRESHOLDS = (20_000, 20, 20)


def settings_or_exit() -> Settings:
    """The settings; wrong ones are said in plain words and end the program with status 2."""
    try:
        return load_settings()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把数据库升级到本版本需要的样子；可以反复运行。"""
    from bot.migrate import migrate as bring_up  # slow import

    settings = settings_or_exit()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    before, after = bring_up(settings.database)
    if as_json:
        typer.echo(json.dumps({"before": before, "after": after}))
    elif before == after:
        typer.echo(f"数据库已是最新（{after}）。")
    else:
        typer.echo(f"数据库已从 {before or '空'} 升级到 {after}。")


def seed(
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """写入一个虚构的示范区（幸福里社区、花园村）；已经有了就什么也不做。"""
    from bot.house import open_house  # slow import
    from bot.migrate import is_current  # slow import
    from bot.seed import seed as fill  # slow import

    settings = settings_or_exit()
    if not is_current(settings.database):
        typer.echo("数据库还没有升级，请先运行：python -m bot migrate", err=True)
        raise typer.Exit(1)
    house = open_house(settings)
    try:
        is_new = asyncio.run(fill(house, partial(_keep_logins, settings.data_dir / LOGINS)))
    finally:
        house.close()
    if as_json:
        typer.echo(json.dumps({"seeded": is_new}))
    elif is_new:
        typer.echo(f"示范数据已写入，演示账号的密码在 {settings.data_dir / LOGINS}")
    else:
        typer.echo("示范数据已经在了，什么也没改。")


def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="开始前升级数据库、写入示范数据并开放模拟器")
    ] = False,
) -> None:
    """启动服务：网页、渠道、定时任务。Ctrl-C 停止。"""
    from aiohttp import web  # slow import

    from bot.app import build_app  # slow import
    from bot.house import open_house  # slow import
    from bot.migrate import is_current, migrate  # slow import
    from bot.readers import spare_cores  # slow import
    from core.log import set_up_logging  # slow import

    settings = settings_or_exit()
    set_up_logging(settings.log_level)
    if demo:
        settings = settings.model_copy(update={"simulator": True})
        migrate(settings.database)
    elif not is_current(settings.database):
        typer.echo("数据库还没有升级，请先运行：python -m bot migrate", err=True)
        raise typer.Exit(1)
    house = open_house(settings)
    if demo:
        _seed_and_tell(settings)
    settle_memory()
    count = spare_cores() if settings.readers is None else settings.readers
    try:
        import uvloop  # optional dependency

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    except ImportError:
        loop = asyncio.new_event_loop()
    try:
        web.run_app(
            build_app(house, readers=count),
            host=settings.host,
            port=settings.port,
            print=None,
            access_log=None,
            shutdown_timeout=2.0,
            handle_signals=True,
            reuse_port=True if not settings.database.startswith("sqlite") else None,
            loop=loop,
        )
    finally:
        house.close()


def settle_memory() -> None:
    """What was loaded stays for good: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _seed_and_tell(settings: Settings) -> None:
    from bot.house import open_house  # slow import
    from bot.seed import seed as fill  # slow import

    house = open_house(settings)
    path = settings.data_dir / LOGINS
    try:
        asyncio.run(fill(house, partial(_keep_logins, path)))
    finally:
        house.close()
    url = settings.public_url
    lines = [
        "",
        f"云社区已启动：{url}",
        f"  群聊模拟器   {url}/simulator",
        f"  工作台       {url}/console",
        f"  公开事项     {url}/board/XFL",
    ]
    if path.exists():
        lines.append("  演示账号（密码只存在这台机器上）：")
        known = json.loads(path.read_text("utf-8"))
        lines += [f"    {login:<14}{password}" for login, password in known.items()]
    lines += ["  Ctrl-C 停止，数据都在。", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _keep_logins(path: Path, logins: dict[str, str]) -> None:
    """Demo passwords are made at random and kept for the owner of the machine alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(logins, file, ensure_ascii=False, indent=1)
