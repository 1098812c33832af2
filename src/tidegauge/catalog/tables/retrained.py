"""Jobs that train a model again, what serves, and the files of its versions."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, UniqueConstraint

from tidegauge.catalog.columns import Blob, Count, Id, Json, JsonOrNone, Key, Micros, Remark
from tidegauge.catalog.tables.made import column, documents, key, of_model, own_id, table

policies = documents("policies")
"""When models are trained again; the one without a name is what holds for all."""

policy_marks = table(
    "policy_marks",
    Column(
        "policy",
        Id,
        ForeignKey("policies.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    of_model(primary_key=True),
    column("used_upto", Micros),
    column("due_at", Micros),
)
"""How far a model's findings are used up, and when the calendar names it next."""

retrainings = table(
    "retrainings",
    key("id"),
    column("tenant", Key),
    of_model(),
    column("policy", Key),
    column("origin", Key),
    column("priority", Integer),
    column("target", Key),
    column("key", Key),
    column("state", Key),
    column("attempt", Integer),
    column("token", Key),
    column("runner", Key),
    column("is_cancelled", Boolean),
    Column("lease_until", Micros),
    column("progress", Double),
    column("document", Json),
    Column("result", JsonOrNone),
    column("cause", Remark),
    column("created_at", Micros),
    column("created_by", Key),
    Column("started_at", Micros),
    Column("ended_at", Micros),
    column("changed_at", Micros),
    UniqueConstraint("tenant", "key"),
    Index("retrainings_by_state", "state", "lease_until"),
    Index("retrainings_by_model", "model", "created_at"),
)
"""Jobs that train a model again."""

retraining_lines = table(
    "retraining_lines",
    own_id(),
    Column("retraining", Key, ForeignKey("retrainings.id", ondelete="CASCADE"), nullable=False),
    column("attempt", Integer),
    column("at", Micros),
    column("text", Remark),
    Index("retraining_lines_by_retraining", "retraining", "id"),
    counts=True,
)
"""What a job said of itself."""

retraining_answers = table(
    "retraining_answers",
    Column("retraining", Key, ForeignKey("retrainings.id", ondelete="CASCADE"), primary_key=True),
    key("number", Integer),
    column("attempt", Integer),
    column("rows", Count),
    column("body", Blob),
)
"""What a candidate answers of the rows that were held out, in pieces."""

rollouts = table(
    "rollouts",
    Column("retraining", Key, ForeignKey("retrainings.id", ondelete="CASCADE"), primary_key=True),
    column("tenant", Key),
    of_model(),
    column("version", Key),
    column("before", Key),
    column("state", Key),
    column("asked_at", Micros),
    column("asked_by", Key),
    Column("served_at", Micros),
    Column("ended_at", Micros),
    column("changed_at", Micros),
    column("document", Json),
    Column("result", JsonOrNone),
    column("cause", Remark),
    Index("rollouts_by_model", "model", "asked_at"),
)
"""Candidates that are to serve, and what came of it."""

artifacts = table(
    "artifacts",
    of_model(primary_key=True),
    key("version"),
    column("tenant", Key),
    column("uri", Remark),
    column("digest", Key),
    Column("size_bytes", Count),
    Column("trained_at", Micros),
    Column("training_seconds", Double),
    column("metrics", Json),
    column("importance", Json),
    column("metadata", Json),
    # "" of one that was put by hand.
    column("retraining", Key),
    column("is_pinned", Boolean),
    column("state", Key),
    column("created_at", Micros),
    column("created_by", Key),
    column("changed_at", Micros),
    Column("gone_at", Micros),
    Index("artifacts_by_tenant", "tenant", "state"),
)
"""References to models' files: where each version lies, and what is known of it."""
