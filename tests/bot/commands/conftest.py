import pytest
from typer.testing import CliRunner

from bot.cli import cli
from tests.conftest import SECRET


@pytest.fixture
def command(database_url, tmp_path, monkeypatch):
    """command("import", "roster", file): the outcome of python -m bot with these words."""
    monkeypatch.setenv("YUNSHEQU_DATABASE_URL", database_url)
    monkeypatch.setenv("YUNSHEQU_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("YUNSHEQU_SECRET_KEY", SECRET)
    monkeypatch.setenv("YUNSHEQU_CONFIG", str(tmp_path / "none.toml"))
    runner = CliRunner()

    def run(*words, **options):
        return runner.invoke(cli, [str(word) for word in words], **options)

    return run
