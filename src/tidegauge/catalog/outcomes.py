"""Outcomes: what was measured of the predictions of one series and span whose truth is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, exists, select

from tidegauge.catalog import arrivals, spans
from tidegauge.catalog.rows import written
from tidegauge.catalog.tables import outcomes, series
from tidegauge.catalog.upsert import merge, pieces
from tidegauge.window import DAY

Key = tuple[int, int, int]
"""Series, resolution, start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    series: int
    resolution: int
    start: int
    labelled: int
    """Rows whose truth is known."""
    body: bytes
    changed_at: int
    revision: int = 0
    """How often it was put; counted here, whatever is given."""

    @property
    def key(self) -> Key:
        return self.series, self.resolution, self.start


def put(connection: Connection, changed: Sequence[Outcome]) -> None:
    """Each is made, or takes the place of what was there."""
    merge(
        connection,
        outcomes,
        [{**written(each), "revision": 1} for each in changed],
        lambda new: {
            "labelled": new["labelled"],
            "body": new["body"],
            "changed_at": new["changed_at"],
            "revision": outcomes.c.revision + 1,
        },
    )


def between(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> list[Outcome]:
    """Those that start in [start, stop), by series, then by time."""
    return spans.between(connection, outcomes, Outcome, series_ids, resolution, start, stop)


class Count(NamedTuple):
    series: int
    start: int
    labelled: int


def counts(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> list[Count]:
    """Of how many rows the truth is known, by time, and nothing else of it."""
    found: list[Count] = []
    for some in pieces(sorted(set(series_ids))):
        rows = connection.execute(
            select(outcomes.c.series, outcomes.c.start, outcomes.c.labelled).where(
                outcomes.c.series.in_(some),
                outcomes.c.resolution == resolution,
                outcomes.c.start >= start,
                outcomes.c.start < stop,
                outcomes.c.labelled > 0,
            )
        )
        found.extend(Count(*row) for row in rows)
    return sorted(found, key=lambda each: each.start)


def of_whom(connection: Connection) -> list[int]:
    """The models of which any truth is known."""
    own = (outcomes.c.series == series.c.id) & (outcomes.c.resolution == DAY)
    query = select(series.c.model).where(exists().where(own))
    return list(connection.scalars(query.distinct().order_by(series.c.model)))


def again(connection: Connection, model: int, at: int) -> None:
    """What was measured of a model is to be measured otherwise: by other segments, or as another
    task."""
    query = (
        select(outcomes.c.start)
        .join(series, series.c.id == outcomes.c.series)
        .where(series.c.model == model, outcomes.c.resolution == DAY)
    )
    days = set(connection.scalars(query))
    if days:
        arrivals.add(connection, [arrivals.of_days(model, days, at)])


def expire(connection: Connection, resolution: int, before: int) -> int:
    return spans.expire(connection, outcomes, resolution, before)
