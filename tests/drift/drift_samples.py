"""Profiles, mixes and samples of plain arrays, for the tests of drift methods."""

import numpy as np

from tidegauge.drift.method import Sample
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.profile.bins import NumericBins, edges_of
from tidegauge.profile.numeric import Numeric


def profile(bins, columns):
    made = Numeric.empty(bins)
    for i, values in enumerate(columns):
        made.add(i, np.asarray(values, dtype=np.float64))
    return made


def pair(reference, current):
    """Columns of values on both sides, with the bins of the first."""
    reference = [np.asarray(values, dtype=np.float64) for values in reference]
    bins = NumericBins.of_edges([edges_of(np.sort(v[np.isfinite(v)])) for v in reference])
    return Ordered(profile(bins, reference), profile(bins, current))


def swapped(found):
    return type(found)(reference=found.current, current=found.reference)


def mix(reference, current):
    """One column's counts, a cell each."""
    before, after = (np.array([side], dtype=np.float64) for side in (reference, current))
    return Mix(before, after, (before + after) > 0)


def mixes(reference, current):
    """Some columns' counts; rows of equal length."""
    before, after = (np.array(side, dtype=np.float64) for side in (reference, current))
    return Mix(before, after, (before + after) > 0)


def swapped_mix(found):
    return Mix(found.current, found.reference, found.real)


def counts_of(reference, current):
    """How often each category came, over the categories of both."""
    names = sorted({*reference, *current})
    return [[side.count(name) for name in names] for side in (reference, current)]


def sample(values, categories=()):
    rows = np.asarray(values, dtype=np.float64)
    names = tuple(f"c{i}" for i in range(rows.shape[1]))
    return Sample(names, rows, np.array([i in categories for i in range(len(names))], dtype=bool))
