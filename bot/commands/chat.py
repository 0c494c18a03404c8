"""chat: the demonstration chat in a terminal."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.run import settings_or_exit
from core.actor import SYSTEM
from core.errors import Refusal

if TYPE_CHECKING:
    from bot.house import House


def chat(
    sender: Annotated[
        str, typer.Option("--as", help="扮演谁（演示人物的名字，如 wangfang）；空则列出")
    ] = "",
    room: Annotated[str, typer.Option("--room", help="在哪个群；空则是公众号私聊")] = "",
) -> None:
    """在终端里扮演示范区里的一个人，和机器人说话；只碰演示身份，不碰真实居民。"""
    from bot.channels.simulator import terminal  # slow import
    from bot.house import open_house  # slow import
    from bot.migrate import is_current  # slow import

    settings = settings_or_exit().model_copy(update={"simulator": True})
    if not is_current(settings.database):
        typer.echo("数据库还没有升级，请先运行：python -m bot migrate", err=True)
        raise typer.Exit(1)
    house = open_house(settings)
    try:
        if sender:
            asyncio.run(_talk(house, sender, room))
            return
        cast = house.db.read_now(SYSTEM, terminal.people_and_rooms)
        if not cast:
            typer.echo("还没有演示人物，请先运行：python -m bot seed", err=True)
            raise typer.Exit(1)
        for person, rooms in cast:
            groups = "、".join(f"{r.chat}（{r.name}）" for r in rooms if not r.is_private)
            typer.echo(f"{person.sender:<14}{person.name}（{person.about}）  群：{groups or '无'}")
        typer.echo("\n例如：python -m bot chat --as wangfang --room xfl-3")
    except Refusal as refusal:
        typer.echo(f"{refusal} 用 python -m bot chat 看有哪些人和群。", err=True)
        raise typer.Exit(1) from refusal
    finally:
        house.close()


async def _talk(house: "House", sender: str, room: str) -> None:
    """Talk, and deliver what waits: private words arrive also when no server is running."""
    from bot.app import way_out  # slow import
    from bot.channels.simulator import terminal  # slow import
    from bot.channels.wechat.client import WechatClient  # slow import
    from bot.jobs import keep_delivering  # slow import
    from core.workers import become_worker, release_worker  # slow import

    number, holder = await asyncio.to_thread(become_worker, house.db)
    accounts = house.settings.accounts()
    clients = {f"wechat:{account.name}": WechatClient(house, account) for account in accounts}
    delivering = asyncio.create_task(keep_delivering(house, way_out(house, clients)))
    try:
        await terminal.talk(house, sender=sender, room=room)
    finally:
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering
        for client in clients.values():
            await client.close()
        await house.db.run(SYSTEM, release_worker, number, holder)
