"""python -m bot doctor"""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from bot.commands.run import settings_or_exit

SIGNS = {"ok": "✓", "warn": "!", "bad": "✗"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """检查设置、数据库、密钥、渠道和时钟，说明该怎么办。有毛病时退出码为 1。"""
    from bot.checkup import Grade, examine  # slow import

    findings = examine(settings_or_exit())
    is_well = all(finding.grade is not Grade.BAD for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        typer.echo(json.dumps({"ok": is_well, "findings": rows}, ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{SIGNS[finding.grade]} {finding.name}：{finding.text}")
            if finding.advice:
                typer.echo(f"    → {finding.advice}")
        typer.echo("没有发现会妨碍运行的问题。" if is_well else "有 ✗ 的要先解决。")
    if not is_well:
        raise typer.Exit(1)
