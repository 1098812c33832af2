"""Estimates: what is expected to be measured of the predictions of one series and span, once their
truth is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tidegauge.catalog import spans
from tidegauge.catalog.rows import written
from tidegauge.catalog.tables import estimates
from tidegauge.catalog.upsert import pieces, replace

Key = tuple[int, int, int]
"""Series, resolution, start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    series: int
    resolution: int
    start: int
    rows: int
    """That the window held when it was made."""
    estimator: int
    """The latest of those that it was made by."""
    changed_at: int
    body: bytes

    @property
    def key(self) -> Key:
        return self.series, self.resolution, self.start


def put(connection: Connection, changed: Sequence[Estimate]) -> None:
    """Each is made, or takes the place of what was there."""
    replace(connection, estimates, [written(each) for each in changed])


def between(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> list[Estimate]:
    """Those that start in [start, stop), by series, then by time."""
    return spans.between(connection, estimates, Estimate, series_ids, resolution, start, stop)


@dataclass(frozen=True, slots=True)
class Made:
    """That there is one, without what it says."""

    rows: int
    estimator: int
    changed_at: int


def made(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> dict[tuple[int, int], Made]:
    """By series and start."""
    found: dict[tuple[int, int], Made] = {}
    table = estimates.c
    for some in pieces(sorted(set(series_ids))):
        rows = connection.execute(
            select(table.series, table.start, table.rows, table.estimator, table.changed_at).where(
                table.series.in_(some),
                table.resolution == resolution,
                table.start >= start,
                table.start < stop,
            )
        )
        found.update({(row[0], row[1]): Made(*row[2:]) for row in rows})
    return found


def expire(connection: Connection, resolution: int, before: int) -> int:
    return spans.expire(connection, estimates, resolution, before)
