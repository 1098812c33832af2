"""What a model's drift comes to: the verdict of its drift monitor, and the classical numbers of
the same time beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from tidegauge.catalog.readings import Reading
from tidegauge.profile.table import Profile
from tidegauge.series.overall import Level, Overall, as_a_whole, level_of

Status = Literal["drift_detected", "no_drift", "insufficient_data"]
_WORDS: Final[Mapping[Level, str]] = {
    "NONE": "No drift: nothing to do.",
    "NOTICE": "Minor drift: watch it.",
    "WARNING": "Notable drift: plan to retrain.",
    "CRITICAL": "Grave drift: retrain now.",
}
_NAMED: Final = 3


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one reading of the kind `drift` says."""

    status: Status
    learning: bool
    """There is no reference for good yet, or the rule does not know yet how much is natural."""
    score: float | None
    """0 to 1: how much of what an alarm takes is there; 1 while one is open."""
    names: Sequence[str]
    count: int
    share: float
    """Of the columns that are judged."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The drift of what the model says: the largest score of its outputs."""

    overall_drift_score: float | None
    class_prediction_drift: float | None
    """Of labels."""
    variable_prediction_drift: float | None
    """Of numbers."""
    drift_threshold: float


@dataclass(frozen=True, kw_only=True)
class Advice:
    level: Level
    text: str


def verdict(reading: Reading | None, *, has_reference: bool) -> Verdict:
    """While it is learned what is normal, only a large change is told."""
    if reading is None or reading.status not in ("ok", "breach") or not has_reference:
        return Verdict(
            status="insufficient_data",
            learning=not has_reference,
            score=None,
            names=[],
            count=0,
            share=0.0,
        )
    detail = reading.detail or {}
    learning = not detail.get("learned", False)
    if reading.status == "ok":
        return Verdict(
            status="insufficient_data" if learning else "no_drift",
            learning=learning,
            score=score_of(reading),
            names=[],
            count=0,
            share=0.0,
        )
    count, judged = int(detail.get("drifted", 0)), int(detail.get("judged", 0))
    return Verdict(
        status="drift_detected",
        learning=learning,
        score=score_of(reading),
        names=_columns(detail),
        count=count,
        share=count / judged if judged else 0.0,
    )


def score_of(reading: Reading) -> float | None:
    """None of a check that found too little to say something."""
    if reading.status == "breach":
        return 1.0
    if reading.status != "ok" or reading.value is None:
        return None
    return min(max(reading.value, 0.0), 1.0)


def advice(found: Verdict, classical: Overall | None) -> Advice:
    if found.status == "insufficient_data":
        why = "Still learning what is normal" if found.learning else "Too little data to judge"
        return Advice(level="NONE", text=f"{why}: nothing to do.")
    level: Level = "NONE"
    if found.status == "drift_detected":
        level = level_of(classical.max_drift_score if classical else None, found.share)
    named = ", ".join(found.names[:_NAMED])
    more = f" and {found.count - _NAMED} more" if found.count > _NAMED else ""
    return Advice(level=level, text=_WORDS[level] + (f"  Look at {named}{more}." if named else ""))


def whole(found: Verdict, classical: Overall | None) -> bool:
    """Whether the model drifts as a whole: many of its columns, or all of them a little."""
    is_drifting = found.status == "drift_detected"
    mean = classical.avg_drift_score if classical else None
    return is_drifting and as_a_whole(mean, found.share)


def outputs(reference: Profile | None, classical: Overall | None) -> Outputs | None:
    """None of a model without outputs."""
    if reference is None or classical is None:
        return None
    said = [each for each in reference.layout.schema if each.role == "prediction"]
    drifts = classical.feature_drifts
    scores = {each.name: drifts[each.name].drift_score for each in said if each.name in drifts}
    if not scores:
        return None
    numbers = [scores[each.name] for each in said if each.kind == "numeric" and each.name in scores]
    labels = [scores[each.name] for each in said if each.kind != "numeric" and each.name in scores]
    return Outputs(
        overall_drift_score=max(scores.values()),
        class_prediction_drift=max(labels, default=None),
        variable_prediction_drift=max(numbers, default=None),
        drift_threshold=classical.drift_threshold,
    )


def _columns(detail: Mapping[str, Any]) -> list[str]:
    named = (str(each.get("column")) for each in detail.get("features", []))
    return list(dict.fromkeys(named))
