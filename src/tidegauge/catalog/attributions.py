"""Attributions: what each feature added to the answers of one series in one span."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tidegauge.catalog import spans
from tidegauge.catalog.rows import written
from tidegauge.catalog.tables import attributions
from tidegauge.catalog.upsert import merge

Key = tuple[int, int, int]
"""Series, resolution, start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    series: int
    resolution: int
    start: int
    rows: int
    """Explanations."""
    body: bytes
    changed_at: int
    revision: int = 0
    """How often it was put; counted here, whatever is given."""
    sample_of: int | None = None
    """Rows of which some were explained by us; None: all that was logged."""
    baseline: int | None = None
    """The one whose rows they were explained against."""

    @property
    def key(self) -> Key:
        return self.series, self.resolution, self.start


def put(connection: Connection, changed: Sequence[Explained]) -> None:
    """Each is made, or takes the place of what was there."""
    merge(
        connection,
        attributions,
        [{**written(each), "revision": 1} for each in changed],
        lambda new: {
            "rows": new["rows"],
            "body": new["body"],
            "sample_of": new["sample_of"],
            "baseline": new["baseline"],
            "changed_at": new["changed_at"],
            "revision": attributions.c.revision + 1,
        },
    )


def between(
    connection: Connection, series_ids: Iterable[int], resolution: int, start: int, stop: int
) -> list[Explained]:
    """Those that start in [start, stop), by series, then by time."""
    return spans.between(connection, attributions, Explained, series_ids, resolution, start, stop)


def expire(connection: Connection, resolution: int, before: int) -> int:
    return spans.expire(connection, attributions, resolution, before)
