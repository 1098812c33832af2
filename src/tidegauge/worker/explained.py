"""What features added to the answers of some days of a model, measured anew: from all explanations
of these days, and from predictions that came with theirs.

An explanation counts when it was made.  Of several of one prediction and output on one day the last
counts, and any before what came with the prediction itself.  Rows are read a few at a time: there
may be thousands of features.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import structlog
from sqlalchemy import Connection

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.catalog import attributions, series
from tidegauge.catalog.models import Model
from tidegauge.explain import Attributions, encode, merged
from tidegauge.record.columns import is_attribution, place
from tidegauge.series.labelled import columns_of, within
from tidegauge.series.places import floor_all, places
from tidegauge.series.rows import Held, Source
from tidegauge.series.segment import values_of
from tidegauge.store import Store, pieces
from tidegauge.store.part import AT, ID, RECEIVED, micros
from tidegauge.store.unify import unify
from tidegauge.tail.decode import AHEAD
from tidegauge.window import DAY, HOUR, SECOND, floor
from tidegauge.worker.fold import split
from tidegauge.worker.outcomes import Window
from tidegauge.worker.subjects import numbered

SIZES: Final = (HOUR, DAY)
_OUTPUTS: Final = 50
"""Of a model and day, those that most explanations are of: more are no outputs, but ids."""
_VALUES: Final = 1 << 22
"""Attributions that are in memory at once, about."""
_DAY: Final = DAY * SECOND
_TOLD: Final = [
    ID,
    AT,
    RECEIVED,
    AHEAD,
    "environment",
    "model_version",
    "output",
    "weight",
    "base_value",
]
_log = structlog.stdlib.get_logger(__name__)


class Explained(NamedTuple):
    rows: int
    measured: Mapping[str, Attributions]
    """By output."""

    def merge(self, later: "Explained") -> "Explained":
        return Explained(self.rows + later.rows, merged(self.measured, later.measured))


@dataclass(frozen=True)
class _Last:
    """Which explanations of a day count, in the order in which they are read."""

    counts: Flags
    ids: Chunked
    """Of the predictions whose own attributions do not count."""
    versions: Table
    """Of predictions, by id: for explanations that tell none."""


@dataclass(frozen=True)
class Explaining:
    model: Model
    store: Store
    source: Source

    def days(self, days: Sequence[int], floors: Mapping[int, int]) -> dict[Window, Explained]:
        """Of each window of these days that has any; `floors` says by resolution from when on
        there are windows."""
        found: dict[Window, Explained] = {}
        for day in days:
            for window, one in self._day(day).items():
                for size in SIZES:
                    start = floor(window.start, size)
                    if start >= floors[size]:
                        key = window._replace(resolution=size, start=start)
                        found[key] = found[key].merge(one) if key in found else one
        return found

    def _day(self, day: int) -> dict[Window, Explained]:
        """By hour, in order."""
        # What was wrong about a clock is within a day, or refused.
        given, predicted = (
            self.source.held(self.model, kind, first_at=day - _DAY, last_at=day + 2 * _DAY)
            for kind in ("explanations", "predictions")
        )
        last = self._last(given, predicted, day)
        found: dict[Window, Explained] = {}
        for table in (*self._given(given, last, day), *self._own(predicted, last, day)):
            for window, one in _measured(table, day):
                found[window] = found[window].merge(one) if window in found else one
        return dict(sorted(found.items()))

    def _last(self, given: Held, predicted: Held, day: int) -> _Last:
        heads = [
            _head(table)
            for table in self._read(given, [name for name in _TOLD if name != "weight"], day)
        ]
        if not heads:
            nothing = pa.chunked_array([pa.array([], pa.string())])
            return _Last(np.zeros(0, dtype=np.bool_), nothing, pa.table({ID: nothing}))
        table = unify(heads)
        outputs = values_of(table, "output")
        told = Counter(dict(enumerate(np.bincount(outputs.codes).tolist())))
        chosen = sorted(told, key=lambda code: (-told[code], outputs.names[code]))
        if len(chosen) > _OUTPUTS:
            _log.warning(
                "explanations are of too many outputs", model=self.model.name, outputs=len(chosen)
            )
        ids = values_of(table, ID).codes
        order = np.lexsort((micros(table[RECEIVED]), micros(table[AT])))
        key = ids * len(outputs.names) + outputs.codes
        # Of several the one that is put there last stays.
        last = dict(zip(key[order].tolist(), order.tolist(), strict=True))
        counts = np.zeros(len(key), dtype=np.bool_)
        counts[list(last.values())] = True
        counts &= np.isin(outputs.codes, chosen[:_OUTPUTS])
        own = table.filter(pc.equal(table["output"], "").combine_chunks())[ID]
        unknown = table.filter(pc.equal(table["model_version"], "").combine_chunks())[ID]
        return _Last(counts, own, self._versions(predicted, unknown))

    def _versions(self, predicted: Held, ids: Chunked) -> Table:
        nothing = pa.table({ID: pa.array([], pa.string())})
        if not len(ids):
            return nothing
        columns = [ID, "model_version"]
        read = pieces(self.store, predicted.parts, predicted.tail, columns=columns)
        found = [
            table.filter(pc.is_in(table[ID], value_set=ids))
            for table in read
            if table.num_columns == len(columns)
        ]
        return unify(found) if found else nothing

    def _given(self, given: Held, last: _Last, day: int) -> Iterator[Table]:
        columns = self._columns(given)
        at = 0
        for table in self._read(given, columns, day) if columns else ():
            upto = at + table.num_rows
            chosen = table.filter(pa.array(last.counts[at:upto]))
            at = upto
            yield _versioned(chosen, last.versions)

    def _own(self, predicted: Held, last: _Last, day: int) -> Iterator[Table]:
        columns = self._columns(predicted)
        for table in self._read(predicted, columns, day) if columns else ():
            other = pc.invert(pc.is_in(table[ID], value_set=last.ids))
            yield table.filter(other)

    def _columns(self, held: Held) -> list[str]:
        """Nothing where nothing is explained."""
        names = sorted(name for name in columns_of(self.store, held) if is_attribution(name))
        return [*_TOLD, *names] if names else []

    def _read(self, held: Held, columns: Sequence[str], day: int) -> Iterator[Table]:
        """The same rows in the same order whenever it is asked."""
        for where in within(day, day + _DAY):
            for table in pieces(self.store, held.parts, held.tail, columns=columns, where=where):
                if table.num_rows:
                    yield table


def put(
    connection: Connection,
    model: Model,
    days: Iterable[int],
    measured: Mapping[Window, Explained],
    floors: Mapping[int, int],
    at: int,
) -> None:
    """Those that say something else than they did; and nothing where nothing is explained.  What
    was computed stays on days of which nothing is logged."""
    number_of = numbered(connection, model.id, {(w.version, w.segment) for w in measured})
    now: dict[attributions.Key, Explained] = {}
    for one, explained in measured.items():
        key = number_of[one.version, one.segment], one.resolution, one.start
        now[key] = now[key].merge(explained) if key in now else explained
    every = [each.id for each in series.of(connection, model.id) if not each.segment]
    logged = {(number, floor(start, DAY)) for number, _size, start in now}
    before = {
        each.key: each.body if each.sample_of is None else None
        for day in days
        for size in SIZES
        for each in attributions.between(
            connection, every, size, max(day, floors[size]), day + _DAY
        )
        if each.sample_of is None or (each.series, day) in logged
    }
    bodies = {key: encode(one.measured) for key, one in now.items()}
    nothing = encode({})
    attributions.put(
        connection,
        [
            attributions.Explained(
                series=number,
                resolution=size,
                start=start,
                rows=now[key].rows if key in now else 0,
                body=body,
                changed_at=at,
            )
            for key in now.keys() | before.keys()
            for number, size, start in [key]
            for body in [bodies.get(key, nothing)]
            if before.get(key) != body
        ],
    )


def _head(table: Table) -> Table:
    """Who is explained, and when; without what was not told."""
    found = {ID: table[ID], AT: table[AT], RECEIVED: table[RECEIVED]}
    for name in ("model_version", "output"):
        there = name in table.column_names
        values = table[name].cast(pa.string()) if there else pa.nulls(table.num_rows, pa.string())
        found[name] = pc.fill_null(values, "")
    return pa.table(found)


def _versioned(table: Table, versions: Table) -> Table:
    """Where an explanation tells no version, its prediction's."""
    if not versions.num_rows or not table.num_rows:
        return table
    where = pc.index_in(table[ID], value_set=versions[ID].combine_chunks())
    found = versions["model_version"].take(where)
    if "model_version" not in table.column_names:
        return table.append_column("model_version", found)
    at = table.column_names.index("model_version")
    own = table["model_version"].cast(pa.string())
    return table.set_column(at, "model_version", pc.coalesce(own, found))


