"""Who did what, and what is done once for all."""

from sqlalchemy import Double, Index

from tidegauge.catalog.columns import Json, Key, Micros
from tidegauge.catalog.tables.made import column, key, own_id, table

audit = table(
    "audit",
    own_id(),
    column("at", Micros),
    column("who", Key),
    column("what", Key),
    column("subject", Key),
    column("detail", Json),
    counts=True,
)

jobs = table(
    "jobs",
    key("id"),
    column("kind", Key),
    column("subject", Key),
    column("state", Key),
    column("progress", Double),
    column("detail", Json),
    column("created_at", Micros),
    column("changed_at", Micros),
    column("created_by", Key),
    Index("jobs_by_state", "state", "created_at"),
)
