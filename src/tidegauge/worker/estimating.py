"""Estimates of the predictions of a day, or of some of its hours: all rows, and by version and
segment."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tidegauge.catalog.models import Model
from tidegauge.estimate import Estimate, Estimator, read
from tidegauge.series import sampling
from tidegauge.series.places import floor_all, places
from tidegauge.series.rows import Source
from tidegauge.series.segment import values_of
from tidegauge.store import Store
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.fold import Group, split
from tidegauge.worker.outcomes import Window

MOST: Final = 100_000
"""Rows that an estimate is made of: a sample of more, each of which stands for several."""


@dataclass(frozen=True)
class Made:
    estimate: Estimate
    estimator: int

    def merge(self, later: "Made") -> "Made":
        return Made(self.estimate.merge(later.estimate), max(self.estimator, later.estimator))


@dataclass(frozen=True)
class Estimating:
    """A model's rows, and what they are estimated by."""

    model: Model
    source: Source
    store: Store
    by_version: Mapping[str, tuple[int, Estimator]]
    """`""` is of those that have none of their own."""

    def of(self, version: str) -> tuple[int, Estimator] | None:
        return self.by_version.get(version, self.by_version.get(""))

    def day(self, day: int, hours: Collection[int]) -> dict[Window, Made]:
        """Of the day, and of these hours of it."""
        found = self._between(day, day + DAY * SECOND, {HOUR, DAY})
        return {
            window: each
            for window, each in found.items()
            if window.resolution == DAY or window.start in hours
        }

    def hours(self, hours: Collection[int]) -> dict[Window, Made]:
        """One by one, of a day that has too many rows to be looked at together."""
        found: dict[Window, Made] = {}
        for hour in sorted(hours):
            found |= self._between(hour, hour + HOUR * SECOND, {HOUR})
        return found

    def _between(self, start: int, stop: int, sizes: Collection[int]) -> dict[Window, Made]:
        # What was wrong about a clock is within a day, or refused.
        held = self.source.held(
            self.model, first_at=start - DAY * SECOND, last_at=stop + DAY * SECOND
        )
        features = {name for _n, each in self.by_version.values() for name in each.encoder.columns}
        names = sampling.columns(self.store, held, features=features, segments=self.model.segments)
        table, count = sampling.sampled(
            sampling.read(self.store, held, names, [(start, stop)]), MOST
        )
        if table is None:
            return {}
        rows = read(table)
        rows = replace(rows, weights=rows.weights * (count / table.num_rows))
        minute = places(table).minute
        every = np.arange(table.num_rows)
        versions = values_of(table, "model_version")
        told = {"": None} | {name: values_of(table, name) for name in self.model.segments}
        found: dict[Window, Made] = {}
        for size in sizes:
            for column, values in told.items():
                order, groups = split(floor_all(minute, size), every, versions, column, values)
                for group, by in self._with(groups):
                    own = rows.take(order[group.first : group.last])
                    window = Window(size, group.start, group.version, group.segment)
                    found[window] = Made(by[1].estimate(own), by[0])
        return found

    def _with(self, groups: list[Group]) -> Iterator[tuple[Group, tuple[int, Estimator]]]:
        for group in groups:
            by = self.of(group.version)
            if by is not None:
                yield group, by
