"""Models that are trained again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "pre_0017"
down_revision = "pre_0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
MICROS = sa.BigInteger()


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "policies",
        _needed("id", ID),
        _needed("tenant", KEY),
        _needed("name", KEY),
        _needed("document", sa.JSON()),
        _needed("origin", KEY),
        _needed("revision", sa.Integer()),
        _needed("created_at", MICROS),
        _needed("changed_at", MICROS),
        _needed("changed_by", KEY),
        sa.PrimaryKeyConstraint("id", name="policies_pk"),
        sa.UniqueConstraint("tenant", "name", name="policies_by_tenant_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "policy_marks",
        sa.Column("policy", ID, autoincrement=False, nullable=False),
        sa.Column("model", ID, autoincrement=False, nullable=False),
        _needed("used_upto", MICROS),
        _needed("due_at", MICROS),
        sa.PrimaryKeyConstraint("policy", "model", name="policy_marks_pk"),
        sa.ForeignKeyConstraint(
            ["policy"], ["policies.id"], name="policy_marks_of_policy", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="policy_marks_of_model", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "retrainings",
        _needed("id", KEY),
        _needed("tenant", KEY),
        sa.Column("model", ID, autoincrement=False, nullable=False),
        _needed("policy", KEY),
        _needed("origin", KEY),
        _needed("priority", sa.Integer()),
        _needed("target", KEY),
        _needed("key", KEY),
        _needed("state", KEY),
        _needed("attempt", sa.Integer()),
        _needed("token", KEY),
        _needed("runner", KEY),
        _needed("is_cancelled", sa.Boolean()),
        sa.Column("lease_until", MICROS),
        _needed("progress", sa.Double()),
        _needed("document", sa.JSON()),
        sa.Column("result", sa.JSON(none_as_null=True)),
        _needed("cause", sa.Text()),
        _needed("created_at", MICROS),
        _needed("created_by", KEY),
        sa.Column("started_at", MICROS),
        sa.Column("ended_at", MICROS),
        _needed("changed_at", MICROS),
        sa.PrimaryKeyConstraint("id", name="retrainings_pk"),
        sa.UniqueConstraint("tenant", "key", name="retrainings_by_tenant_key"),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="retrainings_of_model", ondelete="CASCADE"
        ),
    )
    op.create_index("retrainings_by_state", "retrainings", ["state", "lease_until"])
    op.create_index("retrainings_by_model", "retrainings", ["model", "created_at"])
    op.create_table(
        "retraining_lines",
        _needed("id", ID),
        _needed("retraining", KEY),
        _needed("attempt", sa.Integer()),
        _needed("at", MICROS),
        _needed("text", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="retraining_lines_pk"),
        sa.ForeignKeyConstraint(
            ["retraining"],
            ["retrainings.id"],
            name="retraining_lines_of_retraining",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("retraining_lines_by_retraining", "retraining_lines", ["retraining", "id"])
