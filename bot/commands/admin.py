"""`python -m bot create-admin`: the first sign-in to the console."""

import json
import sys
from typing import Annotated

import typer

from bot.commands.opening import opened_house


def create_admin(
    name: Annotated[str, typer.Argument(help="登录名，如 wangming")],
    community: Annotated[str, typer.Option(help="只管这个社区（代码，如 XFL）；不写则管全区")] = "",
    district: Annotated[str, typer.Option(help="还没有区划时，新建的区叫什么")] = "本区",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="从标准输入的第一行读密码，给脚本用")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """建一个管理员账号，能登录工作台、授予所有角色。密码要输两遍，不显示。"""
    from community.administrators import create_administrator  # slow import
    from community.passwords import prepare  # slow import
    from core.actor import SYSTEM  # slow import

    with opened_house() as house:
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_twice()
        made = house.db.run_now(
            SYSTEM,
            create_administrator,
            house.vault,
            login=name,
            password=prepare(password, login=name),
            code=community,
            district=district,
        )
        url = f"{house.settings.public_url}/console"
    if as_json:
        told = {"login": made.login, "area": made.area, "new_district": made.is_new_district}
        typer.echo(json.dumps({**told, "console": url}, ensure_ascii=False))
        return
    if made.is_new_district:
        typer.echo(f"新建了“{made.area}”。")
    typer.echo(f"管理员 {made.login} 建好了，管“{made.area}”。接下来：")
    typer.echo(f"  1. 打开 {url} 登录，在“我的账号”里开启动态码；")
    typer.echo("  2. 用 add-area 命令建街道和社区，在工作台建网格和群，导入名册；")
    typer.echo("  3. 给书记、网格员和承办单位授予角色，再收回您自己用不到的角色。")


def _ask_twice() -> str:
    typed: str = typer.prompt(
        "密码（输入时不显示）", hide_input=True, confirmation_prompt="再输一遍"
    )
    return typed
