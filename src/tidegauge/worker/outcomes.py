"""The outcomes of one day of a model, measured anew: from all its predictions and labels.

Whatever came in whatever order, an outcome is what these rows say now, so nothing has to be taken
back, and a crash repeats what it did.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrow import Chunked, DataType, Table, pa
from tidegauge.catalog.models import Model
from tidegauge.outcome.join import NONE, TRUTHS, is_truth, joined
from tidegauge.outcome.measure import Rows
from tidegauge.outcome.sought import Sought
from tidegauge.performance import Measured, merged
from tidegauge.record.columns import place
from tidegauge.schema import segment_columns
from tidegauge.series.labelled import SAID, columns_of, within
from tidegauge.series.places import floor_all, places
from tidegauge.series.rows import Held
from tidegauge.series.segment import values_of
from tidegauge.store import Store, pieces
from tidegauge.store.part import ID, in_order
from tidegauge.store.unify import unify
from tidegauge.window import DAY, FIVE_MINUTES, HOUR
from tidegauge.worker.fold import Group, split

_FIELDS: Final = {*SAID, *TRUTHS}


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

    also: Chunked = None
    """Ids that are looked for besides."""

    def read(self, held: Held, start: int, stop: int) -> Table:
        """The predictions that are counted in these days of which something may be known: of most
        days few."""
        told = {each for name in self.model.segments for each in segment_columns(name)}
        names = sorted(
            name
            for name in columns_of(self.store, held)
            if place(name)[0] in _FIELDS or name in told
        )
        texts = [name for name in names if name != ID]
        found = [
            some
            for where in within(start, stop)
            for table in pieces(
                self.store, held.parts, held.tail, columns=names, where=where, coded=texts
            )
            for some in [_inside(self._some(table), start, stop)]
            if some.num_rows
        ]
        return unify(found) if found else NONE

    def joined(self, table: Table) -> Table:
        """Those of which something is known, with it, by time."""
        return in_order(joined(table, self.labels, self.feedback)) if table.num_rows else NONE

    def _some(self, table: Table) -> Table:
        if not table.num_rows:
            return table
        rows = self._sought.rows(table[ID])
        own = [table[name].is_valid().to_numpy() for name in table.column_names if is_truth(name)]
        if own:
            rows = np.union1d(rows, np.flatnonzero(np.logical_or.reduce(own)))
        if len(rows) < table.num_rows:
            table = table.take(pa.array(rows))
        return table.cast(pa.schema([(each.name, _plain(each.type)) for each in table.schema]))

    @cached_property
    def _sought(self) -> Sought:
        every = [self.labels[ID], self.feedback[ID], *([] if self.also is None else [self.also])]
        chunks = [chunk.cast(pa.string()) for ids in every for chunk in ids.chunks]
        return Sought.of(pa.chunked_array(chunks, pa.string()))

    def measured(
        self, table: Table, days: Iterable[int], floors: Mapping[int, int]
    ) -> dict[Window, Outcome]:
        """Of each window of these days that holds a row whose truth is known; `floors` says by
        resolution from when on there are windows."""
        if not table.num_rows:
            return {}
        where = places(table)
        inside = np.flatnonzero(where.live & np.isin(floor_all(where.minute, DAY), [*days]))
        rows = Rows(table, self.model.task or self.model.likely_task)
        versions = values_of(table, "model_version")
        told = {"": None} | {name: values_of(table, name) for name in self.model.segments}
        found: dict[Window, Outcome] = {}
        for resolution in (FIVE_MINUTES, HOUR, DAY):
            kept = inside[where.minute[inside] >= floors.get(resolution, 0)]
            if not len(kept):
                continue
            starts = floor_all(where.minute[kept], resolution)
            for column, values in told.items():
                order, groups = split(starts, kept, versions, column, values)
                cuts = np.array([*(group.first for group in groups), len(order)])
                every = zip(groups, rows.count(order, cuts), rows.measure(order, cuts), strict=True)
                for group, count, measured in every:
                    found[_window(resolution, group)] = Outcome(count, measured)
        return found


def _inside(table: Table, start: int, stop: int) -> Table:
    """The rows that are counted in a span; of wrong clocks, others have been read."""
    if not table.num_rows:
        return table
    minute = places(table).minute
    own = (minute >= start) & (minute < stop)
    return table if own.all() else table.filter(pa.array(own))


def _plain(of: DataType) -> DataType:
    return of.value_type if pa.types.is_dictionary(of) else of


def _window(resolution: int, group: Group) -> Window:
    return Window(resolution, group.start, group.version, group.segment)
