"""Whether a version that serves holds what it promised: said once, and late rather than wrongly.

It is held against the version before it, in the time before.  That is asked each minute, so the
interval of a difference is drawn wider than one that is looked at once: by 3.5 standard errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tidegauge.catalog.rollouts import State
from tidegauge.performance.figure import Z
from tidegauge.series.comparison import Side, differences
from tidegauge.series.outcome import is_better_less
from tidegauge.window import SECOND

_WIDER: Final = 3.5 / Z
Verdict = tuple[State, str]


@dataclass(frozen=True, kw_only=True)
class Seen:
    metric: str
    labelled: int
    """Of the version that serves."""
    before: float
    after: float
    low: float
    high: float
    """By how much it is better, at the least and at the most; below 0 it is worse."""

    def told(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "labelled": self.labelled,
            "before": self.before,
            "after": self.after,
            "low": self.low,
            "high": self.high,
        }

    @property
    def words(self) -> str:
        return (
            f"{self.metric} {self.after:.4g} after {self.before:.4g}, of {self.labelled:,} labels"
        )


def seen_of(before: Side, after: Side, positive: str | None, metric: str) -> Seen | None:
    """None where one of them has no such figure yet."""
    figures = (side.figures(positive) for side in (before, after))
    found = differences(*figures, names=[metric])
    if not found:
        return None
    (one,) = found
    if one.low is None or one.high is None:
        return None
    low, high = one.value - one.low, one.high - one.value
    gained = -one.value if is_better_less(metric) else one.value
    if is_better_less(metric):
        low, high = high, low
    return Seen(
        metric=metric,
        labelled=after.point.labelled,
        before=one.a.value,
        after=one.b.value,
        low=gained - _WIDER * low,
        high=gained + _WIDER * high,
    )


def verdict(found: Seen | None, document: Mapping[str, Any], lasted: int) -> Verdict | None:
    """None while it is too early."""
    is_over = lasted >= document["watch_s"] * SECOND
    if found is None or found.labelled < document["min_labels"]:
        return ("unclear", "too few labels came to hold it against before") if is_over else None
    if found.high < 0:
        return "worse", found.words
    if found.low > 0 or is_over:
        return "verified", found.words
    return None
