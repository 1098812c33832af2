"""What is kept by series, resolution and start: read over a span of time, and let go of when it is
old."""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, delete, select

from tidegauge.catalog.rows import V, read
from tidegauge.catalog.upsert import pieces


def between(
    connection: Connection,
    table: Table,
    kind: type[V],
    series_ids: Iterable[int],
    resolution: int,
    start: int,
    stop: int,
) -> list[V]:
    """Those that start in [start, stop), by series, then by time."""
    found: list[V] = []
    for some in pieces(sorted(set(series_ids))):
        rows = connection.execute(
            select(table)
            .where(
                table.c.series.in_(some),
                table.c.resolution == resolution,
                table.c.start >= start,
                table.c.start < stop,
            )
            .order_by(table.c.series, table.c.start)
        )
        found.extend(read(kind, row) for row in rows)
    return found


def expire(connection: Connection, table: Table, resolution: int, before: int) -> int:
    """Those that start before a time; how many there were."""
    old = (table.c.resolution == resolution) & (table.c.start < before)
    return connection.execute(delete(table).where(old)).rowcount
