"""python -m bot add-area: districts, streets and communities, before anybody can sign in."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from bot.commands.opening import opened_house


class Kind(StrEnum):
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


def add_area(
    kind: Annotated[Kind, typer.Argument(help="district 区、street 街道、community 社区或村")],
    code: Annotated[str, typer.Argument(help="代码，如 XFL；案件编号以它开头，以后不能改")],
    name: Annotated[str, typer.Argument(help="名字，如 幸福里社区")],
    parent: Annotated[str, typer.Option(help="上级的代码；区没有上级")] = "",
    village: Annotated[bool, typer.Option("--village", help="是村，不是社区")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """新建一个区、街道、社区或村。"""
    from community.areas import add_area as add  # slow import
    from community.areas import area_coded  # slow import
    from community.tables import AreaKind  # slow import
    from core.actor import SYSTEM  # slow import
    from core.transaction import Transaction  # slow import

    def work(tx: Transaction) -> int:
        parent_id = area_coded(tx, parent).id if parent else None
        area = add(
            tx,
            kind=AreaKind(kind.value),
            name=name,
            code=code,
            parent_id=parent_id,
            is_village=village,
        )
        return area.id

    with opened_house() as house:
        area_id = house.db.run_now(SYSTEM, work)
    if as_json:
        typer.echo(json.dumps({"id": str(area_id), "code": code.upper()}))
    else:
        typer.echo(f"“{name}”建好了，代码 {code.upper()}。")
