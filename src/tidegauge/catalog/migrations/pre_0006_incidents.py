"""Alerts, incidents, and the notices about them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "pre_0006"
down_revision = "pre_0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
MICROS = sa.BigInteger()
LIVE = "state IN ('open', 'acknowledged')"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _documents(name: str) -> None:
    op.create_table(
        name,
        _needed("id", ID),
        _needed("tenant", KEY),
        _needed("name", KEY),
        _needed("document", sa.JSON()),
        _needed("origin", KEY),
        _needed("revision", sa.Integer()),
        _needed("created_at", MICROS),
        _needed("changed_at", MICROS),
        _needed("changed_by", KEY),
        sa.PrimaryKeyConstraint("id", name=f"{name}_pk"),
        sa.UniqueConstraint("tenant", "name", name=f"{name}_by_tenant_name"),
        sqlite_autoincrement=True,
    )


def upgrade() -> None:
    _documents("channels")
    _documents("ladders")
    op.create_table(
        "alerts",
        _needed("fingerprint", KEY),
        _needed("tenant", KEY),
        _needed("model", KEY),
        _needed("rule", KEY),
        _needed("state", KEY),
        sa.Column("incident", KEY),
        sa.Column("rearm_at", MICROS),
        _needed("body", sa.JSON()),
        sa.PrimaryKeyConstraint("fingerprint", name="alerts_pk"),
    )
    op.create_index("alerts_by_incident", "alerts", ["incident"])
    op.create_index("alerts_by_model", "alerts", ["tenant", "model"])
    op.create_index("alerts_by_rearm", "alerts", ["rearm_at"])
    op.create_table(
        "incidents",
        _needed("id", KEY),
        _needed("tenant", KEY),
        _needed("key", KEY),
        _needed("model", KEY),
        _needed("family", KEY),
        _needed("state", KEY),
        _needed("severity", KEY),
        _needed("title", sa.Text()),
        _needed("owner", sa.Text()),
        _needed("opened_at", MICROS),
        _needed("changed_at", MICROS),
        sa.Column("due_at", MICROS),
        _needed("revision", sa.Integer()),
        _needed("body", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="incidents_pk"),
    )
    op.create_index(
        "incidents_one_live",
        "incidents",
        ["tenant", "key"],
        unique=True,
        sqlite_where=sa.text(LIVE),
        postgresql_where=sa.text(LIVE),
    )
    op.create_index("incidents_by_due", "incidents", ["due_at"])
    op.create_index("incidents_by_model", "incidents", ["tenant", "model", "opened_at"])
    op.create_index("incidents_by_time", "incidents", ["tenant", "opened_at"])
    op.create_index("incidents_by_state", "incidents", ["state"])
    op.create_table(
        "incident_events",
        _needed("incident", KEY),
        _needed("seq", sa.Integer()),
        _needed("at", MICROS),
        _needed("kind", KEY),
        _needed("who", KEY),
        _needed("detail", sa.JSON()),
        sa.PrimaryKeyConstraint("incident", "seq", name="incident_events_pk"),
    )
    op.create_table(
        "notices",
        _needed("id", KEY),
        _needed("tenant", KEY),
        _needed("incident", KEY),
        _needed("channel", KEY),
        _needed("kind", KEY),
        _needed("seq", sa.Integer()),
        _needed("status", KEY),
        _needed("severity", KEY),
        _needed("exempt", sa.Boolean()),
        _needed("made_at", MICROS),
        _needed("body", sa.JSON()),
        _needed("digest", KEY),
        sa.Column("due_at", MICROS),
        _needed("tries", sa.Integer()),
        sa.Column("lease_until", MICROS),
        _needed("token", KEY),
        sa.Column("ended_at", MICROS),
        _needed("answer", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="notices_pk"),
        sa.UniqueConstraint(
            "tenant",
            "incident",
            "channel",
            "kind",
            "seq",
            name="notices_by_tenant_incident_channel_kind_seq",
        ),
    )
    op.create_index("notices_by_due", "notices", ["status", "due_at"])
    op.create_index("notices_by_channel", "notices", ["tenant", "channel", "made_at"])
    op.create_index("notices_by_incident", "notices", ["incident"])
    op.create_table(
        "attempts",
        _needed("notice", KEY),
        _needed("number", sa.Integer()),
        _needed("at", MICROS),
        sa.Column("ended_at", MICROS),
        _needed("outcome", KEY),
        _needed("answer", sa.Text()),
        sa.PrimaryKeyConstraint("notice", "number", name="attempts_pk"),
        sa.ForeignKeyConstraint(
            ["notice"], ["notices.id"], name="attempts_of_notice", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "silences",
        _needed("id", ID),
        _needed("tenant", KEY),
        _needed("kind", KEY),
        _needed("matchers", sa.JSON()),
        _needed("start", MICROS),
        _needed("stop", MICROS),
        _needed("comment", sa.Text()),
        _needed("created_at", MICROS),
        _needed("created_by", KEY),
        sa.PrimaryKeyConstraint("id", name="silences_pk"),
        sqlite_autoincrement=True,
    )
    op.create_index("silences_by_stop", "silences", ["stop"])
