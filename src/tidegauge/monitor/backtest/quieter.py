"""A quieter monitor: the least that must be asked more of it, for a past to be told less often.

Its limits move away a little; or it is to be confirmed more often; or its limits move far away.
What it would no longer have found is for the trial to say.  The decision rule has no limits to
move: it keeps a budget, and what it tells has happened.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from tidegauge.monitor.alarms import alarms_of
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.distance import Distance, Method
from tidegauge.monitor.drift import Drift
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.reading import Found
from tidegauge.monitor.trend import Trend
from tidegauge.monitor.union import Monitor
from tidegauge.series.drift import limits_of

_NEAR: Final = (1.1, 1.25, 1.5, 2.0)
_FAR: Final = (3.0, 5.0, 10.0)
_COUNTS: Final = (2, 3, 5)
Readings = Sequence[tuple[int, Found]]
M = TypeVar("M", bound=Monitor)


@dataclass(frozen=True, kw_only=True)
class Quieter:
    monitor: Monitor
    alarms: int
    """That it would have told."""
    what: str
    """What is different, in words."""


@dataclass(frozen=True)
class Search:
    monitor: Monitor
    """As it was written."""
    asked: Monitor
    """What the readings are of."""
    readings: Readings
    replay: Callable[[Monitor], Readings]

    def found(self, most: int) -> Quieter | None:
        """The first that alarms no more often than so; None where nothing helps."""
        return next((each for each in self._candidates() if each.alarms <= most), None)

    def _candidates(self) -> Iterator[Quieter]:
        if isinstance(self.monitor, Drift):
            return
        yield from map(self._wider, _NEAR)
        if self.monitor.every == self.asked.every:
            # Else one reading here is many there.
            yield from map(self._confirmed, (c for c in _COUNTS if c > self.monitor.for_count))
        yield from map(self._wider, _FAR)

    def _confirmed(self, count: int) -> Quieter:
        return Quieter(
            monitor=self.monitor.model_copy(update={"for_count": count}),
            alarms=len(alarms_of(self.readings, count)),
            what=f"confirmed by {count} readings in a row",
        )

    def _wider(self, factor: float) -> Quieter:
        asked = wider(self.asked, factor)
        what = "asks later" if isinstance(asked, Trend) else "limits"
        return Quieter(
            monitor=wider(self.monitor, factor),
            alarms=len(alarms_of(self.replay(asked), asked.for_count)),
            what=f"{what} {factor:g} times as far",
        )


def wider(monitor: M, factor: float) -> M:
    """With limits that are further away."""
    if isinstance(monitor, Metric):
        conditions = [_condition(each, factor) for each in monitor.conditions]
        return monitor.model_copy(update={"conditions": conditions})
    if isinstance(monitor, Distance):
        methods = [_method(each, factor) for each in monitor.methods]
        return monitor.model_copy(update={"methods": methods})
    if isinstance(monitor, Trend):
        return monitor.model_copy(update={"within": max(int(monitor.within / factor), 60)})
    return monitor


def _condition(condition: Condition, factor: float) -> Condition:
    if condition.max is not None:
        return condition.model_copy(update={"max": _away(condition.max, factor, 1)})
    if condition.min is not None:
        return condition.model_copy(update={"min": _away(condition.min, factor, -1)})
    field = "change" if condition.change is not None else "absolute_change"
    return condition.model_copy(update={field: _rounded(getattr(condition, field) * factor)})


def _away(limit: float, factor: float, side: int) -> float:
    """Further up or down by a share of its own size."""
    times = factor if limit * side > 0 else 1 / factor
    return _rounded(limit * times)


def _method(method: Method, factor: float) -> Method:
    usual = limits_of(method.method)
    warning = method.warning if method.warning is not None else usual.warning
    critical = method.critical if method.critical is not None else usual.critical
    changed = {"warning": _rounded(warning * factor), "critical": _rounded(critical * factor)}
    return method.model_copy(update=changed)


def _rounded(value: float) -> float:
    """As a person would write it."""
    return float(f"{value:.3g}")
