"""An empty database migrated equals the tables, on both kinds of database."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from bot.migrate import is_current, migrate, newest
from bot.models import METADATA


def test_migrated_database_equals_the_tables(database_url):
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, METADATA)
    engine.dispose()

    assert differences == []


def test_migrating_again_changes_nothing(database_url):
    assert migrate(database_url) == (newest(), newest())
    assert is_current(database_url)
