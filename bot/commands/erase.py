"""`python -m bot erase`: a resident's personal data, out of every row."""

import json
from typing import Annotated

import typer

from bot.commands.opening import opened_house


def erase(
    number: Annotated[str, typer.Argument(help="名册上的人员编号")],
    community: Annotated[str, typer.Option(help="社区代码，如 XFL；只有一个社区时可不写")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不再问一遍，给脚本用")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """删除一个人的个人信息：姓名、电话、说过的话、照片都删掉，办过的事留着。不能恢复。"""
    from bot.erasure import discard_files, erase_numbered  # slow import
    from bot.exchange import community_coded  # slow import
    from core.actor import SYSTEM  # slow import

    with opened_house() as house:
        community_id, code = house.db.read_now(SYSTEM, community_coded, community)
        if not yes:
            typer.confirm(f"删除 {code} 编号 {number} 的个人信息，不能恢复。确定吗？", abort=True)
        erased = house.db.run_now(SYSTEM, erase_numbered, house.vault, community_id, number)
        discard_files(erased.files, house.files)
    told = {
        "requests": erased.request_count,
        "cases": erased.case_count,
        "notes": erased.note_count,
        "messages": erased.message_count,
        "files": len(erased.files),
    }
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(
        f"删好了：诉求 {told['requests']} 条，案件 {told['cases']} 件，备注 {told['notes']} 条，"
        f"消息 {told['messages']} 条，文件 {told['files']} 个。"
    )
