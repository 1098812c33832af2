"""Silences and maintenance windows: when nobody is to be told, and by whose word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import silences


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    id: int
    tenant: str
    kind: str
    """`silence` or `maintenance`."""
    matchers: Sequence[str]
    start: int
    stop: int
    comment: str
    created_at: int
    created_by: str
    recurs: Mapping[str, Any] | None = None
    """Of one that comes again: its rule, its zone, its first start and how long it lasts."""


def add(connection: Connection, new: Silence) -> Silence:
    """It gets its number."""
    row = connection.execute(
        insert(silences).values(written(new, leave={"id"})).returning(*silences.c)
    ).one()
    return read(Silence, row)


def get(connection: Connection, number: int) -> Silence | None:
    row = connection.execute(select(silences).where(silences.c.id == number)).one_or_none()
    return None if row is None else read(Silence, row)


def listed(connection: Connection, tenant: str, kind: str) -> list[Silence]:
    """The latest first."""
    rows = connection.execute(
        select(silences)
        .where(silences.c.tenant == tenant, silences.c.kind == kind)
        .order_by(silences.c.stop.desc(), silences.c.id.desc())
    )
    return [read(Silence, row) for row in rows]


def holding(connection: Connection, at: int) -> list[Silence]:
    """Those of all tenants that hold now."""
    rows = connection.execute(
        select(silences).where(silences.c.stop > at, silences.c.start <= at).order_by(silences.c.id)
    )
    return [read(Silence, row) for row in rows]


def to_come_again(connection: Connection, at: int) -> list[Silence]:
    """Those that are over, but not for good."""
    rows = connection.execute(
        select(silences)
        .where(silences.c.stop <= at, silences.c.recurs.is_not(None))
        .order_by(silences.c.id)
    )
    return [read(Silence, row) for row in rows]


def change(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(silences).where(silences.c.id == number).values(**values))


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(silences).where(silences.c.stop < before)).rowcount
