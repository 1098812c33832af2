"""Bins for any number, the same everywhere: 32 to each halving of the distance to 0 and to 1.

So the tails of a probability are as finely told as its middle, and any other number is told to
3 % of its size.  What is counted in them adds up, whoever counted it.
"""

from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Floats

_DIGITS: Final = 5
"""Of a number's mantissa that tell bins apart: 32 to an octave."""
_SHIFT: Final = 52 - _DIGITS
_LEAST: Final = (1023 - 31) << _DIGITS
"""What is nearer to 0 or to 1 than 2**-31 lies in one bin, but for what is below 0."""
TOP: Final = 2 * ((1022 << _DIGITS) - _LEAST + 1) + 1
"""The bin of 1."""
_MIDDLE: Final = 0.5
_ENDLESS: Final = 2047 << _DIGITS
"""The bits of what is infinite."""
_LARGEST: Final = float(np.finfo(np.float64).max)


def bins_of(values: Floats) -> Counts:
    """The number of each value's bin: it rises with the value."""
    near = np.minimum(values, 1.0 - values)
    # As a whole number a double's bits rise with it: exponent first, then the digits.
    low = np.maximum((near.view(np.int64) >> _SHIFT) - (_LEAST - 1), 0)
    bins = np.where(values > _MIDDLE, TOP - low, low)
    outside = ~(near >= 0)
    if outside.any():
        far = values[outside]
        beyond = (np.abs(far).view(np.int64) >> _SHIFT) + 1
        bins[outside] = np.where(far < 0, -beyond, TOP + beyond)
    return bins


def ends_of(bins: Counts) -> tuple[Floats, Floats]:
    """Between which two values each bin lies, both included."""
    half = TOP // 2
    # Each bin by its distance from 0, or from 1 on the upper side of the middle.
    inside = np.where(bins > half, TOP - bins, bins)
    outer = np.where(bins < 0, -bins, bins - TOP) - 1
    is_outside = (bins < 0) | (bins > TOP)
    place = np.where(is_outside, outer, inside + _LEAST - 1)
    near = np.where(~is_outside & (inside == 0), 0.0, _value(place))
    far = _value(place + 1)
    # On the side of 1 it is 1 less what lies at that distance; below 0 the sign turns.
    is_mirrored = ~is_outside & (bins > half)
    low = np.select([bins < 0, is_mirrored], [-far, 1 - far], near)
    return low, np.select([bins < 0, is_mirrored], [-near, 1 - near], far)


def _value(place: Counts) -> Floats:
    bits = np.clip(place, 0, _ENDLESS) << _SHIFT
    return np.minimum(bits.view(np.float64), _LARGEST)
