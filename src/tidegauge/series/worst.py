"""Groups by how bad they surely are, the worst first.

A group is as bad as the better end of its interval says: one of few labels has a wide one, and does
not come first by chance.  Groups of too few labels to be ranked at all follow, those of most first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tidegauge.performance import Figure
from tidegauge.series.groups import FEWEST, Group
from tidegauge.series.outcome import is_better_less


@dataclass(frozen=True)
class Ranked:
    group: Group
    metric: str
    figure: Figure | None
    """That it is ranked by."""

    @property
    def is_ranked(self) -> bool:
        told = self.figure
        return self.group.seen >= FEWEST and told is not None and told.low is not None

    @cached_property
    def key(self) -> tuple[int, float, str]:
        """By which they are in order."""
        told = self.figure
        if not self.is_ranked or told is None or told.low is None or told.high is None:
            return 1, float(-self.group.seen), self.group.value
        return 0, -_badness(self.metric, told.low, told.high), self.group.value


def ranked(groups: Iterable[Group], positive: str | None, metric: str) -> list[Ranked]:
    found = (
        Ranked(each, metric, each.point.figures(positive, [metric]).get(metric)) for each in groups
    )
    return sorted(found, key=lambda each: each.key)


def _badness(metric: str, low: float, high: float) -> float:
    """At the least."""
    if metric.rpartition(".")[2] == "bias":
        # To either side.
        return max(low, -high, 0.0)
    return low if is_better_less(metric) else -high
