"""How good a model was, as far as the truth is known."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import unmatched
from tidegauge.performance import Classes, Figure
from tidegauge.performance.classes import pairs
from tidegauge.series import performance
from tidegauge.series.exact import Asked
from tidegauge.series.outcome import Point, main_of
from tidegauge.series.performance import Performance, Trend
from tidegauge.web.routes.asked import (
    AskedSpan,
    Looking,
    Reader,
    Segment,
    Span,
    Step,
    Version,
    looking,
    moment,
    moment_or_none,
    now,
    source_of,
)
from tidegauge.web.routes.bounded import bounded
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_MONTH = 30 * DAY * SECOND
Names = Annotated[
    list[str] | None,
    Query(max_length=50, description="Only these figures; several by repeating `metric`."),
]


class FigureShown(BaseModel):
    value: float
    low: Annotated[float | None, Field(description="With `high`: the interval of 95 %.")]
    high: float | None
    n: float
    bound: Annotated[
        float, Field(description="How far the rows themselves may be from this, which is of bins.")
    ]


class PointShown(BaseModel):
    timestamp: datetime
    predictions: int
    labelled: int
    coverage: Annotated[float | None, Field(description="The share whose truth is known.")]
    revision: Annotated[int, Field(description="How often late labels restated it, from 1.")]
    final_by: datetime | None
    is_mature: Annotated[bool, Field(description="Most labels that come at all have come.")]
    metrics: dict[str, FigureShown]


class Cell(BaseModel):
    actual: str
    predicted: str
    count: float


class Band(BaseModel):
    score: float
    happened: float
    count: float


class DelayShown(BaseModel):
    n: float
    p50_hours: float
    p90_hours: float
    p99_hours: float
    before_prediction: Annotated[
        int, Field(description="Labels that say that they are older than their prediction.")
    ]


class PerformanceShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step: int
    positive_label: str | None
    main_metric: Annotated[
        str | None, Field(description="The first that was named, or the usual one of its task.")
    ]
    total: PointShown
    exact: Annotated[bool, Field(description="Figures are of the rows, and not of bins.")]
    performance_trend: Trend | None
    confusion_matrix: list[Cell]
    calibration: list[Band]
    label_delay: DelayShown | None
    data_points: list[PointShown]


class CoveragePoint(BaseModel):
    timestamp: datetime
    predictions: int
    labelled: int
    coverage: float | None
    final_by: datetime | None
    is_mature: bool


class CoverageShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step: int
    predictions: int
    labelled: int
    coverage: float | None
    unmatched: Annotated[int, Field(description="Labels whose prediction has not come.")]
    label_delay: DelayShown | None
    data_points: list[CoveragePoint]


def shown(figure: Figure) -> FigureShown:
    return FigureShown(
        value=figure.value, low=figure.low, high=figure.high, n=figure.n, bound=figure.bound
    )


def _is_mature(point: Point, at: int) -> bool:
    return point.final_by is not None and point.final_by <= at


def _point(point: Point, positive: str | None, names: list[str], at: int) -> PointShown:
    return PointShown(
        timestamp=moment(point.start),
        predictions=point.predictions,
        labelled=point.labelled,
        coverage=point.coverage,
        revision=point.revision,
        final_by=moment_or_none(point.final_by),
        is_mature=_is_mature(point, at),
        metrics={name: shown(each) for name, each in point.figures(positive, names).items()},
    )


def _delay(point: Point) -> DelayShown | None:
    delays = point.delays
    if delays is None:
        return None
    p50, p90, p99 = (delays.quantile(part) / 3600 for part in (0.5, 0.9, 0.99))
    return DelayShown(
        n=delays.n, p50_hours=p50, p90_hours=p90, p99_hours=p99, before_prediction=delays.early
    )


def _looked(
    found: Looking, span: Span, step: int | None, version: str | None, segment: str
) -> tuple[Performance, int]:
    wanted = performance.step_of(span.stop - span.start, step)
    steps = found.reach.steps(span.start, span.stop, wanted)
    looked = performance.look(
        found.connection, found.reach, found.subject, steps, version=version, segment=segment
    )
    return looked, steps.step


MonthSpan = Annotated[Span, Depends(AskedSpan(_MONTH))]


@router.get("/performance")
def get_performance(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: MonthSpan,
    step: Step = None,
    version: Version = None,
    segment: Segment = "",
    metric: Names = None,
    exact: Annotated[  # noqa: FBT002 - the same
        bool,
        Query(
            description="From the rows themselves, of a million predictions at the most: every"
            " `bound` is 0.  That takes seconds."
        ),
    ] = False,
) -> PerformanceShown:
    """What was right of the predictions whose truth is known: step by step, and all together.

    Each figure has its n and its interval, each step the share of the truth that is known, and
    when it is final.
    """
    with looking(request, key, model_id) as found:
        looked, size = _looked(found, span, step, version, segment)
        positive = looked.positive
    if exact:
        state = found.state
        with bounded() as go_on:
            asked = Asked(
                source_of(state), state.kept.store, found.subject.model, version, segment, go_on
            )
            looked = asked.of(looked, size)
    at, names = now(), metric or []
    main = looked.total.measured.get("")
    classes = main if isinstance(main, Classes) else None
    told = looked.total.figures(positive)
    by = next((name for name in names if name in told), None) or main_of(told)
    mature = [each for each in looked.points if _is_mature(each, at)]
    return PerformanceShown(
        model_id=model_id,
        start_time=moment(looked.total.start),
        end_time=moment(looked.total.stop),
        step=size,
        positive_label=positive,
        main_metric=by,
        total=_point(looked.total, positive, names, at),
        exact=exact,
        performance_trend=performance.trend(mature, positive, by) if by else None,
        confusion_matrix=[
            Cell(actual=actual, predicted=predicted, count=count)
            for actual, predicted, count in (pairs(classes) if classes else ())
        ],
        calibration=[
            Band(score=score, happened=happened, count=count)
            for score, happened, count in (
                classes.calibration(positive) if classes and positive else ()
            )
        ],
        label_delay=_delay(looked.total),
        data_points=[_point(each, positive, names, at) for each in looked.points],
    )


@router.get("/labels/coverage")
def get_coverage(
    model_id: str,
    request: Request,
    key: Reader,
    span: MonthSpan,
    step: Step = None,
    version: Version = None,
    segment: Segment = "",
) -> CoverageShown:
    """Of how many predictions the truth is known, how long it takes, and what is still awaited."""
    with looking(request, key, model_id) as found:
        looked, size = _looked(found, span, step, version, segment)
        waiting = unmatched.count(found.connection, found.subject.model.id)
    at, total = now(), looked.total
    return CoverageShown(
        model_id=model_id,
        start_time=moment(total.start),
        end_time=moment(total.stop),
        step=size,
        predictions=total.predictions,
        labelled=total.labelled,
        coverage=total.coverage,
        unmatched=waiting,
        label_delay=_delay(total),
        data_points=[
            CoveragePoint(
                timestamp=moment(each.start),
                predictions=each.predictions,
                labelled=each.labelled,
                coverage=each.coverage,
                final_by=moment_or_none(each.final_by),
                is_mature=_is_mature(each, at),
            )
            for each in looked.points
        ],
    )
