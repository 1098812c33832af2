"""What the catalog is, and the models: what they are made of, and compared with."""

from sqlalchemy import Boolean, Column, Integer, UniqueConstraint, true

from tidegauge.catalog.columns import Blob, Count, Id, Json, Key, Micros, Remark
from tidegauge.catalog.tables.made import column, key, of_model, own_id, table

about = table(
    "about",
    key("id", Integer),
    column("format", Integer),
    column("version", Key),
    column("changed_at", Micros),
)
"""One row: the oldest format that a program must know to open this catalog, and who wrote that."""

models = table(
    "models",
    own_id(),
    column("tenant", Key),
    column("name", Key),
    Column("task", Key),
    column("owner", Remark),
    column("description", Remark),
    column("tags", Json),
    column("segments", Json),
    Column("hot_days", Integer),
    Column("cold_days", Integer),
    column("created_at", Micros),
    column("changed_at", Micros),
    Column("archived_at", Micros),
    column("revision", Integer),
    Column("likely_task", Key),
    Column("watched", Boolean, nullable=False, server_default=true()),
    Column("positive", Key),
    Column("favourable", Boolean),
    Column("protected", Json),
    UniqueConstraint("tenant", "name"),
    counts=True,
)

schemas = table(
    "schemas",
    own_id(),
    of_model(),
    column("number", Integer),
    column("columns", Json),
    column("created_at", Micros),
    column("created_by", Key),
    column("why", Remark),
    UniqueConstraint("model", "number"),
    counts=True,
)

layouts = table(
    "layouts",
    own_id(),
    of_model(),
    column("digest", Key),
    column("body", Blob),
    column("created_at", Micros),
    UniqueConstraint("model", "digest"),
    counts=True,
)

baselines = table(
    "baselines",
    own_id(),
    of_model(),
    column("number", Integer),
    column("source", Key),
    # No constraint: see `windows`.
    Column("layout", Id, nullable=False),
    column("profile", Blob),
    column("rows", Count),
    column("name", Remark),
    Column("version", Key),
    column("first_at", Micros),
    Column("last_at", Micros),
    Column("file", Key),
    column("created_at", Micros),
    column("created_by", Key),
    column("why", Remark),
    Column("labelled", Count),
    Column("truth", Blob),
    UniqueConstraint("model", "number"),
    counts=True,
)

trainings = table(
    "trainings",
    own_id(),
    of_model(),
    column("number", Integer),
    column("version", Key),
    column("name", Remark),
    column("metrics", Json),
    column("created_at", Micros),
    column("created_by", Key),
    UniqueConstraint("model", "number"),
    counts=True,
)
"""What a model's makers measured of it before it was used."""

series = table(
    "series",
    own_id(),
    of_model(),
    column("version", Key),
    column("segment", Key),
    UniqueConstraint("model", "version", "segment"),
    counts=True,
)
