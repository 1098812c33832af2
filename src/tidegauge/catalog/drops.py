"""Drops: rows that were not counted, by reason and hour."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import drops
from tidegauge.catalog.upsert import merge


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    tenant: str
    model: str
    reason: str
    start: int
    """Of the hour."""
    rows: int


def add(connection: Connection, new: Sequence[Drop]) -> None:
    """Count these on top of what was counted in the same hours."""
    rows = [written(drop) for drop in new]
    merge(connection, drops, rows, lambda row: {"rows": drops.c.rows + row["rows"]})


def between(connection: Connection, tenant: str, start: int, stop: int) -> list[Drop]:
    """Those of hours that start in [start, stop)."""
    rows = connection.execute(
        select(drops)
        .where(drops.c.tenant == tenant, drops.c.start >= start, drops.c.start < stop)
        .order_by(drops.c.start, drops.c.model, drops.c.reason)
    )
    return [read(Drop, row) for row in rows]


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(drops).where(drops.c.start < before)).rowcount
