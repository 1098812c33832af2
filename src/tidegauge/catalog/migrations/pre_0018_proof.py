"""What candidates answer of rows that were held out, and candidates that are to serve."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0018"
down_revision = "pre_0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "retraining_answers",
        sa.Column("retraining", KEY, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("retraining", "number", name="retraining_answers_pk"),
        sa.ForeignKeyConstraint(
            ["retraining"],
            ["retrainings.id"],
            name="retraining_answers_of_retraining",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "rollouts",
        sa.Column("retraining", KEY, nullable=False),
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("model", ID, autoincrement=False, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("before", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", KEY, nullable=False),
        sa.Column("served_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("retraining", name="rollouts_pk"),
        sa.ForeignKeyConstraint(
            ["retraining"], ["retrainings.id"], name="rollouts_of_retraining", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="rollouts_of_model", ondelete="CASCADE"
        ),
    )
    op.create_index("rollouts_by_model", "rollouts", ["model", "asked_at"])
