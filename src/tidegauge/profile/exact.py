"""Sums of floating-point numbers that are the same in whatever order and split they are taken.

Each number is rounded once, to 36 binary digits below a fixed unit, and the rounded ones are
added as integers.  Integers of any size add exactly, so sums of parts are sums of the whole to
the last bit, as plain floating-point sums are not.
"""

import numpy as np

from tidegauge.arrays import Floats

BLOCK = 1 << 16
"""How many numbers may be added as doubles: 2**16 numbers below 2**36 stay below 2**53."""
_DIGITS = 36
_STEP = 4
"""Binary digits by which the sizes beyond one unit are told apart."""
SCALE = 1 << _DIGITS


def power_sums(ordered: Floats, powers: int) -> list[int]:
    """The sums of u, u**2, ... in steps of 2**-36, for at most BLOCK numbers in ascending order."""
    low, high = (int(at) for at in np.searchsorted(ordered, (-1.0, 1.0), side="right"))
    totals = _sums(ordered[low:high], powers)
    for far in (ordered[:low], ordered[high:]):
        if len(far):
            totals = [a + b for a, b in zip(totals, _far_sums(far, powers), strict=True)]
    return totals


def _sums(u: Floats, powers: int) -> list[int]:
    totals: list[int] = []
    power, rounded = u, np.empty_like(u)
    for k in range(powers):
        power = power * u if k else u
        np.multiply(power, float(SCALE), out=rounded)
        np.rint(rounded, out=rounded)
        totals.append(int(rounded.sum()))
    return totals


def _far_sums(u: Floats, powers: int) -> list[int]:
    """The same for numbers beyond one unit: each by the digits of its own size."""
    steps = np.ceil(np.frexp(u)[1] / _STEP).astype(np.int64)
    totals = [0] * powers
    for step in np.unique(steps).tolist():
        near = _sums(np.ldexp(u[steps == step], -_STEP * step), powers)
        for k, total in enumerate(near):
            totals[k] += total << (_STEP * step * (k + 1))
    return totals
