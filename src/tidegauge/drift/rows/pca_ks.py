"""Kolmogorov-Smirnov along principal components.

The value is the largest distance along any of the first ten components, from 0 to 1; `detail`
holds each, and the p-value is Bonferroni's.  It sees moves that many columns make together and
that are too small in each.  Choose it for embeddings and for many correlated columns; what the
first components leave out it cannot see.

The components are those of both samples together.  Fitted on the reference alone they would suit
its rows better than any others, and every sample of many columns would seem to drift.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.drift.method import RowScore, Sample
from tidegauge.drift.rows.components import principal
from tidegauge.drift.rows.exact_ks import distance, p_value
from tidegauge.drift.rows.table import Table


@dataclass(frozen=True, kw_only=True)
class PCAKS:
    kind: Literal["pca_ks"] = "pca_ks"
    components: int = 10
    title: ClassVar[str] = "Kolmogorov-Smirnov along principal components"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1"
    is_symmetric: ClassVar[bool] = True

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        table = Table.together(reference, current)
        if table is None:
            return None
        directions, _ = principal(np.concatenate([table.reference, table.current]))
        directions = directions[:, : self.components]
        if not directions.shape[1]:
            # All rows of both sides are one point.
            return RowScore(value=0.0, p_value=1.0)
        before, after = table.reference @ directions, table.current @ directions
        gaps = [distance(before[:, k], after[:, k]) for k in range(directions.shape[1])]
        least = p_value(max(gaps), len(before), len(after))
        return RowScore(
            value=max(gaps),
            p_value=min(1.0, least * len(gaps)),
            detail={f"component {k + 1}": gap for k, gap in enumerate(gaps)},
        )
