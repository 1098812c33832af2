"""Sums of floating-point numbers that are the same in whatever order and split they are taken.

Each number is rounded once, to 36 binary digits below a fixed unit, and the rounded ones are
added as integers.  Integers of any size add exactly, so sums of parts are sums of the whole to
the last bit, as plain floating-point sums are not.
"""

from collections.abc import Iterator

import numpy as np

from tidegauge.arrays import Counts, Floats

BLOCK = 1 << 16
"""How many numbers may be added as doubles: 2**16 numbers below 2**36 stay below 2**53."""
_DIGITS = 36
_STEP = 4
"""Binary digits by which the sizes beyond one unit are told apart."""
SCALE = 1 << _DIGITS


def power_sums(ordered: Floats, powers: int) -> list[int]:
    """The sums of u, u**2, ... in steps of 2**-36, for at most BLOCK numbers in ascending order."""
    low, high = (int(at) for at in np.searchsorted(ordered, (-1.0, 1.0), side="right"))
    totals = [int(each.sum()) for each in rounded(ordered[low:high], powers)]
    for far in (ordered[:low], ordered[high:]):
        if len(far):
            totals = [a + b for a, b in zip(totals, _far_sums(far, powers), strict=True)]
    return totals


def rounded(u: Floats, powers: int) -> Iterator[Floats]:
    """u, u**2, ... of numbers within one unit, in steps of 2**-36: whole numbers as doubles.

    Each is to be used before the next is asked for: they are put in the same place.
    """
    power, steps = u, np.empty_like(u)
    for k in range(powers):
        power = power * u if k else u
        np.multiply(power, float(SCALE), out=steps)
        np.rint(steps, out=steps)
        yield steps


def sizes_of(u: Floats) -> Counts:
    """How many times 4 binary digits numbers beyond one unit are to be moved to be within it."""
    return np.ceil(np.frexp(u)[1] / _STEP).astype(np.int64)


def within(u: Floats, sizes: Counts | int) -> Floats:
    return np.ldexp(u, -_STEP * sizes)


def moved_back(total: int, size: int, power: int) -> int:
    return total << (_STEP * size * power)


def _far_sums(u: Floats, powers: int) -> list[int]:
    """The same for numbers beyond one unit: each by the digits of its own size."""
    sizes = sizes_of(u)
    totals = [0] * powers
    for size in np.unique(sizes).tolist():
        near = rounded(within(u[sizes == size], size), powers)
        for k, each in enumerate(near):
            totals[k] += moved_back(int(each.sum()), size, k + 1)
    return totals
