"""The numbers that users send themselves, summed by span until the next commit."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tidegauge.arrow import Table, pa
from tidegauge.catalog.numbers import Number, tags_key
from tidegauge.series.places import places
from tidegauge.window import RESOLUTIONS, SECOND
from tidegauge.worker.fold import Frontier

_TAG = "tags."


class _Of(NamedTuple):
    model: int
    name: str
    tags: str
    resolution: int
    start: int


@dataclass
class _Sum:
    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    last: float = 0.0

    def add(self, value: float) -> None:
        self.n += 1
        self.total += value
        self.squares += value * value
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        self.last = value


@dataclass
class Figures:
    _met: dict[_Of, _Sum] = field(default_factory=dict[_Of, _Sum])

    def take(self, model: int, table: Table, frontier: Frontier) -> None:
        """Those that are finite, at each resolution that still holds their time."""
        where = places(table)
        values = table["value"].cast(pa.float64()).to_numpy()
        counts = np.flatnonzero(where.counted & np.isfinite(values))
        names = table["metric_name"].to_pylist()
        tags = _tags(table)
        for row in counts.tolist():
            minute, value = int(where.minute[row]), float(values[row])
            for resolution in RESOLUTIONS:
                start = minute - minute % (resolution * SECOND)
                if start >= frontier.floors[resolution]:
                    of = _Of(model, names[row], tags[row], resolution, start)
                    self._met.setdefault(of, _Sum()).add(value)

    def __iter__(self) -> Iterator[Number]:
        for of, each in self._met.items():
            yield Number(**of._asdict(), **vars(each))

    def forget(self, model: int) -> None:
        self._met = {of: each for of, each in self._met.items() if of.model != model}

    def clear(self) -> None:
        self._met.clear()


def _tags(table: Table) -> list[str]:
    columns = [name for name in table.column_names if name.startswith(_TAG)]
    if not columns:
        return [tags_key({})] * table.num_rows
    rows: list[Mapping[str, str | None]] = table.select(columns).to_pylist()
    return [
        tags_key({name.removeprefix(_TAG): value for name, value in row.items() if value})
        for row in rows
    ]
