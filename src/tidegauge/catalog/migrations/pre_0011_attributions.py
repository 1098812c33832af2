"""What the features of a model added to its answers, by window."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0011"
down_revision = "pre_0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNT = MICROS = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "attributions",
        sa.Column("series", ID, autoincrement=False, nullable=False),
        sa.Column("resolution", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", MICROS, autoincrement=False, nullable=False),
        sa.Column("rows", COUNT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", MICROS, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series", "resolution", "start", name="attributions_pk"),
        sa.ForeignKeyConstraint(
            ["series"], ["series.id"], name="attributions_of_series", ondelete="CASCADE"
        ),
    )
    op.create_index("attributions_by_time", "attributions", ["resolution", "start", "series"])
