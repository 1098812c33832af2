"""Whether estimates may be trusted now: their own error, once labels have come.

Each mature window is a pair: what was estimated, with the interval that was told, and what was
realised.  Where the last misses together are larger than the intervals allow, estimates go quiet
until they are good again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import chdtrc

from tidegauge.estimate.baseline import Pair, deviation, mean_error, surprise

_LAST: Final = 8
_FEWEST: Final = 2
_CHANCE: Final = 0.001


@dataclass(frozen=True)
class Trust:
    is_trusted: bool
    reason: str | None = None
    error: float | None = None
    """The mean distance of estimated and realised, of the windows that were looked at."""
    windows: int = 0


def trust(pairs: Sequence[Pair]) -> Trust:
    """Of one figure, the earliest window first; without windows nothing speaks against it."""
    known = [pair for pair in pairs if deviation(pair.estimated) > 0][-_LAST:]
    error = mean_error(known)
    if len(known) < _FEWEST:
        return Trust(is_trusted=True, error=error, windows=len(known))
    # A drift of the truth is seen sooner in the last few than in all.
    spans = {len(known), min(len(known), 3)}
    chance = min(float(chdtrc(n, surprise(known[-n:]))) for n in spans) * len(spans)
    if chance >= _CHANCE:
        return Trust(is_trusted=True, error=error, windows=len(known))
    reason = (
        f"in the last {len(known)} windows with labels, estimates missed by {error:.3g} on"
        " average, more than their intervals allow"
    )
    return Trust(is_trusted=False, reason=reason, error=error, windows=len(known))
