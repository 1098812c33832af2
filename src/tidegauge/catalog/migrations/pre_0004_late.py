"""Windows that changed after they were judged."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0004"
down_revision = "pre_0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "late",
        sa.Column("model", ID, nullable=False, autoincrement=False),
        sa.Column("series", ID, nullable=False, autoincrement=False),
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("start", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("position", KEY, nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model", "series", "resolution", "start", name="late_pk"),
        sa.ForeignKeyConstraint(["model"], ["models.id"], name="late_of_model", ondelete="CASCADE"),
    )
    op.create_index("late_by_start", "late", ["start"])
