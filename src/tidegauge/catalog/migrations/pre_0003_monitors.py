"""Monitors, what they watch, and what they found."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "pre_0003"
down_revision = "pre_0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BIG = sa.BigInteger()
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "models", sa.Column("watched", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    _monitors()
    _targets()
    _readings()
    _reading_hours()


def _column(name: str, kind: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=f"{table}_of_{column}", ondelete="CASCADE"
    )


def _monitors() -> None:
    op.create_table(
        "monitors",
        _column("id", ID),
        _column("tenant", KEY),
        _column("name", KEY),
        _column("document", sa.JSON()),
        _column("origin", KEY),
        _column("revision", sa.Integer()),
        _column("created_at", BIG),
        _column("changed_at", BIG),
        _column("changed_by", KEY),
        sa.PrimaryKeyConstraint("id", name="monitors_pk"),
        sa.UniqueConstraint("tenant", "name", name="monitors_by_tenant_name"),
        sqlite_autoincrement=True,
    )


def _targets() -> None:
    op.create_table(
        "targets",
        _column("id", ID),
        _column("monitor", ID),
        _column("model", ID),
        _column("version", KEY),
        _column("segment", KEY),
        sa.Column("slot", BIG, nullable=True),
        sa.Column("rule", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="targets_pk"),
        sa.UniqueConstraint(
            "monitor",
            "model",
            "version",
            "segment",
            name="targets_by_monitor_model_version_segment",
        ),
        _belongs("targets", "monitor", "monitors"),
        _belongs("targets", "model", "models"),
        sqlite_autoincrement=True,
    )
    op.create_index("targets_by_model", "targets", ["model"])


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("target", ID, nullable=False, autoincrement=False),
        sa.Column("slot", BIG, nullable=False, autoincrement=False),
        _column("status", KEY),
        sa.Column("severity", KEY, nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        _column("n", BIG),
        _column("reason", sa.Text()),
        sa.Column("detail", sa.JSON(), nullable=True),
        _column("revision", sa.Integer()),
        _column("made_at", BIG),
        sa.PrimaryKeyConstraint("target", "slot", name="readings_pk"),
        _belongs("readings", "target", "targets"),
    )
    op.create_index("readings_by_slot", "readings", ["slot"])


def _reading_hours() -> None:
    op.create_table(
        "reading_hours",
        sa.Column("target", ID, nullable=False, autoincrement=False),
        sa.Column("start", BIG, nullable=False, autoincrement=False),
        _column("readings", sa.Integer()),
        _column("breaches", sa.Integer()),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("last", sa.Double(), nullable=True),
        _column("n", BIG),
        sa.Column("severity", KEY, nullable=True),
        sa.PrimaryKeyConstraint("target", "start", name="reading_hours_pk"),
        _belongs("reading_hours", "target", "targets"),
    )
    op.create_index("reading_hours_by_start", "reading_hours", ["start"])
