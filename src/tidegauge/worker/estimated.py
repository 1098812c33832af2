"""Estimates that were made are put, and a day that is not made at once is the sum of its hours."""

from collections.abc import Mapping

from sqlalchemy import Connection

from tidegauge.catalog import estimates
from tidegauge.catalog.estimates import Estimate
from tidegauge.catalog.models import Model
from tidegauge.estimate import decode, encode
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.estimating import Made
from tidegauge.worker.outcomes import Window
from tidegauge.worker.subjects import numbered


def put(
    connection: Connection,
    model: Model,
    day: int,
    counted: Mapping[tuple[int, int], int],
    found: Mapping[Window, Made],
    at: int,
) -> set[estimates.Key]:
    """Hours of a day, with the rows that were counted by series and hour; which were put."""
    number_of = numbered(connection, model.id, {(w.version, w.segment) for w in found})
    now: dict[estimates.Key, Made] = {}
    for window, one in found.items():
        key = number_of[window.version, window.segment], window.resolution, window.start
        now[key] = now[key].merge(one) if key in now else one
    rows: dict[tuple[int, int, int], int] = {}
    for (number, hour), count in counted.items():
        for size, start in ((HOUR, hour), (DAY, day)):
            rows[number, size, start] = rows.get((number, size, start), 0) + count
    estimates.put(
        connection,
        [
            Estimate(
                series=key[0],
                resolution=key[1],
                start=key[2],
                rows=rows.get(key, round(one.estimate.rows)),
                estimator=one.estimator,
                changed_at=at,
                body=encode(one.estimate),
            )
            for key, one in now.items()
        ],
    )
    if all(window.resolution != DAY for window in found):
        _put_day(connection, {key[0] for key in now}, day, at)
    return set(now)


def _put_day(connection: Connection, numbers: set[int], day: int, at: int) -> None:
    """As the sum of its hours."""
    held: dict[int, list[Estimate]] = {}
    for each in estimates.between(connection, numbers, HOUR, day, day + DAY * SECOND):
        held.setdefault(each.series, []).append(each)
    made: list[Estimate] = []
    for number, some in held.items():
        total = decode(some[0].body)
        for each in some[1:]:
            total = total.merge(decode(each.body))
        made.append(
            Estimate(
                series=number,
                resolution=DAY,
                start=day,
                rows=sum(each.rows for each in some),
                estimator=max(each.estimator for each in some),
                changed_at=at,
                body=encode(total),
            )
        )
    estimates.put(connection, made)
