"""The first places of an installation are made on the command line."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import cli
from bot.migrate import migrate


def run(monkeypatch, tmp_path, *arguments):
    monkeypatch.setenv("YUNSHEQU_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("YUNSHEQU_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.delenv("YUNSHEQU_DATABASE_URL", raising=False)
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.slow
def test_areas_are_made_below_their_parents(monkeypatch, tmp_path):
    migrate(f"sqlite:///{tmp_path / 'yunshequ.db'}")

    for arguments in (
        ("district", "QX", "栖霞区"),
        ("street", "YH", "尧化街道", "--parent", "qx"),
        ("community", "XFL", "幸福里社区", "--parent", "YH", "--json"),
    ):
        result = run(monkeypatch, tmp_path, "add-area", *arguments)
        assert result.exit_code == 0, result.output
    assert json.loads(result.output)["code"] == "XFL"
    again = run(monkeypatch, tmp_path, "add-area", "community", "XFL", "别处", "--parent", "YH")
    lost = run(monkeypatch, tmp_path, "add-area", "street", "AB", "某街道", "--parent", "ZZ")
    assert (again.exit_code, lost.exit_code) == (1, 1)
