"""How long to wait before the next try: full jitter (Brooker, 2015), so that clients which failed
together do not come back together.

>>> Backoff(random.Random(1)).after(3)
0.26...
"""

import random
from typing import Final

BASE: Final = 0.5
CAP: Final = 30.0
LONGEST_ASKED: Final = 300.0


class Backoff:
    def __init__(self, source: random.Random) -> None:
        self._source = source

    def after(self, failures: int, retry_after: float | None = None) -> float:
        """Seconds to wait after so many failures in a row."""
        jitter = self._source.uniform(0, min(CAP, BASE * 2 ** min(failures - 1, 16)))
        if retry_after is None:
            return jitter
        # All that were turned away were told the same time.
        return min(retry_after, LONGEST_ASKED) + jitter
