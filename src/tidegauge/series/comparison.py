"""Two sides of a model against each other: versions, variants or periods.

The limits of a difference come from those of its two figures (Zou and Donner, 2008); a verdict is
given only where they leave out none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from tidegauge.performance import Figure
from tidegauge.performance.figure import Z, wilson
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic
from tidegauge.series import outcome, seen
from tidegauge.series.outcome import Point, is_better_less
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Subject

Verdict = Literal["better", "worse", "different", "unclear"]
_NEITHER: Final = ("bias", "prevalence", "interval_width")
"""Figures of which neither more nor less is better."""


@dataclass(frozen=True, kw_only=True)
class Side:
    version: str | None
    segment: str
    point: Point
    traffic: Traffic
    profile: Profile | None
    """Of the rows that the reference's bins count."""

    def figures(self, positive: str | None) -> dict[str, Figure]:
        """How good it is, and how it serves."""
        return self.point.figures(positive) | _serving(self.traffic)


@dataclass(frozen=True, kw_only=True)
class Difference:
    name: str
    a: Figure
    b: Figure
    value: float
    """B minus A."""
    low: float | None
    high: float | None
    verdict: Verdict
    """Of B."""


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    start: int,
    stop: int,
    *,
    version: str | None,
    segment: str,
) -> Side:
    numbers = subject.numbers(version, segment)
    late = outcome.lateness(connection, numbers, stop)
    point = outcome.of_span(connection, reach, numbers, start, stop, late)
    span = seen.look(connection, reach, subject, start, stop, version=version, segment=segment)
    return Side(
        version=version,
        segment=segment,
        point=point,
        traffic=span.traffic(),
        profile=span.profile(subject.reference) if subject.reference else None,
    )


def differences(
    a: Mapping[str, Figure], b: Mapping[str, Figure], names: Sequence[str] = ()
) -> list[Difference]:
    """Of what both have."""
    wanted = names or [name for name in a if name in b]
    return [_difference(name, a[name], b[name]) for name in wanted if name in a and name in b]


def _difference(name: str, a: Figure, b: Figure) -> Difference:
    value = b.value - a.value
    low = high = None
    if None not in {a.low, a.high, b.low, b.high}:
        a_low, a_high, b_low, b_high = (x or 0.0 for x in (a.low, a.high, b.low, b.high))
        bound = a.bound + b.bound
        low = value - math.hypot(b.value - b_low, a_high - a.value) - bound
        high = value + math.hypot(b_high - b.value, a.value - a_low) + bound
    return Difference(
        name=name, a=a, b=b, value=value, low=low, high=high, verdict=_verdict(name, low, high)
    )


def _verdict(name: str, low: float | None, high: float | None) -> Verdict:
    if low is None or high is None or low <= 0 <= high:
        return "unclear"
    if name in _NEITHER:
        return "different"
    is_less = high < 0
    return "better" if is_less == (is_better_less(name) or name in _LESS) else "worse"


_LESS: Final = ("error_rate", "latency_avg_ms")


def _serving(traffic: Traffic) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    timing = traffic.timings[0]
    if timing.n > 1 and timing.mean is not None:
        half = Z * timing.deviation / math.sqrt(timing.n)
        low = max(timing.mean - half, 0.0)
        found["latency_avg_ms"] = Figure(timing.mean, low, timing.mean + half, timing.n)
    rate = traffic.share("errors", "with_status")
    if rate is not None:
        n = traffic.counts["with_status"]
        low, high = wilson(rate, n)
        found["error_rate"] = Figure(rate, low, high, n)
    return found
