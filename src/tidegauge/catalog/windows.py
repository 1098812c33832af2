"""Windows: what is known of one series in one span of time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from tidegauge.catalog import keyed, spans
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import models, series, windows
from tidegauge.catalog.upsert import merge, pieces

RESOLUTIONS: Final = (60, 300, 3600, 86400)
"""Seconds that a window spans."""
Key = tuple[int, int, int]
"""Series, resolution, start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    series: int
    resolution: int
    start: int
    rows: int
    traffic: bytes
    changed_at: int
    layout: int | None = None
    profile: bytes | None = None
    """Without its layout, which many windows share."""
    revision: int = 0
    """How often it was put; counted here, whatever is given."""

    @property
    def key(self) -> Key:
        return self.series, self.resolution, self.start


def put(connection: Connection, changed: Sequence[Window]) -> None:
    """Each is made, or takes the place of what was there."""
    merge(
        connection,
        windows,
        [{**written(window), "revision": 1} for window in changed],
        lambda new: {
            "layout": new["layout"],
            "rows": new["rows"],
            "revision": windows.c.revision + 1,
            "changed_at": new["changed_at"],
            "traffic": new["traffic"],
            "profile": new["profile"],
        },
    )


def get(connection: Connection, keys: Iterable[Key]) -> dict[Key, Window]:
    """Those of the windows that are there."""
    key = (windows.c.series, windows.c.resolution, windows.c.start)
    found = (read(Window, row) for row in keyed.rows(connection, key, keys))
    return {window.key: window for window in found}


def between(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> list[Window]:
    """Those that start in [start, stop), by series, then by time."""
    return spans.between(connection, windows, Window, series_ids, resolution, start, stop)


class Count(NamedTuple):
    series: int
    start: int
    rows: int


def counts(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> list[Count]:
    """How many rows the windows have that start in [start, stop), and nothing else of them."""
    found: list[Count] = []
    for some in pieces(sorted(set(series_ids))):
        rows = connection.execute(
            select(windows.c.series, windows.c.start, windows.c.rows).where(
                windows.c.series.in_(some),
                windows.c.resolution == resolution,
                windows.c.start >= start,
                windows.c.start < stop,
            )
        )
        # At once: of a thousand models these are tens of thousands.
        found.extend(starmap(Count, rows.all()))
    return found


def totals(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> dict[int, int]:
    """By series, the rows of all its windows that start in [start, stop)."""
    found: dict[int, int] = {}
    for some in pieces(sorted(set(series_ids))):
        rows = connection.execute(
            select(windows.c.series, func.sum(windows.c.rows))
            .where(windows.c.series.in_(some), windows.c.resolution == resolution)
            .where(windows.c.start >= start, windows.c.start < stop)
            .group_by(windows.c.series)
        )
        found.update((row[0], int(row[1])) for row in rows)
    return found


class Sum(NamedTuple):
    start: int
    rows: int


def sums(connection: Connection, tenant: str, resolution: int, start: int, stop: int) -> list[Sum]:
    """Rows of all models of a tenant that are not archived, by time."""
    rows = connection.execute(
        select(windows.c.start, func.sum(windows.c.rows))
        .where(_of(tenant), windows.c.resolution == resolution)
        .where(windows.c.start >= start, windows.c.start < stop)
        .group_by(windows.c.start)
    )
    return [Sum(row[0], int(row[1])) for row in rows]


def callers(
    connection: Connection, tenant: str, resolution: int, start: int, stop: int
) -> set[int]:
    """Which of these models had any."""
    query = (
        select(series.c.model)
        .join(windows, windows.c.series == series.c.id)
        .where(_of(tenant), windows.c.resolution == resolution)
        .where(windows.c.start >= start, windows.c.start < stop)
    )
    return set(connection.scalars(query.distinct()))


def _of(tenant: str) -> ColumnElement[bool]:
    """Windows of all rows of a version."""
    own = (
        select(series.c.id)
        .join(models, models.c.id == series.c.model)
        .where(models.c.tenant == tenant, models.c.archived_at.is_(None), series.c.segment == "")
    )
    return windows.c.series.in_(own)


def last(connection: Connection, series_ids: Iterable[int]) -> dict[int, int]:
    """By series, the start of its latest window, of the finest resolution that it has."""
    series_ids = set(series_ids)
    found: dict[int, int] = {}
    for resolution in RESOLUTIONS:
        missing = sorted(series_ids - found.keys())
        for some in pieces(missing):
            rows = connection.execute(
                select(windows.c.series, func.max(windows.c.start))
                .where(windows.c.series.in_(some), windows.c.resolution == resolution)
                .group_by(windows.c.series)
            )
            found.update((row[0], row[1]) for row in rows)
    return found


def rolled(
    connection: Connection, resolution: int, start: int, stop: int, *, at_once: int = 500
) -> Iterator[Window]:
    """Of all series, those that start in [start, stop), by time, then by series.

    They are read some at a time, so the connection may be used in between.
    """
    last = (start, -1)
    while True:
        rows = connection.execute(
            select(windows)
            .where(
                windows.c.resolution == resolution,
                windows.c.start >= last[0],
                windows.c.start < stop,
                tuple_(windows.c.start, windows.c.series) > last,
            )
            .order_by(windows.c.start, windows.c.series)
            .limit(at_once)
        ).all()
        for row in rows:
            yield read(Window, row)
        if len(rows) < at_once:
            return
        last = (rows[-1].start, rows[-1].series)


def expire(connection: Connection, resolution: int, before: int, most: int) -> int:
    """Delete up to `most` windows that start before a time; how many there were."""
    key = tuple_(windows.c.series, windows.c.resolution, windows.c.start)
    old = (
        select(windows.c.series, windows.c.resolution, windows.c.start)
        .where(windows.c.resolution == resolution, windows.c.start < before)
        .order_by(windows.c.start)
        .limit(most)
    )
    return connection.execute(delete(windows).where(key.in_(old))).rowcount


def forget(connection: Connection, model: int, *, since: int | None = None) -> int:
    """Delete a model's windows, or those that start at a time or later: what is counted by one
    layout cannot be added to another's."""
    own = select(series.c.id).where(series.c.model == model)
    query = delete(windows).where(windows.c.series.in_(own))
    if since is not None:
        query = query.where(windows.c.start >= since)
    return connection.execute(query).rowcount
