"""Changes of windows that were counted, as if the rows had been others.

A number's values move within its bins as if they lay evenly in each; what leaves the reference's
range is counted outside of it.  Rows are moved, none are made or lost.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Ints
from tidegauge.catalog.windows import Window
from tidegauge.profile.bins import ABOVE, BELOW, FIRST, LAST
from tidegauge.profile.categories import MISSING as MISSING_CATEGORY
from tidegauge.profile.categories import NAMED, UNSEEN
from tidegauge.profile.codec import decode, encode
from tidegauge.profile.exact import SCALE
from tidegauge.profile.layout import Facet
from tidegauge.profile.numeric import MISSING, POWERS, Numeric
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import A_OCTAVE, BINS, Timing
from tidegauge.profile.traffic import Traffic


class Change(NamedTuple):
    title: str
    of_profile: Callable[[Profile], Profile] | None = None
    of_traffic: Callable[[Traffic], Traffic] | None = None

    def __call__(self, window: Window, reference: Profile | None) -> Window:
        profile, traffic = window.profile, window.traffic
        if self.of_profile is not None and profile is not None and reference is not None:
            changed = self.of_profile(decode(profile, reference.layout))
            profile = encode(changed, with_layout=False)
        if self.of_traffic is not None:
            traffic = self.of_traffic(Traffic.decode(traffic)).encode()
        return replace(window, profile=profile, traffic=traffic)


def higher(column: str, deviations: float, reference: Profile) -> Change:
    at = reference.layout.place[Facet(column, "")]
    by = deviations * float(reference.numeric.deviation[at])
    side = "higher" if deviations > 0 else "lower"
    return Change(
        f"{abs(deviations):g} sd {side}",
        partial(_with_moved, at, by),
    )


def missing(column: str, share: float, reference: Profile) -> Change:
    title = f"{100 * share:g} % missing"
    layout = reference.layout
    if column in layout.named_place:
        at = layout.named_place[column]
        return Change(title, partial(_to_cell, at, MISSING_CATEGORY, share))
    places = [i for i, facet in enumerate(layout.facets) if facet.column == column]

    def lose(own: Profile) -> Profile:
        numeric = own.numeric
        for place in places:
            numeric = _thinned(numeric, place, share)
        return replace(own, numeric=numeric)

    return Change(title, lose)


def unseen(column: str, share: float, reference: Profile) -> Change:
    at = reference.layout.named_place[column]
    return Change(f"{100 * share:g} % never seen before", partial(_to_cell, at, UNSEEN, share))


def one_value(column: str, share: float, reference: Profile) -> Change:
    """To the most common one."""
    at = reference.layout.named_place[column]
    return Change(f"{100 * share:g} % to one value", partial(_to_cell, at, NAMED, share))


def slower(times: float) -> Change:
    bins = round(A_OCTAVE * np.log2(times))

    def slow(own: Traffic) -> Traffic:
        return replace(own, timings=tuple(_stretched(each, bins, times) for each in own.timings))

    return Change(f"{times:g} times as slow", of_traffic=slow)


def more(what: str, among: str, points: float, title: str) -> Change:
    """A share of calls that rises, or falls."""

    def rise(own: Traffic) -> Traffic:
        whole = own.counts[among]
        count = min(max(own.counts[what] + round(points * whole), 0), whole)
        return replace(own, counts={**own.counts, what: count})

    return Change(title, of_traffic=rise)


def fewer(share: float, title: str) -> Change:
    def thin(own: Traffic) -> Traffic:
        kept = {name: round(count * (1 - share)) for name, count in own.counts.items()}
        return replace(own, counts=kept)

    return Change(title, of_traffic=thin)


def _with_moved(at: int, by: float, own: Profile) -> Profile:
    return replace(own, numeric=_moved(own.numeric, at, by))


def _moved(numeric: Numeric, at: int, by: float) -> Numeric:
    edges = numeric.bins.edges[at]
    counts, gone = numeric.counts.copy(), numeric.gone
    inside = counts[at, FIRST : LAST + 1]
    upto = np.concatenate([[0], np.cumsum(inside)])
    # By whole rows from the lowest to the highest, so that none is made or lost.
    moved = np.rint(np.interp(edges - by, edges, upto)).astype(np.int64)
    counts[at, BELOW] += moved[0]
    counts[at, ABOVE] += upto[-1] - moved[-1]
    counts[at, FIRST : LAST + 1] = np.diff(moved)
    sums, lowest, highest = numeric.sums.copy(), numeric.lowest.copy(), numeric.highest.copy()
    sums[at] = _sums(sums[at], int(numeric.finite[at]), by / float(numeric.bins.unit[at]))
    lowest[at] += by
    highest[at] += by
    return replace(numeric, counts=counts, gone=gone, sums=sums, lowest=lowest, highest=highest)


def _sums(sums: Ints, n: int, by: float) -> Ints:
    """Of the powers of numbers that have all moved."""
    made, before = sums.copy(), [n * SCALE, *(int(each) for each in sums[:POWERS])]
    for power in range(1, POWERS + 1):
        parts = (
            math.comb(power, k) * before[k] * Fraction(by) ** (power - k) for k in range(power + 1)
        )
        made[power - 1] = round(sum(parts))
    return made


def _thinned(numeric: Numeric, at: int, share: float) -> Numeric:
    counts, gone, sums = numeric.counts.copy(), numeric.gone.copy(), numeric.sums.copy()
    upto = np.rint(np.cumsum(counts[at]) * (1 - share)).astype(np.int64)
    gone[at, MISSING] += counts[at].sum() - upto[-1]
    counts[at] = np.diff(upto, prepend=0)
    sums[at] = [round(int(each) * (1 - share)) for each in sums[at]]
    return replace(numeric, counts=counts, gone=gone, sums=sums)


def _to_cell(at: int, cell: int, share: float, own: Profile) -> Profile:
    counts = own.categories.counts.copy()
    row: Counts = counts[at]
    upto = np.rint(np.cumsum(row) * (1 - share)).astype(np.int64)
    lost = row.sum() - upto[-1]
    row[:] = np.diff(upto, prepend=0)
    row[cell] += lost
    return replace(own, categories=replace(own.categories, counts=counts))


def _stretched(timing: Timing, bins: int, times: float) -> Timing:
    if not timing.n:
        return timing
    counts = np.zeros(BINS, dtype=np.int64)
    np.add.at(counts, np.minimum(np.arange(BINS) + bins, BINS - 1), timing.counts)
    return Timing(counts, round(timing.total * times))
