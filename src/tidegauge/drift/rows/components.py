"""The principal components of a matrix whose columns have mean zero."""

import numpy as np

from tidegauge.arrays import Floats


def principal(values: Floats) -> tuple[Floats, Floats]:
    """[columns, rank] directions, the strongest first, and the share of variance of each."""
    variances, directions = np.linalg.eigh(values.T @ values / len(values))
    variances, directions = variances[::-1], directions[:, ::-1]
    # What is left after as many directions as there are rows is rounding.
    rank = int((variances > variances[0] * len(variances) * np.finfo(np.float64).eps).sum())
    variances = variances[:rank]
    return directions[:, :rank], variances / variances.sum()
