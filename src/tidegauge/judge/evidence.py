"""How likely a difference as large is without drift: one p-value a column, and a family of them."""

import numpy as np
from scipy.special import chdtrc

from tidegauge.arrays import Floats
from tidegauge.drift.pair import Mix

_EXPECTED = 5.0
"""Rows that each cell should expect in either sample for the chi-squared law to hold."""


def p_values(mix: Mix) -> Floats:
    """The likelihood-ratio test of each column's counts; NaN where there are not two cells to
    compare.

    Neighbouring cells that expect fewer than five rows are taken together first, and the
    statistic is divided by Williams' correction (1976) for what remains of small counts.
    """
    statistics = np.full(len(mix), np.nan)
    freedom = np.ones(len(mix))
    for column in range(len(mix)):
        before, after = _filled(mix.reference[column], mix.current[column])
        if len(before) > 1:
            statistics[column] = _g(before, after)
            freedom[column] = len(before) - 1
    return chdtrc(freedom, statistics)


def _filled(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    totals = before + after
    rows, others = before.sum(), after.sum()
    if not rows or not others:
        return before[:0], after[:0]
    enough = _EXPECTED * (rows + others) / min(rows, others)
    starts: list[int] = []
    held = np.inf
    for cell, total in enumerate(totals.tolist()):
        if held >= enough:
            starts.append(cell)
            held = 0.0
        held += total
    if held < enough and len(starts) > 1:
        starts.pop()
    return np.add.reduceat(before, starts), np.add.reduceat(after, starts)


def _g(before: Floats, after: Floats) -> float:
    totals = before + after
    rows, others = before.sum(), after.sum()
    everything = rows + others
    g = 0.0
    for counts, n in ((before, rows), (after, others)):
        some = counts > 0
        g += float((counts[some] * np.log(counts[some] * everything / (n * totals[some]))).sum())
    by_sample = everything * (1 / rows + 1 / others) - 1
    by_cell = everything * (1 / totals).sum() - 1
    return max(2 * g, 0.0) / (1 + by_sample * by_cell / (6 * everything * (len(before) - 1)))


def adjusted(p: Floats) -> Floats:
    """Benjamini and Yekutieli (2001): the false-discovery rate at which each would be found, under
    any dependence between columns.  NaN stays, and is not counted."""
    result = np.full(len(p), np.nan)
    judged = np.flatnonzero(~np.isnan(p))
    m = len(judged)
    if m:
        order = judged[np.argsort(p[judged], kind="stable")]
        ranks = np.arange(1, m + 1)
        raised = p[order] * m * (1 / ranks).sum() / ranks
        result[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return result
