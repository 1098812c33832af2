"""What a model does, as its outputs look."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0002"
down_revision = "pre_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("models", sa.Column("likely_task", kind, nullable=True))
