"""What monitoring last found of a model: its numbers, what they were before, and anomalies."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, ValidationError

from tidegauge.catalog import monitors, readings, targets
from tidegauge.catalog.readings import Reading
from tidegauge.monitor.diagnosis import Told
from tidegauge.monitor.file import read_one
from tidegauge.monitor.result import (
    Anomaly,
    Change,
    anomaly_of,
    baseline_of,
    change_of,
    number_of,
)
from tidegauge.monitor.severity import RANK
from tidegauge.series.seen import look
from tidegauge.web.routes.asked import (
    Looking,
    Reader,
    Segment,
    Time,
    Version,
    looking,
    micros,
    moment,
    now,
)
from tidegauge.web.routes.personal import hidden
from tidegauge.web.routes.readings import is_of_secret
from tidegauge.window import DAY, FIVE_MINUTES, MINUTE, SECOND, floor

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["monitors"])


class MonitoringResult(BaseModel):
    """Of the last five minutes that are judged; each number is of its monitor's own window, which
    ends with them."""

    model_id: str
    status: Annotated[
        Literal["no_data", "healthy", "anomalies_detected"],
        Field(description="`no_data`: no prediction came, and no monitor minds."),
    ]
    window_start: datetime
    window_end: datetime
    window_duration_minutes: float
    metrics_count: Annotated[int, Field(description="Numbers that have a value.")]
    predictions: int
    current: Annotated[Mapping[str, float], Field(description="By metric.")]
    baseline: Annotated[
        Mapping[str, float | None],
        Field(description="What each is compared with; null where it has limits only."),
    ]
    comparison: Mapping[str, Change]
    anomalies: Annotated[list[Anomaly], Field(description="The worst first.")]
    timestamp: Annotated[datetime, Field(description="When the latest reading was made.")]


@router.get("/monitor")
def get_monitoring_result(
    model_id: str,
    request: Request,
    key: Reader,
    end_time: Annotated[Time, Query(description="The last moment; now where none is told.")] = None,
    version: Version = None,
    segment: Segment = "",
) -> MonitoringResult:
    """The latest monitoring result, as the monitors' readings have it."""
    at = now() if end_time is None else micros(end_time)
    with looking(request, key, model_id) as found:
        found.subject.numbers(version, segment)
        told = latest(found, key.tenant, at, version, segment)
        stop = max((each.reading.slot for each in told), default=floor(at, MINUTE))
        # What is asked more seldom holds until it is asked again.
        told = [
            each
            for each in told
            if each.reading.slot > stop - max(each.monitor.every, FIVE_MINUTES) * SECOND
        ]
        start = stop - FIVE_MINUTES * SECOND
        seen = look(
            found.connection,
            found.reach,
            found.subject,
            start,
            stop,
            version=version,
            segment=segment,
        )
        secret = hidden(found.subject.model, key)
    numbers = _by_metric(told, secret)
    current = {name: each.value for name, each in numbers.items() if each.value is not None}
    before = {name: baseline_of(each) for name, each in numbers.items()}
    anomalies = sorted(_anomalies(told, secret), key=lambda each: -RANK[each.severity])
    return MonitoringResult(
        model_id=model_id,
        status="anomalies_detected" if anomalies else "healthy" if seen.rows else "no_data",
        window_start=moment(start),
        window_end=moment(stop),
        window_duration_minutes=FIVE_MINUTES / MINUTE,
        metrics_count=len(current),
        predictions=seen.rows,
        current=current,
        baseline=before,
        comparison={name: change_of(value, before[name]) for name, value in current.items()},
        anomalies=anomalies,
        timestamp=moment(max((each.reading.made_at for each in told), default=at)),
    )


def latest(found: Looking, tenant: str, at: int, version: str | None, segment: str) -> list[Told]:
    """Of each monitor the last reading, in the order of their names."""
    kept = {each.id: each for each in monitors.listed(found.connection, tenant)}
    own = {
        each.id: each.monitor
        for each in targets.of_model(found.connection, found.subject.model.id)
        if each.version == (version or "") and each.segment == segment and each.monitor in kept
    }
    made = readings.last(found.connection, list(own), at - DAY * SECOND, at)
    told: list[Told] = []
    for target, reading in made.items():
        try:
            told.append(Told(read_one(kept[own[target]].document), reading))
        except ValidationError:
            # Another version wrote it.
            continue
    return sorted(told, key=lambda each: each.monitor.name)


def _by_metric(told: list[Told], secret: frozenset[str]) -> dict[str, Reading]:
    """Of monitors of one number the one with a baseline, and of those the shortest window."""
    found: dict[str, Reading] = {}
    for monitor, reading in sorted(told, key=_worth):
        is_number = monitor.kind in ("metric", "trend", "performance") and reading.value is not None
        if is_number and not is_of_secret(monitor, secret):
            found[number_of(monitor, reading)] = reading
    return found


def _worth(told: Told) -> tuple[bool, int]:
    return baseline_of(told.reading) is not None, -told.monitor.window


def _anomalies(told: list[Told], secret: frozenset[str]) -> Iterator[Anomaly]:
    for monitor, reading in told:
        found = anomaly_of(monitor, reading)
        if found is None:
            continue
        if is_of_secret(monitor, secret):
            found = replace(
                found, current_value=None, baseline_value=None, change=None, reason=_HIDDEN
            )
        elif secret and monitor.kind in ("drift", "explanation"):
            # Its words may name a value.
            found = replace(found, reason="columns moved: see the readings")
        yield found


_HIDDEN = "of a column with personal data"
