"""References to models' files."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "pre_0019"
down_revision = "pre_0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
MICROS = sa.BigInteger()


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("model", ID, autoincrement=False, nullable=False),
        sa.Column("version", KEY, autoincrement=False, nullable=False),
        _needed("tenant", KEY),
        _needed("uri", sa.Text()),
        _needed("digest", KEY),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("trained_at", MICROS),
        sa.Column("training_seconds", sa.Double()),
        _needed("metrics", sa.JSON()),
        _needed("importance", sa.JSON()),
        _needed("metadata", sa.JSON()),
        _needed("retraining", KEY),
        _needed("is_pinned", sa.Boolean()),
        _needed("state", KEY),
        _needed("created_at", MICROS),
        _needed("created_by", KEY),
        _needed("changed_at", MICROS),
        sa.Column("gone_at", MICROS),
        sa.PrimaryKeyConstraint("model", "version", name="artifacts_pk"),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="artifacts_of_model", ondelete="CASCADE"
        ),
    )
    op.create_index("artifacts_by_tenant", "artifacts", ["tenant", "state"])
