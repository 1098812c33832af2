"""What estimates would have said on the reference, block by block in its order, and what was.

Each block is estimated by what was learned from other blocks.  `missed` is by how much, for each
figure, beyond what chance explains: it is added to every interval.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from scipy.special import chdtrc

from tidegauge.performance import Figure
from tidegauge.performance.figure import Z

BLOCKS = 8
_CHANCE = 0.001
_TELLING = 0.02
"""A miss that matters, whatever chance says."""
TOLD = ("accuracy", "roc_auc", "f1", "mae", "rmse")
_OF_NUMBERS = {"mae", "rmse"}


class Pair(NamedTuple):
    estimated: Figure
    realised: Figure


@dataclass(frozen=True)
class Baseline:
    pairs: Mapping[str, Sequence[Pair]] = field(default_factory=dict[str, Sequence[Pair]])
    """By figure, a pair a block."""
    missed: Mapping[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def of(
        cls, estimated: Sequence[Mapping[str, Figure]], realised: Sequence[Mapping[str, Figure]]
    ) -> Self:
        names = [
            name for name in realised[0] if all(name in one for one in (*estimated, *realised))
        ]
        pairs = {
            name: [Pair(e[name], r[name]) for e, r in zip(estimated, realised, strict=True)]
            for name in names
        }
        return cls(pairs, {name: _missed(each) for name, each in pairs.items()})

    def error(self, name: str) -> float | None:
        """The mean distance of estimated and realised."""
        return mean_error(self.pairs.get(name, ()))

    @property
    def doubt(self) -> str | None:
        """Why estimates of this model cannot be trusted at all."""
        for name in TOLD:
            pairs = self.pairs.get(name, ())
            if not pairs:
                continue
            scale = sum(abs(p.realised.value) for p in pairs) / len(pairs)
            telling = _TELLING * (scale if name in _OF_NUMBERS else 1.0)
            chance = float(chdtrc(len(pairs), surprise(pairs)))
            if chance < _CHANCE and self.missed[name] > telling:
                return f"on the reference, estimates of {name} missed by more than chance explains"
        return None


def mean_error(pairs: Sequence[Pair]) -> float | None:
    if not pairs:
        return None
    return sum(abs(p.estimated.value - p.realised.value) for p in pairs) / len(pairs)


def surprise(pairs: Sequence[Pair]) -> float:
    """The sum of squared misses, each in parts of what the estimate's interval allows: about
    chi-squared where estimates are good."""
    found = 0.0
    for pair in pairs:
        error = deviation(pair.estimated)
        if error > 0:
            found += ((pair.estimated.value - pair.realised.value) / error) ** 2
    return found


def deviation(figure: Figure) -> float:
    """Of the longer side: the other may have been cut where a share ends."""
    if figure.low is None or figure.high is None:
        return 0.0
    return max(figure.value - figure.low, figure.high - figure.value) / Z


def _missed(pairs: Sequence[Pair]) -> float:
    square = sum((p.estimated.value - p.realised.value) ** 2 for p in pairs) / len(pairs)
    chance = sum(deviation(p.estimated) ** 2 for p in pairs) / len(pairs)
    # The variance of so few squares is large: only what is beyond chance is charged.
    return math.sqrt(max(square - chance, 0.0))
