"""Outcomes that say something else than they did are put in the place of what was there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import outcomes, series
from tidegauge.catalog.models import Model
from tidegauge.performance import encode
from tidegauge.window import DAY, SECOND
from tidegauge.worker.outcomes import Outcome, Window
from tidegauge.worker.subjects import numbered

_DAY: Final = DAY * SECOND


def put(
    connection: Connection,
    model: Model,
    days: Iterable[int],
    measured: Mapping[Window, Outcome],
    floors: Mapping[int, int],
    at: int,
) -> None:
    """Those that say something else than they did; and nothing where nothing is known."""
    number_of = numbered(connection, model.id, {(w.version, w.segment) for w in measured})
    now: dict[outcomes.Key, Outcome] = {}
    for one, outcome in measured.items():
        key = number_of[one.version, one.segment], one.resolution, one.start
        now[key] = now[key].merge(outcome) if key in now else outcome
    every = [each.id for each in series.of(connection, model.id)]
    before = {
        each.key: each.body
        for start, stop in _runs(days)
        for size, first in floors.items()
        for each in outcomes.between(connection, every, size, max(start, first), stop)
    }
    bodies = {key: encode(one.measured) for key, one in now.items()}
    nothing = encode({})
    outcomes.put(
        connection,
        [
            outcomes.Outcome(
                series=number,
                resolution=size,
                start=start,
                labelled=now[key].rows if key in now else 0,
                body=body,
                changed_at=at,
            )
            for key in now.keys() | before.keys()
            for number, size, start in [key]
            for body in [bodies.get(key, nothing)]
            if before.get(key) != body
        ],
    )


def _runs(days: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Days that follow each other, together."""
    start = stop = None
    for day in sorted(days):
        if start is not None and stop is not None and day > stop:
            yield start, stop
            start = None
        start, stop = day if start is None else start, day + _DAY
    if start is not None and stop is not None:
        yield start, stop
