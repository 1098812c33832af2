"""Slices that nobody declared, looked for in rows: where errors became more, and where rows moved.

At most so many rows of each span are read, chosen by their ids, and for so long as the asker waits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.arrow import Table, pa
from tidegauge.catalog.models import Model
from tidegauge.errors import InputError
from tidegauge.estimate import read as scored
from tidegauge.outcome.join import LABELLED, joined
from tidegauge.record.columns import place
from tidegauge.rows.values import codes, is_number, is_text, numbers
from tidegauge.series import sampling
from tidegauge.series.labelled import BEFORE, told_of
from tidegauge.series.rows import Source
from tidegauge.series.where import Spans
from tidegauge.slices import Levels, Moved, Worse, moved, of_codes, of_numbers, worse
from tidegauge.store import Store
from tidegauge.store.unify import base_of, unify
from tidegauge.window import DAY, SECOND

MOST: Final = 100_000
"""Rows of each span."""
_COLUMNS: Final = 500
_TAIL: Final = 0.05
_FEWEST: Final = 200
"""Rows that say how far off is usual."""
_DAY: Final = DAY * SECOND
_LOOKED_AT: Final = ("features", "tags")
_ALONE: Final = ("model_version", "prediction_label", "prediction_score")


class TooSlowError(InputError):
    """The asker's patience is over before the rows are read."""


class Rows(NamedTuple):
    """How many rows there are of a span, and how many of them were looked at."""

    there: int
    looked_at: int


@dataclass(frozen=True)
class Asked:
    source: Source
    store: Store
    model: Model
    spans: Spans
    version: str | None = None
    hidden: frozenset[str] = frozenset()
    """Columns that are not looked at: the asker may not see them."""
    go_on: Callable[[], bool] = lambda: True

    def errors(
        self, *, is_against_rest: bool = False
    ) -> tuple[list[Worse], dict[str, Rows]] | None:
        """Where errors became more than before, or else are more than elsewhere; None where of
        these rows no error can be told."""
        told = {"now": self.spans.now} if is_against_rest else self._spans
        found = {name: self._labelled(span) for name, span in told.items()}
        counts = {name: Rows(count, _count(table)) for name, (table, count) in found.items()}
        tables = [table for table, _count in found.values() if table is not None]
        if len(tables) < len(told):
            return [], counts
        table, is_now = _together(tables)
        task = self.model.task or self.model.likely_task
        marked = _wrong(table, None if is_against_rest else ~is_now, task)
        if marked is None:
            return None
        wrong, there = marked
        rows = np.flatnonzero(there)
        table = table.take(rows)
        time = None if is_against_rest else is_now[rows]
        found_ = worse(self._levels(table), wrong[rows], time, _weights(table), go_on=self.go_on)
        return found_, counts

    def drift(self) -> tuple[Moved, dict[str, Rows]]:
        found = {name: self._predicted(span) for name, span in self._spans.items()}
        counts = {name: Rows(count, _count(table)) for name, (table, count) in found.items()}
        tables = [table for table, _count in found.values() if table is not None]
        if len(tables) < len(found):
            return Moved(distance=0.0, features=[], slices=[]), counts
        table, is_now = _together(tables)
        return moved(self._levels(table), is_now, _weights(table), go_on=self.go_on), counts

    @property
    def _spans(self) -> dict[str, tuple[int, int]]:
        return {"before": self.spans.before, "now": self.spans.now}

    def _predicted(self, span: tuple[int, int]) -> tuple[Table | None, int]:
        return sampling.sampled(self._pieces(*span), MOST)

    def _labelled(self, span: tuple[int, int]) -> tuple[Table | None, int]:
        held = self.source.held(self.model, "labels", first_at=span[0] - BEFORE)
        labels = told_of(self.store, held)
        found = (joined(table, labels) for table in self._pieces(*span))
        true = (table.filter(table[LABELLED].is_valid()) for table in found)
        return sampling.sampled(true, MOST)

    def _pieces(self, start: int, stop: int) -> Iterator[Table]:
        held = self.source.held(self.model, first_at=start - _DAY, last_at=stop + _DAY)
        truths = {"tags", "actual_label", "actual_score"}
        names = sampling.columns(self.store, held, more=truths)
        for table in sampling.read(self.store, held, names, [(start, stop)]):
            if not self.go_on():
                raise TooSlowError("these are too many rows to read in time: ask of a shorter span")
            yield _of_version(table, self.version)

    def _levels(self, table: Table) -> list[Levels]:
        found = (
            _levels_of(table, name)
            for name in [name for name in table.column_names if self._is_looked_at(name)][:_COLUMNS]
        )
        return [each for each in found if each is not None]

    def _is_looked_at(self, name: str) -> bool:
        base = base_of(name)
        field = place(name)[0]
        return base not in self.hidden and (field in _LOOKED_AT or base in _ALONE)


def _of_version(table: Table, version: str | None) -> Table:
    if version is None:
        return table
    if "model_version" not in table.column_names:
        return table.slice(0, 0)
    found = codes(table["model_version"])
    at = found.values.index(version) if version in found.values else len(found.values)
    return table.take(np.flatnonzero(found.codes == at))


def _levels_of(table: Table, name: str) -> Levels | None:
    kind = table.schema.field(name).type
    if is_number(kind):
        return of_numbers(base_of(name), numbers(table[name]).of_rows)
    if is_text(kind) or pa.types.is_boolean(kind) or pa.types.is_dictionary(kind):
        found = codes(table[name])
        return of_codes(base_of(name), found.codes, found.values)
    return None


def _count(table: Table | None) -> int:
    return 0 if table is None else table.num_rows


def _together(tables: list[Table]) -> tuple[Table, Flags]:
    """And which rows are of the last of them."""
    table = unify(tables)
    return table, np.arange(table.num_rows) >= table.num_rows - tables[-1].num_rows


def _weights(table: Table) -> Floats | None:
    if "weight" not in table.column_names:
        return None
    return scored(table.select(["weight"])).weights


def _wrong(table: Table, usual: Flags | None, task: str | None) -> tuple[Flags, Flags] | None:
    """Which rows are wrong, and of which that can be said; a number is where it is further off, to
    either side, than nine in ten are that are `usual`, or of all."""
    rows = scored(table)
    is_of_numbers = task == "regression" or (task is None and "actual_score" in table.column_names)
    if not is_of_numbers:
        if rows.true is None or rows.chosen is None:
            return None
        places = {name: at for at, name in enumerate(rows.true.names)}
        chosen = np.array([places.get(name, -2) for name in rows.chosen.names] + [-1])
        there = (rows.true.codes >= 0) & (rows.chosen.codes >= 0)
        return chosen[rows.chosen.codes] != rows.true.codes, there
    if rows.actual is None or rows.said is None:
        return None
    error = rows.said - rows.actual
    there = np.isfinite(error)
    good = error[there if usual is None else there & usual]
    if len(good) < _FEWEST:
        return None
    low, high = np.quantile(good, [_TAIL, 1 - _TAIL])
    return (error < low) | (error > high), there
