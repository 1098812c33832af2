"""Whether a window lies where the reference was: only there has anything been learned.

Trees are trained to tell the window's rows from the reference's, and asked about rows that they
did not see.  Their odds are how much more often such rows come now; a reference of which few rows
carry all of that weight says little about the window.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.estimate.features import Places
from tidegauge.estimate.trees import ODDS, grown
from tidegauge.performance.scores import Scores

_SAMPLE: Final = 2_000
_COLUMNS: Final = 64
_FEWEST: Final = 500
"""Rows of a window that can be told apart."""
_TREES: Final = 30
_FARTHEST: Final = 0.9
_WORTH: Final = 200
APART: Final = "the window lies where the reference has too few rows"


@dataclass(frozen=True, eq=False)
class Support:
    columns: Counts
    """Of all, those that are looked at."""
    sample: Places
    """[columns, rows] of the reference."""
    rows: float
    """That it stands for."""

    @classmethod
    def of(cls, places: Places, rows: float) -> Self | None:
        width, count = places.shape
        if not width or count < _FEWEST:
            return None
        columns = np.unique(np.linspace(0, width - 1, min(width, _COLUMNS)).astype(np.int64))
        return cls(columns, places[np.ix_(columns, _spread(count))], rows)

    def doubt(self, places: Places) -> str | None:
        if places.shape[1] < _FEWEST:
            return None
        told, worth = self.apart(places)
        return APART if told > _FARTHEST or worth < _WORTH else None

    def apart(self, places: Places) -> tuple[float, float]:
        """How well the two are told apart (ROC AUC), and how many of the reference's rows speak
        for the window (Kish)."""
        own = places[np.ix_(self.columns, _spread(places.shape[1]))]
        both = np.concatenate([self.sample, own], axis=1)
        is_own = np.repeat([0.0, 1.0], [self.sample.shape[1], own.shape[1]])
        share = np.full(len(is_own), is_own.mean())
        said = np.zeros(len(is_own))
        # Neighbours in different halves.
        half = np.arange(len(is_own)) % 2
        for k in (0, 1):
            out, rest = half == k, half != k
            trees = grown(
                both[:, rest],
                is_own[rest],
                share[rest],
                np.ones(int(rest.sum())),
                ODDS,
                count=_TREES,
            )
            said[out] = ODDS.corrected(share[out], trees.total(both[:, out]))
        ranked = Scores.of(said, is_own.astype(np.int64), ("no", "yes")).against("yes")
        odds = (said / (1 - said))[is_own == 0]
        worth = float(odds.sum() ** 2 / (odds**2).sum()) / len(odds) * self.rows
        return 0.5 if ranked is None else ranked.roc_auc().value, worth


def _spread(count: int) -> Counts:
    """Rows that stand evenly apart."""
    return np.unique(np.linspace(0, count - 1, min(count, _SAMPLE)).astype(np.int64))
