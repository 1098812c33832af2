"""Monitors: what is watched, as its owner wrote it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import monitors

Origin = Literal["file", "api", "default"]
"""Who keeps it: a file of the user's, the API, or nobody: it is there from the first day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    id: int
    tenant: str
    name: str
    document: Mapping[str, Any]
    origin: Origin
    revision: int
    created_at: int
    changed_at: int
    changed_by: str


def listed(connection: Connection, tenant: str | None = None) -> list[Kept]:
    query = select(monitors).order_by(monitors.c.tenant, monitors.c.name)
    if tenant is not None:
        query = query.where(monitors.c.tenant == tenant)
    return [read(Kept, row) for row in connection.execute(query)]


def by_name(connection: Connection, tenant: str, name: str) -> Kept | None:
    row = connection.execute(
        select(monitors).where(monitors.c.tenant == tenant, monitors.c.name == name)
    ).one_or_none()
    return None if row is None else read(Kept, row)


def add(
    connection: Connection,
    tenant: str,
    name: str,
    document: Mapping[str, Any],
    *,
    origin: Origin,
    at: int,
    by: str,
) -> Kept:
    row = connection.execute(
        insert(monitors)
        .values(
            tenant=tenant,
            name=name,
            document=document,
            origin=origin,
            revision=1,
            created_at=at,
            changed_at=at,
            changed_by=by,
        )
        .returning(*monitors.c)
    ).one()
    return read(Kept, row)


def change(
    connection: Connection,
    before: Kept,
    document: Mapping[str, Any],
    *,
    origin: Origin,
    at: int,
    by: str,
) -> Kept:
    """Change what was seen; StaleError where somebody else has changed it meanwhile."""
    row = connection.execute(
        update(monitors)
        .where(monitors.c.id == before.id, monitors.c.revision == before.revision)
        .values(
            document=document,
            origin=origin,
            revision=before.revision + 1,
            changed_at=at,
            changed_by=by,
        )
        .returning(*monitors.c)
    ).one_or_none()
    if row is None:
        raise StaleError(f"monitor {before.name!r} was changed meanwhile: read it again")
    return read(Kept, row)


def remove(connection: Connection, ids: Iterable[int]) -> None:
    """With all that they found."""
    connection.execute(delete(monitors).where(monitors.c.id.in_(list(ids))))