def _measured(table: Table, day: int) -> Iterator[tuple[Window, Explained]]:
    """Of each hour of a day that has any, by version."""
    names = [name for name in table.column_names if is_attribution(name)]
    step = max(_VALUES // max(len(names), 1), 1)
    for first in range(0, table.num_rows, step):
        yield from _counted(table.slice(first, step), names, day)


def _counted(table: Table, names: Sequence[str], day: int) -> Iterator[tuple[Window, Explained]]:
    where = places(table)
    values = np.column_stack([_floats(table[name]) for name in names])
    inside = (where.minute >= day) & (where.minute < day + _DAY)
    rows = np.flatnonzero(where.live & inside & np.isfinite(values).any(axis=1))
    if not len(rows):
        return
    told = {
        name: _floats(table[name]) if name in table.column_names else None
        for name in ("weight", "base_value")
    }
    weights = told["weight"]
    base = told["base_value"]
    outputs = values_of(table, "output")
    starts = floor_all(where.minute[rows], HOUR)
    order, groups = split(starts, rows, values_of(table, "model_version"), "output", outputs)
    features = [place(name)[2] or "" for name in names]
    for group in groups:
        own: Counts = order[group.first : group.last]
        given = values[own]
        held = np.flatnonzero(np.isfinite(given).any(axis=0))
        one = Attributions.of(
            [features[at] for at in held.tolist()],
            given[:, held],
            None if weights is None else np.where(weights[own] > 0, weights[own], 1.0),
            None if base is None else base[own],
        )
        window = Window(HOUR, group.start, group.version, "")
        output = group.segment.removeprefix("output=")
        yield window, Explained(len(own), {output: one})


def _floats(column: Chunked) -> Floats:
    """NaN where there is none."""
    return pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()
