"""Answers that are made of rows, and not of their sums: few at once, and none for long."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from tidegauge.ingest.problem import ProblemError

_AT_ONCE: Final = threading.BoundedSemaphore(2)
_PATIENCE: Final = 10.0
SECONDS: Final = 30.0


@contextmanager
def bounded(seconds: float = SECONDS) -> Generator[Callable[[], bool]]:
    """Says, whenever it is asked, whether there is time to go on."""
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise ProblemError("rate-limited", "other rows are being read", retry_after=5)
    until = time.monotonic() + seconds
    try:
        yield lambda: time.monotonic() < until
    finally:
        _AT_ONCE.release()
