"""The first guess of how likely each class is: from the scores alone, or from what was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.estimate.curve import logarithm_of_odds, logistic
from tidegauge.estimate.maps import Map
from tidegauge.estimate.rows import Rows
from tidegauge.performance.classes import PROBABILITY, SCORE
from tidegauge.performance.moments import weighed
from tidegauge.performance.scores import bins_of


@dataclass(frozen=True, eq=False)
class Guess:
    """Of one class."""

    column: str
    """Of scores; none where `chosen` is what it goes by."""
    map: Map
    chosen: Mapping[str, float]
    """How often each choice was right to be it."""

    @classmethod
    def of(cls, rows: Rows, column: str, true: Floats, some: Flags | None = None) -> Self:
        """From some of the rows, or all."""
        weights = rows.weights if some is None else rows.weights * some
        if column:
            return cls(column, Map.of(rows.scores[column], true, weights), {})
        usual = float(np.average(true, weights=weights)) if weights.sum() > 0 else 0.0
        chosen: dict[str, float] = {}
        if rows.chosen is not None:
            there = rows.chosen.codes >= 0
            codes, size = rows.chosen.codes[there], len(rows.chosen.names)
            count, hits = (weighed(codes, w[there], size) for w in (weights, weights * true))
            # One row more, as is usual: a choice that was always right is not always right.
            shares = (hits + usual) / (count + 1)
            chosen = dict(zip(rows.chosen.names, shares.tolist(), strict=True))
        return cls("", Map(np.zeros(1, dtype=np.int64), np.array([usual]), usual), chosen)

    def drawn_in(self, by: float) -> Self:
        """Towards what is usual: the logarithm of odds, from there, times a number."""
        usual = float(logarithm_of_odds(np.array([self.map.usual]))[0])
        far = logarithm_of_odds(self.map.shares) - usual
        shares = logistic(far[None], np.array([by]), usual)
        return replace(self, map=replace(self.map, shares=shares))

    def shares(self, rows: Rows) -> Floats:
        if self.column in rows.scores:
            return self.map.of_scores(rows.scores[self.column])
        if rows.chosen is None or not self.chosen:
            return np.full(rows.count, self.map.usual)
        usual = self.map.usual
        own = [self.chosen.get(name, usual) for name in rows.chosen.names]
        return np.array([*own, usual])[rows.chosen.codes]


def columns(rows: Rows, names: tuple[str, ...]) -> dict[str, str]:
    """The classes that are guessed, and by which column; of two, the other is what is left."""
    own = {name: PROBABILITY + name for name in names if PROBABILITY + name in rows.scores}
    if len(names) > 2:
        return {name: own.get(name, "") for name in names}
    if own:
        name = max(own)
        return {name: own[name]}
    first, last = min(names), max(names)
    if SCORE not in rows.scores:
        return {last: ""}
    return {last if _rises(rows, last) else first: SCORE}


def _rises(rows: Rows, name: str) -> bool:
    """Whether a class is the likelier the higher the score."""
    assert rows.true is not None  # noqa: S101 - the caller knows
    scores = rows.scores[SCORE]
    there = np.isfinite(scores)
    height = bins_of(scores[there]).astype(np.float64)
    true = (rows.true.codes[there] == list(rows.true.names).index(name)).astype(np.float64)
    w = rows.weights[there]
    if not w.sum() > 0:
        return True
    far = height - np.average(height, weights=w)
    return bool((w * far * true).sum() >= 0)
