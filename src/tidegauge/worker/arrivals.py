"""What came that labels and predictions are to be joined of, or explanations measured, until the
next commit."""

from collections.abc import Container, Iterator
from typing import Final

import numpy as np

from tidegauge.arrays import Hashes
from tidegauge.arrow import Table, pc
from tidegauge.catalog import arrivals
from tidegauge.catalog.arrivals import Arrival
from tidegauge.outcome.join import is_truth
from tidegauge.record.columns import is_attribution
from tidegauge.series.places import days_of
from tidegauge.store.part import ID

MOST: Final = 100_000
"""Ids in one note: who joins them takes that many at once."""


class Arrivals:
    def __init__(self) -> None:
        self._labels: dict[int, list[str]] = {}
        self._keys: dict[int, list[Hashes]] = {}
        self._explained: dict[int, set[int]] = {}

    def take_labels(self, model: int, table: Table) -> None:
        self._labels.setdefault(model, []).extend(table[ID].to_pylist())

    def take_predictions(self, model: int, table: Table, keys: Hashes) -> None:
        self._keys.setdefault(model, []).append(keys)
        for name in table.column_names:
            if is_truth(name):
                self.take_labels(model, table.filter(pc.is_valid(table[name])).select([ID]))
        if any(is_attribution(name) for name in table.column_names):
            self.take_explanations(model, table)

    def take_explanations(self, model: int, table: Table) -> None:
        self._explained.setdefault(model, set()).update(days_of(table))

    def notes(self, waiting: Container[int], at: int) -> Iterator[Arrival]:
        """To be kept; of predictions only those of models whose labels wait for some."""
        for model, ids in self._labels.items():
            for first in range(0, len(ids), MOST):
                yield arrivals.of_labels(model, ids[first : first + MOST], at)
        for model, keys in self._keys.items():
            if model in waiting:
                yield arrivals.of_predictions(model, np.concatenate(keys), at)
        for model, days in self._explained.items():
            if days:
                yield arrivals.of_explanations(model, days, at)

    def forget(self, model: int) -> None:
        self._labels.pop(model, None)
        self._keys.pop(model, None)
        self._explained.pop(model, None)

    def clear(self) -> None:
        self._labels.clear()
        self._keys.clear()
        self._explained.clear()
