"""Embedding columns as numbers: coordinates along the reference's main directions, and how far
from its centre.

The products are taken between whole numbers small enough to add without rounding, so that a row
gets the same coordinates to the last bit whichever rows it is read with.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Floats

_DIRECTIONS = 8
_ROWS = 1_000
"""Rows from which the directions are found."""
_FRACTION = 12
"""Binary digits kept of a direction's coordinates."""
_REACH = 16.0
"""How many typical distances from the centre a coordinate may be before it is cut."""


@dataclass(frozen=True, eq=False)
class Projection:
    centre: Floats
    scale: float
    directions: Floats
    """[directions, size], whole numbers."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Projection)
            and np.array_equal(self.centre, other.centre)
            and self.scale == other.scale
            and np.array_equal(self.directions, other.directions)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def size(self) -> int:
        return len(self.centre)

    @classmethod
    def of(cls, vectors: Floats) -> Self:
        kept = vectors[np.isfinite(vectors).all(axis=1)]
        if len(kept) > _ROWS:
            kept = kept[np.linspace(0, len(kept) - 1, _ROWS).astype(np.int64)]
        if not len(kept):
            return cls(np.zeros(vectors.shape[1]), 1.0, np.zeros((0, vectors.shape[1])))
        centre = kept.mean(axis=0)
        off = kept - centre
        scale = float(np.sqrt((off**2).mean())) or 1.0
        _, spread, directions = np.linalg.svd(off / scale, full_matrices=False)
        real = int((spread > 1e-6 * max(spread[0], 1e-12)).sum())
        directions = directions[: min(_DIRECTIONS, real)]
        # A direction has no sign of its own: make its largest coordinate positive.
        largest = np.abs(directions).argmax(axis=1)
        signs = np.sign(directions[np.arange(len(directions)), largest])
        return cls(centre, scale, np.rint(directions * signs[:, None] * 2.0**_FRACTION))

    def facets(self, vectors: Floats) -> Iterable[tuple[str, Floats]]:
        """Coordinates and the distance; NaN for a vector that is not finite."""
        fraction = self._fraction
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.clip((vectors - self.centre) / self.scale, -_REACH, _REACH)
        whole = np.rint(off * 2.0**fraction)
        along = whole @ self.directions.T
        for i in range(len(self.directions)):
            yield f"direction {i + 1}", along[:, i] / 2.0 ** (fraction + _FRACTION) * self.scale
        distance = np.sqrt((whole**2).sum(axis=1)) / 2.0**fraction
        yield "distance", distance * self.scale

    @property
    def _fraction(self) -> int:
        # Squares of numbers below 2**(4 + fraction) must add up below 2**53.
        return min(20, (53 - 2 * 4 - max(1, int(self.size - 1).bit_length())) // 2)
