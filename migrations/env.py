"""Alembic's way in: the tables as they should be, on the connection it is given."""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

from bot.models import METADATA


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_connection = context.config.attributes.get("connection")
if _connection is not None:
    _migrate(_connection)
else:
    _url = context.config.get_main_option("sqlalchemy.url")
    assert _url is not None
    with create_engine(_url).connect() as _fresh:
        _migrate(_fresh)
