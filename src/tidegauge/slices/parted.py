"""In which parts of the rows the change of one column's mix is.

The mix of all moves by what changed within each part, and by which parts there are more of; a
part's share is what it adds to the change, along the change of all, and the shares of all parts add
up to 1.  A part is certain where its own mix has moved along it, and has moved otherwise than that
of all others together: where everything moved alike, no part is the place to look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import chi2

from tidegauge.arrays import Floats

_FEWEST: Final = 30
"""Rows of a part."""


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    share: float
    """Of the change of all."""
    is_certain: bool
    """After all parts were looked at (Holm, 1979)."""


class Counts(NamedTuple):
    """Rows by cell."""

    before: Floats
    now: Floats


class _Mean(NamedTuple):
    value: float
    variance: float


def parted(parts: Mapping[str, Counts], level: float = 0.01) -> list[Part]:
    """Of parts that are all rows together, what adds most first."""
    before, now = (np.sum([each[at] for each in parts.values()], axis=0) for at in range(2))
    if not parts or not before.sum() or not now.sum():
        return []
    was, change = before / before.sum(), now / now.sum() - before / before.sum()
    size = float(change @ change)
    if not size:
        return []
    # How far along the change a row of each cell is.
    along = change / size
    found: list[tuple[str, float, float]] = []
    for name, own in parts.items():
        if own.now.sum() < _FEWEST:
            continue
        added = own.now / now.sum() - own.before / before.sum()
        added = added - was * added.sum()
        others = Counts(before - own.before, now - own.now)
        found.append((name, float(added @ along), _chance(own, others, before, along)))
    order = sorted(found, key=lambda each: each[2])
    certain: set[str] = set()
    for place, (name, _share, chance) in enumerate(order):
        if chance > level / (len(order) - place):
            break
        certain.add(name)
    told = [Part(name=name, share=share, is_certain=name in certain) for name, share, _p in found]
    return sorted(told, key=lambda each: -each.share)


def _chance(own: Counts, others: Counts, before: Floats, along: Floats) -> float:
    """Of a part that has not moved, or has moved as the others."""
    if others.now.sum() < _FEWEST:
        return 1.0
    moved = _moved(own, before, along)
    beside = _moved(others, before, along)
    alone = moved.value**2 / moved.variance
    apart = (moved.value - beside.value) ** 2 / (moved.variance + beside.variance)
    return float(chi2.sf(min(alone, apart), 1))


def _moved(part: Counts, before: Floats, along: Floats) -> _Mean:
    """One that was not there before has moved from all."""
    earlier = part.before if part.before.sum() >= _FEWEST else before
    then, now = _mean(earlier, along), _mean(part.now, along)
    return _Mean(now.value - then.value, now.variance + then.variance)


def _mean(counts: Floats, along: Floats) -> _Mean:
    # Half a row more in each cell: of few rows the spread is not known to be none.
    n = float(counts.sum())
    mix = (counts + 0.5) / (n + 0.5 * len(counts))
    value = float(counts @ along) / n
    spread = float(mix @ along**2) - float(mix @ along) ** 2
    return _Mean(value, spread / n)
