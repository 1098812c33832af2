"""How far the centre of an embedding has moved.

The value is the distance between the mean vectors, divided by how far a reference row typically is
from its centre: 0 is no move, 1 is a move as large as the cloud is wide.  `detail` holds the cosine
distance between the mean vectors too, from 0 to 2, and `contributions` the share of each dimension.
The dimensions are taken as they are, for those of an embedding have one scale.

Choose it for embeddings of text or images, as the number to look at first; a cloud that splits or
widens about the same centre it cannot see.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.method import RowScore, Sample
from tidegauge.drift.rows.table import Table


@dataclass(frozen=True, kw_only=True)
class Centroid:
    kind: Literal["centroid"] = "centroid"
    title: ClassVar[str] = "Distance between centroids"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 and up, in the reference's radii"
    is_symmetric: ClassVar[bool] = False

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        table = Table.plain(reference, current)
        if table is None:
            return None
        # Brought to a common size: squares of huge numbers are not numbers.
        size = max(float(np.abs(side).max()) for side in (table.reference, table.current))
        size = size or 1.0
        before, after = table.reference / size, table.current / size
        was, is_ = before.mean(axis=0), after.mean(axis=0)
        moved = is_ - was
        length = float(np.linalg.norm(moved))
        own, other = _radius(before, was), _radius(after, is_)
        # A reference of one point has no radius: both clouds together, half and half, have.
        radius = own or float(np.sqrt((own**2 + other**2) / 2 + (length / 2) ** 2)) or 1.0
        return RowScore(
            value=min(length / radius, float(np.finfo(np.float64).max)),
            contributions=dict(zip(table.columns, ((moved / length) ** 2).tolist(), strict=True))
            if length > 0
            else None,
            detail={
                "distance": min(length * size, float(np.finfo(np.float64).max)),
                "cosine_distance": _cosine_distance(was, is_),
            },
        )


def _radius(values: Floats, centre: Floats) -> float:
    return float(np.sqrt(((values - centre) ** 2).sum(axis=1).mean()))


def _cosine_distance(a: Floats, b: Floats) -> float:
    """0 where either is the origin, which has no direction."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.clip(1 - a @ b / lengths, 0.0, 2.0)) if lengths > 0 else 0.0
