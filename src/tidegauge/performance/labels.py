"""Several classes at once against the true ones: each by itself, and all of a row together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.performance.classes import f1, mean_of
from tidegauge.performance.figure import Figure, share
from tidegauge.performance.moments import Moments


@dataclass(frozen=True, eq=False)
class Labels:
    names: tuple[str, ...] = ()
    """In order."""
    counts: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    """[labels, 3]: chosen and true, chosen, true."""
    exact: Moments = field(default_factory=Moments)
    """1 where all of a row is right."""
    alike: Moments = field(default_factory=Moments)
    """What is both of what is either (Jaccard, 1912); two empty sets are alike."""

    @classmethod
    def of(
        cls,
        true: Sequence[Sequence[str]],
        chosen: Sequence[Sequence[str]],
        weights: Floats | None = None,
    ) -> Self:
        w = np.ones(len(true)) if weights is None else weights
        rows = [(set(a), set(b)) for a, b in zip(true, chosen, strict=True)]
        names = tuple(sorted({name for a, b in rows for name in a | b}))
        places = {name: at for at, name in enumerate(names)}
        counts = np.zeros((len(names), 3))
        for (actual, choice), weight in zip(rows, w.tolist(), strict=True):
            for which, some in enumerate((actual & choice, choice, actual)):
                for name in some:
                    counts[places[name], which] += weight
        exact = np.array([a == b for a, b in rows], dtype=np.float64)
        alike = np.array([len(a & b) / len(a | b) if a | b else 1.0 for a, b in rows])
        return cls(names, counts, Moments.of(exact, w), Moments.of(alike, w))

    def merge(self, other: Self) -> Self:
        names = tuple(sorted({*self.names, *other.names}))
        counts = np.zeros((len(names), 3))
        for each in (self, other):
            counts[[names.index(name) for name in each.names]] += each.counts
        return type(self)(
            names, counts, self.exact.merge(other.exact), self.alike.merge(other.alike)
        )

    @property
    def n(self) -> float:
        return self.exact.n

    def figures(self) -> dict[str, Figure]:
        if not self.n:
            return {}
        thin = self.exact.worth / self.n
        found: dict[str, Figure | None] = {
            "exact_match": share(self.exact.mean * self.n, self.n, self.exact.worth),
            "jaccard": self.alike.figure(lowest=0.0, highest=1.0),
        }
        if self.names:
            hit, chosen, true = (float(each) for each in self.counts.sum(axis=0))
            cells = self.n * len(self.names)
            found["hamming_loss"] = share(chosen + true - 2 * hit, cells, cells * thin)
            found |= _rates(hit, chosen, true, thin)
            each = [_rates(float(a), float(b), float(c), thin) for a, b, c in self.counts]
            for rate in ("precision", "recall", "f1"):
                found[f"macro_{rate}"] = mean_of([one[rate] for one in each], or_zero=True)
                found |= {
                    f"{rate} of {name}": one[rate]
                    for name, one in zip(self.names, each, strict=True)
                }
        return {name: figure for name, figure in found.items() if figure is not None}


def _rates(hit: float, chosen: float, true: float, thin: float) -> dict[str, Figure | None]:
    return {
        "precision": share(hit, chosen, chosen * thin),
        "recall": share(hit, true, true * thin),
        "f1": f1(hit, true, chosen, thin),
    }
