"""What a reading found, as a notice's finding has it; and the family of trouble that it is."""

from collections.abc import Mapping
from typing import Any, Final

from tidegauge.alert.notice import Family
from tidegauge.catalog.readings import Reading
from tidegauge.monitor.distance import Distance
from tidegauge.monitor.drift import Drift
from tidegauge.monitor.explanation import Explanation
from tidegauge.monitor.fairness import Fairness
from tidegauge.monitor.measures import OF_COLUMN
from tidegauge.monitor.performance import Performance
from tidegauge.monitor.result import anomaly_of, change_of, number_of
from tidegauge.monitor.union import Monitor
from tidegauge.window import SECOND

_MOST: Final = 20
_DRIFTING: Final = ("prediction_bias", "mean", "std", "minimum", "maximum", "most_common_share")
"""Numbers of what a model sees and says, as opposed to whether that is sound."""
_OF_INPUTS: Final = ("invalid_rate", "late_rate", "skewed_rate")


def family_of(monitor: Monitor) -> Family:
    if isinstance(monitor, Drift | Distance | Explanation):
        return "drift"
    if isinstance(monitor, Fairness):
        return "fairness"
    metric = str(getattr(monitor, "metric", ""))
    if metric in _DRIFTING:
        return "drift"
    return "quality" if metric in OF_COLUMN or metric in _OF_INPUTS else "performance"


def evidence_of(monitor: Monitor, reading: Reading) -> dict[str, Any]:
    """Plain values, as the catalog keeps them."""
    told: dict[str, Any] = {
        "what": reading.reason,
        "metric": number_of(monitor, reading),
        "n": reading.n,
        "since": (reading.detail or {}).get("since", reading.slot - monitor.window * SECOND),
    }
    if monitor.runbook:
        told["runbook"] = monitor.runbook
    if isinstance(monitor, Drift):
        return told | _columns(reading.detail or {})
    if isinstance(monitor, Explanation):
        return told | _reasons(reading)
    told["value"] = reading.value
    if isinstance(monitor, Performance | Fairness):
        told |= {end: (reading.detail or {}).get(end) for end in ("low", "high")}
    anomaly = anomaly_of(monitor, reading)
    if anomaly is not None:
        told["baseline"], told["threshold"] = anomaly.baseline_value, anomaly.threshold
        told["change_percent"] = change_of(reading.value, anomaly.baseline_value).change_percent
    return {name: value for name, value in told.items() if value is not None}


def _columns(detail: Mapping[str, Any]) -> dict[str, Any]:
    features = detail.get("features", [])
    count = int(detail.get("drifted", len(features)))
    told: dict[str, Any] = {
        "features": [
            {"name": each["column"], "what": each["what"], "effect": _psi(each).get("value")}
            for each in features[:_MOST]
        ],
        "more_features": max(count - _MOST, 0),
    }
    if features:
        psi = _psi(features[0])
        told |= {"value": psi.get("value"), "low": psi.get("lower"), "high": psi.get("upper")}
    return {name: value for name, value in told.items() if value is not None}


def _reasons(reading: Reading) -> dict[str, Any]:
    """What counts otherwise than it did; the effect is the change of how much it counts."""
    detail = reading.detail or {}
    features = detail.get("features", [])
    return {
        "value": reading.value,
        "features": [
            {
                "name": each["column"],
                "what": each["what"],
                "effect": each["effects"]["importance"].get("value"),
            }
            for each in features[:_MOST]
        ],
        "more_features": max(int(detail.get("moved", 0)) - _MOST, 0),
    }


def _psi(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    return feature.get("effects", {}).get("psi", {})
