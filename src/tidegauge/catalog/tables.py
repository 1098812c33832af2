"""Every table of the catalog.  Times are microseconds since 1970 UTC.

A change here needs a migration beside it: a test compares the two.
"""

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from tidegauge.catalog.columns import Blob, Count, Id, Json, JsonOrNone, Key, Micros, Remark

NAMES: Final = {
    "pk": "%(table_name)s_pk",
    "uq": "%(table_name)s_by_%(column_0_N_name)s",
    "fk": "%(table_name)s_of_%(column_0_name)s",
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
}

Kind = TypeEngine[Any] | type[TypeEngine[Any]]
metadata: Final = MetaData(naming_convention=NAMES)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _model(*, primary_key: bool = False) -> Column[int]:
    """Whatever belongs to a model goes with it."""
    return Column(
        "model",
        Id,
        ForeignKey("models.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        autoincrement=False,
    )


def _key(name: str, kind: Kind = Key) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: Kind) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _table(name: str, *content: SchemaItem, counts: bool = False) -> Table:
    """`counts`: an id is never given twice, so that what remembers one cannot meet another."""
    return Table(name, metadata, *content, sqlite_autoincrement=counts)


def _documents(name: str) -> Table:
    """What a tenant has by name, as its owner wrote it."""
    return _table(
        name,
        _id(),
        _column("tenant", Key),
        _column("name", Key),
        _column("document", Json),
        _column("origin", Key),
        _column("revision", Integer),
        _column("created_at", Micros),
        _column("changed_at", Micros),
        _column("changed_by", Key),
        UniqueConstraint("tenant", "name"),
        counts=True,
    )


about = _table(
    "about",
    _key("id", Integer),
    _column("format", Integer),
    _column("version", Key),
    _column("changed_at", Micros),
)
"""One row: the oldest format that a program must know to open this catalog, and who wrote that."""

models = _table(
    "models",
    _id(),
    _column("tenant", Key),
    _column("name", Key),
    Column("task", Key),
    _column("owner", Remark),
    _column("description", Remark),
    _column("tags", Json),
    _column("segments", Json),
    Column("hot_days", Integer),
    Column("cold_days", Integer),
    _column("created_at", Micros),
    _column("changed_at", Micros),
    Column("archived_at", Micros),
    _column("revision", Integer),
    Column("likely_task", Key),
    Column("watched", Boolean, nullable=False, server_default=true()),
    Column("positive", Key),
    Column("favourable", Boolean),
    Column("protected", Json),
    UniqueConstraint("tenant", "name"),
    counts=True,
)

schemas = _table(
    "schemas",
    _id(),
    _model(),
    _column("number", Integer),
    _column("columns", Json),
    _column("created_at", Micros),
    _column("created_by", Key),
    _column("why", Remark),
    UniqueConstraint("model", "number"),
    counts=True,
)

layouts = _table(
    "layouts",
    _id(),
    _model(),
    _column("digest", Key),
    _column("body", Blob),
    _column("created_at", Micros),
    UniqueConstraint("model", "digest"),
    counts=True,
)

baselines = _table(
    "baselines",
    _id(),
    _model(),
    _column("number", Integer),
    _column("source", Key),
    # No constraint: see `windows`.
    Column("layout", Id, nullable=False),
    _column("profile", Blob),
    _column("rows", Count),
    _column("name", Remark),
    Column("version", Key),
    _column("first_at", Micros),
    Column("last_at", Micros),
    Column("file", Key),
    _column("created_at", Micros),
    _column("created_by", Key),
    _column("why", Remark),
    Column("labelled", Count),
    Column("truth", Blob),
    UniqueConstraint("model", "number"),
    counts=True,
)

series = _table(
    "series",
    _id(),
    _model(),
    _column("version", Key),
    _column("segment", Key),
    UniqueConstraint("model", "version", "segment"),
    counts=True,
)

