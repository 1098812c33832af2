"""Which segments tell groups of people apart."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0010"
down_revision = "pre_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("models", sa.Column("protected", sa.JSON(), nullable=True))
