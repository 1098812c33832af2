"""Estimates for numbers: how far off a prediction is, from what such predictions were off by.

Trees over the features and the prediction learn the size of the error and its lean (direct loss
estimation), and the size of what it is beside its lean.  Its square is that of the lean, and beside
it in proportion to the square of that size.  A window then has the moments of its errors, and with
them MAE, RMSE, bias and what is explained.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.estimate import expected
from tidegauge.estimate.baseline import BLOCKS, Baseline
from tidegauge.estimate.classification import FEW, FEWEST, SAMPLE
from tidegauge.estimate.correction import blocks, crossed
from tidegauge.estimate.estimate import Estimate, widened
from tidegauge.estimate.features import Encoder
from tidegauge.estimate.rows import Rows
from tidegauge.estimate.support import Support
from tidegauge.estimate.trees import SIZE, SUM, Trees
from tidegauge.performance import Errors, Figure

_CORRECTED: Final = 1_000
"""Rows of a reference from which trees learn."""
_LEAST: Final = 1e-60


@dataclass(frozen=True, eq=False)
class Regression:
    off: float
    """The mean size of an error."""
    lean: float
    beside: float
    """The mean size of an error's distance from its lean."""
    square: float
    """The mean square of that distance, by the square of its expected size."""
    tails: float
    """The mean fourth power, by the square of the expected square."""
    of_off: Trees | None
    of_lean: Trees | None
    of_beside: Trees | None
    encoder: Encoder
    support: Support | None
    rows: float
    baseline: Baseline

    @classmethod
    def fit(cls, every: Rows) -> Self | None:
        if every.said is None or every.actual is None:
            return None
        there = np.isfinite(every.said) & np.isfinite(every.actual) & (every.weights > 0)
        kept = np.flatnonzero(there)
        if not len(kept):
            return None
        rows = every.take(
            kept[np.unique(np.linspace(0, len(kept) - 1, min(len(kept), SAMPLE)).astype(np.int64))]
        )
        assert rows.said is not None  # noqa: S101 - the same rows
        assert rows.actual is not None  # noqa: S101 - the same rows
        error, w = rows.said - rows.actual, rows.weights
        # The powers of smaller ones are no numbers.
        error = np.where(np.abs(error) < _LEAST, 0.0, error)
        inputs = _inputs(rows)
        encoder = Encoder.of(inputs, rows.said)
        places = encoder.places(inputs)
        learned = places if rows.count >= _CORRECTED and len(places) else None
        scale = float(np.average(np.abs(error), weights=w)) or 1.0
        size = crossed(learned, np.abs(error) / scale, w, _usual(np.abs(error) / scale, w), SIZE)
        lean = crossed(learned, error / scale, w, _usual(error / scale, w), SUM)
        off, bias = size.said * scale, lean.said * scale
        far = np.abs(error - bias)
        wide = crossed(learned, far / scale, w, _usual(far / scale, w), SIZE)
        beside = wide.said * scale
        square = _ratio(w * far**2, w * beside**2)
        squares = bias**2 + square * beside**2
        tails = _ratio(w * error**4, w * squares**2)
        worth = every.weights[kept]
        total = float(worth.sum() ** 2 / (worth**2).sum())
        made = cls(
            scale, float(np.average(error, weights=w)), float(np.average(far, weights=w)),
            square, tails, size.trees,
            None if lean.trees is None else replace(lean.trees, values=lean.trees.values * scale),
            wide.trees, encoder, Support.of(places, total), total, Baseline(),
        )  # fmt: skip
        return replace(made, baseline=made._tried(rows, (bias, off, squares)))

    def estimate(self, rows: Rows) -> Estimate:
        places = self.encoder.places(_inputs(rows))
        off, lean, beside = (
            np.full(rows.count, each) for each in (self.off, self.lean, self.beside)
        )
        if self.of_off is not None:
            off = SIZE.corrected(off, self.of_off.total(places))
        if self.of_lean is not None:
            lean = SUM.corrected(lean, self.of_lean.total(places))
        if self.of_beside is not None:
            beside = SIZE.corrected(beside, self.of_beside.total(places))
        doubts = [FEW if self.rows < FEWEST else None, self.baseline.doubt]
        if self.support is not None:
            doubts.append(self.support.doubt(places))
        square = lean**2 + self.square * beside**2
        return self._estimate(rows, (lean, off, square), [each for each in doubts if each])

    def _estimate(
        self, rows: Rows, of: tuple[Floats, Floats, Floats], doubts: list[str]
    ) -> Estimate:
        lean, off, square = of
        said = np.full(rows.count, np.nan) if rows.said is None else rows.said
        # No mean square is less than the square of a mean.
        square = np.maximum(square, np.maximum(off, np.abs(lean)) ** 2)
        found = expected.errors(said, lean, off, square, self.tails, rows.weights)
        return Estimate(found, found.n, dict.fromkeys(doubts, found.n))

    def figures(self, estimate: Estimate, _positive: str | None = None) -> dict[str, Figure]:
        share = estimate.worth / self.rows
        missed = self.baseline.missed
        return widened(estimate.figures(), share, lambda name: missed.get(name, 0.0))

    def _tried(self, rows: Rows, of: tuple[Floats, Floats, Floats]) -> Baseline:
        if rows.count < FEWEST:
            return Baseline()
        lean, off, square = of
        at = blocks(rows.count, BLOCKS)
        estimated: list[Mapping[str, Figure]] = []
        realised: list[Mapping[str, Figure]] = []
        for block in range(BLOCKS):
            own = np.flatnonzero(at == block)
            some = rows.take(own)
            assert some.said is not None  # noqa: S101 - the reference has both
            assert some.actual is not None  # noqa: S101 - the reference has both
            estimated.append(
                self.figures(self._estimate(some, (lean[own], off[own], square[own]), []))
            )
            realised.append(Errors.of(some.actual, some.said, weights=some.weights).figures())
        return Baseline.of(estimated, realised)


def _ratio(part: Floats, whole: Floats) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else 1.0


def _usual(values: Floats, weights: Floats) -> Callable[[Flags], Floats]:
    def mean(some: Flags) -> Floats:
        own = some if weights[some].sum() > 0 else np.ones_like(some)
        return np.full(len(values), float(np.average(values[own], weights=weights[own])))

    return mean


def _inputs(rows: Rows) -> Rows:
    if rows.said is None:
        return rows
    return replace(rows, numbers={**rows.numbers, "prediction_score": rows.said})
