"""Bins of attributions, the same everywhere: four to each doubling, on both sides of zero.

Zero has a bin of its own.  What is nearer to zero than 2**-40 or further than 2**40 lies in the
first or the last bin of its side.
"""

from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Floats

_DIGITS: Final = 2
"""Of the mantissa that tell bins apart."""
_FAR: Final = 40
_LEAST: Final = (1023 - _FAR) << _DIGITS
_SIDE: Final = 2 * _FAR << _DIGITS
"""Bins on one side of zero."""
ZERO: Final = _SIDE
BINS: Final = 2 * _SIDE + 1


def bins_of(values: Floats) -> Counts:
    """The number of each value's bin: it rises with the value."""
    # As a whole number a double's bits rise with it: exponent first, then the digits.
    size = np.abs(values).view(np.int64) >> (52 - _DIGITS)
    away = np.clip(size - _LEAST + 1, 1, _SIDE)
    return ZERO + np.where(values == 0, 0, np.where(values < 0, -away, away))


def lowest(bins: Counts) -> Floats:
    """The end of each bin that is nearer to zero, with its sign."""
    away = np.maximum(np.abs(bins - ZERO) - 1, 0)
    step = 1 << _DIGITS
    edge = np.ldexp(1.0 + away % step / step, away // step - _FAR)
    return np.where(bins == ZERO, 0.0, np.where(bins < ZERO, -edge, edge))
