"""Numbers that users sent themselves (`log_metric`), step by step."""

import math
from datetime import datetime
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import numbers
from tidegauge.catalog.numbers import Number
from tidegauge.web.routes.asked import DaySpan, Reader, Step, looking, moment

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_MOST = 100_000


class MetricStep(BaseModel):
    timestamp: datetime
    n: int
    mean: float
    std: Annotated[float | None, Field(description="None of fewer than two.")]
    min: float
    max: float
    last: float


class MetricShown(BaseModel):
    name: str
    tags: Annotated[str, Field(description="As JSON, in the order of their names.")]
    data_points: list[MetricStep]


class MetricsShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step: Annotated[int, Field(description="Seconds.")]
    metrics: list[MetricShown]


@router.get("/metrics")
def get_metrics(
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    step: Step = None,
    name: Annotated[str | None, Query(max_length=256, description="Of one metric.")] = None,
    segment: Annotated[
        str,
        Query(max_length=256, description="Those sent with these tags, as `tags.region=eu`."),
    ] = "",
) -> MetricsShown:
    """The model's own numbers: each name and set of tags by itself."""
    with looking(request, key, model_id) as (connection, subject, reach, _state):
        steps = reach.steps(span.start, span.stop, step)
        every = numbers.between(
            connection, subject.model.id, name, steps.step, steps.start, steps.stop
        )
        found = numbers.tagged(every, segment)
    return MetricsShown(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        step=steps.step,
        metrics=[
            MetricShown(name=of[0], tags=of[1], data_points=[_step(each) for each in some])
            for of, some in groupby(found[:_MOST], key=lambda each: (each.name, each.tags))
        ],
    )


def _step(number: Number) -> MetricStep:
    mean = number.total / number.n
    variance = (number.squares - number.n * mean * mean) / (number.n - 1) if number.n > 1 else None
    return MetricStep(
        timestamp=moment(number.start),
        n=number.n,
        mean=mean,
        std=math.sqrt(max(variance, 0.0)) if variance is not None else None,
        min=number.low,
        max=number.high,
        last=number.last,
    )
