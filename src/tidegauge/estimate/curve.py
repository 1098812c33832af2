"""Smooth curves to shares: logistic regression of a few inputs, by Newton's method.

What is learned starts from how inputs were to be read, and is held there as if a few rows had said
so.
"""

from typing import Final

import numpy as np

from tidegauge.arrays import Floats

_LEAST: Final = 1e-9
_HELD: Final = 1.0
"""A row speaks with a quarter of this at most, for each unit of an input."""
_STEPS: Final = 50
_NEAR: Final = 1e-8
_FARTHEST: Final = 500.0
"""The exponential of more is no number."""


def curve(scores: Floats, count: Floats, hits: Floats) -> Floats | None:
    """At each score, with odds that are powers of the score and of what is left of it; None where
    scores are no probabilities, or the curve would fall."""
    if scores.min() < 0 or scores.max() > 1:
        return None
    safe = np.clip(scores, _LEAST, 1 - _LEAST)
    inputs = np.stack([np.log(safe), -np.log1p(-safe), np.ones(len(safe))])
    by = learned(inputs, count, hits, np.array([1.0, 1.0, 0.0]))
    return logistic(inputs, by) if min(by[0], by[1]) >= 0 else None


def learned(
    inputs: Floats, count: Floats, hits: Floats, start: Floats, always: float = 0.0
) -> Floats:
    """How much each input is to be multiplied with; `always` is added."""
    by = start
    for _step in range(_STEPS):
        share = logistic(inputs, by, always)
        pull = (inputs * (hits - count * share)).sum(axis=1) - _HELD * (by - start)
        slope = count * share * (1 - share)
        # Not the product of matrices, for which a library would start threads.
        bend = np.array([[float((slope * a * b).sum()) for b in inputs] for a in inputs])
        step = np.linalg.solve(bend + _HELD * np.eye(len(by)), pull)
        far = float(np.abs(step).max())
        # A longer step goes too far where nearly all shares are 0 or 1.
        by = by + step / max(1.0, far)
        if far < _NEAR:
            break
    return by


def logistic(inputs: Floats, by: Floats, always: float = 0.0) -> Floats:
    odds = (by[:, None] * inputs).sum(axis=0) + always
    return 1 / (1 + np.exp(-np.clip(odds, -_FARTHEST, _FARTHEST)))


def logarithm_of_odds(shares: Floats) -> Floats:
    safe = np.clip(shares, _LEAST, 1 - _LEAST)
    return np.log(safe) - np.log1p(-safe)
