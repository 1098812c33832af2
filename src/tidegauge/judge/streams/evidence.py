"""How much likelier labels are with one rate of errors before a moment and another since, than
with one rate all along: the log of that ratio.
"""

import numpy as np
from scipy.special import xlogy

from tidegauge.arrays import Floats

BEFORE = 20
"""Labels before a change: of fewer, nobody can say what is usual."""
SINCE = 5
"""Labels since: a single error where errors are rare is not yet a change."""


def evidence(labels: Floats, errors: Floats, n: Floats | float, total: Floats | float) -> Floats:
    """For moments with so many labels and errors before them, of so many in all; zero where
    errors are no more often since."""
    later, more = n - labels, total - errors
    apart = _likelihood(labels, errors) + _likelihood(later, more)
    rises = more * labels > errors * later
    return np.where(rises, apart - _likelihood(n, total), 0.0)


def _likelihood(labels: Floats | float, errors: Floats | float) -> Floats:
    """The log likelihood of so many errors at the rate that suits them best."""
    right = np.maximum(labels - errors, 0.0)
    return xlogy(errors, errors) + xlogy(right, right) - xlogy(labels, labels)
