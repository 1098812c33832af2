"""References to models' files, as rows: a version of a model, where it lies, what is known of it.

The file itself is never opened here.  A row stays when the file is gone, so that nobody lets a
version serve that is there no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.models import Model
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import artifacts, models
from tidegauge.catalog.upsert import pieces
from tidegauge.window import DAY, SECOND

State = Literal["kept", "removing", "gone"]
_GONE_KEPT: Final = 2 * 365 * DAY * SECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    model: int
    version: str
    tenant: str
    uri: str
    digest: str
    size_bytes: int | None
    trained_at: int | None
    training_seconds: float | None
    metrics: Mapping[str, float]
    importance: Mapping[str, float]
    """By feature."""
    metadata: Mapping[str, Any]
    """What else its makers wrote down."""
    retraining: str
    """The job that made it; "" of one that was put by hand."""
    is_pinned: bool
    state: State
    created_at: int
    created_by: str
    changed_at: int
    gone_at: int | None


def add(connection: Connection, new: Artifact) -> None:
    connection.execute(insert(artifacts).values(written(new)))


def get(connection: Connection, model: int, version: str) -> Artifact | None:
    own = artifacts.c
    query = select(artifacts).where(own.model == model, own.version == version)
    row = connection.execute(query).one_or_none()
    return None if row is None else read(Artifact, row)


def of_models(connection: Connection, models: Sequence[int]) -> dict[int, list[Artifact]]:
    """By model; the newest first."""
    found: dict[int, list[Artifact]] = {}
    own = artifacts.c
    newest = func.coalesce(own.trained_at, own.created_at).desc()
    for some in pieces(models):
        rows = connection.execute(
            select(artifacts)
            .where(own.model.in_(some))
            .order_by(newest, own.created_at.desc(), own.version.desc())
        )
        for row in rows:
            found.setdefault(row.model, []).append(read(Artifact, row))
    return found


def count(connection: Connection, model: int) -> int:
    query = select(func.count()).select_from(artifacts).where(artifacts.c.model == model)
    return int(connection.scalar(query) or 0)


def holders(
    connection: Connection, tenant: str, states: Iterable[State], since: str, limit: int
) -> list[Model]:
    """Models that have any in one of these states, by name, from a name on; archived ones, too."""
    own = select(artifacts.c.model).where(
        artifacts.c.tenant == tenant, artifacts.c.state.in_(list(states))
    )
    rows = connection.execute(
        select(models)
        .where(models.c.tenant == tenant, models.c.name >= since, models.c.id.in_(own))
        .order_by(models.c.name)
        .limit(limit)
    )
    return [read(Model, row) for row in rows]


def change(connection: Connection, before: Artifact, after: Artifact) -> Artifact:
    """StaleError where it is not any more as it was seen."""
    own = artifacts.c
    done = connection.execute(
        update(artifacts)
        .where(
            own.model == before.model,
            own.version == before.version,
            own.state == before.state,
            own.changed_at == before.changed_at,
        )
        .values(written(after, leave={"model", "version", "tenant"}))
    )
    if done.rowcount != 1:
        raise StaleError(f"version {before.version} has changed meanwhile: read it again")
    return after


def expire(connection: Connection, at: int) -> None:
    """What is gone is forgotten in the end."""
    connection.execute(delete(artifacts).where(artifacts.c.gone_at < at - _GONE_KEPT))
