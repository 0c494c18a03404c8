"""Write the migration that brings yesterday's tables to today's: make migration m="…"."""

import re
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main(message: str) -> None:
    """Compare an empty database, migrated so far, with the tables, and write the difference."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    versions = ROOT / "migrations" / "versions"
    number = max((int(path.name[:4]) for path in versions.glob("[0-9]*.py")), default=0) + 1
    with create_engine("sqlite://").connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    path = next(versions.glob(f"{number:04d}*.py"))
    text = path.read_text("utf-8")
    # A migration never imports our code.
    text = re.sub(r"core\.columns\.UtcDateTime\(\)", "MOMENT", text)
    text = text.replace("sqlmodel.sql.sqltypes.AutoString(", "sa.String(")
    text = text.replace("sa.BigInteger().with_variant(sa.Integer(), 'sqlite')", "ID")
    text = re.sub(
        r"sa\.JSON\(\)\.with_variant\(postgresql\.JSONB\(astext_type=[^)]*\)\), 'postgresql'\)",
        "DOCUMENT",
        text,
    )
    text = re.sub(r"    # ### .*\n", "", text)
    text = text.replace(
        "depends_on = None\n",
        "depends_on = None\n\n"
        'ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")\n'
        'MOMENT = sa.DateTime().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")\n'
        'DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")\n',
        1,
    )
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
