"""训练的记录

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "bot_training",
        sa.Column("id", ID, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("begun_by", ID, nullable=True),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("correction_count", sa.Integer(), nullable=False),
        sa.Column("is_installed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("scores", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_training")),
    )


def downgrade() -> None:
    op.drop_table("bot_training")
