"""Numbers that have no truth beside them: each by its mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.performance.figure import Figure
from tidegauge.performance.moments import Moments


@dataclass(frozen=True, eq=False)
class Averages:
    measured: Mapping[str, Moments] = field(default_factory=dict[str, Moments])

    @classmethod
    def of(cls, values: Mapping[str, Floats]) -> Self:
        """NaN is a row that does not tell it."""
        there = {name: each[np.isfinite(each)] for name, each in values.items()}
        return cls({name: Moments.of(each) for name, each in there.items() if len(each)})

    def merge(self, other: Self) -> Self:
        none = Moments()
        return type(self)(
            {
                name: self.measured.get(name, none).merge(other.measured.get(name, none))
                for name in {**self.measured, **other.measured}
            }
        )

    @property
    def n(self) -> float:
        return max((each.n for each in self.measured.values()), default=0.0)

    def figures(self) -> dict[str, Figure]:
        found = {name: moments.figure() for name, moments in self.measured.items()}
        return {name: figure for name, figure in found.items() if figure is not None}
