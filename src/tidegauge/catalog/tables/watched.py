"""What is watched, and what was found."""

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, UniqueConstraint

from tidegauge.catalog.columns import Blob, Count, Id, Json, Key, Micros, Remark
from tidegauge.catalog.tables.made import column, documents, key, of_model, own_id, table

monitors = documents("monitors")

targets = table(
    "targets",
    own_id(),
    Column("monitor", Id, ForeignKey("monitors.id", ondelete="CASCADE"), nullable=False),
    of_model(),
    column("version", Key),
    column("segment", Key),
    Column("slot", Micros),
    Column("rule", Blob),
    Column("state", Blob),
    UniqueConstraint("monitor", "model", "version", "segment"),
    Index("targets_by_model", "model"),
    counts=True,
)
"""What a monitor watches, one by one: how far it is judged, and what it remembers of it."""

readings = table(
    "readings",
    Column(
        "target",
        Id,
        ForeignKey("targets.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    key("slot", Micros),
    column("status", Key),
    Column("severity", Key),
    Column("value", Double),
    column("n", Count),
    column("reason", Remark),
    Column("detail", Json),
    column("revision", Integer),
    column("made_at", Micros),
    Index("readings_by_slot", "slot"),
)

reading_hours = table(
    "reading_hours",
    Column(
        "target",
        Id,
        ForeignKey("targets.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    key("start", Micros),
    column("readings", Integer),
    column("breaches", Integer),
    Column("low", Double),
    Column("high", Double),
    Column("last", Double),
    column("n", Count),
    Column("severity", Key),
    Index("reading_hours_by_start", "start"),
)
"""Readings of an hour that is over: the least, the most and the last value, and the worst."""

late = table(
    "late",
    of_model(primary_key=True),
    # No constraint: 0 is the model's own numbers.
    key("series", Id),
    key("resolution", Integer),
    key("start", Micros),
    column("position", Key),
    column("slot", Micros),
    Index("late_by_start", "start"),
)
"""Windows that changed after they were judged."""
