"""What has come since a change began, taken together, beside what was to be expected of it."""

from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.budget.cells import Held, Places
from tidegauge.judge.budget.rule import Rule


@dataclass(frozen=True, eq=False)
class Pool:
    """The counts of some checks, by the rule's flat cells."""

    checks: int
    seen: Floats
    expected: Floats
    """Shares: the reference's, at the hours and in the proportions that the rows came in."""


def pooled(rule: Rule, counts: Held, hours_of_week: Places) -> Pool:
    """Of counts [checks, features, cells], each with its hour of the week."""
    seen = np.zeros(len(rule.law))
    expected = np.zeros(len(rule.law))
    for one, hour in zip(counts, hours_of_week, strict=True):
        flat = rule.cells.flat(one)
        law = rule.law_at(rule.season(int(hour)))
        seen += flat
        expected += rule.cells.total(flat)[rule.cells.feature] * law
    rows = rule.cells.total(seen)[rule.cells.feature]
    shares = np.where(rows > 0, expected / np.maximum(rows, 1e-300), rule.shares(rule.law))
    return Pool(len(counts), seen, shares)
