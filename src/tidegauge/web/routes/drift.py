"""Drift over time, and of a span as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.series import explanation
from tidegauge.series.drift import USUAL, Line, Status, furthest, lines, method_of, named
from tidegauge.series.overall import Overall, overall
from tidegauge.series.seen import Seen, look
from tidegauge.series.status import around
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
)
from tidegauge.web.routes.personal import hidden, without_words
from tidegauge.web.routes.profile import Features
from tidegauge.web.routes.status import BaselineShown, baseline_of
from tidegauge.web.routes.traffic import stepwise
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])


class DriftPoint(BaseModel):
    timestamp: datetime
    value: float | None
    status: Status
    n: int
    p_value: float | None
    bound: Annotated[
        float | None,
        Field(description="How far the number from all rows may be from this one, from bins."),
    ]


class DriftSeries(BaseModel):
    feature: str
    facet: Annotated[str, Field(description='What was derived from the column, or "".')]
    metric: str
    threshold_warning: float
    threshold_critical: float
    source: Literal["profile"] = "profile"
    data_points: list[DriftPoint]


class DriftShown(BaseModel):
    """Of one feature and metric its fields are those of the only series, too."""

    model_id: str
    start_time: datetime
    end_time: datetime
    step: int
    learning: bool
    baseline: BaselineShown | None
    other_rows: Annotated[int, Field(description="Not comparable, and not in here.")]
    feature: str | None
    metric: str | None
    threshold_warning: float | None
    threshold_critical: float | None
    data_points: list[DriftPoint]
    total_features: Annotated[
        int, Field(description="That there are; fewer are told where `limit` is.")
    ]
    series: list[DriftSeries]


class DriftOverall(BaseModel):
    model_id: str
    timestamp: datetime
    start_time: datetime
    end_time: datetime
    learning: bool
    baseline: BaselineShown | None
    other_rows: int
    result: Overall | None


@router.get("/drift")
def get_drift(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    feature: Features = None,
    metric: Annotated[
        list[str] | None,
        Query(max_length=30, description=f"Methods; {', '.join(USUAL)} where none is named."),
    ] = None,
    like: Annotated[
        str, Query(max_length=200, description="Only features with this in their names.")
    ] = "",
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            le=1000,
            description="Only so many: those that moved most in this time, by the first method.",
        ),
    ] = None,
    step: Step = None,
    version: Version = None,
    segment: Segment = "",
) -> DriftShown:
    """How far each step was from the reference, by feature and method.

    While the reference is provisional, `learning` says that the numbers will change with it.
    """
    methods = [method_of(name) for name in metric or USUAL]
    with looking(request, key, model_id) as found:
        steps, seen = stepwise(found, span, step, version, segment)
        subject = found.subject
        columns = [subject.column(name) for name in feature] if feature else None
    reference = subject.reference
    made: Sequence[Line] = []
    names: Sequence[str] = []
    if reference is not None:
        unpack = state_of(request).kept.known.unpack
        windows = [each.comparable for each in seen]
        names = columns = named(reference, like) if columns is None else columns
        if limit is not None and limit < len(columns):
            every = list(chain.from_iterable(windows))
            columns = furthest(reference, every, methods[0], columns, limit, unpack)
        made = lines(reference, windows, methods, columns, unpack)
    series = [_series(line, seen) for line in made]
    only = series[0] if len(series) == 1 else None
    return DriftShown(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        step=steps.step,
        learning=subject.is_learning,
        baseline=baseline_of(subject),
        other_rows=sum(each.other_rows for each in seen),
        feature=only.feature if only else None,
        metric=only.metric if only else None,
        threshold_warning=only.threshold_warning if only else None,
        threshold_critical=only.threshold_critical if only else None,
        data_points=only.data_points if only else [],
        total_features=len(names),
        series=series,
    )


@router.get("/drift/overall")
def get_overall_drift(
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    version: Version = None,
    segment: Segment = "",
) -> DriftOverall:
    """One span against the reference: the verdict on each feature, and on the model."""
    with looking(request, key, model_id) as found:
        seen, result = overall_of(found, span, version, segment)
    subject = found.subject
    return DriftOverall(
        model_id=model_id,
        timestamp=moment(seen.stop),
        start_time=moment(seen.start),
        end_time=moment(seen.stop),
        learning=subject.is_learning,
        baseline=baseline_of(subject),
        other_rows=seen.other_rows,
        result=without_words(result, hidden(subject.model, key)),
    )


def overall_of(
    found: Looking, span: Span, version: str | None = None, segment: str = ""
) -> tuple[Seen, Overall | None]:
    subject, reference = found.subject, found.subject.reference
    seen = look(
        found.connection,
        found.reach,
        subject,
        span.start,
        span.stop,
        version=version,
        segment=segment,
    )
    if reference is None:
        return seen, None
    importances = explanation.lately(found.connection, subject, seen.stop)
    told = replace(around(subject, seen.start, seen.stop), importances=importances)
    return seen, overall(reference, seen.profile(reference), told)


def _series(line: Line, seen: Sequence[Seen]) -> DriftSeries:
    return DriftSeries(
        feature=line.feature,
        facet=line.facet,
        metric=line.metric,
        threshold_warning=line.limits.warning,
        threshold_critical=line.limits.critical,
        data_points=[
            DriftPoint.model_construct(timestamp=moment(each.start), **point._asdict())
            for each, point in zip(seen, line.points, strict=True)
        ],
    )
