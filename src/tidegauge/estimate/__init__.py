"""Performance estimated before labels are there: calibrated shares for classes, losses for numbers.

`fit` learns from labelled rows, in the order of time, and gives an `Estimator` that can be kept as
bytes.  Its `estimate` of other rows is an `Estimate`, which adds up over windows; its `figures`
are read from that as they are from what is measured, with intervals for the realised ones.
"""

from tidegauge.arrow import Table
from tidegauge.estimate.baseline import Baseline, Pair
from tidegauge.estimate.classification import Classification
from tidegauge.estimate.codec import decode, encode, from_bytes, to_bytes
from tidegauge.estimate.estimate import Estimate
from tidegauge.estimate.regression import Regression
from tidegauge.estimate.rows import Rows, read
from tidegauge.estimate.trust import Trust, trust

Estimator = Classification | Regression

__all__ = [
    "Baseline",
    "Classification",
    "Estimate",
    "Estimator",
    "Pair",
    "Regression",
    "Rows",
    "Trust",
    "decode",
    "encode",
    "fit",
    "from_bytes",
    "read",
    "to_bytes",
    "trust",
]


def fit(table: Table, task: str | None = None) -> Estimator | None:
    """Learn from rows with labels; None where nothing can be.  A task that nobody told is known by
    its columns."""
    rows = read(table)
    if task in {"binary", "multiclass"}:
        return Classification.fit(rows)
    if task == "regression":
        return Regression.fit(rows)
    if task is not None:
        return None
    is_regression = rows.said is not None and rows.actual is not None
    return Regression.fit(rows) if is_regression else Classification.fit(rows)
