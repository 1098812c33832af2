"""Maintenance windows that come again."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0008"
down_revision = "pre_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("silences", sa.Column("recurs", sa.JSON(), nullable=True))
