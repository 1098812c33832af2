"""A detector in the process of whoever calls it: a reference, and rows as they come.

>>> detector = Detector({"x": [float(i % 7) for i in range(1000)]}, window_size=500)
>>> detector.detect_drift({"x": [float(i % 7) for i in range(500)]})["drift_detected"]
False
>>> answers = [detector.add_sample({"x": 6.0}) for _ in range(500)]
>>> answers[-1]["summary"]["drifted_feature_names"]
['x']
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tidegauge.errors import InputError
from tidegauge.judge.verdict import FALSE_DISCOVERIES
from tidegauge.profile.table import Profile
from tidegauge.report.compare import compare
from tidegauge.report.report import Report
from tidegauge.schema import Schema


class Detector:
    """Judges whole batches, or single rows a window at a time; windows do not overlap."""

    def __init__(
        self,
        reference: object,
        *,
        schema: Schema | None = None,
        window_size: int = 1000,
        alpha: float = FALSE_DISCOVERIES,
    ) -> None:
        if window_size < 1:
            raise InputError(f"window_size must be at least 1, not {window_size}")
        self.window_size = window_size
        self._alpha = alpha
        self._schema = schema
        self._window: list[Mapping[str, object]] = []
        self._reference = Profile.of(reference, schema=schema)

    def compare(self, new_data: object, alpha: float | None = None) -> Report:
        """The whole report on a batch."""
        rate = self._alpha if alpha is None else alpha
        return compare(self._reference, new_data, false_discoveries=rate)

    def detect_drift(self, new_data: object, alpha: float | None = None) -> dict[str, Any]:
        """The same in a few plain values; `alpha` is the share of false discoveries allowed."""
        return _answer(self.compare(new_data, alpha))

    def add_sample(self, sample: Mapping[str, object] | Sequence[object]) -> dict[str, Any] | None:
        """Take one row.  When the window is full, its answer, and a new window begins."""
        row = sample if isinstance(sample, Mapping) else self._row(sample)
        self._window.append(row)
        if len(self._window) < self.window_size:
            return None
        window, self._window = self._window, []
        return self.detect_drift(window)

    def update_reference(self, data: object) -> None:
        """Compare with these rows from now on; a window that is not full is dropped."""
        self._reference = Profile.of(data, schema=self._schema)
        self._window = []

    def _row(self, values: Sequence[object]) -> Mapping[str, object]:
        names = self._reference.layout.schema.names
        if len(values) != len(names):
            raise InputError(f"expected {len(names)} features, got {len(values)}")
        return dict(zip(names, values, strict=True))


def _answer(report: Report) -> dict[str, Any]:
    scores = {feature.name: _squashed(feature.score) for feature in report.features}
    drifted = report.drifted_features
    return {
        "drift_detected": report.drifted,
        "status": report.status,
        "drift_score": max(scores.values(), default=0.0),
        "feature_drifts": {
            feature.name: {
                "drift_detected": feature.drifted,
                "drift_score": scores[feature.name],
                "severity": feature.severity,
                "p_value": feature.p_value,
                "status": feature.status,
                **{effect.name: effect.value for effect in feature.effects},
            }
            for feature in report.features
        },
        "multivariate_drift": {m.method: m.value for m in report.dataset} or None,
        "summary": {
            "total_features": len(report.features),
            "drifted_features": len(drifted),
            "drifted_feature_names": drifted,
            "drift_percentage": 100.0 * report.drifted_share,
            "overall_drift_score": sum(scores.values()) / len(scores) if scores else 0.0,
            "recommendation": report.recommendation,
        },
    }


def _squashed(score: float) -> float:
    """From 0 to 1, and a half at the mark from which an effect matters."""
    return 1.0 - 2.0 ** -max(score, 0.0)
