"""What the pages of the dashboard show, each in one answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import incidents, parts
from tidegauge.catalog.incidents import Asked
from tidegauge.monitor.severity import RANK
from tidegauge.series.health import Reason
from tidegauge.series.installation import Installation, installation
from tidegauge.series.overall import FeatureDrift, Overall
from tidegauge.series.reach import Reach
from tidegauge.series.seen import look_stepwise
from tidegauge.series.status import status_of
from tidegauge.series.traffic import Calls
from tidegauge.series.trends import Trends, trends
from tidegauge.web.host import Host, host
from tidegauge.web.routes.asked import (
    DAYS,
    Looking,
    Reader,
    looking,
    moment,
    moment_or_none,
    now,
)
from tidegauge.web.routes.incident_shown import IncidentShown, incident_of, shown
from tidegauge.web.routes.models import ModelShown, fields_of
from tidegauge.web.routes.personal import hidden, without_words
from tidegauge.web.routes.status import waiting
from tidegauge.web.state import state_of
from tidegauge.window import HOUR

router = APIRouter(prefix="/api/v1/dashboard", tags=["dashboard"])
Status = Literal["healthy", "warning", "critical", "unknown"]
_RECENT: Final = 10
Days = Annotated[int, Query(ge=1, le=90, description="Until now, hour by hour.")]


class SystemShown(BaseModel):
    timestamp: datetime
    data_time: Annotated[
        datetime | None, Field(description="When the last batch that is counted was received.")
    ]
    overall_status: Status
    reasons: list[str]
    models: Annotated[int, Field(description="That are not archived.")]
    active_models: Annotated[int, Field(description="That were called in the last 24 hours.")]
    learning_models: int
    predictions_24h: int
    throughput_per_minute: Annotated[float, Field(description="Over the present hour.")]
    rows: Annotated[int, Field(description="Predictions that are kept, of the tenant.")]
    stored_bytes: Annotated[int, Field(description="Of files of rows, of all tenants.")]
    rate_24h: Annotated[list[int], Field(description="Predictions in each of the last 24 hours.")]
    lag_seconds: float
    log_state: str
    system_health: Host
    alerts_summary: Annotated[
        dict[str, int], Field(description="Open incidents by severity; those without any are 0.")
    ]


class TrendsShown(BaseModel):
    model_id: str
    period_days: int
    data_points: int
    timestamps: list[datetime]
    latency_trend: Annotated[Sequence[float | None], Field(description="Milliseconds, mean.")]
    throughput_trend: Annotated[Sequence[float | None], Field(description="A minute.")]
    error_rate_trend: Sequence[float | None]
    confidence_trend: Annotated[Sequence[float | None], Field(description="Mean.")]


class DriftAnalysis(BaseModel):
    feature_drift: Mapping[str, FeatureDrift]
    prediction_drift: Mapping[str, FeatureDrift]
    overall: Overall | None


class ModelPageShown(BaseModel):
    timestamp: datetime
    data_time: Annotated[
        datetime | None, Field(description="When the last batch that is counted was received.")
    ]
    overall_status: Status
    health_score: int | None
    reasons: list[Reason]
    current_performance: Calls
    drift_analysis: DriftAnalysis
    performance_trends: TrendsShown
    model_info: ModelShown
    state: Literal["empty", "learning", "watched"]
    rows: int
    last_seen: datetime | None
    versions: list[str]
    recent_alerts: Annotated[
        list[IncidentShown], Field(description="Its incidents, the latest first; 10 at most.")
    ]
    system_health: Host


@router.get("/system")
def get_system(request: Request, key: Reader) -> SystemShown:
    """The whole installation, as far as the tenant of the key goes."""
    state, at = state_of(request), now()
    kept = state.kept
    told = waiting(state)
    lag = told.lag_seconds
    with kept.catalog.read() as connection:
        reach = Reach.read(connection, kept.windows_for)
        found = installation(connection, reach, key.tenant, at)
        stored = parts.totals(connection).bytes
        live = incidents.tally(connection, Asked(tenant=key.tenant, states=incidents.LIVE))
    log = state.log.health()
    reasons = [f"the log is {log.state}: {log.detail}"] if log.state != "ok" else []
    if lag > 60:
        reasons.append(f"what was received is counted {lag:.0f} s late")
    passed = max((at % (HOUR * 1_000_000)) / 60e6, 1.0)
    return SystemShown(
        timestamp=moment(at),
        data_time=moment_or_none(told.counted_at),
        overall_status=_overall(found, reasons),
        reasons=reasons,
        models=found.models,
        active_models=found.active,
        learning_models=found.learning,
        predictions_24h=sum(found.hourly),
        throughput_per_minute=found.hourly[-1] / passed,
        rows=found.rows,
        stored_bytes=stored,
        rate_24h=list(found.hourly),
        lag_seconds=lag,
        log_state=log.state,
        system_health=host(state.config.data),
        alerts_summary={
            each: sum(some.incidents for some in live if some.severity == each) for each in RANK
        },
    )


@router.get("/model/{model_id}")
def get_model_page(model_id: str, request: Request, key: Reader, days: Days = 7) -> ModelPageShown:
    """One model: status, traffic, drift and trends."""
    at = now()
    state = state_of(request)
    told = waiting(state)
    with looking(request, key, model_id) as found:
        status = status_of(
            found.connection, found.reach, found.subject, at, lag_seconds=told.lag_seconds
        )
        made = _trends(found, at, days)
        asked = Asked(tenant=key.tenant, models=[model_id])
        recent = incidents.page(found.connection, asked, limit=_RECENT)
    subject = found.subject
    drift = without_words(status.drift, hidden(subject.model, key))
    drifts = drift.feature_drifts if drift else {}
    schema = subject.reference.layout.schema if subject.reference else None
    outputs = {c.name for c in schema or () if c.role == "prediction"}
    return ModelPageShown(
        timestamp=moment(at),
        data_time=moment_or_none(told.counted_at),
        overall_status=status.health.status,
        health_score=status.health.score,
        reasons=status.health.reasons,
        current_performance=status.calls,
        drift_analysis=DriftAnalysis(
            feature_drift={name: d for name, d in drifts.items() if name not in outputs},
            prediction_drift={name: d for name, d in drifts.items() if name in outputs},
            overall=drift,
        ),
        performance_trends=_shown(model_id, days, made),
        model_info=ModelShown(**fields_of(subject.model)),
        state=status.listed.state,
        rows=status.listed.rows,
        last_seen=moment_or_none(status.listed.last_at),
        versions=subject.versions,
        recent_alerts=[
            shown(incident_of(each), {model_id: hidden(subject.model, key)}) for each in recent
        ],
        system_health=host(state.config.data),
    )


@router.get("/trends/{model_id}")
def get_trends(model_id: str, request: Request, key: Reader, days: Days = 7) -> TrendsShown:
    """Latency, throughput, error rate and confidence, hour by hour."""
    with looking(request, key, model_id) as found:
        made = _trends(found, now(), days)
    return _shown(model_id, days, made)


def _trends(found: Looking, at: int, days: int) -> Trends:
    steps = found.reach.steps(at - days * DAYS, at, HOUR)
    seen = look_stepwise(found.connection, found.reach, found.subject, steps)
    return trends(found.subject.reference, seen, at, found.state.kept.known.unpack)


def _shown(model_id: str, days: int, made: Trends) -> TrendsShown:
    return TrendsShown(
        model_id=model_id,
        period_days=days,
        data_points=len(made.starts),
        timestamps=[moment(start) for start in made.starts],
        latency_trend=made.latency_ms,
        throughput_trend=made.throughput_per_minute,
        error_rate_trend=made.error_rate,
        confidence_trend=made.confidence,
    )


def _overall(found: Installation, reasons: Sequence[str]) -> Status:
    if reasons:
        return "critical"
    return "healthy" if found.active else "unknown"
