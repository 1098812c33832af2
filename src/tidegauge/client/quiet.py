"""Warnings of the client: one a minute for each sort, so that a fault does not fill a disk.

They are said by the worker, never in the caller's thread, and hold no value of a record.
"""

import contextlib
import logging
import time
from typing import Final

_EVERY: Final = 60.0


class Voice:
    def __init__(self) -> None:
        self._log = logging.getLogger("tidegauge")
        self._last: dict[str, float] = {}
        self._more: dict[str, int] = {}

        self._counted: dict[str, int] = {}

    def count(self, sort: str, number: int) -> None:
        """Say how many were dropped, as long as the number grows."""
        before = self._counted.get(sort, 0)
        if number > before:
            self._counted[sort] = number
            self.say(sort, f"{number} records were dropped so far ({sort})")

    def say(self, sort: str, words: str) -> None:
        now = time.monotonic()
        last = self._last.get(sort)
        if last is not None and now - last < _EVERY:
            self._more[sort] = self._more.get(sort, 0) + 1
            return
        self._last[sort] = now
        more = self._more.pop(sort, 0)
        # A handler of the application may fail, and there is nobody to tell.
        with contextlib.suppress(Exception):
            self._log.warning("%s%s", words, f" (and {more} times more)" if more else "")
