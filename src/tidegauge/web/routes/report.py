"""What happened to a model in a time: its numbers in one answer, or a page to keep and to send."""

import contextlib
import statistics
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.report.period import file_name, render
from tidegauge.series.health import Status, status_by
from tidegauge.series.profile import Shown
from tidegauge.series.traffic import Calls
from tidegauge.version import VERSION
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Reader, Span, moment, now
from tidegauge.web.routes.diagnosis import DiagnosisShown, WeekSpan, get_diagnosis
from tidegauge.web.routes.drift import DriftSeries, DriftShown, get_drift
from tidegauge.web.routes.estimates import EstimatesShown, get_estimates
from tidegauge.web.routes.explanations import ExplanationsShown, get_explanations
from tidegauge.web.routes.fairness import FairnessShown, get_fairness
from tidegauge.web.routes.incident_shown import IncidentShown
from tidegauge.web.routes.incidents import list_incidents
from tidegauge.web.routes.performance import FigureShown, PerformanceShown, get_performance
from tidegauge.web.routes.profile import get_profile
from tidegauge.web.routes.quality import Quality, get_quality
from tidegauge.web.routes.traffic import TrafficSeries, get_traffic
from tidegauge.web.state import state_of
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, ceil, floor

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_DRIFTS: Final = 25
_PICTURED: Final = 6
_HOURLY: Final = 48
_CONFIDENCES: Final = ("confidence", "prediction_score")
_LIVE: Final = frozenset({"open", "acknowledged"})


class MetricSummary(BaseModel):
    """Of a figure's value in each step."""

    mean: float
    std: float
    min: float
    max: float
    latest: float


class AlertsSummary(BaseModel):
    by_type: dict[str, int]
    by_severity: dict[str, int]


class Before(BaseModel):
    """Of the time of the same length before."""

    total_predictions: int
    p95_latency_ms: float | None
    metrics: dict[str, FigureShown]


class ReportShown(BaseModel):
    model_id: str
    timestamp: datetime
    tidegauge_version: str
    page_url: Annotated[str, Field(description='The model in the dashboard, or "".')]
    start_time: datetime
    end_time: datetime
    time_period_hours: float
    overall_status: Status
    total_predictions: int
    total_alerts: int
    unresolved_alerts: int
    unresolved_incidents: int
    metrics_summary: dict[str, MetricSummary]
    alerts_summary: AlertsSummary
    avg_inference_time: Annotated[float | None, Field(description="Milliseconds of a call.")]
    avg_confidence: float | None
    accuracy: float | None
    before: Before
    incidents: Annotated[
        list[IncidentShown], Field(description="That were open in this time; the last 100.")
    ]
    diagnosis: DiagnosisShown
    performance: PerformanceShown
    estimates: EstimatesShown
    traffic: TrafficSeries
    drift: Annotated[DriftShown, Field(description="Of the 25 columns that moved most.")]
    features: Annotated[list[Shown], Field(description="Those that moved most, both sides.")]
    quality: Quality
    fairness: FairnessShown | None
    explanations: ExplanationsShown


@router.get(
    "/report",
    response_model=ReportShown,
    responses={200: {"content": {"text/html": {}}, "description": "As JSON, or as one page."}},
)
def get_report(
    model_id: str,
    request: Request,
    key: Reader,
    span: WeekSpan,
    format: Annotated[  # noqa: A002 - the name in the address
        Literal["json", "html"], Query(description="`html`: one file that needs nothing else.")
    ] = "json",
) -> ReportShown | Response:
    """What happened to a model in a time: incidents, performance, drift, quality and traffic."""
    made = told(model_id, request, key, span)
    if format == "json":
        return made
    shown = made.model_dump(mode="json")
    return HTMLResponse(
        render(shown),
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(shown)}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def told(model_id: str, request: Request, key: Key, span: Span) -> ReportShown:
    """Of the answers of the API alone, so that no number is another one here."""
    step = HOUR if span.hours <= _HOURLY else DAY
    earlier, span = _in_steps(span, step)
    traffic = get_traffic(model_id, request, key, span, _traffic_step(span))
    performance = get_performance(model_id, request, key, span, step)
    drift = get_drift(model_id, request, key, span, metric=["psi"], limit=_DRIFTS, step=step)
    drift.series = _furthest(drift)
    was = get_performance(model_id, request, key, earlier, step)
    calls_before = get_traffic(model_id, request, key, earlier, step).total
    incidents = _incidents(model_id, request, key, span)
    open_now = [each for each in incidents if each.state in _LIVE]
    calls, accuracy = traffic.total, performance.total.metrics.get("accuracy")
    return ReportShown(
        model_id=model_id,
        timestamp=moment(now()),
        tidegauge_version=VERSION,
        page_url=_page_url(model_id, request, span),
        start_time=moment(span.start),
        end_time=moment(span.stop),
        time_period_hours=span.hours,
        overall_status=status_by([each.severity_peak for each in incidents])
        if calls.total_predictions
        else "unknown",
        total_predictions=calls.total_predictions,
        total_alerts=sum(each.alerts_total for each in incidents),
        unresolved_alerts=sum(each.alerts_now for each in open_now),
        unresolved_incidents=len(open_now),
        metrics_summary=_summaries(performance, [each.calls for each in traffic.data_points]),
        alerts_summary=AlertsSummary(
            by_type=_summed((each.family, each.alerts_total) for each in incidents),
            by_severity=_summed((each.severity_peak, each.alerts_total) for each in incidents),
        ),
        avg_inference_time=calls.avg_latency_ms,
        avg_confidence=_confidence(model_id, request, key, span),
        accuracy=accuracy.value if accuracy else None,
        before=Before(
            total_predictions=calls_before.total_predictions,
            p95_latency_ms=calls_before.p95_latency_ms,
            metrics=was.total.metrics,
        ),
        incidents=incidents,
        diagnosis=get_diagnosis(model_id, request, key, span),
        performance=performance,
        estimates=get_estimates(
            model_id,
            request,
            key,
            span,
            step,
            metric=[performance.main_metric] if performance.main_metric else None,
        ),
        traffic=traffic,
        drift=drift,
        features=_moved(model_id, request, key, span, drift),
        quality=get_quality(model_id, request, key, span),
        fairness=_fairness(model_id, request, key, span),
        explanations=get_explanations(model_id, request, key, span),
    )


