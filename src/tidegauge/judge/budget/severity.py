"""How much a change matters: two kinds of effect must agree, with the lower ends of their
intervals.

An alarm says that a feature has moved at all; it wakes somebody only if it has moved far.  That
two must agree can only make alarms rarer.
"""

from typing import Literal

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.drift.pair import Mix, ratio
from tidegauge.judge.budget.change import Pool
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.effects import MARKS, Effects, jensen_shannon, psi, share_effect

Severity = Literal["info", "warning", "critical"]
_Z = 1.959963984540054


def severity(rule: Rule, pool: Pool, gone: Flags) -> list[Severity]:
    """Of each feature.  `gone` [features, cells] are the cells of what is missing or unseen."""
    found = effects(rule, pool, gone)
    critical, warning = (agreed(found, mark, "lower") >= 1 for mark in ("critical", "warning"))
    result: list[Severity] = ["info"] * rule.cells.features
    for place, feature in enumerate(rule.cells.judged.tolist()):
        if warning[place]:
            result[feature] = "critical" if critical[place] else "warning"
    return result


def agreed(
    found: list[Effects], mark: Literal["critical", "warning"], end: Literal["value", "lower"]
) -> Floats:
    """Of each judged feature, how many times the mark its second largest effect is."""
    if not found:
        return np.zeros(0)
    times = np.array([getattr(one, end) / getattr(MARKS[one.name], mark) for one in found])
    return np.sort(np.nan_to_num(times, nan=0.0), axis=0)[-2]


def effects(rule: Rule, pool: Pool, gone: Flags) -> list[Effects]:
    """Of the judged features, with 95 % intervals.

    Rows that come in clusters, or from hours that are alike, count for as many as they are
    worth.
    """
    cells = rule.cells
    if not len(cells.judged):
        return []
    worth = np.maximum(_design_effect(rule, pool.checks), 1.0)[cells.feature]
    seen = pool.seen / worth
    before = pool.expected * rule.rows.astype(np.float64)[cells.feature]
    mix = Mix(cells.padded(before), cells.padded(seen), cells.padded(np.ones(len(seen))) > 0)
    ordered = cells.has_order.astype(np.float64)
    position = cells.padded(rule.dictionary.location)
    line = Mix(cells.padded(before * ordered), cells.padded(seen * ordered), mix.real)
    return [
        psi(mix),
        jensen_shannon(mix),
        _ks(line),
        _distance(line, position),
        _gone(mix, cells.padded(gone.ravel()[cells.chosen].astype(np.float64)) > 0),
    ]


def _design_effect(rule: Rule, checks: int) -> Floats:
    """Of each judged feature's worst base score, in the longest block within so many checks."""
    within = [place for place, length in enumerate(rule.lengths) if length <= checks]
    noise = rule.variation.blocks[within[-1]] if within else rule.variation.clusters
    return rule.worst(noise, 1.0)


def _variances(line: Mix) -> tuple[Floats, Floats]:
    """The gap between the distribution functions after each ordered cell, and its variance."""
    gap = np.zeros(line.p.shape)
    variance = np.zeros(line.p.shape)
    for shares, n, sign in ((line.p, line.reference_n, -1.0), (line.q, line.current_n, 1.0)):
        below = np.cumsum(np.nan_to_num(shares), axis=1)
        rows = n[:, None]
        # Two rows of each kind added, so that a share of zero or one is not taken for certain.
        smooth = (below * rows + 2) / (rows + 4)
        gap += sign * below
        variance += smooth * (1 - smooth) / np.maximum(rows, 1e-300)
    nothing = (line.reference_n <= 0) | (line.current_n <= 0)
    gap[nothing] = np.nan
    return gap, variance


def _ks(line: Mix) -> Effects:
    gap, variance = _variances(line)
    far = np.abs(gap)
    at = np.argmax(np.nan_to_num(far), axis=1)[:, None]
    value = np.take_along_axis(far, at, axis=1)[:, 0]
    error = _Z * np.sqrt(np.take_along_axis(variance, at, axis=1)[:, 0])
    return Effects("ks", value, value - error, np.minimum(value + error, 1.0))


def _distance(line: Mix, position: Floats) -> Effects:
    """Wasserstein's, in deviations of the normal scores: the cells know no other distance."""
    gap, variance = _variances(line)
    ordered = line.reference > 0
    # A cell's step goes to the next one that has an order.
    highest = np.maximum.accumulate(np.where(ordered, position, -np.inf), axis=1)
    widths = np.diff(np.where(np.isfinite(highest), highest, np.nan), axis=1)
    widths = np.nan_to_num(np.maximum(widths, 0.0))
    value = (np.abs(gap[:, :-1]) * widths).sum(axis=1)
    bias = (np.sqrt(variance[:, :-1] * 2 / np.pi) * widths).sum(axis=1)
    push = np.cumsum((np.sign(np.nan_to_num(gap[:, :-1])) * widths)[:, ::-1], axis=1)[:, ::-1]
    push = np.concatenate([push, np.zeros((len(push), 1))], axis=1)
    spread = np.zeros(len(push))
    for shares, n in ((line.p, line.reference_n), (line.q, line.current_n)):
        mean = (shares * push).sum(axis=1)
        spread = spread + ratio(np.maximum((shares * push**2).sum(axis=1) - mean**2, 0), n)
    debiased = np.sqrt(np.maximum(value**2 - bias**2, 0))
    error = _Z * np.sqrt(spread)
    lower = np.maximum(debiased - error, 0)
    return Effects("wasserstein_normalised", debiased, lower, value + error)


def _gone(mix: Mix, gone: Flags) -> Effects:
    """The cell of those that are missing or unseen that has changed most, in points."""
    shape = mix.reference.shape
    one = share_effect(
        "absent",
        mix.reference,
        np.broadcast_to(mix.reference_n[:, None], shape),
        mix.current,
        np.broadcast_to(mix.current_n[:, None], shape),
    )
    lower = np.where(gone, one.lower, -np.inf)
    at = np.argmax(np.nan_to_num(lower, nan=-np.inf), axis=1)[:, None]
    any_gone = gone.any(axis=1)
    ends = (
        np.where(any_gone, np.take_along_axis(end, at, axis=1)[:, 0], np.nan)
        for end in (one.value, one.lower, one.upper)
    )
    return Effects("absent", *ends)
