"""The demonstration chat in a terminal, as the command people type."""

import subprocess
import sys

import pytest
from sqlmodel import select

from bot.simulator import lines_of
from cases.tables import Case
from core.actor import SYSTEM
from tests.conftest import SECRET

# Each starts a real process.
pytestmark = pytest.mark.slow


def chat(settings, *arguments, typed=""):
    environment = {
        "PATH": "/usr/bin:/bin",
        "YUNSHEQU_DATA_DIR": str(settings.data_dir),
        "YUNSHEQU_DATABASE_URL": settings.database_url,
        "YUNSHEQU_SECRET_KEY": SECRET,
        "YUNSHEQU_CONFIG": str(settings.config),
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        [sys.executable, "-m", "bot", "chat", *arguments],
        input=typed,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_name_everyone_is_listed(settings, cast):
    result = chat(settings)

    assert result.returncode == 0
    assert "lan           王兰（3栋2单元501）  群：xfl-3（幸福里3栋群）" in result.stdout


def test_words_typed_are_answered_and_kept(settings, house, cast):
    result = chat(
        settings, "--as", "lan", "--room", "xfl-3", typed="三栋二单元电梯又坏了，老人下不来楼\n\n"
    )

    case = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Case)).one())
    lines = house.db.read_now(SYSTEM, lines_of, "xfl-3")
    assert result.returncode == 0, result.stderr
    assert [line.sender for line in lines] == ["lan", ""]
    assert f"机器人：{lines[1].text}" in result.stdout
    assert case.number in lines[1].text


def test_nobody_outside_the_cast_can_be_played(settings, cast):
    result = chat(settings, "--as", "mo")

    assert result.returncode == 1
    assert "没有找到" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_room_one_is_not_in_is_refused(settings, house, cast):
    result = chat(settings, "--as", "chen", "--room", "xfl-3", typed="你好\n")

    assert result.returncode == 1
    assert house.db.read_now(SYSTEM, lines_of, "xfl-3") == []
