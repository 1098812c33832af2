"""What a model's makers measured of it before it was used."""

import sqlalchemy as sa
from alembic import op

revision = "pre_0005"
down_revision = "pre_0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "trainings",
        sa.Column("id", ID, nullable=False),
        sa.Column("model", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="trainings_pk"),
        sa.UniqueConstraint("model", "number", name="trainings_by_model_number"),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="trainings_of_model", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
