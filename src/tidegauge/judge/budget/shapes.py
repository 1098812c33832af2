"""Alternatives of any shape, learned from the rows of the last checks.

They find what no direction of the dictionary looks for: a mode that splits, a gap that opens.
"""

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.budget.cells import Singles
from tidegauge.judge.budget.hour import Hour
from tidegauge.judge.budget.rule import HALF_LIVES, Rule

_DECAYS = 0.5 ** (1 / np.array(HALF_LIVES))
_PRIOR = 50.0
_KEPT = 0.1


def learned_shapes(rule: Rule, hour: Hour, recent: Singles) -> Floats:
    """[half-lives, flat cells]: what recent rows look like, over what is expected.

    Shrunk towards the expected, and predictable: the check at hand is not in it.
    """
    total, owner = rule.cells.total, rule.cells.feature
    seen = recent.astype(np.float64) * hour.turn + _PRIOR * hour.law
    seen = (1 - _KEPT) * seen / total(seen)[:, owner] + _KEPT * hour.law
    # Cells of which the reference knows little keep its law.
    left = total(np.where(rule.bounded, 0.0, hour.law))
    taken = total(np.where(rule.bounded, 0.0, seen))
    stretch = left / np.maximum(taken, 1e-12)
    return np.where(rule.bounded, 1.0, seen * stretch[:, owner] / hour.law)


def faded(rule: Rule, hour: Hour, recent: Singles, counts: Floats) -> Singles:
    """The memories with one more check in them."""
    clusters = rule.arm_clusters[len(rule.dictionary) :][: len(rule.cells.judged)]
    as_usual = counts / hour.turn / clusters[rule.cells.feature]
    return (recent * _DECAYS[:, None] + as_usual).astype(np.float32)
