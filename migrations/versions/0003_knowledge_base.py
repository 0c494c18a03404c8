"""知识库的文章、版本和问题，每个社区自己的门槛

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "community_article",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("questions", DOCUMENT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_date", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "published", "withdrawn", name="articlestate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_community_article_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_article")),
        sa.UniqueConstraint(
            "community_id", "title", name=op.f("uq_community_article_community_id_title")
        ),
    )
    op.create_table(
        "community_article_stamp",
        sa.Column("community_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_community_article_stamp")),
    )
    op.create_table(
        "community_article_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["community_article.id"],
            name=op.f("fk_community_article_version_article_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_article_version")),
        sa.UniqueConstraint(
            "community_id",
            "article_id",
            "number",
            name=op.f("uq_community_article_version_community_id_article_id_number"),
        ),
    )
    with op.batch_alter_table("community_article_version", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_article_version_article_id"), ["article_id"], unique=False
        )

    op.create_table(
        "community_threshold",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community_area.id"],
            name=op.f("fk_community_threshold_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_threshold")),
        sa.UniqueConstraint(
            "community_id", "name", name=op.f("uq_community_threshold_community_id_name")
        ),
    )
    op.create_table(
        "community_question",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("article_id", ID, nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                "written",
                "dismissed",
                name="questionstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("was_no_help", sa.Boolean(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["community_article.id"], name=op.f("fk_community_question_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_question_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["community_identity.id"],
            name=op.f("fk_community_question_identity_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_question")),
    )
    with op.batch_alter_table("community_question", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_question_article_id"), ["article_id"], unique=False
        )
        batch_op.create_index("ix_community_question_identity", ["identity_id", "id"], unique=False)
        batch_op.create_index(
            "ix_community_question_state", ["community_id", "state", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("community_question", schema=None) as batch_op:
        batch_op.drop_index("ix_community_question_state")
        batch_op.drop_index("ix_community_question_identity")
        batch_op.drop_index(batch_op.f("ix_community_question_article_id"))

    op.drop_table("community_question")
    op.drop_table("community_threshold")
    with op.batch_alter_table("community_article_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_article_version_article_id"))

    op.drop_table("community_article_version")
    op.drop_table("community_article_stamp")
    op.drop_table("community_article")
