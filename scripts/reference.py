"""Write the reference pages that are made from the code: settings, commands, roles."""

import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.cli import cli  # noqa: E402  # the path must be set first
from community.roles import CAPABILITIES, CAPABILITY_WORDS, ROLE_WORDS  # noqa: E402
from core.settings import PREFIX, Settings, WechatAccount  # noqa: E402

NOTE = "<!-- 由 make docs 生成，不要手改。 -->\n\n"


def settings_page() -> str:
    """Every setting with its default and meaning."""
    lines = [NOTE + "# 设置\n", "都从环境变量读取；启动时检查，写错了会说明是哪一项。\n"]
    lines += ["| 变量 | 默认 | 意思 |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default() if not field.is_required() else "必填"
        shown = "" if default in ("", ()) else f"`{default}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    lines += ["", "## 多个公众号：`yunshequ.toml` 里的 `[[wechat]]`\n", "| 键 | 默认 | 意思 |"]
    lines.append("|---|---|---|")
    for name, field in WechatAccount.model_fields.items():
        default = "必填" if field.is_required() else field.get_default()
        shown = f"`{default}`" if default not in ("", "必填") else default
        lines.append(f"| `{name}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Every command with its arguments, as --help tells them."""
    lines = [NOTE + "# 命令\n", "都以 `.venv/bin/python -m bot` 开头。\n"]
    group = typer.main.get_command(cli)
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]  # a group
        lines += _command(name, command, depth=2)
    return "\n".join(lines) + "\n"


def _command(name, command, *, depth):  # type: ignore[no-untyped-def]  # click's own types
    lines = [f"{'#' * depth} {name}\n", (command.help or "").strip() + "\n"]
    if hasattr(command, "commands"):
        for inner, child in sorted(command.commands.items()):
            lines += _command(f"{name} {inner}", child, depth=depth + 1)
        return lines
    for parameter in command.params:
        if parameter.name == "help":
            continue
        names = " ".join(parameter.opts) if parameter.opts[0].startswith("-") else parameter.name
        help_text = getattr(parameter, "help", "") or ""
        lines.append(f"- `{names}` {help_text}".rstrip())
    lines.append("")
    return lines


def roles_page() -> str:
    """Who may do what, from the one table."""
    lines = [NOTE + "# 角色和权限\n", "| 权限 | 意思 | 角色 |", "|---|---|---|"]
    for capability, words in CAPABILITY_WORDS.items():
        holders = [ROLE_WORDS[role] for role, held in CAPABILITIES.items() if capability in held]
        lines.append(f"| `{capability}` | {words} | {'、'.join(holders)} |")
    lines += ["", "角色带着地方授予：街道的角色管到它下面每个社区；每次授予有起止日期。"]
    return "\n".join(lines) + "\n"


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "roles.md": roles_page,
}


def main() -> None:
    """Write every page into docs/reference."""
    folder = ROOT / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
