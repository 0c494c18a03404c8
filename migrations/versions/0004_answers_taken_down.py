"""回话由谁代记

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("cases_party", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_by", ID, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("cases_party", schema=None) as batch_op:
        batch_op.drop_column("answered_by")
