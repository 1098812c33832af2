"""Calls over time: how many, how long they took, how they ended."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tidegauge.series.reach import Steps
from tidegauge.series.seen import Seen, look_stepwise
from tidegauge.series.subject import Subject
from tidegauge.series.traffic import Calls, calls
from tidegauge.web.routes.asked import (
    DaySpan,
    Looking,
    Reader,
    Segment,
    Span,
    Step,
    Version,
    looking,
    moment,
    now,
)
from tidegauge.window import SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])


class TrafficStep(BaseModel):
    timestamp: datetime
    calls: Calls


class TrafficSeries(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step: Annotated[int, Field(description="Seconds.")]
    total: Calls
    data_points: list[TrafficStep]


@router.get("/traffic")
def get_traffic(
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    step: Step = None,
    version: Version = None,
    segment: Segment = "",
) -> TrafficSeries:
    """Throughput, latency and its parts, errors, cache hits and concurrency, step by step."""
    with looking(request, key, model_id) as found:
        steps, seen = stepwise(found, span, step, version, segment)
    total = Seen(
        start=steps.start,
        stop=steps.stop,
        windows=[window for each in seen for window in each.windows],
        layout=None,
    )
    return TrafficSeries(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        step=steps.step,
        total=calls_of(total),
        data_points=[
            TrafficStep(timestamp=moment(each.start), calls=calls_of(each)) for each in seen
        ],
    )


def stepwise(
    found: Looking, span: Span, step: int | None, version: str | None, segment: str
) -> tuple[Steps, list[Seen]]:
    steps = found.reach.steps(span.start, span.stop, step)
    subject: Subject = found.subject
    return steps, look_stepwise(
        found.connection, found.reach, subject, steps, version=version, segment=segment
    )


def calls_of(seen: Seen) -> Calls:
    """A rate is of the time that has passed."""
    return calls(seen.traffic(), (min(seen.stop, now()) - seen.start) / SECOND)
