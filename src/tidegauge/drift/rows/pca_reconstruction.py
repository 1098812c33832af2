"""Reconstruction error of principal components: do columns still hang together as they did?

Fitted on the reference, the first components that explain 65 % of its variance rebuild each row;
the error is the distance between a row and what was rebuilt (NannyML's method).  It grows when
correlations break or values go where they never were.  The value is how much larger the mean error
is than for reference rows that the fit has not seen, as a part of how far a reference row typically
is from the centre: 0 is no change, and it may be negative where rows became more alike.
`contributions` says which columns are rebuilt worse.  Where the reference is constant, a column
keeps its own unit.

Choose it as the one cheap number for many numeric columns.  `detail` holds the mean errors of both
sides; that of the reference, which was fitted, is too good to be compared with the other unless it
has many more rows than columns.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.method import RowScore, Sample
from tidegauge.drift.rows.components import principal
from tidegauge.drift.rows.table import Table

_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class PCAReconstruction:
    kind: Literal["pca_reconstruction"] = "pca_reconstruction"
    explained: float = 0.65
    title: ClassVar[str] = "PCA reconstruction error"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "-1 and up"
    is_symmetric: ClassVar[bool] = False

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        table = Table.by_reference(reference, current)
        if table is None or len(table.reference) < 2:
            return None
        directions, shares = principal(table.reference)
        kept = int(np.searchsorted(np.cumsum(shares), self.explained, side="right")) + 1
        directions = directions[:, :kept]
        if directions.shape[1] in (0, len(table.columns)):
            # Nothing is rebuilt, or nothing is left out.
            return None
        fitted, after = (_residuals(side, directions) for side in (table.reference, table.current))
        unseen = _unseen_residuals(table.reference, kept)
        was, expected, is_ = (
            float(np.linalg.norm(side, axis=1).mean()) for side in (fitted, unseen, after)
        )
        typical = float(np.sqrt((table.reference**2).sum(axis=1).mean()))
        worse = np.maximum((after**2).mean(axis=0) - (unseen**2).mean(axis=0), 0.0)
        total = float(worse.sum())
        return RowScore(
            value=(is_ - expected) / typical,
            contributions=dict(zip(table.columns, (worse / total).tolist(), strict=True))
            if total > 0
            else None,
            detail={
                "components": float(directions.shape[1]),
                "reference": was,
                "unseen_reference": expected,
                "current": is_,
            },
        )


def _residuals(values: Floats, directions: Floats) -> Floats:
    return values - (values @ directions) @ directions.T


def _unseen_residuals(values: Floats, kept: int) -> Floats:
    """Of each fold of rows, with the components of the others."""
    residuals = np.empty_like(values)
    fold = np.arange(len(values)) % _FOLDS
    for k in range(min(_FOLDS, len(values))):
        rest = values[fold != k]
        centre = rest.mean(axis=0)
        directions = principal(rest)[0][:, :kept]
        residuals[fold == k] = _residuals(values[fold == k] - centre, directions)
    return residuals
