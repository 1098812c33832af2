"""A demo model's calls over any span of time, the same whichever way the span is cut.

Time is cut into blocks of about two thousand calls; each block has chance of its own, so it is made
in one go and cut to the span that is asked for.  A thinned stream keeps one call in so many, each
with that weight: a month of history is small, and still shows as much traffic as the live stream
that follows it.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.arrow import Table, pa
from tidegauge.demo.made import NEVER, Late, Model
from tidegauge.demo.season import DAYS
from tidegauge.record.columns import TIME
from tidegauge.window import SECOND

BLOCK = 864 * SECOND
"""What a block of a stream that is not thinned spans: a hundredth of a day."""
THINNED = 100
_CELLS = 96


@dataclass(frozen=True)
class Stream:
    model: Model
    start: int
    stop: int
    """There are calls in this span only."""
    thinned: int = 1
    speed: float = 1.0
    """How many times the model's own traffic."""

    def rows(self, start: int, stop: int) -> Table:
        """The calls of a span, as record columns."""
        pieces: list[Table] = []
        start, stop = max(start, self.start), min(stop, self.stop)
        for index in self._blocks(start, stop):
            at, table = _block(self.model, self.thinned, self.speed, index)[:2]
            first, last = np.searchsorted(at, (start, stop)).tolist()
            pieces.append(table.slice(first, last - first))
        return pa.concat_tables(pieces) if pieces else self._empty(1)

    def labels(self, start: int, stop: int) -> Table:
        """The truth that becomes known in a span."""
        return self._late(2, start, stop)

    def feedback(self, start: int, stop: int) -> Table:
        """What people did, as far as it becomes known in a span."""
        return self._late(3, start, stop)

    def _late(self, kind: int, start: int, stop: int) -> Table:
        pieces: list[Table] = []
        since = max(start - self.model.latest, self.start)
        for index in self._blocks(since, min(stop, self.stop)):
            due, at, table = _known(self.model, self.thinned, self.speed, index)[kind - 2]
            first, last = np.searchsorted(due, (start, stop)).tolist()
            piece = table.slice(first, last - first)
            # The blocks at both ends hold calls that are not of this stream.
            inside = (at[first:last] >= self.start) & (at[first:last] < self.stop)
            pieces.append(piece if inside.all() else piece.filter(pa.array(inside)))
        if not pieces:
            return self._empty(kind)
        return pa.concat_tables(pieces).sort_by(
            [("timestamp", "ascending"), ("prediction_id", "ascending")]
        )

    def _blocks(self, start: int, stop: int) -> range:
        length = BLOCK * self.thinned
        return range(start // length, -(-stop // length)) if start < stop else range(0)

    def _empty(self, kind: int) -> Table:
        index = self.start // (BLOCK * self.thinned)
        if kind == 1:
            return _block(self.model, self.thinned, self.speed, index)[1].slice(0, 0)
        return _known(self.model, self.thinned, self.speed, index)[kind - 2][2].slice(0, 0)


_Known = tuple[Counts, Counts, Table]
"""When each becomes known, when its call was, and what."""


@lru_cache(maxsize=48)
def _block(
    model: Model, thinned: int, speed: float, index: int
) -> tuple[Counts, Table, _Known, _Known]:
    seed = [model.seed, zlib.crc32(model.model_id.encode()), thinned, index]
    chance = np.random.default_rng(seed)
    length = BLOCK * thinned
    made = model.made(chance, _arrivals(chance, model, index * length, length, speed / thinned))
    # Streams of other seeds and densities never share an id.
    head = f"{model.prefix}{model.seed}-{'h' if thinned > 1 else 'l'}{index:x}"
    count = len(made.at)
    ids = pa.array([f"{head}-{place:04x}" for place in range(count)], pa.string())
    columns = {
        "model_id": pa.array([model.model_id] * count, pa.string()),
        "prediction_id": ids,
        "timestamp": pa.array(made.at, TIME),
        **made.columns,
    }
    if thinned > 1:
        columns["weight"] = np.full(count, float(thinned))
    table = pa.table(columns)
    return (
        made.at,
        table,
        _sorted(made.labels, table, made.at),
        _sorted(made.feedback, table, made.at),
    )


@lru_cache(maxsize=4096)
def _known(model: Model, thinned: int, speed: float, index: int) -> tuple[_Known, _Known]:
    """Kept for longer than the calls: a label comes days after its call."""
    return _block(model, thinned, speed, index)[2:]


def _sorted(late: Late | None, table: Table, at: Counts) -> _Known:
    told = late or Late(np.full(len(at), NEVER), {})
    order = np.argsort(told.due, kind="stable")[: np.count_nonzero(told.due != NEVER)]
    due = told.due[order]
    columns = {
        "model_id": table["model_id"],
        "prediction_id": table["prediction_id"],
        **told.columns,
    }
    found = pa.table(columns).take(pa.array(order))
    return due, at[order], found.add_column(2, "timestamp", pa.array(due, TIME))


def _arrivals(
    chance: np.random.Generator, model: Model, start: int, length: int, share: float
) -> Counts:
    """Moments of a Poisson stream that follows the model's traffic."""
    edges = np.linspace(start, start + length, _CELLS + 1)
    busy = model.busy(((edges[:-1] + edges[1:]) / 2).astype(np.int64))
    total = np.concatenate(([0.0], np.cumsum(busy))) / _CELLS
    expected = model.per_day * share * length / DAYS * total[-1]
    drawn = np.sort(chance.random(chance.poisson(expected))) * total[-1]
    at = np.interp(drawn, total, edges - start).astype(np.int64) + start
    return np.minimum(at, start + length - 1)
