"""Performance before labels: what it is estimated by, and the estimates by window."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "pre_0012"
down_revision = "pre_0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = MICROS = sa.BigInteger()


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _part(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    """Of a key."""
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def upgrade() -> None:
    op.create_table(
        "estimators",
        _part("model", ID),
        _part("number", sa.Integer()),
        _needed("version", KEY),
        sa.Column("baseline", ID, nullable=True),
        _needed("fitted_at", MICROS),
        _needed("first_at", MICROS),
        _needed("last_at", MICROS),
        _needed("rows", COUNT),
        _needed("body", sa.LargeBinary()),
        sa.Column("doubt", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("model", "number", name="estimators_pk"),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="estimators_of_model", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "estimates",
        _part("series", ID),
        _part("resolution", sa.Integer()),
        _part("start", MICROS),
        _needed("rows", COUNT),
        _needed("estimator", sa.Integer()),
        _needed("changed_at", MICROS),
        _needed("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("series", "resolution", "start", name="estimates_pk"),
        sa.ForeignKeyConstraint(
            ["series"], ["series.id"], name="estimates_of_series", ondelete="CASCADE"
        ),
    )
    op.create_index("estimates_by_time", "estimates", ["resolution", "start", "series"])
