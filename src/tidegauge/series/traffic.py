"""Calls over time: how many, how long they took, how they ended.

>>> told = calls(Traffic(), 60.0)
>>> told.total_predictions, told.throughput_per_minute, told.error_rate
(0, 0.0, None)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import TIMINGS, Traffic

_PARTS: Final[Mapping[str, str]] = {
    "feature_extraction_time_ms": "feature_extraction",
    "model_inference_time_ms": "inference",
}


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds; percentiles are right within 2.2 %."""

    n: int
    """Calls that told one."""
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @classmethod
    def of(cls, timing: Timing) -> "Latency":
        return cls(
            n=timing.n,
            avg_ms=timing.mean,
            p50_ms=timing.quantile(0.5),
            p95_ms=timing.quantile(0.95),
            p99_ms=timing.quantile(0.99),
        )


@dataclass(frozen=True, kw_only=True)
class Calls:
    total_predictions: int
    records: int
    """As logged: each may stand for several predictions."""
    throughput_per_minute: float | None
    avg_latency_ms: float | None
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    p99_latency_ms: float | None
    latency_parts: Mapping[str, Latency]
    """Feature extraction and inference, where they are told."""
    error_rate: float | None
    """Of the calls that told a status; None where none did."""
    errors: int
    invalid_rate: float | None
    """Inputs that failed validation, of those that were validated."""
    cache_hit_rate: float | None
    concurrency: float | None
    """Calls under way at once, on average: the sum of their times by the time that passed."""
    late: int
    skewed: int


def calls(traffic: Traffic, seconds: float) -> Calls:
    """What happened in so many seconds; none have passed of a span that is yet to come."""
    counts = traffic.counts
    latency = Latency.of(traffic.latency)
    parts = {
        _PARTS[name]: Latency.of(timing)
        for name, timing in zip(TIMINGS, traffic.timings, strict=True)
        if name in _PARTS and timing.n
    }
    return Calls(
        total_predictions=counts["predictions"],
        records=counts["records"],
        throughput_per_minute=counts["predictions"] * 60 / seconds if seconds > 0 else None,
        avg_latency_ms=latency.avg_ms,
        p50_latency_ms=latency.p50_ms,
        p95_latency_ms=latency.p95_ms,
        p99_latency_ms=latency.p99_ms,
        latency_parts=parts,
        error_rate=traffic.share("errors", "with_status"),
        errors=counts["errors"],
        invalid_rate=traffic.share("invalid", "with_validation"),
        cache_hit_rate=traffic.share("cache_hits", "with_cache"),
        concurrency=traffic.latency.total / (seconds * 1e9) if seconds > 0 and latency.n else None,
        late=counts["late"],
        skewed=counts["skewed"],
    )
