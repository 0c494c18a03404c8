"""事件记录的封条

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# What was sealed once stays: the database itself refuses to change or delete it.
TABLES = ("core_seal", "core_seal_place")


def upgrade() -> None:
    op.create_table(
        "core_seal",
        sa.Column("community_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("time", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "number", name=op.f("pk_core_seal")),
    )
    op.create_table(
        "core_seal_place",
        sa.Column("event_id", ID, autoincrement=False, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("place", ID, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_core_seal_place")),
    )
    with op.batch_alter_table("core_seal_place", schema=None) as batch_op:
        batch_op.create_index("ix_core_seal_place_place", ["community_id", "place"], unique=True)

    op.create_table(
        "core_seal_tree",
        sa.Column("community_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("peaks", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_core_seal_tree")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION core_seal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'seals are append-only'; END $$"
        )
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION core_seal_refuse()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION core_seal_refuse()"
            )
        return
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'seals are append-only'); END"
            )


def downgrade() -> None:
    op.drop_table("core_seal_tree")
    with op.batch_alter_table("core_seal_place", schema=None) as batch_op:
        batch_op.drop_index("ix_core_seal_place_place")

    op.drop_table("core_seal_place")
    op.drop_table("core_seal")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION core_seal_refuse()")
