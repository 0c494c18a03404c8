"""协商草稿；按时间数案件的索引

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "deliberation_draft",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("case_ids", DOCUMENT, nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", name="draftstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_deliberation_draft_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliberation_draft")),
        sa.UniqueConstraint(
            "community_id", "title", name=op.f("uq_deliberation_draft_community_id_title")
        ),
    )
    with op.batch_alter_table("deliberation_draft", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deliberation_draft_changed", ["community_id", "changed_at"], unique=False
        )

    with op.batch_alter_table("cases_case", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cases_case_recent", ["community_id", "collected_at", "phase", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("cases_case", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_case_recent")

    with op.batch_alter_table("deliberation_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_deliberation_draft_changed")

    op.drop_table("deliberation_draft")
