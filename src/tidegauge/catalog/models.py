"""Models: what the user calls `model_id`, under a number of ours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from sqlalchemy import Connection, delete, select, tuple_, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import (
    alerts,
    baselines,
    dead_letters,
    drops,
    incident_events,
    incidents,
    models,
    notices,
    numbers,
    parts,
)
from tidegauge.catalog.upsert import add_missing, pieces


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    id: int
    tenant: str
    name: str
    task: str | None
    """As somebody said."""
    likely_task: str | None
    """As its outputs look."""
    owner: str
    description: str
    tags: Mapping[str, str]
    segments: Sequence[str]
    """The columns whose values are each watched by themselves."""
    hot_days: int | None
    cold_days: int | None
    created_at: int
    changed_at: int
    archived_at: int | None
    revision: int
    """Raised with every change: a change says which one it saw."""
    watched: bool
    """Whether monitors judge it."""
    positive: str | None = None
    """The class that precision and recall are of, where there are two; there is no default."""
    favourable: bool | None = None
    """Whether that is what people hope for."""
    protected: Sequence[str] | None = None
    """The segments that tell groups of people apart, who are to be treated alike."""


class Changes(TypedDict, total=False):
    task: str | None
    owner: str
    description: str
    tags: Mapping[str, str]
    segments: Sequence[str]
    protected: Sequence[str] | None
    hot_days: int | None
    cold_days: int | None
    archived_at: int | None
    watched: bool
    positive: str | None
    favourable: bool | None


def ensure(connection: Connection, tenant: str, names: Iterable[str], at: int) -> dict[str, Model]:
    """The models of these names; those that are new are made."""
    wanted = sorted(set(names))
    found = _named(connection, tenant, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        new = {
            "tenant": tenant,
            "owner": "",
            "description": "",
            "tags": {},
            "segments": [],
            "created_at": at,
            "changed_at": at,
            "revision": 1,
            "watched": True,
        }
        add_missing(connection, models, [{**new, "name": name} for name in missing])
        found |= _named(connection, tenant, missing)
    return found


def by_name(connection: Connection, tenant: str, name: str) -> Model | None:
    return _named(connection, tenant, [name]).get(name)


def by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Model]:
    found: dict[int, Model] = {}
    for some in pieces(ids):
        rows = connection.execute(select(models).where(models.c.id.in_(some)))
        found.update((row.id, read(Model, row)) for row in rows)
    return found


def all(connection: Connection) -> list[Model]:  # noqa: A001 - reads as `models.all`
    rows = connection.execute(select(models).order_by(models.c.tenant, models.c.name))
    return [read(Model, row) for row in rows]


def ids(connection: Connection, tenant: str) -> list[int]:
    """Of all that are not archived."""
    own = (models.c.tenant == tenant) & models.c.archived_at.is_(None)
    return list(connection.scalars(select(models.c.id).where(own).order_by(models.c.id)))


def named(connection: Connection, tenant: str, names: Iterable[str]) -> list[Model]:
    """Those of some names that are not archived, by name."""
    found: list[Model] = []
    for some in pieces(sorted(set(names))):
        own = (models.c.tenant == tenant) & models.c.archived_at.is_(None)
        rows = connection.execute(
            select(models).where(own, models.c.name.in_(some)).order_by(models.c.name)
        )
        found.extend(read(Model, row) for row in rows)
    return found


def listed(
    connection: Connection,
    tenant: str,
    *,
    after: str = "",
    limit: int = 100,
    search: str = "",
    archived: bool = False,
) -> list[Model]:
    """A page by name, beginning behind `after`; `search` is looked for in the names."""
    query = select(models).where(models.c.tenant == tenant, models.c.name > after)
    if search:
        query = query.where(models.c.name.icontains(search, autoescape=True))
    if not archived:
        query = query.where(models.c.archived_at.is_(None))
    rows = connection.execute(query.order_by(models.c.name).limit(limit))
    return [read(Model, row) for row in rows]


def change(
    connection: Connection, model: int, revision: int, at: int, **changes: Unpack[Changes]
) -> Model:
    """Change what was seen at a revision; StaleError where it is no longer that one, or gone."""
    row = connection.execute(
        update(models)
        .where(models.c.id == model, models.c.revision == revision)
        .values(**changes, revision=revision + 1, changed_at=at)
        .returning(*models.c)
    ).one_or_none()
    if row is None:
        raise StaleError(
            f"model {model} is no longer at revision {revision}: read it again, and decide anew"
        )
    return read(Model, row)


def guess(connection: Connection, model: int, task: str) -> None:
    """What it does as far as we can tell: no change that somebody made, so no new revision."""
    connection.execute(update(models).where(models.c.id == model).values(likely_task=task))


def revisions(connection: Connection) -> dict[int, int]:
    """By model: for who wants to know which have changed."""
    rows = connection.execute(select(models.c.id, models.c.revision))
    return {row.id: row.revision for row in rows}


def archive(connection: Connection, model: int, revision: int, at: int) -> Model:
    """Out of sight, with all that is known of it; `change(archived_at=None)` brings it back."""
    return change(connection, model, revision, at, archived_at=at)


def erase(connection: Connection, model: int) -> list[str]:
    """Remove a model and all that belongs to it; its files are the caller's to delete."""
    files = [
        *connection.scalars(select(parts.c.file).where(parts.c.model == model)),
        *connection.scalars(
            select(baselines.c.file).where(
                baselines.c.model == model, baselines.c.file.is_not(None)
            )
        ),
    ]
    whose = select(models.c.tenant, models.c.name).where(models.c.id == model)
    own = select(incidents.c.id).where(tuple_(incidents.c.tenant, incidents.c.model).in_(whose))
    for table in (notices, incident_events):
        connection.execute(delete(table).where(table.c.incident.in_(own)))
    name = select(models.c.name).where(models.c.id == model).scalar_subquery()
    connection.execute(
        delete(notices).where(
            notices.c.kind == "report",
            notices.c.tenant.in_(select(models.c.tenant).where(models.c.id == model)),
            notices.c.body["model"].as_string() == name,
        )
    )
    for table in (dead_letters, drops, alerts, incidents):
        connection.execute(delete(table).where(tuple_(table.c.tenant, table.c.model).in_(whose)))
    connection.execute(delete(numbers).where(numbers.c.model == model))
    connection.execute(delete(models).where(models.c.id == model))
    return files


def _named(connection: Connection, tenant: str, names: Sequence[str]) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for some in pieces(names):
        rows = connection.execute(
            select(models).where(models.c.tenant == tenant, models.c.name.in_(some))
        )
        found.update((row.name, read(Model, row)) for row in rows)
    return found
