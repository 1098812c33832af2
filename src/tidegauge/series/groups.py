"""Performance by each value of a column, such as the entity that a model was run for.

There may be a million of them, so none has windows of its own: their rows are read on request, for
as long as the asker waits.  Of more labelled rows than fit a sample is taken, and of many groups
those that have most labels are measured.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.errors import InputError
from tidegauge.outcome.join import LABELLED, joined
from tidegauge.outcome.measure import Rows
from tidegauge.record.columns import place
from tidegauge.rows.values import numbers
from tidegauge.schema import near, segment_columns
from tidegauge.series import sampling
from tidegauge.series.exact import only
from tidegauge.series.labelled import BEFORE, columns_of, told_of
from tidegauge.series.outcome import Point
from tidegauge.series.rows import Held, Source
from tidegauge.series.segment import values_of
from tidegauge.store import Store
from tidegauge.store.part import AT, RECEIVED, in_order
from tidegauge.tail.decode import AHEAD
from tidegauge.window import DAY, SECOND

MOST: Final = 500_000
"""Labelled rows that are held at once; of more they are a sample."""
MEASURED: Final = 1_000
"""Groups."""
FEWEST: Final = 30
"""Labelled rows of a group that is ranked."""
_OF_A_ROW: Final = ("entity_id", "environment", "experiment_id", "model_version", "variant")
_DAY: Final = DAY * SECOND
_COUNTED: Final = {AT, RECEIVED, AHEAD, "environment", "model_version", "weight"}
"""What says which rows count, and for how many."""
_TRUTHS: Final = ("actual_label", "actual_labels", "actual_score", "actual_outputs", "relevance")


@dataclass(frozen=True, kw_only=True)
class Group:
    value: str
    """Empty of rows that do not say it."""
    seen: int
    """Its labelled rows that were looked at."""
    point: Point


@dataclass(frozen=True, kw_only=True)
class Groups:
    groups: list[Group] = field(default_factory=list[Group])
    """Those of most labels."""
    there: int = 0
    """Groups that have a label among the rows that were looked at."""
    labelled: int = 0
    """Rows, all groups together."""
    looked_at: int = 0
    """Labelled rows of which the figures are."""


@dataclass(frozen=True)
class Asked:
    source: Source
    store: Store
    model: Model
    start: int
    stop: int
    by: str = "entity_id"
    version: str | None = None
    segment: str = ""
    search: str = ""
    """Only values that hold it, whatever the case of its letters."""
    go_on: Callable[[], bool] = lambda: True

    def look(self) -> Groups:
        held = self.source.held(self.model, first_at=self.start - _DAY, last_at=self.stop + _DAY)
        self._check(held)
        table, labelled = sampling.sampled(self._labelled(held), MOST)
        if table is None:
            return Groups()
        table = in_order(table)
        told = values_of(table, self.by)
        counts = np.bincount(told.codes, minlength=len(told.names))
        largest = np.argsort(-counts, kind="stable")[:MEASURED]
        chosen = [int(each) for each in largest if counts[each]]
        seen = self._seen(held, {told.names[each] for each in chosen})
        rows, cuts = _grouped(told.codes, chosen)
        task = self.model.task or self.model.likely_task
        ready = Rows(table, task, is_exact=True)
        groups = [
            Group(
                value=told.names[code],
                seen=int(counts[code]),
                point=Point(
                    start=self.start,
                    stop=self.stop,
                    predictions=seen[told.names[code]],
                    labelled=known,
                    revision=1,
                    final_by=None,
                    measured=measured,
                ),
            )
            for code, known, measured in zip(
                chosen, ready.count(rows, cuts), ready.measure(rows, cuts), strict=True
            )
        ]
        there = int(np.count_nonzero(counts))
        return Groups(groups=groups, there=there, labelled=labelled, looked_at=table.num_rows)

    def _check(self, held: Held) -> None:
        """That rows can be told apart by it, and that some say it."""
        known = columns_of(self.store, held)
        for name in segment_columns(self.by):
            if name not in _OF_A_ROW and place(name)[0] not in {"tags", "features"}:
                raise InputError(
                    f"rows are not told apart by {name!r}: take {', '.join(_OF_A_ROW)}, a tag"
                    " (tags.region) or a feature (features.plan)"
                )
            if known and name not in known:
                ways = sorted(each for each in known if place(each)[0] in {"tags", "features"})
                raise InputError(
                    f"no prediction of this time says its {name!r}{near(name, ways)}:"
                    " log it with each prediction"
                )

    def _labelled(self, held: Held) -> Iterator[Table]:
        labels = told_of(
            self.store, self.source.held(self.model, "labels", first_at=self.start - BEFORE)
        )
        column = self.segment.partition("=")[0]
        segments = [each for each in (self.by, column) if each]
        names = sampling.columns(self.store, held, more=_TRUTHS, features=(), segments=segments)
        for table in sampling.heaped(self._pieces(held, names)):
            found = joined(table, labels)
            yield found.filter(found[LABELLED].is_valid())

    def _seen(self, held: Held, values: Iterable[str]) -> dict[str, int]:
        """How many predictions each of these has: a second reading, of few columns, is cheaper
        than to remember all values of the first."""
        seen = dict.fromkeys(values, 0.0)
        segments = (*segment_columns(self.by), *segment_columns(self.segment.partition("=")[0]))
        names = sorted(columns_of(self.store, held) & {*_COUNTED, *segments})
        for table in self._pieces(held, names):
            told = values_of(table, self.by)
            counts = np.bincount(told.codes, _weights(table), len(told.names))
            for name, count in zip(told.names, counts.tolist(), strict=True):
                if name in seen:
                    seen[name] += count
        return {name: round(count) for name, count in seen.items()}

    def _pieces(self, held: Held, names: list[str]) -> Iterator[Table]:
        column, _, value = self.segment.partition("=")
        span = [(self.start, self.stop)]
        for table in sampling.read(self.store, held, names, span):
            if not self.go_on():
                raise InputError("these rows cannot be read in time: ask of a shorter span")
            own = only(only(table, "model_version", self.version), column, value)
            yield self._sought(own) if self.search else own

    def _sought(self, table: Table) -> Table:
        told = values_of(table, self.by)
        wanted = self.search.casefold()
        fits = np.array([wanted in name.casefold() for name in told.names], dtype=np.bool_)
        return table.take(np.flatnonzero(fits[told.codes])) if len(fits) else table


def _weights(table: Table) -> Floats | None:
    if "weight" not in table.column_names:
        return None
    found = numbers(table["weight"]).of_rows
    return np.where(np.isfinite(found), found, 1.0)


def _grouped(codes: Counts, chosen: Sequence[int]) -> tuple[Counts, Counts]:
    """The rows of each group that is chosen, one group after another, and where each begins."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], chosen)
    stops = np.searchsorted(codes[order], chosen, side="right")
    rows = [order[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return np.concatenate(rows), np.concatenate([[0], np.cumsum(stops - starts)])