def _in_steps(span: Span, step: int) -> tuple[Span, Span]:
    """The time before, and this one, in whole steps: every number is of the same rows."""
    start, stop = floor(span.start, step), ceil(span.stop, step)
    return Span(2 * start - stop, start), Span(start, min(stop, max(now(), span.stop)))


def _traffic_step(span: Span) -> int:
    """Pictures of some dozens of points."""
    return FIVE_MINUTES if span.hours <= 8 else HOUR if span.hours <= 8 * 24 else DAY


def _furthest(drift: DriftShown) -> list[DriftSeries]:
    """Columns, and those that are furthest from the reference at the end first."""
    return sorted((each for each in drift.series if not each.facet), key=_last, reverse=True)


def _last(series: DriftSeries) -> float:
    values = (each.value for each in reversed(series.data_points))
    return next((value for value in values if value is not None), 0.0)


def _incidents(model_id: str, request: Request, key: Key, span: Span) -> list[IncidentShown]:
    """Opened in this time, or before and not over when it began."""
    began, ended = moment(span.start), moment(span.stop)
    new = list_incidents(request, key, [model_id], start_time=began, end_time=ended).incidents
    old = list_incidents(request, key, [model_id], end_time=began).incidents
    return new + [each for each in old if each.resolved_at is None or each.resolved_at > began]


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in counts:
        found[name] = found.get(name, 0) + count
    return found


def _summaries(performance: PerformanceShown, steps: Sequence[Calls]) -> dict[str, MetricSummary]:
    values: dict[str, list[float]] = {}
    for point in performance.data_points:
        for name, figure in point.metrics.items():
            values.setdefault(name, []).append(figure.value)
    for calls in steps:
        for name in ("throughput_per_minute", "avg_latency_ms", "error_rate"):
            if (value := getattr(calls, name)) is not None:
                values.setdefault(name, []).append(value)
    return {
        name: MetricSummary(
            mean=statistics.fmean(each),
            std=statistics.pstdev(each),
            min=min(each),
            max=max(each),
            latest=each[-1],
        )
        for name, each in values.items()
    }


def _moved(model_id: str, request: Request, key: Key, span: Span, drift: DriftShown) -> list[Shown]:
    """Both distributions of those that moved most."""
    names = [each.feature for each in drift.series[:_PICTURED]]
    if not names:
        return []
    found = get_profile(model_id, request, key, span, names).features
    whole = [each for each in found if not each.facet]
    return sorted(whole, key=lambda each: names.index(each.name))


def _confidence(model_id: str, request: Request, key: Key, span: Span) -> float | None:
    """Its mean: of `confidence`, or of the score where none is told."""
    for name in _CONFIDENCES:
        with contextlib.suppress(InputError, ProblemError):
            found = get_profile(model_id, request, key, span, [name]).features
            return found[0].current.mean if found else None
    return None


def _fairness(model_id: str, request: Request, key: Key, span: Span) -> FairnessShown | None:
    """None where no attribute is declared, or it cannot be told what people hope for."""
    try:
        return get_fairness(model_id, request, key, span)
    except ProblemError as problem:
        if problem.status >= 500:
            raise
        return None


def _page_url(model_id: str, request: Request, span: Span) -> str:
    """Where links lead: as notices have it, or else where the report was asked for."""
    base = state_of(request).config.alerts.dashboard
    if not base and "server" not in request.scope:
        return ""
    base = base or str(request.base_url)
    part = urlencode({"from": moment(span.start).isoformat(), "to": moment(span.stop).isoformat()})
    return f"{base.rstrip('/')}/models/{quote(model_id, safe='')}?{part}"
