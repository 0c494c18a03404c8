"""python -m bot wechat: what an operator sets up on an official account."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.commands.run import settings_or_exit

if TYPE_CHECKING:
    from bot.channels.wechat.client import WechatClient
    from core.settings import Settings

T = TypeVar("T")
MENU_ADVICE = "居民五分钟内看到；已打开的聊天要重新进入。"

wechat = typer.Typer(no_args_is_help=True, help="公众号：菜单、带参数的二维码。")

Account = Annotated[str, typer.Argument(help="公众号的名字，环境变量设置的那个叫 main")]


@wechat.command("menu")
def menu(account: Account = "main") -> None:
    """把聊天下方的菜单换成：报事、我的事、更多。"""
    from bot.channels.wechat.menu import menu_of  # slow import

    settings = settings_or_exit()
    wanted = menu_of(settings.public_url)
    _ask(settings, account, lambda client: client.create_menu(wanted))
    typer.echo(f"公众号 {account} 的菜单换好了。{MENU_ADVICE}")


@wechat.command("qrcode")
def qrcode(
    scene: Annotated[str, typer.Argument(help="场景值，如 community-XFL，64 个字符以内")],
    account: Annotated[str, typer.Option(help="公众号的名字")] = "main",
    days: Annotated[int, typer.Option(min=0, max=30, help="几天有效，0 为永久")] = 0,
    out: Annotated[Path | None, typer.Option(help="存成图片（.svg 或 .png）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """生成带参数的二维码：扫的人关注公众号，并带来场景值。"""
    import segno  # slow import

    if not 0 < len(scene) <= 64:
        raise typer.BadParameter("场景值要有 1 到 64 个字符")
    code = _ask(settings_or_exit(), account, lambda client: client.create_qrcode(scene, days=days))
    if out is not None:
        segno.make(code.url, error="m").save(str(out), scale=8, border=4)
    if as_json:
        typer.echo(json.dumps({"scene": scene, "url": code.url, "seconds": code.seconds}))
    else:
        typer.echo(f"{scene}：{code.url}" + (f"，已存为 {out}" if out is not None else ""))


def _ask(settings: "Settings", account: str, call: Callable[["WechatClient"], Awaitable[T]]) -> T:
    """What the platform answers; its refusal is said in words and ends the program."""
    from bot.channels.wechat.client import WechatClient  # slow import
    from bot.channels.wechat.errors import WechatError  # slow import
    from bot.house import open_house  # slow import
    from bot.migrate import is_current  # slow import

    found = next((each for each in settings.accounts() if each.name == account), None)
    if found is None:
        typer.echo(f"设置里没有叫 {account} 的公众号", err=True)
        raise typer.Exit(2)
    if not is_current(settings.database):
        typer.echo("数据库还没有升级，请先运行：python -m bot migrate", err=True)
        raise typer.Exit(1)

    async def ask() -> T:
        client = WechatClient(house, found)
        try:
            return await call(client)
        finally:
            await client.close()

    house = open_house(settings)
    try:
        return asyncio.run(ask())
    except WechatError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    finally:
        house.close()
