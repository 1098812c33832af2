"""Drift that lasts: findings that are far enough from each other, within one span.

>>> hours = [0, 0.1, 0.6, 1.2, 30]
>>> [one / 36e8 for one in sustained([round(h * 36e8) for h in hours], 3, 86400, 1800)]
[0.0, 0.6, 1.2]
"""

from collections.abc import Iterable
from typing import Final

_SECOND: Final = 1_000_000


def sustained(slots: Iterable[int], count: int, within: int, apart: int) -> list[int]:
    """The first findings that are enough, in microseconds; none where no span has enough.

    `within` and `apart` are in seconds.  Of a span's findings the earliest is taken, and then each
    that is far enough from the one before: no choice gives more.
    """
    found = sorted(set(slots))
    for first, start in enumerate(found):
        taken = [start]
        for slot in found[first + 1 :]:
            if slot - start > within * _SECOND or len(taken) == count:
                break
            if slot - taken[-1] >= apart * _SECOND:
                taken.append(slot)
        if len(taken) == count:
            return taken
    return []
