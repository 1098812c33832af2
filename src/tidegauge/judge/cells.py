"""The cells on which two samples are judged: few enough to fill, many enough to see any shape.

A numeric column has twenty equal-frequency bins of the reference, a cell for each value that
fills more than a fiftieth of it, and cells for what lies below, above, or is not there.  A
category column has the reference's forty largest values, the others together, what the
reference never held, and what is missing.
"""

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.profile.bins import BINS, FIRST, LAST
from tidegauge.profile.categories import MISSING, NAMED, OTHER, UNSEEN, Categories

_WIDTH = BINS // 20
_OWN = 0.02
_LARGEST = 40


def numeric_cells(pair: Ordered) -> Mix:
    """[columns, cells]: below, the bins, above, absent, then padding."""
    reference, current = pair.reference.counts, pair.current.counts
    inner = reference[:, FIRST : LAST + 1]
    own = inner > _OWN * np.maximum(pair.reference_n, 1.0)[:, None]
    starts = np.zeros((len(pair), BINS), dtype=bool)
    starts[:, ::_WIDTH] = True
    starts |= own
    starts[:, 1:] |= own[:, :-1]
    absent = (pair.reference.absent, pair.current.absent)
    return _mix(_grouped(reference, starts, absent[0]), _grouped(current, starts, absent[1]))


def _grouped(counts: Counts, starts: Flags, absent: Counts) -> Floats:
    columns, places = np.nonzero(starts)
    sums = (
        np.add.reduceat(
            np.ascontiguousarray(counts[:, FIRST : LAST + 1]).ravel(), columns * BINS + places
        )
        if len(columns)
        else np.empty(0)
    )
    rank = np.cumsum(starts, axis=1)[columns, places]
    most = int(starts.sum(axis=1).max(initial=0))
    cells = np.zeros((len(counts), most + 3))
    cells[:, 0] = counts[:, 0]
    cells[columns, rank] = sums
    cells[:, most + 1] = counts[:, -1]
    cells[:, most + 2] = absent
    return cells


def category_cells(reference: Categories, current: Categories) -> Mix:
    """[columns, cells]: the largest values, other, missing, unseen."""
    before, after = _largest(reference.counts), _largest(current.counts)
    # The reference has seen what its cells were made from.  It is charged with what it would not
    # have seen otherwise, so that both samples are treated alike.
    more = np.clip(np.rint(reference.novel) - before[:, -1], 0.0, before[:, -3])
    before[:, -3] -= more
    before[:, -1] += more
    return _mix(before, after)


def _largest(counts: Counts) -> Floats:
    named = counts[:, NAMED:]
    other = counts[:, OTHER] + named[:, _LARGEST:].sum(axis=1)
    tail = np.stack([other, counts[:, MISSING], counts[:, UNSEEN]], axis=1)
    return np.concatenate([named[:, :_LARGEST], tail], axis=1).astype(np.float64)


def _mix(reference: Floats, current: Floats) -> Mix:
    return Mix(reference, current, (reference + current) > 0)
