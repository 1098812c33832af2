"""A model's drift in one answer, and its history: by the readings of its drift monitor."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import monitors, standing
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.standing import Asked
from tidegauge.ingest.problem import ProblemError
from tidegauge.series import summary
from tidegauge.series.overall import THRESHOLD, FeatureDrift, Level, Overall
from tidegauge.series.summary import Outputs, Status, Verdict
from tidegauge.web.routes.asked import (
    Looking,
    Reader,
    Segment,
    Span,
    Time,
    Version,
    looking,
    micros,
    moment,
    moment_or_none,
    now,
)
from tidegauge.web.routes.drift import overall_of
from tidegauge.web.routes.personal import hidden, without_words
from tidegauge.window import DAY, HOUR, SECOND, ceil

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
KIND: Final = "drift"
_TREND: Final = 10
_MOST_HOURS: Final = 90 * 24
_LONGEST: Final = 31 * 24

EndTime = Annotated[Time, Query(description="The last moment; now where none is told.")]
Monitor = Annotated[
    str | None,
    Query(description="A monitor of the kind `drift`; the one that looked last where none is."),
]
Score = Annotated[
    float | None,
    Field(description="0 to 1: how much of what an alarm takes is there; 1 while one is open."),
]


class DriftSummary(BaseModel):
    """The verdict is the monitor's; the scores of features are the classical ones."""

    model_id: str
    timestamp: Annotated[datetime, Field(description="The end of the window.")]
    status: Annotated[
        Status,
        Field(description="`insufficient_data` too while it is learned what is normal."),
    ]
    learning: bool
    monitor: str | None
    since: Annotated[datetime | None, Field(description="When what drifts began to.")]
    drift_score: Score
    drifts_as_a_whole: Annotated[
        bool, Field(description="More than 30 % of the features drift, or the mean is above 0.5.")
    ]
    max_drift_score: float | None
    avg_drift_score: float | None
    drift_threshold: float
    feature_drifts: Mapping[str, FeatureDrift]
    significant_drifts: Annotated[
        Sequence[str], Field(description="Features whose change is no chance, however small.")
    ]
    drifted_features_count: int
    drifted_features: Annotated[Sequence[str], Field(description="The worst 20.")]
    drifted_percent: float
    prediction_drift: Annotated[
        Outputs | None, Field(description="Of the outputs; the overall score is the largest.")
    ]
    baseline_period_days: float | None
    detection_window_hours: float
    baseline_samples: int
    recent_samples: int
    level: Level
    recommendation: str


