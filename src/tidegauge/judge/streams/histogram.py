"""A sequence as sums over stretches that double in length: recent labels one by one, old ones in
bulk, a few dozen numbers however long it is (Datar, Gionis, Indyk and Motwani, 2002).

`levels[k]` holds the sums of stretches of 2^k labels, oldest first; level 0 is the newest.
"""

from itertools import chain

import numpy as np

from tidegauge.arrays import Floats

Levels = list[list[float]]


def add(levels: Levels, x: float, most: int) -> None:
    """Where more than `most` stretches have one length, the oldest two become one."""
    row = levels[0]
    row.append(x)
    at = 0
    while len(row) > most:
        both = row[0] + row[1]
        del row[:2]
        at += 1
        if at == len(levels):
            levels.append([])
        row = levels[at]
        row.append(both)


def add_many(levels: Levels, values: Floats, most: int) -> None:
    """As `add` with each in turn: the same two become one, only later."""
    at = 0
    while len(values):
        if at == len(levels):
            levels.append([])
        row = np.concatenate([levels[at], values])
        gone = max(0, len(row) - most + 1) // 2 * 2
        values = row[0:gone:2] + row[1:gone:2]
        levels[at] = row[gone:].tolist()
        at += 1


def sums_of(levels: Levels) -> Floats:
    """Of the stretches, oldest first."""
    return np.array([*chain.from_iterable(reversed(levels))])


def sizes_of(levels: Levels) -> Floats:
    """How many labels each stretch holds, oldest first."""
    powers = np.exp2(np.arange(len(levels) - 1, -1, -1, dtype=np.float64))
    return np.repeat(powers, [len(row) for row in reversed(levels)])


def forget(levels: Levels, count: int) -> None:
    """The oldest stretches."""
    while count:
        row = levels[-1]
        gone = min(count, len(row))
        del row[:gone]
        count -= gone
        if not row and len(levels) > 1:
            levels.pop()
