"""Bring a database to the tables this version of the program needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

ROOT = Path(__file__).parent.parent


def migrate(url: str) -> tuple[str | None, str | None]:
    """Run every migration the database has not seen; returns the revisions before and after."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            before = _revision(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            return before, _revision(connection)
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the database has every migration this program knows."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return _revision(connection) == newest()
    finally:
        engine.dispose()


def newest() -> str | None:
    """The revision this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
