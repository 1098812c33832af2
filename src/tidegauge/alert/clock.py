"""The time that deadlines are held against: it goes on evenly, whatever the machine's clock does.

A clock that is set forward would end every cooldown at once, and one that is set back would keep
people waiting for hours.  So a step is left out: time goes on as it went, and comes back to the
machine's clock by and by.  How far it is from it is kept in the catalog, for who asks beside us.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_SECOND: Final = 1_000_000
_STEP: Final = 2 * _SECOND
"""What differs by more was no drift of the clock."""
_SLEW: Final = 2000
"""One in so many: half an hour is out by less than a second."""


def _wall() -> int:
    return time.time_ns() // 1000


def _steady() -> int:
    return time.monotonic_ns() // 1000


@dataclass
class Clock:
    offset: int = 0
    """To be added to the machine's clock."""
    wall: Callable[[], int] = _wall
    steady: Callable[[], int] = _steady
    _last_wall: int = field(init=False)
    _last_steady: int = field(init=False)

    def __post_init__(self) -> None:
        self._last_wall, self._last_steady = self.wall(), self.steady()

    def now(self) -> int:
        wall, steady = self.wall(), self.steady()
        passed = steady - self._last_steady
        step = wall - self._last_wall - passed
        if abs(step) > _STEP:
            self.offset -= step
        elif self.offset:
            back = min(abs(self.offset), passed // _SLEW)
            self.offset -= back if self.offset > 0 else -back
        self._last_wall, self._last_steady = wall, steady
        return wall + self.offset