windows = _table(
    "windows",
    Column(
        "series",
        Id,
        ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _key("resolution", Integer),
    _key("start", Micros),
    # No constraint: a layout goes only with its model, and the check of that would read all
    # windows, or cost an index as large as the table's own.
    Column("layout", Id),
    _column("rows", Count),
    _column("revision", Integer),
    _column("changed_at", Micros),
    _column("traffic", Blob),
    Column("profile", Blob),
    # With the rows, so that who only counts them reads no window.
    Index("windows_by_time", "resolution", "start", "series", "rows"),
)

parts = _table(
    "parts",
    _id(),
    _model(),
    _column("kind", Key),
    _column("day", Integer),
    _column("file", Key),
    _column("rows", Count),
    _column("bytes", Count),
    _column("digest", Key),
    _column("first_at", Micros),
    _column("last_at", Micros),
    _column("first_received", Micros),
    _column("last_received", Micros),
    _column("level", Integer),
    _column("created_at", Micros),
    Column("replaced_at", Micros),
    UniqueConstraint("file"),
    Index("parts_by_time", "model", "kind", "first_at"),
    Index("parts_by_replaced", "replaced_at"),
    counts=True,
)

tails = _table(
    "tails",
    _model(primary_key=True),
    _key("kind"),
    _column("position", Key),
    _column("rows", Count),
    _column("bytes", Count),
    _column("since", Micros),
    Column("dropped", Blob),
)

progress = _table(
    "progress",
    _key("name"),
    _column("epoch", Count),
    _column("position", Key),
    _column("at", Micros),
    _column("detail", Json),
)

id_runs = _table(
    "id_runs",
    _key("file"),
    _column("rows", Count),
    _column("sealed", Boolean),
    Column("digest", Key),
    _column("first_at", Micros),
    _column("last_at", Micros),
)

signals = _table(
    "signals",
    _model(primary_key=True),
    _key("code"),
    _key("subject"),
    _key("start", Micros),
    _column("detail", Remark),
    _column("rows", Count),
    _column("first_at", Micros),
    _column("last_at", Micros),
)

dead_letters = _table(
    "dead_letters",
    _id(),
    _column("at", Micros),
    _column("tenant", Key),
    _column("model", Key),
    _column("kind", Key),
    _column("reason", Key),
    _column("detail", Remark),
    _column("body", Blob),
    _column("size", Count),
    _column("position", Key),
    Index("dead_letters_by_tenant", "tenant", "id"),
    Index("dead_letters_by_at", "at"),
    counts=True,
)

drops = _table(
    "drops",
    _key("tenant"),
    _key("model"),
    _key("reason"),
    _key("start", Micros),
    _column("rows", Count),
)

pending = _table(
    "pending",
    _key("kind"),
    _key("key"),
    _column("at", Micros),
    _column("body", Blob),
    Index("pending_by_at", "kind", "at"),
)

arrivals = _table(
    "arrivals",
    _id(),
    _model(),
    _column("kind", Key),
    _column("rows", Count),
    _column("at", Micros),
    _column("body", Blob),
    Index("arrivals_by_model", "model", "id"),
    counts=True,
)
"""What has come since predictions and labels were last joined."""

unmatched = _table(
    "unmatched",
    _id(),
    _model(),
    _column("rows", Count),
    _column("at", Micros),
    _column("since", Key),
    _column("body", Blob),
    Index("unmatched_by_model", "model", "id"),
    counts=True,
)
"""Labels of predictions that have not come."""

outcomes = _table(
    "outcomes",
    Column(
        "series",
        Id,
        ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _key("resolution", Integer),
    _key("start", Micros),
    _column("labelled", Count),
    _column("revision", Integer),
    _column("changed_at", Micros),
    _column("body", Blob),
    Index("outcomes_by_time", "resolution", "start", "series"),
)

attributions = _table(
    "attributions",
    Column(
        "series",
        Id,
        ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _key("resolution", Integer),
    _key("start", Micros),
    _column("rows", Count),
    _column("revision", Integer),
    _column("changed_at", Micros),
    _column("body", Blob),
    Column("sample_of", Count),
    Column("baseline", Id),
    Index("attributions_by_time", "resolution", "start", "series"),
)
"""What the features of a series added to its answers."""

estimators = _table(
    "estimators",
    _model(primary_key=True),
    _key("number", Integer),
    _column("version", Key),
    Column("baseline", Id),
    _column("fitted_at", Micros),
    _column("first_at", Micros),
    _column("last_at", Micros),
    _column("rows", Count),
    _column("body", Blob),
    Column("doubt", Remark),
)
"""What was learned from labelled rows, to estimate what others will prove to be."""

estimates = _table(
    "estimates",
    Column(
        "series",
        Id,
        ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _key("resolution", Integer),
    _key("start", Micros),
    _column("rows", Count),
    _column("estimator", Integer),
    _column("changed_at", Micros),
    _column("body", Blob),
    Index("estimates_by_time", "resolution", "start", "series"),
)

numbers = _table(
    "numbers",
    # 0 where a metric is of no model: a key cannot be null, so this is no foreign key.
    _key("model", Id),
    _key("name"),
    _key("tags"),
    _key("resolution", Integer),
    _key("start", Micros),
    _column("n", Count),
    _column("total", Double),
    _column("low", Double),
    _column("high", Double),
    _column("last", Double),
    _column("squares", Double),
    Index("numbers_by_time", "resolution", "start"),
)

monitors = _documents("monitors")

targets = _table(
    "targets",
    _id(),
    Column("monitor", Id, ForeignKey("monitors.id", ondelete="CASCADE"), nullable=False),
    _model(),
    _column("version", Key),
    _column("segment", Key),
    Column("slot", Micros),
    Column("rule", Blob),
    Column("state", Blob),
    UniqueConstraint("monitor", "model", "version", "segment"),
    Index("targets_by_model", "model"),
    counts=True,
)
"""What a monitor watches, one by one: how far it is judged, and what it remembers of it."""

readings = _table(
    "readings",
    Column(
        "target",
        Id,
        ForeignKey("targets.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _key("slot", Micros),
    _column("status", Key),
    Column("severity", Key),
    Column("value", Double),
    _column("n", Count),
    _column("reason", Remark),
    Column("detail", Json),
    _column("revision", Integer),
    _column("made_at", Micros),
    Index("readings_by_slot", "slot"),
)

reading_hours = _table(
    "reading_hours",
    Column(
        "target",
        Id,
        ForeignKey("targets.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _key("start", Micros),
    _column("readings", Integer),
    _column("breaches", Integer),
    Column("low", Double),
    Column("high", Double),
    Column("last", Double),
    _column("n", Count),
    Column("severity", Key),
    Index("reading_hours_by_start", "start"),
)
"""Readings of an hour that is over: the least, the most and the last value, and the worst."""

late = _table(
    "late",
    _model(primary_key=True),
    # No constraint: 0 is the model's own numbers.
    _key("series", Id),
    _key("resolution", Integer),
    _key("start", Micros),
    _column("position", Key),
    _column("slot", Micros),
    Index("late_by_start", "start"),
)
"""Windows that changed after they were judged."""

trainings = _table(
    "trainings",
    _id(),
    _model(),
    _column("number", Integer),
    _column("version", Key),
    _column("name", Remark),
    _column("metrics", Json),
    _column("created_at", Micros),
    _column("created_by", Key),
    UniqueConstraint("model", "number"),
    counts=True,
)
"""What a model's makers measured of it before it was used."""

channels = _documents("channels")

ladders = _documents("ladders")
"""Who is told next where nobody answers."""

reports = _documents("reports")
"""What is reported by the calendar."""

report_turns = _table(
    "report_turns",
    Column(
        "report",
        Id,
        ForeignKey("reports.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _column("due_at", Micros),
    _column("made_at", Micros),
    _column("failure", Remark),
)
"""When each is due next, and what came of the last."""

policies = _documents("policies")
"""When models are trained again; the one without a name is what holds for all."""

policy_marks = _table(
    "policy_marks",
    Column(
        "policy",
        Id,
        ForeignKey("policies.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _model(primary_key=True),
    _column("used_upto", Micros),
    _column("due_at", Micros),
)
"""How far a model's findings are used up, and when the calendar names it next."""

retrainings = _table(
    "retrainings",
    _key("id"),
    _column("tenant", Key),
    _model(),
    _column("policy", Key),
    _column("origin", Key),
    _column("priority", Integer),
    _column("target", Key),
    _column("key", Key),
    _column("state", Key),
    _column("attempt", Integer),
    _column("token", Key),
    _column("runner", Key),
    _column("is_cancelled", Boolean),
    Column("lease_until", Micros),
    _column("progress", Double),
    _column("document", Json),
    Column("result", JsonOrNone),
    _column("cause", Remark),
    _column("created_at", Micros),
    _column("created_by", Key),
    Column("started_at", Micros),
    Column("ended_at", Micros),
    _column("changed_at", Micros),
    UniqueConstraint("tenant", "key"),
    Index("retrainings_by_state", "state", "lease_until"),
    Index("retrainings_by_model", "model", "created_at"),
)
"""Jobs that train a model again."""

retraining_lines = _table(
    "retraining_lines",
    _id(),
    Column("retraining", Key, ForeignKey("retrainings.id", ondelete="CASCADE"), nullable=False),
    _column("attempt", Integer),
    _column("at", Micros),
    _column("text", Remark),
    Index("retraining_lines_by_retraining", "retraining", "id"),
    counts=True,
)
"""What a job said of itself."""

retraining_answers = _table(
    "retraining_answers",
    Column("retraining", Key, ForeignKey("retrainings.id", ondelete="CASCADE"), primary_key=True),
    _key("number", Integer),
    _column("attempt", Integer),
    _column("rows", Count),
    _column("body", Blob),
)
"""What a candidate answers of the rows that were held out, in pieces."""

rollouts = _table(
    "rollouts",
    Column("retraining", Key, ForeignKey("retrainings.id", ondelete="CASCADE"), primary_key=True),
    _column("tenant", Key),
    _model(),
    _column("version", Key),
    _column("before", Key),
    _column("state", Key),
    _column("asked_at", Micros),
    _column("asked_by", Key),
    Column("served_at", Micros),
    Column("ended_at", Micros),
    _column("changed_at", Micros),
    _column("document", Json),
    Column("result", JsonOrNone),
    _column("cause", Remark),
    Index("rollouts_by_model", "model", "asked_at"),
)
"""Candidates that are to serve, and what came of it."""

artifacts = _table(
    "artifacts",
    _model(primary_key=True),
    _key("version"),
    _column("tenant", Key),
    _column("uri", Remark),
    _column("digest", Key),
    Column("size_bytes", Count),
    Column("trained_at", Micros),
    Column("training_seconds", Double),
    _column("metrics", Json),
    _column("importance", Json),
    _column("metadata", Json),
    # "" of one that was put by hand.
    _column("retraining", Key),
    _column("is_pinned", Boolean),
    _column("state", Key),
    _column("created_at", Micros),
    _column("created_by", Key),
    _column("changed_at", Micros),
    Column("gone_at", Micros),
    Index("artifacts_by_tenant", "tenant", "state"),
)
"""References to models' files: where each version lies, and what is known of it."""

alerts = _table(
    "alerts",
    _key("fingerprint"),
    _column("tenant", Key),
    _column("model", Key),
    _column("rule", Key),
    _column("state", Key),
    Column("incident", Key),
    Column("rearm_at", Micros),
    _column("body", Json),
    Index("alerts_by_incident", "incident"),
    Index("alerts_by_model", "tenant", "model"),
    Index("alerts_by_rearm", "rearm_at"),
)
"""Conditions that are not as they always were."""

incidents = _table(
    "incidents",
    _key("id"),
    _column("tenant", Key),
    _column("key", Key),
    _column("model", Key),
    _column("family", Key),
    _column("state", Key),
    _column("severity", Key),
    _column("title", Remark),
    _column("owner", Remark),
    _column("opened_at", Micros),
    _column("changed_at", Micros),
    Column("due_at", Micros),
    _column("revision", Integer),
    _column("body", Json),
    Index(
        "incidents_one_live",
        "tenant",
        "key",
        unique=True,
        sqlite_where=text("state IN ('open', 'acknowledged')"),
        postgresql_where=text("state IN ('open', 'acknowledged')"),
    ),
    Index("incidents_by_due", "due_at"),
    Index("incidents_by_model", "tenant", "model", "opened_at"),
    Index("incidents_by_time", "tenant", "opened_at"),
    Index("incidents_by_state", "state"),
)

incident_events = _table(
    "incident_events",
    _key("incident"),
    _key("seq", Integer),
    _column("at", Micros),
    _column("kind", Key),
    _column("who", Key),
    _column("detail", Json),
    Index("incident_events_by_at", "at"),
)
"""What happened to an incident: its row is what they come to."""

notices = _table(
    "notices",
    _key("id"),
    _column("tenant", Key),
    # "" of what is of no incident: a digest.
    _column("incident", Key),
    _column("channel", Key),
    _column("kind", Key),
    _column("seq", Integer),
    _column("status", Key),
    _column("severity", Key),
    _column("exempt", Boolean),
    _column("made_at", Micros),
    _column("body", Json),
    _column("digest", Key),
    Column("due_at", Micros),
    _column("tries", Integer),
    Column("lease_until", Micros),
    _column("token", Key),
    Column("ended_at", Micros),
    _column("answer", Remark),
    UniqueConstraint("tenant", "incident", "channel", "kind", "seq"),
    Index("notices_by_due", "status", "due_at"),
    Index("notices_by_channel", "tenant", "channel", "made_at"),
    Index("notices_by_incident", "incident"),
    Index("notices_by_made_at", "made_at"),
    Index("notices_by_ended_at", "ended_at"),
)

attempts = _table(
    "attempts",
    Column(
        "notice",
        Key,
        ForeignKey("notices.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    _key("number", Integer),
    _column("at", Micros),
    Column("ended_at", Micros),
    _column("outcome", Key),
    _column("answer", Remark),
)

silences = _table(
    "silences",
    _id(),
    _column("tenant", Key),
    _column("kind", Key),
    _column("matchers", Json),
    _column("start", Micros),
    _column("stop", Micros),
    _column("comment", Remark),
    _column("created_at", Micros),
    _column("created_by", Key),
    Column("recurs", JsonOrNone),
    Index("silences_by_stop", "stop"),
    counts=True,
)

audit = _table(
    "audit",
    _id(),
    _column("at", Micros),
    _column("who", Key),
    _column("what", Key),
    _column("subject", Key),
    _column("detail", Json),
    counts=True,
)

jobs = _table(
    "jobs",
    _key("id"),
    _column("kind", Key),
    _column("subject", Key),
    _column("state", Key),
    _column("progress", Double),
    _column("detail", Json),
    _column("created_at", Micros),
    _column("changed_at", Micros),
    _column("created_by", Key),
    Index("jobs_by_state", "state", "created_at"),
)
