"""How many of the labelled predictions of a span were wrong, whatever the task.

A class is right or wrong.  A number is wrong where it is further off than nine in ten were of the
time that is taken for good, to either side.  A ranked list is wrong by what its gain lacks.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.outcome.measure import MAIN
from tidegauge.performance import Classes, Errors, Labels, Measured, Ranking

_TAIL: Final = 0.05
_FEWEST: Final = 200
"""Rows that say how far off is usual."""
_MOST: Final = 50_000
"""Labels that one span is worth at most: of more, a detector learns little and takes long."""
_SPANS: Final = 10
"""Fewer of them do not tell how they vary."""
_SURE: Final = 3.0


class Wrong(NamedTuple):
    n: int
    wrong: float

    def values(self) -> Floats:
        """One a label.  In which order they came within the span is not known; evenly is as good
        as any."""
        n = min(self.n, _MOST)
        if not n:
            return np.zeros(0)
        share = self.wrong / self.n
        steps = np.floor(np.arange(n + 1) * share + 0.5)
        return np.clip(np.diff(steps), 0.0, 1.0)


@dataclass(frozen=True)
class Usual:
    """How far off numbers usually are: the first and the last bin of errors that are."""

    first: int
    last: int

    @classmethod
    def of(cls, measured: Mapping[str, Measured]) -> Self | None:
        """None where it is not of numbers, or of too few."""
        main = measured.get(MAIN)
        if not isinstance(main, Errors) or main.n < _FEWEST:
            return None
        below = np.cumsum(main.spread.counts) / main.spread.n
        first, last = np.searchsorted(below, (_TAIL, 1 - _TAIL))
        return cls(int(main.spread.bins[first]), int(main.spread.bins[last]))


def wrong_of(measured: Mapping[str, Measured], usual: Usual | None) -> Wrong | None:
    """None of what no error can be told of."""
    main = measured.get(MAIN)
    if isinstance(main, Classes):
        return _scaled(main.n, main.n - float(np.trace(main.counts)), main.squares)
    if isinstance(main, Labels):
        return _scaled(main.n, main.n * (1 - main.exact.mean), main.exact.squares)
    if isinstance(main, Errors) and usual is not None:
        spread = main.spread
        off = (spread.bins < usual.first) | (spread.bins > usual.last)
        return _scaled(main.n, float(spread.counts[off].sum()), main.error.squares)
    if isinstance(main, Ranking):
        gain = main.measured.get("ndcg")
        return None if gain is None else _scaled(gain.n, gain.n * (1 - gain.mean), gain.squares)
    return None


def _scaled(n: float, wrong: float, squares: float) -> Wrong:
    """Of a weighted sample as many as it is worth (Kish, 1965)."""
    thin = n / squares if squares else 1.0
    return Wrong(round(n * thin), wrong * thin)


def strayed(spans: Sequence[Wrong]) -> float:
    """How many times wider error rates vary from span to span than those of independent labels
    would: 1 unless it is clear that they do."""
    n = sum(each.n for each in spans)
    rate = sum(each.wrong for each in spans) / n if n else 0.0
    spread = rate * (1 - rate)
    if len(spans) < _SPANS or spread <= 0:
        return 1.0
    squares = sum((each.wrong - each.n * rate) ** 2 / each.n for each in spans) / spread
    effect = squares / (len(spans) - 1)
    return effect if effect > 1 + _SURE * math.sqrt(2 / (len(spans) - 1)) else 1.0
