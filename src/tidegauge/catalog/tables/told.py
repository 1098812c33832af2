"""Incidents, and who is told of what."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, UniqueConstraint, text

from tidegauge.catalog.columns import Id, Json, JsonOrNone, Key, Micros, Remark
from tidegauge.catalog.tables.made import column, documents, key, own_id, table

channels = documents("channels")

ladders = documents("ladders")
"""Who is told next where nobody answers."""

reports = documents("reports")
"""What is reported by the calendar."""

report_turns = table(
    "report_turns",
    Column(
        "report",
        Id,
        ForeignKey("reports.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    column("due_at", Micros),
    column("made_at", Micros),
    column("failure", Remark),
)
"""When each is due next, and what came of the last."""

alerts = table(
    "alerts",
    key("fingerprint"),
    column("tenant", Key),
    column("model", Key),
    column("rule", Key),
    column("state", Key),
    Column("incident", Key),
    Column("rearm_at", Micros),
    column("body", Json),
    Index("alerts_by_incident", "incident"),
    Index("alerts_by_model", "tenant", "model"),
    Index("alerts_by_rearm", "rearm_at"),
)
"""Conditions that are not as they always were."""

incidents = table(
    "incidents",
    key("id"),
    column("tenant", Key),
    column("key", Key),
    column("model", Key),
    column("family", Key),
    column("state", Key),
    column("severity", Key),
    column("title", Remark),
    column("owner", Remark),
    column("opened_at", Micros),
    column("changed_at", Micros),
    Column("due_at", Micros),
    column("revision", Integer),
    column("body", Json),
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

incident_events = table(
    "incident_events",
    key("incident"),
    key("seq", Integer),
    column("at", Micros),
    column("kind", Key),
    column("who", Key),
    column("detail", Json),
    Index("incident_events_by_at", "at"),
)
"""What happened to an incident: its row is what they come to."""

notices = table(
    "notices",
    key("id"),
    column("tenant", Key),
    # "" of what is of no incident: a digest.
    column("incident", Key),
    column("channel", Key),
    column("kind", Key),
    column("seq", Integer),
    column("status", Key),
    column("severity", Key),
    column("exempt", Boolean),
    column("made_at", Micros),
    column("body", Json),
    column("digest", Key),
    Column("due_at", Micros),
    column("tries", Integer),
    Column("lease_until", Micros),
    column("token", Key),
    Column("ended_at", Micros),
    column("answer", Remark),
    UniqueConstraint("tenant", "incident", "channel", "kind", "seq"),
    Index("notices_by_due", "status", "due_at"),
    Index("notices_by_channel", "tenant", "channel", "made_at"),
    Index("notices_by_incident", "incident"),
    Index("notices_by_made_at", "made_at"),
    Index("notices_by_ended_at", "ended_at"),
)

attempts = table(
    "attempts",
    Column(
        "notice",
        Key,
        ForeignKey("notices.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    key("number", Integer),
    column("at", Micros),
    Column("ended_at", Micros),
    column("outcome", Key),
    column("answer", Remark),
)

silences = table(
    "silences",
    own_id(),
    column("tenant", Key),
    column("kind", Key),
    column("matchers", Json),
    column("start", Micros),
    column("stop", Micros),
    column("comment", Remark),
    column("created_at", Micros),
    column("created_by", Key),
    Column("recurs", JsonOrNone),
    Index("silences_by_stop", "stop"),
    counts=True,
)
