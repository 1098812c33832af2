"""Estimates for two classes or many: how likely each class is in each row, before labels.

A score is first mapped to the share that was true at it on the reference (confidence-based
estimation).  That map is right on average, not for every kind of row, and kinds of rows come and
go.  So trees over the features correct it where that makes rows left out likelier, and score and
trees are then held against these rows together.  It is learned once, costs a window nothing but a
look-up, and holds wherever the reference was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.estimate import expected
from tidegauge.estimate.baseline import BLOCKS, Baseline
from tidegauge.estimate.correction import blocks, crossed
from tidegauge.estimate.estimate import Estimate, widened
from tidegauge.estimate.features import Encoder, Places
from tidegauge.estimate.first import First, held, is_of, mixed, of_rows
from tidegauge.estimate.guess import Guess, columns
from tidegauge.estimate.maps import Map
from tidegauge.estimate.rows import Rows
from tidegauge.estimate.support import Support
from tidegauge.estimate.trees import ODDS, Trees
from tidegauge.performance import Classes, Coded, Figure
from tidegauge.performance.scores import bins_of

FEWEST: Final = 300
"""Rows of a reference from which anything is estimated."""
_CORRECTED: Final = 3_000
"""Rows of a reference from which trees learn."""
SAMPLE: Final = 20_000
"""The most rows that trees learn from, and that estimates are tried on."""
_CLASSES: Final = 10
"""The most classes that trees correct: the commonest."""
_BANDS: Final = 20
FEW: Final = "the reference has too few rows with labels"


@dataclass(frozen=True, eq=False)
class Classification:
    names: tuple[str, ...]
    guesses: Mapping[str, Guess]
    """By class; of two, of one of them."""
    again: Mapping[str, Map]
    """Of many classes, what a share meant once all of a row's were made to add up to 1."""
    forests: Mapping[str, Trees]
    """Where they correct the guess."""
    encoder: Encoder
    support: Support | None
    rows: float
    """Of the reference: what they are worth."""
    edges: Counts
    """Bins of the score that part the reference's rows into bands."""
    bands: Floats
    """What each band's rows are worth."""
    baseline: Baseline

    @classmethod
    def fit(cls, every: Rows) -> Self | None:
        """From rows with labels, in the order of time; None if there are none."""
        if every.true is None:
            return None
        rows = every.only((every.true.codes >= 0) & (every.weights > 0))
        assert rows.true is not None  # noqa: S101 - the same rows
        used = np.bincount(rows.true.codes, minlength=len(rows.true.names))
        names = tuple(sorted(rows.true.names[at] for at in np.flatnonzero(used).tolist()))
        if not names or (rows.chosen is None and not rows.scores):
            return None
        sample = rows.take(_spread(rows.count))
        wanted = columns(sample, names)
        first = of_rows(rows, names, wanted)
        inputs = _inputs(sample)
        guide = next(iter(first.guesses.values())).shares(sample)
        encoder = Encoder.of(inputs, guide)
        places = encoder.places(inputs)
        is_corrected = sample.count >= _CORRECTED and bool(
            rows.numbers or rows.categories or len(wanted) > 1 or not all(wanted.values())
        )
        common = sorted(wanted, key=lambda name: -float(is_of(sample, name).sum()))[:_CLASSES]
        forests: dict[str, Trees] = {}
        said: dict[str, Floats] = {}
        for name in wanted:
            found = crossed(
                places if is_corrected and name in common else None,
                is_of(sample, name),
                sample.weights,
                lambda some, name=name: of_rows(sample, names, wanted, some).shares(sample)[name],
                ODDS,
            )
            said[name] = found.said
            if found.trees is not None:
                forests[name] = found.trees
                if list(wanted.values()) == [first.guesses[name].column] != [""]:
                    first, forests[name], said[name] = held(first, name, found, sample)
        worth = float(rows.weights.sum() ** 2 / (rows.weights**2).sum())
        edges, bands = _bands(sample, next(iter(wanted.values())), worth)
        has_features = bool(rows.numbers or rows.categories)
        made = cls(
            names,
            first.guesses,
            first.again,
            forests,
            encoder if forests or has_features else Encoder({}, {}),
            Support.of(places, worth) if has_features else None,
            worth,
            edges,
            bands,
            Baseline(),
        )
        return replace(made, baseline=made._tried(sample, mixed(names, said)))

    def shares(self, rows: Rows, places: Places | None = None) -> Floats:
        """[classes, rows]"""
        if self.forests and places is None:
            places = self.encoder.places(_inputs(rows))
        said = First(self.names, self.guesses, self.again).shares(rows)
        for name, trees in self.forests.items():
            assert places is not None  # noqa: S101 - there are trees
            said[name] = ODDS.corrected(said[name], trees.total(places))
        return mixed(self.names, said)

    def estimate(self, rows: Rows) -> Estimate:
        needs = bool(self.forests) or self.support is not None
        places = self.encoder.places(_inputs(rows)) if needs else None
        doubts = [FEW if self.rows < FEWEST else None, self.baseline.doubt]
        if self.support is not None and places is not None:
            doubts.append(self.support.doubt(places))
        return self._estimate(rows, self.shares(rows, places), [each for each in doubts if each])

    def _estimate(self, rows: Rows, shares: Floats, doubts: list[str]) -> Estimate:
        chosen = rows.chosen or Coded(np.full(rows.count, -1, dtype=np.int64), [])
        found = expected.classes(self.names, shares, chosen, rows.scores, rows.weights)
        total = float(rows.weights.sum())
        return Estimate(found, total, dict.fromkeys(doubts, total))

    def figures(self, estimate: Estimate, positive: str | None = None) -> dict[str, Figure]:
        """With intervals for what will be realised."""
        share = self._uncertainty(estimate)
        missed = self.baseline.missed
        return widened(
            estimate.figures(positive),
            share,
            lambda name: missed.get(f"{name} of {positive}", missed.get(name, 0.0)),
        )

    def _uncertainty(self, estimate: Estimate) -> float:
        """The variance of what was learned, in parts of that of the window: as if the window's
        bands were filled from the reference's."""
        measured = estimate.measured
        column = next(iter(self.guesses.values())).column
        if not isinstance(measured, Classes) or column not in measured.scores:
            return estimate.worth / self.rows
        scores = measured.scores[column]
        own = np.bincount(
            np.searchsorted(self.edges, scores.bins, side="right"),
            scores.counts.sum(axis=1),
            len(self.bands),
        )
        own = own / own.sum()
        return estimate.worth * float((own**2 / np.maximum(self.bands, 1.0)).sum())

    def _tried(self, sample: Rows, said: Floats) -> Baseline:
        if sample.count < FEWEST:
            return Baseline()
        at = blocks(sample.count, BLOCKS)
        estimated: list[Mapping[str, Figure]] = []
        realised: list[Mapping[str, Figure]] = []
        positive = next(iter(self.guesses))
        for block in range(BLOCKS):
            own = np.flatnonzero(at == block)
            rows = sample.take(own)
            assert rows.true is not None  # noqa: S101 - the reference has labels
            chosen = rows.chosen or Coded(np.full(rows.count, -1, dtype=np.int64), [])
            estimated.append(self.figures(self._estimate(rows, said[:, own], []), positive))
            true = Classes.of(rows.true, chosen, rows.scores, rows.weights)
            realised.append(true.figures(positive))
        return Baseline.of(estimated, realised)


def _inputs(rows: Rows) -> Rows:
    """What was scored and chosen is a feature as well."""
    chosen = {} if rows.chosen is None else {"prediction_label": rows.chosen}
    return replace(
        rows, numbers={**rows.numbers, **rows.scores}, categories={**rows.categories, **chosen}
    )


def _bands(rows: Rows, column: str, worth: float) -> tuple[Counts, Floats]:
    values = rows.scores.get(column, np.zeros(0))
    there = np.isfinite(values)
    if not there.any():
        return np.zeros(0, dtype=np.int64), np.array([worth])
    bins = bins_of(values[there])
    edges = np.unique(np.quantile(bins, np.arange(1, _BANDS) / _BANDS, method="lower"))
    counts = np.bincount(np.searchsorted(edges, bins, side="right"), minlength=len(edges) + 1)
    return edges.astype(np.int64), counts / counts.sum() * worth


def _spread(count: int) -> Counts:
    return np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64))