class DriftReport(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    hours: int
    monitor: str | None
    total_drift_checks: Annotated[int, Field(description="Those that had enough to say something.")]
    drift_events: Annotated[int, Field(description="Checks while an alarm was open.")]
    drift_rate: Annotated[float | None, Field(description="Events by checks.")]
    latest_drift_score: Score
    latest_level: Level
    latest_recommendation: str
    drift_trend: Annotated[list[float], Field(description="The last ten scores, the oldest first.")]


class _Asked(NamedTuple):
    """The readings of one drift monitor on one part of a model."""

    asked: Asked
    monitor: str | None
    latest: Reading | None


@router.get("/drift/summary")
def get_drift_summary(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    hours: Annotated[int, Query(ge=1, le=_LONGEST, description="The detection window.")] = 24,
    end_time: EndTime = None,
    monitor: Monitor = None,
    version: Version = None,
    segment: Segment = "",
) -> DriftSummary:
    """Whether the model drifts, since when, how far, and what to do about it."""
    span = _span(end_time, hours)
    with looking(request, key, model_id) as found:
        asked = _asked(found, key.tenant, span, monitor, version, segment)
        upto = asked.latest.slot if asked.latest else span.stop
        window = Span(upto - hours * HOUR * SECOND, upto)
        seen, classical = overall_of(found, window, version, segment)
        told = _verdict(found, asked)
        advised = summary.advice(told, classical)
        reference = found.subject.reference
        shown = without_words(classical, hidden(found.subject.model, key))
    since = (asked.latest.detail or {}).get("since") if asked.latest else None
    baseline = found.subject.baseline
    return DriftSummary(
        model_id=model_id,
        timestamp=moment(upto),
        status=told.status,
        learning=told.learning,
        monitor=asked.monitor,
        since=moment_or_none(since if isinstance(since, int) else None),
        drift_score=told.score,
        drifts_as_a_whole=summary.whole(told, classical),
        max_drift_score=classical.max_drift_score if classical else None,
        avg_drift_score=classical.avg_drift_score if classical else None,
        drift_threshold=THRESHOLD,
        feature_drifts=shown.feature_drifts if shown else {},
        significant_drifts=shown.significant_drifts if shown else [],
        drifted_features_count=told.count,
        drifted_features=told.names,
        drifted_percent=round(100 * told.share, 2),
        prediction_drift=summary.outputs(reference, classical),
        baseline_period_days=classical.baseline_period_days if classical else None,
        detection_window_hours=hours,
        baseline_samples=baseline.rows if baseline else 0,
        recent_samples=classical.recent_samples if classical else seen.rows,
        level=advised.level,
        recommendation=advised.text,
    )


@router.get("/drift/report")
def get_drift_report(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    hours: Annotated[int, Query(ge=1, le=_MOST_HOURS)] = 24,
    end_time: EndTime = None,
    monitor: Monitor = None,
    version: Version = None,
    segment: Segment = "",
) -> DriftReport:
    """The history of its checks: how many, how many while something drifted, and the last ones.

    Of checks more than a week ago the hours count, with those that had too little to say.
    """
    span = _span(end_time, hours)
    with looking(request, key, model_id) as found:
        asked = _asked(found, key.tenant, span, monitor, version, segment)
        checks, events = _tally(found, asked.asked, span)
        last = standing.page(
            found.connection, asked.asked, *span, limit=_TREND, statuses=["ok", "breach"]
        )
        told = _verdict(found, asked)
        classical = _latest_day(found, asked, version, segment)
    advised = summary.advice(told, classical)
    scores = [summary.score_of(each) for each in reversed(last)]
    return DriftReport(
        model_id=model_id,
        start_time=moment(span.start),
        end_time=moment(span.stop),
        hours=hours,
        monitor=asked.monitor,
        total_drift_checks=checks,
        drift_events=events,
        drift_rate=events / checks if checks else None,
        latest_drift_score=told.score,
        latest_level=advised.level,
        latest_recommendation=advised.text,
        drift_trend=[each for each in scores if each is not None],
    )


def _span(end_time: datetime | None, hours: int) -> Span:
    stop = now() if end_time is None else micros(end_time)
    return Span(stop - hours * HOUR * SECOND, stop)


def _asked(
    found: Looking,
    tenant: str,
    span: Span,
    monitor: str | None,
    version: str | None,
    segment: str,
) -> _Asked:
    # A version or segment that never was is an error, as everywhere.
    found.subject.numbers(version, segment)
    kept = monitors.listed(found.connection, tenant)
    names = [each.name for each in kept if each.document.get("kind") == KIND]
    if monitor is not None:
        if monitor not in names:
            raise ProblemError("not-found", f"there is no monitor {monitor!r} of the kind {KIND}")
        names = [monitor]
    asked = Asked(
        model=found.subject.model.id, monitors=names, version=version or "", segment=segment
    )
    latest = standing.page(found.connection, asked, *span, limit=1)
    if not latest:
        return _Asked(asked, monitor, None)
    label = standing.labels(found.connection, [latest[0].target])[latest[0].target]
    only = Asked(
        model=asked.model, monitors=[label.monitor], version=asked.version, segment=segment
    )
    return _Asked(only, label.monitor, latest[0])


def _verdict(found: Looking, asked: _Asked) -> Verdict:
    return summary.verdict(asked.latest, has_reference=not found.subject.is_learning)


def _tally(found: Looking, asked: Asked, span: Span) -> tuple[int, int]:
    each = standing.tally(found.connection, asked, *span)
    events = each.get("breach", 0)
    first = ceil(span.start, HOUR)
    old, old_events = standing.hour_tally(found.connection, asked, first, span.stop)
    return events + each.get("ok", 0) + old, events + old_events


def _latest_day(found: Looking, asked: _Asked, version: str | None, segment: str) -> Overall | None:
    """The classical numbers, where something drifts: how grave it is depends on them."""
    latest = asked.latest
    if latest is None or latest.status != "breach":
        return None
    span = Span(latest.slot - DAY * SECOND, latest.slot)
    return overall_of(found, span, version, segment)[1]
