"""Performance as the rows themselves have it: exact where what is kept of them has bins.

It is read on request, of so many rows at the most and for as long as the asker waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.errors import InputError
from tidegauge.outcome.join import joined
from tidegauge.outcome.measure import Rows
from tidegauge.series import sampling
from tidegauge.series.labelled import BEFORE, told_of
from tidegauge.series.outcome import Point
from tidegauge.series.performance import Performance
from tidegauge.series.places import floor_all, places
from tidegauge.series.rows import Source
from tidegauge.series.segment import values_of
from tidegauge.store import Store
from tidegauge.store.part import in_order
from tidegauge.store.unify import unify
from tidegauge.window import DAY, SECOND

MOST: Final = 1_000_000
"""Predictions of a span."""
_DAY: Final = DAY * SECOND
_WAYS_OUT: Final = "ask of a shorter span, or without `exact`: then a figure says its bound"


@dataclass(frozen=True)
class Asked:
    source: Source
    store: Store
    model: Model
    version: str | None = None
    segment: str = ""
    go_on: Callable[[], bool] = lambda: True

    def of(self, looked: Performance, step: int) -> Performance:
        """The same steps, measured of their rows; `step` is in seconds."""
        table = self._rows(looked.total.start, looked.total.stop)
        if table is None:
            return looked
        rows = self._read(table)
        starts = floor_all(places(table).minute, step)
        points = [
            _measured(each, rows, np.flatnonzero(starts == each.start)) for each in looked.points
        ]
        total = _measured(looked.total, rows, np.arange(table.num_rows))
        return replace(looked, points=points, total=total)

    def whole(self, point: Point) -> Point:
        """A span as one, measured of its rows."""
        table = self._rows(point.start, point.stop)
        if table is None:
            return point
        return _measured(point, self._read(table), np.arange(table.num_rows))

    def _read(self, table: Table) -> Rows:
        return Rows(table, self.model.task or self.model.likely_task, is_exact=True)

    def _rows(self, start: int, stop: int) -> Table | None:
        """Of which something is known, in the order of time."""
        labels, feedback = (
            told_of(self.store, self.source.held(self.model, kind, first_at=start - BEFORE))
            for kind in ("labels", "feedback")
        )
        held = self.source.held(self.model, first_at=start - _DAY, last_at=stop + _DAY)
        column, _, value = self.segment.partition("=")
        truths = ("actual_label", "actual_labels", "actual_score", "actual_outputs", "relevance")
        segments = [column] if column else []
        names = sampling.columns(self.store, held, more=truths, features=(), segments=segments)
        found: list[Table] = []
        count = 0
        for table in sampling.heaped(sampling.read(self.store, held, names, [(start, stop)])):
            count += table.num_rows
            if count > MOST:
                raise InputError(f"these are more than {MOST:,} predictions: {_WAYS_OUT}")
            if not self.go_on():
                raise InputError(f"these rows cannot be read in time: {_WAYS_OUT}")
            own = only(table, "model_version", self.version)
            found.append(joined(only(own, column, value), labels, feedback))
        found = [table for table in found if table.num_rows]
        return in_order(unify(found)) if found else None


def _measured(point: Point, rows: Rows, own: Counts) -> Point:
    cuts = np.array([0, len(own)])
    (count,), (found,) = rows.count(own, cuts), rows.measure(own, cuts)
    return replace(point, labelled=count, measured=found)


def only(table: Table, column: str, value: str | None) -> Table:
    """Those with a value; all where no column is named, or no value."""
    if not column or value is None:
        return table
    told = values_of(table, column)
    at = told.names.index(value) if value in told.names else -1
    return table.take(np.flatnonzero(told.codes == at))
