"""The outcomes of one day of a model, measured anew: from all its predictions and labels.

Whatever came in whatever order, an outcome is what these rows say now, so nothing has to be taken
back, and a crash repeats what it did.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.outcome.join import DEEDS, NONE, TRUTHS, joined, latest
from tidegauge.outcome.measure import Rows
from tidegauge.performance import Measured, merged
from tidegauge.record.columns import place
from tidegauge.schema import segment_columns
from tidegauge.series.rows import Held
from tidegauge.store import Between, Filter, Missing, Not, Store, pieces
from tidegauge.store.part import AT, ID, RECEIVED, in_order
from tidegauge.store.source import PartSource
from tidegauge.store.unify import unify
from tidegauge.tail.decode import AHEAD
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND
from tidegauge.worker.fold import Group, split, values_of
from tidegauge.worker.places import floor_all, places

BEFORE: Final = 30 * DAY * SECOND
"""A label may come so long before its prediction."""
SAID: Final = {
    ID,
    AT,
    RECEIVED,
    AHEAD,
    "environment",
    "model_version",
    "prediction_label",
    "prediction_labels",
    "prediction_score",
    "probabilities",
    "outputs",
    "group_id",
    "rank",
    "weight",
}
"""The fields of a prediction that tell how good it is."""
_FIELDS: Final = {*SAID, *TRUTHS}
_TOLD: Final = {*TRUTHS, *DEEDS, ID, AT, RECEIVED, "retract"}


class Window(NamedTuple):
    resolution: int
    start: int
    version: str
    segment: str


@dataclass(frozen=True)
class Outcome:
    rows: int
    """As many predictions as they stand for."""
    measured: Mapping[str, Measured]

    def merge(self, later: "Outcome") -> "Outcome":
        return Outcome(self.rows + later.rows, merged(self.measured, later.measured))


@dataclass(frozen=True)
class Known:
    """What a model's outcomes are made of."""

    model: Model
    store: Store
    labels: Table
    """One for each id, from `BEFORE` the first day on."""
    feedback: Table
    """The same, of what people did."""

    def days(
        self, predictions: Held, start: int, stop: int, floors: Mapping[int, int]
    ) -> dict[Window, Outcome]:
        """Of each window of these days that holds a row whose truth is known; `floors` says by
        resolution from when on there are windows."""
        table = self._rows(predictions, start, stop)
        if not table.num_rows:
            return {}
        where = places(table)
        days = floor_all(where.minute, DAY)
        inside = np.flatnonzero(where.live & (days >= start) & (days < stop))
        rows = Rows(table, self.model.task or self.model.likely_task)
        versions = values_of(table, "model_version")
        told = {"": None} | {name: values_of(table, name) for name in self.model.segments}
        found: dict[Window, Outcome] = {}
        for resolution in (FIVE_MINUTES, HOUR, DAY):
            kept = inside[where.minute[inside] >= floors.get(resolution, start)]
            if not len(kept):
                continue
            starts = floor_all(where.minute[kept], resolution)
            for column, values in told.items():
                order, groups = split(starts, kept, versions, column, values)
                for group in groups:
                    own = order[group.first : group.last]
                    found[_window(resolution, group)] = Outcome(rows.count(own), rows.measure(own))
        return found

    def _rows(self, held: Held, start: int, stop: int) -> Table:
        """Joined, by time."""
        told = {each for name in self.model.segments for each in segment_columns(name)}
        names = sorted(
            name
            for name in columns_of(self.store, held)
            if place(name)[0] in _FIELDS or name in told
        )
        found = [
            table
            for where in within(start, stop)
            for table in pieces(self.store, held.parts, held.tail, columns=names, where=where)
            if table.num_rows
        ]
        return in_order(joined(unify(found), self.labels, self.feedback)) if found else NONE


def within(start: int, stop: int) -> Iterator[list[Filter]]:
    """Rows by when they happened, and by when they came where their clock was wrong."""
    yield [Between(AT, start, stop), Missing(AHEAD)]
    yield [Between(RECEIVED, start, stop), Not(Missing(AHEAD))]
    # In the future of their receipt, as `places` has it.
    yield [Between(AT, stop, None), Between(RECEIVED, start, stop), Missing(AHEAD)]


def _window(resolution: int, group: Group) -> Window:
    return Window(resolution, group.start, group.version, group.segment)


def columns_of(store: Store, held: Held) -> set[str]:
    found = {name for table in held.tail for name in table.column_names}
    for part in held.parts:
        found |= set(PartSource(store, 0, part).schema().names)
    return found


def told_of(store: Store, held: Held) -> Table:
    """Of labels or feedback, one for each id that has one."""
    names = [name for name in sorted(columns_of(store, held)) if place(name)[0] in _TOLD]
    found = [
        table for table in pieces(store, held.parts, held.tail, columns=names) if table.num_rows
    ]
    return latest(unify(found)) if found else NONE
