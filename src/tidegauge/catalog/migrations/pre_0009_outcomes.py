"""Labels joined to predictions: what has come, what waits, and what was measured by window."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "pre_0009"
down_revision = "pre_0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = MICROS = sa.BigInteger()


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _queue(name: str, own: sa.Column[Any]) -> None:
    op.create_table(
        name,
        _needed("id", ID),
        _needed("model", ID),
        own,
        _needed("rows", COUNT),
        _needed("at", MICROS),
        _needed("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=f"{name}_pk"),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name=f"{name}_of_model", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(f"{name}_by_model", name, ["model", "id"])


def upgrade() -> None:
    op.add_column("models", sa.Column("positive", KEY, nullable=True))
    op.add_column("models", sa.Column("favourable", sa.Boolean(), nullable=True))
    _queue("arrivals", _needed("kind", KEY))
    _queue("unmatched", _needed("since", KEY))
    op.create_table(
        "outcomes",
        sa.Column("series", ID, autoincrement=False, nullable=False),
        sa.Column("resolution", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", MICROS, autoincrement=False, nullable=False),
        _needed("labelled", COUNT),
        _needed("revision", sa.Integer()),
        _needed("changed_at", MICROS),
        _needed("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("series", "resolution", "start", name="outcomes_pk"),
        sa.ForeignKeyConstraint(
            ["series"], ["series.id"], name="outcomes_of_series", ondelete="CASCADE"
        ),
    )
    op.create_index("outcomes_by_time", "outcomes", ["resolution", "start", "series"])
