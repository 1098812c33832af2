"""What a model without a file is watched by, from its first day."""

from typing import Any, Final

from sqlalchemy import Connection

from tidegauge.catalog import monitors
from tidegauge.catalog.monitors import Kept

_USUAL: Final[tuple[dict[str, Any], ...]] = (
    {"name": "drift", "kind": "drift"},
    {
        "name": "latency",
        "kind": "metric",
        "metric": "latency_avg_ms",
        "conditions": [
            {"absolute_change": 50, "direction": "up", "severity": "medium"},
            {"absolute_change": 100, "direction": "up", "severity": "high"},
        ],
    },
    {
        "name": "error rate",
        "kind": "metric",
        "metric": "error_rate",
        "conditions": [{"absolute_change": 0.02, "direction": "up", "severity": "high"}],
    },
    {
        "name": "throughput",
        "kind": "metric",
        "metric": "throughput_per_minute",
        "window": "1 h",
        "every": "5 min",
        "conditions": [
            {"change": "20 %", "direction": "down", "against": "same hour", "severity": "low"},
            {"change": "80 %", "direction": "down", "against": "same hour", "severity": "medium"},
        ],
    },
    {
        "name": "confidence",
        "kind": "metric",
        "metric": "confidence",
        "window": "1 h",
        "every": "5 min",
        "min_rows": 100,
        "conditions": [{"absolute_change": 0.1, "direction": "down", "severity": "medium"}],
    },
    {
        "name": "invalid inputs",
        "kind": "metric",
        "metric": "invalid_rate",
        "conditions": [{"absolute_change": 0.02, "direction": "up", "severity": "medium"}],
    },
    {"name": "performance", "kind": "performance"},
    {"name": "concept drift", "kind": "concept"},
    {"name": "fairness", "kind": "fairness"},
    {"name": "explanations", "kind": "explanation"},
)


def documents() -> list[dict[str, Any]]:
    """As they would be in a file."""
    return [dict(each) for each in _USUAL]


def made_usual(connection: Connection, tenant: str, at: int) -> list[Kept]:
    """What a tenant's models are watched by until somebody writes it down."""
    if not monitors.listed(connection, tenant):
        for each in documents():
            monitors.add(
                connection, tenant, each["name"], each, origin="default", at=at, by="tidegauge"
            )
    return monitors.listed(connection, tenant)
