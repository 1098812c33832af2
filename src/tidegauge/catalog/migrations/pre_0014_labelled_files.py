"""How good a model was on the rows of a reference that came with labels."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0014"
down_revision = "pre_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("baselines", sa.Column("labelled", sa.BigInteger(), nullable=True))
    op.add_column("baselines", sa.Column("truth", sa.LargeBinary(), nullable=True))
