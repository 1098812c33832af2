"""What a monitor's latest reading comes to in numbers: now, before, the change, and the anomaly.

>>> change_of(112.0, 100.0)
Change(change=12.0, change_percent=12.0)
>>> change_of(1.0, 0.0).change_percent is None
True
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tidegauge.catalog.readings import Reading
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.performance import Performance
from tidegauge.monitor.severity import RANK, Severity
from tidegauge.monitor.union import Monitor

Type = Literal["above_limit", "below_limit", "rose", "fell", "drift", "distance", "trend"]


@dataclass(frozen=True)
class Change:
    change: float | None
    change_percent: float | None
    """None where there was nothing before, or nothing to divide by."""


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    type: Type
    severity: Severity
    metric: str
    monitor: str
    current_value: float | None
    baseline_value: float | None
    change: float | None
    threshold: float | None
    """As the monitor has it: a limit, or a change that is allowed."""
    reason: str


def change_of(now: float | None, before: float | None) -> Change:
    if now is None or before is None:
        return Change(None, None)
    moved = now - before
    share = 100 * moved / abs(before) if before else math.inf
    return Change(_finite(moved), _finite(share))


def name_of(monitor: Monitor) -> str:
    """What a number is called: the metric, and its column."""
    metric = getattr(monitor, "metric", None)
    column = getattr(monitor, "column", None)
    if metric is None:
        return monitor.kind
    return f"{metric} of {column}" if column else metric


def number_of(monitor: Monitor, reading: Reading) -> str:
    """What a reading's number is called: where the monitor names none, what it took."""
    return str((reading.detail or {}).get("metric") or name_of(monitor))


def baseline_of(reading: Reading) -> float | None:
    """The first that a number was compared with."""
    told: Mapping[str, Any] = (reading.detail or {}).get("baselines", {})
    return next((each for each in told.values() if each is not None), None)


def anomaly_of(monitor: Monitor, reading: Reading) -> Anomaly | None:
    if reading.status != "breach" or reading.severity is None:
        return None
    before, threshold = None, None
    kind: Type = "drift"
    if isinstance(monitor, Metric | Performance):
        kind, before, threshold = _broken(monitor, reading)
    elif monitor.kind == "trend":
        kind, threshold = "trend", monitor.limit
    elif monitor.kind == "distance":
        kind, threshold = "distance", monitor.share
    return Anomaly(
        type=kind,
        severity=reading.severity,  # pyright: ignore[reportArgumentType] - it was one of them
        metric=number_of(monitor, reading),
        monitor=monitor.name,
        current_value=reading.value,
        baseline_value=before,
        change=change_of(reading.value, before).change,
        threshold=threshold,
        reason=reading.reason,
    )


def _broken(
    monitor: Metric | Performance, reading: Reading
) -> tuple[Type, float | None, float | None]:
    """The worst condition that does not hold, and what its number was compared with."""
    value = reading.value
    told: Mapping[str, Any] = (reading.detail or {}).get("baselines", {})
    found: list[tuple[Condition, float | None]] = []
    for condition in monitor.conditions:
        if monitor.severity is None and condition.severity != reading.severity:
            # Chance alone may have passed it.
            continue
        before = told.get(str(condition.against), baseline_of(reading))
        if value is not None and condition.judge(value, before) is not None:
            found.append((condition, before))
    if not found or value is None:
        # The monitor was changed since.
        return "above_limit", baseline_of(reading), None
    condition, before = max(found, key=lambda each: RANK[each[0].severity])
    if condition.max is not None:
        return "above_limit", before, condition.max
    if condition.min is not None:
        return "below_limit", before, condition.min
    rose = before is None or value > before
    allowed = condition.change if condition.change is not None else condition.absolute_change
    return "rose" if rose else "fell", before, allowed


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
