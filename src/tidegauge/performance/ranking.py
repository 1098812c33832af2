"""Lists in order against what was good in them, a list at a time.

Gains are linear in the relevance, discounts logarithmic (Järvelin and Kekäläinen, 2002); whatever
is more relevant than 0 is a hit.  A list without a hit says nothing of order: it counts as a miss
where the question is whether there was a hit, and not at all where it is how well hits are ranked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.figure import Figure
from tidegauge.performance.moments import Moments, weighed

CUTS: Final = (1, 3, 5, 10)


@dataclass(frozen=True, eq=False)
class Ranking:
    measured: Mapping[str, Moments] = field(default_factory=dict[str, Moments])
    """Over lists."""

    @classmethod
    def of(cls, lists: Counts, rank: Floats, relevance: Floats) -> Self:
        """`lists` says of each row which list it is in; NaN is an item whose relevance nobody
        told: it takes its place, and is no hit."""
        if not len(lists):
            return cls()
        gain = np.nan_to_num(np.maximum(relevance, 0.0))
        order = np.lexsort((rank, lists))
        starts, place, gain = _places(lists[order], gain[order])
        whose = np.cumsum(place == 0) - 1
        best = gain[np.lexsort((-gain, whose))]
        discount = 1 / np.log2(place + 2)
        hit = gain > 0
        size = len(starts)

        def summed(values: Floats) -> Floats:
            return weighed(whose, values, size)

        hits = summed(hit.astype(np.float64))
        some = hits > 0
        before = np.cumsum(hit)
        before = before - (before[starts] - hit[starts])[whose]
        precision = summed(np.where(hit, before / (place + 1), 0.0))
        first = np.full(size, np.inf)
        np.minimum.at(first, whose[hit], place[hit] + 1.0)
        found = {
            "ndcg": (summed(gain * discount)[some] / summed(best * discount)[some]),
            "map": precision[some] / hits[some],
            "mrr": 1 / first,
        }
        for k in CUTS:
            top = place < k
            ideal = summed(np.where(top, best * discount, 0.0))
            of_top = summed((hit & top).astype(np.float64))
            found[f"ndcg_at_{k}"] = summed(np.where(top, gain * discount, 0.0))[some] / ideal[some]
            found[f"precision_at_{k}"] = of_top / k
            found[f"recall_at_{k}"] = of_top[some] / hits[some]
            found[f"hit_rate_at_{k}"] = (of_top > 0).astype(np.float64)
        return cls({name: Moments.of(values) for name, values in found.items()})

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
        """Lists."""
        return max((each.n for each in self.measured.values()), default=0.0)

    def figures(self) -> dict[str, Figure]:
        found = {
            name: moments.figure(lowest=0.0, highest=1.0) for name, moments in self.measured.items()
        }
        return {name: figure for name, figure in found.items() if figure is not None}


def _places(lists: Counts, gain: Floats) -> tuple[Counts, Counts, Floats]:
    """Where each list begins, and the place of each row in its own, from 0."""
    starts = np.flatnonzero(np.r_[True, lists[1:] != lists[:-1]])
    sizes = np.diff(np.r_[starts, len(lists)])
    return starts, np.arange(len(lists)) - np.repeat(starts, sizes), gain
