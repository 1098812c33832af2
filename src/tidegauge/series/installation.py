"""All of a tenant's models together: how many there are, and how much they do."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tidegauge.catalog import baselines, models, parts, tails, windows
from tidegauge.series.listed import HOURS
from tidegauge.series.reach import Reach
from tidegauge.window import HOUR, SECOND, floor

_HOUR = HOUR * SECOND


@dataclass(frozen=True, kw_only=True)
class Installation:
    models: int
    """That are not archived."""
    active: int
    """That were called in the last 24 hours."""
    learning: int
    rows: int
    """That are kept."""
    hourly: Sequence[int]
    """Rows in each of the last 24 hours, the present one last."""


def installation(connection: Connection, reach: Reach, tenant: str, at: int) -> Installation:
    """Without looking at each model: this is asked again and again, of a thousand of them."""
    own = models.ids(connection, tenant)
    stop = floor(at, HOUR) + _HOUR
    start = stop - HOURS * _HOUR
    hourly = [0] * HOURS
    active: set[int] = set()
    for span in reach.spans(start, stop, HOUR):
        for each in windows.sums(connection, tenant, *span):
            hourly[(each.start - start) // _HOUR] += each.rows
        active |= windows.callers(connection, tenant, *span)
    kept = parts.rows(connection, own, "predictions")
    tailed = tails.rows(connection, own, "predictions")
    return Installation(
        models=len(own),
        active=len(active),
        learning=sum(each == "provisional" for each in baselines.sources(connection, own).values()),
        rows=sum(kept.values()) + sum(tailed.values()),
        hourly=hourly,
    )
