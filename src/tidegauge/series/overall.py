"""The drift of one span as a whole: which features, how far, and what to do about it.

Whether a feature drifted is for the judge; the classical numbers stand beside the verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tidegauge.judge.verdict import FEWEST
from tidegauge.profile.table import Profile
from tidegauge.report.compare import compare
from tidegauge.report.report import Report
from tidegauge.report.result import Feature, Measurement
from tidegauge.series.drift import Status, status_of

THRESHOLD: Final = 0.15
"""Of a score, from which on it is told as notable."""
_WHOLE_SCORE: Final = 0.5
_WHOLE_SHARE: Final = 0.3
_WEIGHTS: Final[Mapping[str, float]] = {"ks": 0.4, "jensen_shannon": 0.4, "mean_change": 0.2}
Level = Literal["NONE", "NOTICE", "WARNING", "CRITICAL"]


@dataclass(frozen=True, kw_only=True)
class Value:
    value: float | None
    status: Status
    p_value: float | None = None
    bound: float | None = None
    """How far the number from all rows may be from this one, taken from bins."""


@dataclass(frozen=True, kw_only=True)
class FeatureDrift:
    kind: str
    psi: Value
    ks_test: Value
    kl_divergence: Value
    mw_statistic: float | None
    mw_pvalue: float | None
    js_distance: float | None
    mean_change: float | None
    std_change: float | None
    ks_drift: bool
    mw_drift: bool
    js_drift: bool
    statistical_drift: bool
    """One of the three says so."""
    drift_score: float
    """0 to 1: 0.4 KS, 0.4 Jensen-Shannon, 0.2 the change of the mean."""
    overall_drift: bool
    """The verdict: certain, and large enough to matter."""
    severity: Literal["warning", "critical"] | None
    source: Literal["profile", "rows"]
    what: str | None
    advice: str | None
    importance: float | None = None
    """Its part of all that features added to the answers of the last month; None where that is
    not explained."""


@dataclass(frozen=True, kw_only=True)
class Overall:
    status: Literal["drift_detected", "no_drift", "insufficient_data"]
    is_learning: bool
    """The reference is provisional: made of the model's own first rows, and not for good yet."""
    drifts_as_a_whole: bool
    max_drift_score: float | None
    avg_drift_score: float | None
    drift_threshold: float
    feature_drifts: Mapping[str, FeatureDrift]
    significant_drifts: Sequence[str]
    drifted_features_count: int
    drifted_features: Sequence[str]
    drifted_percent: float
    baseline_period_days: float | None
    detection_window_hours: float
    baseline_samples: int
    recent_samples: int
    level: Level
    recommendation: str


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a comparison is told of the time that it is about."""

    is_learning: bool
    baseline_days: float | None
    hours: float
    importances: Mapping[str, float] = field(default_factory=dict[str, float])
    """Of features, by their names, where that is explained."""


def overall(reference: Profile, current: Profile | None, around: Around) -> Overall:
    if current is None or not current.rows:
        return _nothing(reference, around)
    report = compare(reference, current, names=("reference", "span"))
    drifts = _by_importance(
        {feature.name: _drift(feature, around.importances) for feature in report.features}
    )
    judged = [drifts[feature.name] for feature in report.judged]
    scores = [each.drift_score for each in judged]
    mean = sum(scores) / len(scores) if scores else None
    highest = max(scores, default=None)
    significant = {feature.name for feature in report.features if feature.is_significant}
    drifted = set(report.drifted_features)
    names = [name for name in drifts if name in drifted]
    share = len(names) / len(judged) if judged else 0.0
    return Overall(
        status=report.status,
        is_learning=around.is_learning,
        drifts_as_a_whole=as_a_whole(mean, share),
        max_drift_score=highest,
        avg_drift_score=mean,
        drift_threshold=THRESHOLD,
        feature_drifts=drifts,
        significant_drifts=[name for name in drifts if name in significant],
        drifted_features_count=len(names),
        drifted_features=names,
        drifted_percent=round(100 * share, 2),
        baseline_period_days=around.baseline_days,
        detection_window_hours=around.hours,
        baseline_samples=reference.rows,
        recent_samples=current.rows,
        level=level_of(highest, share) if names else "NONE",
        recommendation=_advice(report, around),
    )


def _nothing(reference: Profile, around: Around) -> Overall:
    return Overall(
        status="insufficient_data",
        is_learning=around.is_learning,
        drifts_as_a_whole=False,
        max_drift_score=None,
        avg_drift_score=None,
        drift_threshold=THRESHOLD,
        feature_drifts={},
        significant_drifts=[],
        drifted_features_count=0,
        drifted_features=[],
        drifted_percent=0.0,
        baseline_period_days=around.baseline_days,
        detection_window_hours=around.hours,
        baseline_samples=reference.rows,
        recent_samples=0,
        level="NONE",
        recommendation=f"No rows to compare: at least {FEWEST} are needed in the span.",
    )


def _advice(report: Report, around: Around) -> str:
    if around.is_learning:
        return f"Still learning what is normal: {report.recommendation}"
    return report.recommendation


def as_a_whole(mean: float | None, share: float) -> bool:
    """By the mean score, and the share of features that drifted."""
    return share > _WHOLE_SHARE or (mean or 0.0) > _WHOLE_SCORE


def level_of(highest: float | None, share: float) -> Level:
    """Of what drifts at all."""
    score = highest or 0.0
    if score > 0.8 or share > 0.5:
        return "CRITICAL"
    return "WARNING" if score > 0.6 or share > 0.3 else "NOTICE"


def _by_importance(drifts: Mapping[str, FeatureDrift]) -> dict[str, FeatureDrift]:
    """Those first that moved far and count, where that is explained; else as they are."""
    if all(each.importance is None for each in drifts.values()):
        return dict(drifts)
    equal = 1 / len(drifts)

    def weight(name: str) -> float:
        part = drifts[name].importance
        return (equal if part is None else part) * drifts[name].drift_score

    return {name: drifts[name] for name in sorted(drifts, key=lambda name: -weight(name))}


def _drift(feature: Feature, importances: Mapping[str, float]) -> FeatureDrift:
    own = _own(feature)
    n = min(feature.reference.n, feature.current.n)
    ks, psi, kl, js = (_value(own, kind, n) for kind in ("ks", "psi", "kl", "jensen_shannon"))
    mw = own.get("mann_whitney")
    mw_chance = mw.p_value if mw else None
    flags = {
        "ks_drift": ks.status in ("warning", "critical"),
        "mw_drift": mw_chance is not None and n >= FEWEST and mw_chance < 0.01,
        "js_drift": js.status in ("warning", "critical"),
    }
    return FeatureDrift(
        kind=feature.kind,
        psi=psi,
        ks_test=ks,
        kl_divergence=kl,
        mw_statistic=mw.value if mw else None,
        mw_pvalue=mw_chance,
        js_distance=js.value,
        mean_change=_number(own, "mean_change"),
        std_change=_number(own, "variance_change"),
        **flags,
        statistical_drift=any(flags.values()),
        drift_score=_score(own),
        overall_drift=feature.drifted,
        severity=feature.severity,
        source="profile",
        what=feature.what,
        advice=feature.advice,
        importance=importances.get(feature.name.removeprefix("features.")),
    )


def _own(feature: Feature) -> dict[str, Measurement]:
    """By method; of a column that numbers were derived from, those of the facet that moved most."""
    found: dict[str, Measurement] = {}
    for each in feature.measurements:
        before = found.get(each.method)
        if before is None or abs(each.value or 0.0) > abs(before.value or 0.0):
            found[each.method] = each
    return found


def _value(own: Mapping[str, Measurement], kind: str, n: int) -> Value:
    found = own.get(kind)
    if found is None:
        return Value(value=None, status="insufficient_data")
    return Value(
        value=found.value,
        status=status_of(kind, found.value, n, found.p_value),
        p_value=found.p_value,
        bound=found.error_bound,
    )


def _number(own: Mapping[str, Measurement], kind: str) -> float | None:
    return own[kind].value if kind in own else None


def _score(own: Mapping[str, Measurement]) -> float:
    """Of the methods that the column has; categories have no order, and so no KS."""
    there = {kind: _number(own, kind) for kind in _WEIGHTS}
    known = {kind: min(abs(value), 1.0) for kind, value in there.items() if value is not None}
    total = sum(_WEIGHTS[kind] for kind in known)
    return sum(_WEIGHTS[kind] * value for kind, value in known.items()) / total if total else 0.0
