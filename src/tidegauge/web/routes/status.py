"""How a model does: its status, how far it is counted, its versions and segments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import progress, schemas, windows
from tidegauge.catalog.models import Model
from tidegauge.log import Position
from tidegauge.quality.finding import Finding
from tidegauge.series.health import Reason
from tidegauge.series.status import status_of
from tidegauge.series.subject import Subject
from tidegauge.series.traffic import Calls
from tidegauge.web.routes.asked import Reader, looking, model_of, moment, moment_or_none, now
from tidegauge.web.routes.personal import hidden, without_findings
from tidegauge.web.state import State, state_of
from tidegauge.window import SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])


class BaselineShown(BaseModel):
    number: int
    source: str
    name: str
    rows: int
    created_at: datetime


class Status(BaseModel):
    model_id: str
    timestamp: datetime
    state: Literal["empty", "learning", "watched"]
    overall_status: Annotated[
        Literal["healthy", "warning", "critical", "unknown"],
        Field(description="Until there are incidents: by the health score of the last 24 hours."),
    ]
    health_score: int | None
    reasons: list[Reason]
    rows: int
    last_seen: datetime | None
    rate_24h: Sequence[int]
    versions: list[str]
    segments: list[str]
    baseline: BaselineShown | None
    schema_number: int | None
    traffic: Calls
    drift_status: Literal["drift_detected", "no_drift", "insufficient_data", "learning"]
    drifted_features: Sequence[str]
    findings: list[Finding]
    lag_seconds: float


class Watermark(BaseModel):
    model_id: str
    counted_at: Annotated[
        datetime | None, Field(description="When the last batch that is counted was received.")
    ]
    waiting_rows: Annotated[int, Field(description="Received and not counted yet.")]
    lag_seconds: Annotated[
        float, Field(description="The age of the oldest batch, of any model, not counted yet.")
    ]
    rolled_to: Annotated[
        Mapping[str, datetime],
        Field(description="By seconds of a window: up to where windows of that size are made."),
    ]


class VersionShown(BaseModel):
    version: str
    last_seen: datetime | None


class SegmentShown(BaseModel):
    segment: str
    column: str
    value: str


class Waiting(NamedTuple):
    """What was received and is not counted yet."""

    counted_at: int | None
    lag_seconds: float
    rows: int


def waiting(state: State, model: Model | None = None) -> Waiting:
    """Of all models, or the rows of one."""
    with state.kept.catalog.read() as connection:
        begun = progress.get(connection, "worker")
    position = Position.parse(begun.position if begun else progress.START)
    rows, lag = 0, 0.0
    with state.kept.reading:
        if state.log.end() > position:
            oldest = next(iter(state.log.read(position, most=1)), None)
            lag = max(now() - oldest[1].at, 0) / SECOND if oldest else 0.0
        if lag and model:
            places = [
                place
                for kind in ("predictions", "history")
                for place in state.log.where(model.tenant, model.name, kind, position)
            ]
            rows = sum(place.rows for place in places)
    return Waiting(begun.at if begun and begun.at else None, lag, rows)


@router.get("/status")
def get_status(model_id: str, request: Request, key: Reader) -> Status:
    """The last 24 hours in one answer: health with its reasons, traffic, drift, quality."""
    at = now()
    lag = waiting(state_of(request)).lag_seconds
    with looking(request, key, model_id) as (connection, subject, reach, _state):
        found = status_of(connection, reach, subject, at, lag_seconds=lag)
        schema = schemas.latest(connection, [subject.model.id]).get(subject.model.id)
    drift = found.drift
    return Status(
        model_id=model_id,
        timestamp=moment(at),
        state=found.listed.state,
        overall_status=found.health.status,
        health_score=found.health.score,
        reasons=found.health.reasons,
        rows=found.listed.rows,
        last_seen=moment_or_none(found.listed.last_at),
        rate_24h=found.listed.hourly,
        versions=subject.versions,
        segments=subject.segments,
        baseline=baseline_of(subject),
        schema_number=schema.number if schema else None,
        traffic=found.calls,
        drift_status="learning"
        if subject.is_learning
        else drift.status
        if drift
        else "insufficient_data",
        drifted_features=drift.drifted_features if drift else [],
        findings=without_findings(found.findings, hidden(subject.model, key)),
        lag_seconds=lag,
    )


@router.get("/watermark")
def get_watermark(model_id: str, request: Request, key: Reader) -> Watermark:
    """How far what was received is counted."""
    model = model_of(request, key, model_id)
    found = waiting(state_of(request), model)
    with looking(request, key, model_id) as (_connection, _subject, reach, _state):
        rolled = {str(each): moment(upto) for each, upto in sorted(reach.rolled.items())}
    return Watermark(
        model_id=model_id,
        counted_at=moment_or_none(found.counted_at),
        waiting_rows=found.rows,
        lag_seconds=found.lag_seconds,
        rolled_to=rolled,
    )


@router.get("/versions")
def list_versions(model_id: str, request: Request, key: Reader) -> list[VersionShown]:
    """The versions that were seen; "" is of predictions that told none."""
    with looking(request, key, model_id) as (connection, subject, _reach, _state):
        own = {each.id: each.version for each in subject.series if not each.segment}
        last = {own[number]: at for number, at in windows.last(connection, own).items()}
    return [
        VersionShown(version=version, last_seen=moment_or_none(last.get(version)))
        for version in subject.versions
    ]


@router.get("/segments")
def list_segments(model_id: str, request: Request, key: Reader) -> list[SegmentShown]:
    """The segments that are watched by themselves."""
    with looking(request, key, model_id) as (_connection, subject, _reach, _state):
        found = [(segment, *segment.partition("=")) for segment in subject.segments]
    return [
        SegmentShown(segment=segment, column=column, value=value)
        for segment, column, _equals, value in found
    ]


def baseline_of(subject: Subject) -> BaselineShown | None:
    baseline = subject.baseline
    if baseline is None:
        return None
    return BaselineShown(
        number=baseline.number,
        source=baseline.source,
        name=baseline.name,
        rows=baseline.rows,
        created_at=moment(baseline.created_at),
    )
