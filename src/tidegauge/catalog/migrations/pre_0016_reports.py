"""Reports that go out by the calendar."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "pre_0016"
down_revision = "pre_0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
MICROS = sa.BigInteger()


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "reports",
        _needed("id", ID),
        _needed("tenant", KEY),
        _needed("name", KEY),
        _needed("document", sa.JSON()),
        _needed("origin", KEY),
        _needed("revision", sa.Integer()),
        _needed("created_at", MICROS),
        _needed("changed_at", MICROS),
        _needed("changed_by", KEY),
        sa.PrimaryKeyConstraint("id", name="reports_pk"),
        sa.UniqueConstraint("tenant", "name", name="reports_by_tenant_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "report_turns",
        sa.Column("report", ID, autoincrement=False, nullable=False),
        _needed("due_at", MICROS),
        _needed("made_at", MICROS),
        _needed("failure", sa.Text()),
        sa.PrimaryKeyConstraint("report", name="report_turns_pk"),
        sa.ForeignKeyConstraint(
            ["report"], ["reports.id"], name="report_turns_of_report", ondelete="CASCADE"
        ),
    )
