"""The tables of the first catalog."""

import time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from tidegauge.version import VERSION

revision = "pre_0001"
down_revision = None
branch_labels = ("pre",)
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BIG = sa.BigInteger()
KEY = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _about()
    _audit()
    _dead_letters()
    _drops()
    _id_runs()
    _jobs()
    _models()
    _numbers()
    _pending()
    _progress()
    _baselines()
    _layouts()
    _parts()
    _schemas()
    _series()
    _signals()
    _tails()
    _windows()
    op.execute(
        sa.table("about", *(sa.column(name) for name in ("id", "format", "version", "changed_at")))
        .insert()
        .values(id=1, format=1, version=VERSION, changed_at=time.time_ns() // 1000)
    )


def _column(name: str, kind: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _about() -> None:
    op.create_table(
        "about",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        _column("format", sa.Integer()),
        _column("version", KEY),
        _column("changed_at", BIG),
        sa.PrimaryKeyConstraint("id", name="about_pk"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        _column("id", ID),
        _column("at", BIG),
        _column("who", KEY),
        _column("what", KEY),
        _column("subject", KEY),
        _column("detail", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="audit_pk"),
        sqlite_autoincrement=True,
    )


def _dead_letters() -> None:
    op.create_table(
        "dead_letters",
        _column("id", ID),
        _column("at", BIG),
        _column("tenant", KEY),
        _column("model", KEY),
        _column("kind", KEY),
        _column("reason", KEY),
        _column("detail", sa.Text()),
        _column("body", sa.LargeBinary()),
        _column("size", BIG),
        _column("position", KEY),
        sa.PrimaryKeyConstraint("id", name="dead_letters_pk"),
        sqlite_autoincrement=True,
    )
    op.create_index("dead_letters_by_at", "dead_letters", ["at"])
    op.create_index("dead_letters_by_tenant", "dead_letters", ["tenant", "id"])


def _drops() -> None:
    op.create_table(
        "drops",
        _column("tenant", KEY),
        _column("model", KEY),
        _column("reason", KEY),
        _column("start", BIG),
        _column("rows", BIG),
        sa.PrimaryKeyConstraint("tenant", "model", "reason", "start", name="drops_pk"),
    )


def _id_runs() -> None:
    op.create_table(
        "id_runs",
        _column("file", KEY),
        _column("rows", BIG),
        _column("sealed", sa.Boolean()),
        sa.Column("digest", KEY, nullable=True),
        _column("first_at", BIG),
        _column("last_at", BIG),
        sa.PrimaryKeyConstraint("file", name="id_runs_pk"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        _column("id", KEY),
        _column("kind", KEY),
        _column("subject", KEY),
        _column("state", KEY),
        _column("progress", sa.Double()),
        _column("detail", sa.JSON()),
        _column("created_at", BIG),
        _column("changed_at", BIG),
        _column("created_by", KEY),
        sa.PrimaryKeyConstraint("id", name="jobs_pk"),
    )
    op.create_index("jobs_by_state", "jobs", ["state", "created_at"])


def _models() -> None:
    op.create_table(
        "models",
        _column("id", ID),
        _column("tenant", KEY),
        _column("name", KEY),
        sa.Column("task", KEY, nullable=True),
        _column("owner", sa.Text()),
        _column("description", sa.Text()),
        _column("tags", sa.JSON()),
        _column("segments", sa.JSON()),
        sa.Column("hot_days", sa.Integer(), nullable=True),
        sa.Column("cold_days", sa.Integer(), nullable=True),
        _column("created_at", BIG),
        _column("changed_at", BIG),
        sa.Column("archived_at", BIG, nullable=True),
        _column("revision", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="models_pk"),
        sa.UniqueConstraint("tenant", "name", name="models_by_tenant_name"),
        sqlite_autoincrement=True,
    )


def _numbers() -> None:
    op.create_table(
        "numbers",
        _column("model", ID),
        _column("name", KEY),
        _column("tags", KEY),
        _column("resolution", sa.Integer()),
        _column("start", BIG),
        _column("n", BIG),
        _column("total", sa.Double()),
        _column("low", sa.Double()),
        _column("high", sa.Double()),
        _column("last", sa.Double()),
        _column("squares", sa.Double()),
        sa.PrimaryKeyConstraint("model", "name", "tags", "resolution", "start", name="numbers_pk"),
    )
    op.create_index("numbers_by_time", "numbers", ["resolution", "start"])


def _pending() -> None:
    op.create_table(
        "pending",
        _column("kind", KEY),
        _column("key", KEY),
        _column("at", BIG),
        _column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("kind", "key", name="pending_pk"),
    )
    op.create_index("pending_by_at", "pending", ["kind", "at"])


def _progress() -> None:
    op.create_table(
        "progress",
        _column("name", KEY),
        _column("epoch", BIG),
        _column("position", KEY),
        _column("at", BIG),
        _column("detail", sa.JSON()),
        sa.PrimaryKeyConstraint("name", name="progress_pk"),
    )


def _baselines() -> None:
    op.create_table(
        "baselines",
        _column("id", ID),
        _column("model", ID),
        _column("number", sa.Integer()),
        _column("source", KEY),
        _column("layout", ID),
        _column("profile", sa.LargeBinary()),
        _column("rows", BIG),
        _column("name", sa.Text()),
        sa.Column("version", KEY, nullable=True),
        _column("first_at", BIG),
        sa.Column("last_at", BIG, nullable=True),
        sa.Column("file", KEY, nullable=True),
        _column("created_at", BIG),
        _column("created_by", KEY),
        _column("why", sa.Text()),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="baselines_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="baselines_pk"),
        sa.UniqueConstraint("model", "number", name="baselines_by_model_number"),
        sqlite_autoincrement=True,
    )


def _layouts() -> None:
    op.create_table(
        "layouts",
        _column("id", ID),
        _column("model", ID),
        _column("digest", KEY),
        _column("body", sa.LargeBinary()),
        _column("created_at", BIG),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="layouts_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="layouts_pk"),
        sa.UniqueConstraint("model", "digest", name="layouts_by_model_digest"),
        sqlite_autoincrement=True,
    )


def _parts() -> None:
    op.create_table(
        "parts",
        _column("id", ID),
        _column("model", ID),
        _column("kind", KEY),
        _column("day", sa.Integer()),
        _column("file", KEY),
        _column("rows", BIG),
        _column("bytes", BIG),
        _column("digest", KEY),
        _column("first_at", BIG),
        _column("last_at", BIG),
        _column("first_received", BIG),
        _column("last_received", BIG),
        _column("level", sa.Integer()),
        _column("created_at", BIG),
        sa.Column("replaced_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="parts_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="parts_pk"),
        sa.UniqueConstraint("file", name="parts_by_file"),
        sqlite_autoincrement=True,
    )
    op.create_index("parts_by_replaced", "parts", ["replaced_at"])
    op.create_index("parts_by_time", "parts", ["model", "kind", "first_at"])


def _schemas() -> None:
    op.create_table(
        "schemas",
        _column("id", ID),
        _column("model", ID),
        _column("number", sa.Integer()),
        _column("columns", sa.JSON()),
        _column("created_at", BIG),
        _column("created_by", KEY),
        _column("why", sa.Text()),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="schemas_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="schemas_pk"),
        sa.UniqueConstraint("model", "number", name="schemas_by_model_number"),
        sqlite_autoincrement=True,
    )


def _series() -> None:
    op.create_table(
        "series",
        _column("id", ID),
        _column("model", ID),
        _column("version", KEY),
        _column("segment", KEY),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="series_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="series_pk"),
        sa.UniqueConstraint("model", "version", "segment", name="series_by_model_version_segment"),
        sqlite_autoincrement=True,
    )


def _signals() -> None:
    op.create_table(
        "signals",
        _column("model", ID),
        _column("code", KEY),
        _column("subject", KEY),
        _column("start", BIG),
        _column("detail", sa.Text()),
        _column("rows", BIG),
        _column("first_at", BIG),
        _column("last_at", BIG),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="signals_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("model", "code", "subject", "start", name="signals_pk"),
    )


def _tails() -> None:
    op.create_table(
        "tails",
        _column("model", ID),
        _column("kind", KEY),
        _column("position", KEY),
        _column("rows", BIG),
        _column("bytes", BIG),
        _column("since", BIG),
        sa.Column("dropped", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model"], ["models.id"], name="tails_of_model", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("model", "kind", name="tails_pk"),
    )


def _windows() -> None:
    op.create_table(
        "windows",
        _column("series", ID),
        _column("resolution", sa.Integer()),
        _column("start", BIG),
        sa.Column("layout", ID, nullable=True),
        _column("rows", BIG),
        _column("revision", sa.Integer()),
        _column("changed_at", BIG),
        _column("traffic", sa.LargeBinary()),
        sa.Column("profile", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["series"], ["series.id"], name="windows_of_series", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series", "resolution", "start", name="windows_pk"),
    )
    op.create_index("windows_by_time", "windows", ["resolution", "start", "series"])
