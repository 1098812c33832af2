"""What is counted of predictions, where their rows are, and how far that has come."""

from sqlalchemy import Boolean, Column, Double, Index, Integer, UniqueConstraint

from tidegauge.catalog.columns import Blob, Count, Id, Json, Key, Micros, Remark
from tidegauge.catalog.tables.made import column, key, of_model, of_series, own_id, table

windows = table(
    "windows",
    of_series(),
    key("resolution", Integer),
    key("start", Micros),
    # No constraint: a layout goes only with its model, and the check of that would read all
    # windows, or cost an index as large as the table's own.
    Column("layout", Id),
    column("rows", Count),
    column("revision", Integer),
    column("changed_at", Micros),
    column("traffic", Blob),
    Column("profile", Blob),
    # With the rows, so that who only counts them reads no window.
    Index("windows_by_time", "resolution", "start", "series", "rows"),
)

parts = table(
    "parts",
    own_id(),
    of_model(),
    column("kind", Key),
    column("day", Integer),
    column("file", Key),
    column("rows", Count),
    column("bytes", Count),
    column("digest", Key),
    column("first_at", Micros),
    column("last_at", Micros),
    column("first_received", Micros),
    column("last_received", Micros),
    column("level", Integer),
    column("created_at", Micros),
    Column("replaced_at", Micros),
    UniqueConstraint("file"),
    Index("parts_by_time", "model", "kind", "first_at"),
    Index("parts_by_replaced", "replaced_at"),
    counts=True,
)

tails = table(
    "tails",
    of_model(primary_key=True),
    key("kind"),
    column("position", Key),
    column("rows", Count),
    column("bytes", Count),
    column("since", Micros),
    Column("dropped", Blob),
)

progress = table(
    "progress",
    key("name"),
    column("epoch", Count),
    column("position", Key),
    column("at", Micros),
    column("detail", Json),
)

id_runs = table(
    "id_runs",
    key("file"),
    column("rows", Count),
    column("sealed", Boolean),
    Column("digest", Key),
    column("first_at", Micros),
    column("last_at", Micros),
)

signals = table(
    "signals",
    of_model(primary_key=True),
    key("code"),
    key("subject"),
    key("start", Micros),
    column("detail", Remark),
    column("rows", Count),
    column("first_at", Micros),
    column("last_at", Micros),
)

dead_letters = table(
    "dead_letters",
    own_id(),
    column("at", Micros),
    column("tenant", Key),
    column("model", Key),
    column("kind", Key),
    column("reason", Key),
    column("detail", Remark),
    column("body", Blob),
    column("size", Count),
    column("position", Key),
    Index("dead_letters_by_tenant", "tenant", "id"),
    Index("dead_letters_by_at", "at"),
    counts=True,
)

drops = table(
    "drops",
    key("tenant"),
    key("model"),
    key("reason"),
    key("start", Micros),
    column("rows", Count),
)

pending = table(
    "pending",
    key("kind"),
    key("key"),
    column("at", Micros),
    column("body", Blob),
    Index("pending_by_at", "kind", "at"),
)

numbers = table(
    "numbers",
    # 0 where a metric is of no model: a key cannot be null, so this is no foreign key.
    key("model", Id),
    key("name"),
    key("tags"),
    key("resolution", Integer),
    key("start", Micros),
    column("n", Count),
    column("total", Double),
    column("low", Double),
    column("high", Double),
    column("last", Double),
    column("squares", Double),
    Index("numbers_by_time", "resolution", "start"),
)
