"""The operator's commands against the platform on loopback."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from bot.cli import cli
from bot.migrate import migrate
from tests.bot.channels.wechat.envelopes import APP_ID, TOKEN


@pytest.fixture
def command(api, tmp_path, monkeypatch):
    """Runs a command in a thread, so that the fake platform can answer it."""
    values = {
        "DATA_DIR": tmp_path,
        "CONFIG": tmp_path / "none.toml",
        "BASE_URL": "https://sq.example.org",
        "WECHAT_TOKEN": TOKEN,
        "WECHAT_APP_ID": APP_ID,
        "WECHAT_SECRET": api.secret,
        "WECHAT_API_BASE": api.base,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"YUNSHEQU_{name}", str(value))
    migrate(f"sqlite:///{tmp_path / 'yunshequ.db'}")

    async def run(*words):
        return await asyncio.to_thread(CliRunner().invoke, cli, ["wechat", *map(str, words)])

    return run


async def test_menu_replaces_the_menu(command, api):
    result = await command("menu")

    assert result.exit_code == 0
    assert "菜单换好了" in result.output
    (call,) = api.to("/cgi-bin/menu/create")
    assert call.document()["button"][0]["url"] == "https://sq.example.org/report"


async def test_qrcode_prints_its_address_and_saves_a_picture(command, api, tmp_path):
    picture = tmp_path / "code.svg"

    result = await command("qrcode", "community-XFL", "--days", 7, "--out", picture, "--json")

    assert result.exit_code == 0
    assert json.loads(result.output) == {
        "scene": "community-XFL",
        "url": "http://weixin.qq.com/q/kZgfwMTm72WWPkov",
        "seconds": 7 * 24 * 3600,
    }
    assert picture.read_text().startswith("<?xml")


async def test_a_refusal_is_said_in_words_and_fails(command, api):
    api.misbehave("/cgi-bin/menu/create", 48001)

    result = await command("menu")

    assert result.exit_code == 1
    assert "没有这个接口的权限" in result.output


async def test_an_unknown_account_and_a_long_scene_are_refused(command, api):
    assert (await command("menu", "other")).exit_code == 2
    assert (await command("qrcode", "x" * 65)).exit_code == 2
    assert api.calls == []
