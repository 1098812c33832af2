"""Attributions of some hours of a model, computed of a sample of their rows by what is registered
for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.arrow import Table, pa
from tidegauge.catalog.models import Model
from tidegauge.explain import Attributions, merged
from tidegauge.explain.predictor import chosen
from tidegauge.reference.fit import sample_of
from tidegauge.rows.values import numbers
from tidegauge.series import sampling
from tidegauge.series.rows import Source
from tidegauge.series.segment import values_of
from tidegauge.store import Store
from tidegauge.store.unify import unify
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.background import features_of
from tidegauge.worker.explainer import Explained, explained_apart

ROWS: Final = 100
"""Of an hour and version: what they tell of a day is within some parts in a hundred."""
_READ: Final = 20_000
"""Of an hour, from which these are drawn."""

Key = tuple[str, int]
"""Version and hour."""


@dataclass(frozen=True)
class Computed:
    rows: int
    measured: Mapping[str, Attributions]
    """By output."""

    def merge(self, later: "Computed") -> "Computed":
        return Computed(self.rows + later.rows, merged(self.measured, later.measured))


class _Sample(NamedTuple):
    key: Key
    features: Table
    weights: Floats
    """Each row's own, by how many it was drawn from."""


@dataclass
class Found:
    by_window: dict[Key, Computed] = field(default_factory=dict[Key, Computed])
    unfinished: set[int] = field(default_factory=set[int])
    """Hours for some rows of which there was no time."""


@dataclass(frozen=True)
class Computing:
    model: Model
    source: Source
    store: Store
    known: frozenset[str]
    """The names of what is registered."""
    usual: Table

    def hours(self, hours: Collection[int]) -> Found:
        found = Found()
        by_name: dict[str, list[_Sample]] = {}
        for hour in sorted(hours, reverse=True):
            for sample in self._samples(hour):
                name = chosen(self.known, self.model.name, sample.key[0])
                if name is not None:
                    by_name.setdefault(name, []).append(sample)
        for name, samples in by_name.items():
            self._explain(name, samples, found)
        return found

    def _samples(self, hour: int) -> list[_Sample]:
        """Of each version that has rows."""
        stop, day = hour + HOUR * SECOND, DAY * SECOND
        # What was wrong about a clock is within a day, or refused.
        held = self.source.held(self.model, first_at=hour - day, last_at=stop + day)
        names = sampling.columns(self.store, held)
        read = sampling.read(self.store, held, names, [(hour, stop)])
        table, count = sampling.sampled(read, _READ)
        if table is None:
            return []
        versions = values_of(table, "model_version")
        samples: list[_Sample] = []
        for code, version in enumerate(versions.names):
            own = table.take(np.flatnonzero(versions.codes == code))
            some = sample_of(own, ROWS)
            if some.num_rows:
                stands_for = count / table.num_rows * own.num_rows / some.num_rows
                features = features_of(some)
                samples.append(_Sample((version, hour), features, _weights(some) * stands_for))
        return samples

    def _explain(self, name: str, samples: Sequence[_Sample], found: Found) -> None:
        rows = unify([each.features for each in samples])
        if not rows.num_columns:
            return
        whose = np.repeat(np.arange(len(samples)), [len(each.weights) for each in samples])
        # In any order: where time runs out, each hour has some of its rows explained.
        order = np.random.default_rng(0).permutation(len(whose))
        told = explained_apart(name, rows.take(pa.array(order)), self.usual)
        done = order[: len(told.values)]
        weights = np.concatenate([each.weights for each in samples])
        for at, sample in enumerate(samples):
            own = np.flatnonzero(whose[done] == at)
            if not len(own):
                found.unfinished.add(sample.key[1])
                continue
            w = weights[done[own]] * len(sample.weights) / len(own)
            found.by_window[sample.key] = _computed(told, own, w)


def _computed(told: Explained, rows: Counts, weights: Floats) -> Computed:
    return Computed(
        len(rows),
        {
            output: Attributions.of(
                told.features,
                told.values[rows, :, at],
                weights,
                np.full(len(rows), told.base[at]),
            )
            for at, output in enumerate(told.outputs)
        },
    )


def _weights(table: Table) -> Floats:
    if "weight" not in table.column_names:
        return np.ones(table.num_rows)
    found = numbers(table["weight"]).of_rows
    return np.where(np.isfinite(found) & (found > 0), found, 1.0)
