"""Variances estimated for many features at once, from above."""

import numpy as np

from tidegauge.arrays import Flags, Floats

_FEWEST = 4
_VAGUE = 4.0
_ABOVE = 2.0
"""Posterior standard deviations that are added: evidence grows exponentially in a variance that
was thought too small."""


def upper(variances: Floats, freedom: Floats, found: Flags) -> Floats:
    """[features, bases]: the logs are drawn to the mean of the features where there is a
    variance at all (empirical Bayes), and two posterior deviations are added.

    `freedom` is the degrees of freedom that each was measured with.
    """
    logs = np.log(np.maximum(variances, 1e-300))
    error = np.broadcast_to(2 / freedom, variances.shape)
    count = found.sum(axis=0)
    some = np.maximum(count, 1)
    mean = np.where(found, logs, 0).sum(axis=0) / some
    spread = np.where(found, (logs - mean) ** 2, 0).sum(axis=0) / np.maximum(count - 1, 1)
    between = spread - np.where(found, error, 0).sum(axis=0) / some
    between = np.maximum(np.where(count >= _FEWEST, between, _VAGUE), 1e-9)
    posterior = 1 / (1 / between + 1 / error)
    centre = posterior * (mean / between + logs / error)
    # The mean of the features is an estimate too.
    posterior = posterior + np.where(count > 0, error / some, 0)
    return np.where(found, np.exp(centre + _ABOVE * np.sqrt(posterior)), variances)


def filled(values: Floats, rare: Flags) -> Floats:
    """With the median of a feature's other base scores where an event is too rare to measure."""
    result = values.copy()
    for feature in range(len(values)):
        known = values[feature][~rare[feature]]
        result[feature][rare[feature]] = np.median(known) if len(known) else 1.0
    return result
