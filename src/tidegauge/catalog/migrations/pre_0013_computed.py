"""Attributions that were computed here, of a sample of rows."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0013"
down_revision = "pre_0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("attributions", sa.Column("sample_of", sa.BigInteger(), nullable=True))
    op.add_column("attributions", sa.Column("baseline", ID, nullable=True))
