"""The principal components of a matrix."""

import numpy as np

from tidegauge.arrays import Floats


def principal(values: Floats) -> tuple[Floats, Floats]:
    """[columns, rank] directions, the strongest first, and the share of variance of each.

    No direction at all where all rows are equal.
    """
    centred = values - values.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(values))
    variances, directions = variances[::-1], directions[:, ::-1]
    # What is left after as many directions as there are rows is rounding.
    floor = max(float(variances[0]) * len(variances), 1e-300) * np.finfo(np.float64).eps
    rank = int((variances > floor).sum())
    variances = variances[:rank]
    return directions[:, :rank], variances / variances.sum()
