"""How much each sender may send: token buckets, by key, tenant and address."""

import time
from collections import OrderedDict
from typing import Final

_KEPT: Final = 10_000


class Rates:
    """One bucket for each name; a burst of `span` seconds is let through.

    What is taken may exceed what is there: nobody knows how many records a body holds before it
    is decoded.  The debt is paid off before the next one is let in.
    """

    def __init__(self, rate: float | None, span: float = 10.0) -> None:
        self._rate = rate
        self._span = span
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str, rate: float | None = None) -> float:
        """Seconds until this sender may send again; 0 is now."""
        allowed = rate or self._rate
        if allowed is None:
            return 0.0
        level = self._level(name, allowed)
        return 0.0 if level > 0 else -level / allowed + 1.0 / allowed

    def take(self, name: str, amount: float = 1.0, rate: float | None = None) -> None:
        allowed = rate or self._rate
        if allowed is None:
            return
        self._levels[name] = (self._level(name, allowed) - amount, time.monotonic())
        self._levels.move_to_end(name)
        # A forgotten sender starts with a full bucket, as after a pause.
        while len(self._levels) > _KEPT:
            self._levels.popitem(last=False)

    def _level(self, name: str, rate: float) -> float:
        full = rate * self._span
        level, at = self._levels.get(name, (full, 0.0))
        return min(full, level + (time.monotonic() - at) * rate)
