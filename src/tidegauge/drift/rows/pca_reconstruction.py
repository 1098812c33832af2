"""Reconstruction error of principal components: do columns still hang together as they did?

Fitted on the reference, the first components that explain 65 % of its variance rebuild each row;
the error is the distance between a row and what was rebuilt (NannyML's method).  It grows when
correlations break or values go where they never were.  The value is the change of the mean error,
as a part of how far a reference row typically is from the centre: 0 is no change, and it may be
negative where rows became more alike.  `contributions` says which columns are rebuilt worse.

Choose it as the one cheap number for many numeric columns.  There is no p-value: the reference's
own error was seen by the fit.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.method import RowScore, Sample
from tidegauge.drift.rows.components import principal
from tidegauge.drift.rows.table import Table


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
        table = Table.standardised(reference, current)
        if table is None:
            return None
        directions, shares = principal(table.reference)
        kept = int(np.searchsorted(np.cumsum(shares), self.explained, side="right")) + 1
        directions = directions[:, :kept]
        if directions.shape[1] == len(table.columns):
            # Nothing is left out, so nothing can be rebuilt badly.
            return None
        before, after = (_residuals(side, directions) for side in (table.reference, table.current))
        was, is_ = (float(np.linalg.norm(side, axis=1).mean()) for side in (before, after))
        typical = float(np.sqrt((table.reference**2).sum(axis=1).mean()))
        worse = np.maximum((after**2).mean(axis=0) - (before**2).mean(axis=0), 0.0)
        total = float(worse.sum())
        return RowScore(
            value=(is_ - was) / typical,
            contributions=dict(zip(table.columns, (worse / total).tolist(), strict=True))
            if total > 0
            else None,
            detail={"components": float(directions.shape[1]), "reference": was, "current": is_},
        )


def _residuals(values: Floats, directions: Floats) -> Floats:
    return values - (values @ directions) @ directions.T
