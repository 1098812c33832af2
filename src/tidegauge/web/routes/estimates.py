"""How good a model is expected to prove to be, before its labels have come."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tidegauge.catalog.estimators import Estimator
from tidegauge.estimate import Trust
from tidegauge.series import estimate
from tidegauge.series.estimate import Estimators
from tidegauge.series.performance import step_of
from tidegauge.web.routes.asked import (
    Reader,
    Segment,
    Step,
    Version,
    looking,
    moment,
    moment_or_none,
    now,
)
from tidegauge.web.routes.performance import FigureShown, MonthSpan, Names, shown
from tidegauge.window import HOUR

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_USUAL = ("accuracy", "roc_auc", "f1", "mae", "rmse")


class EstimatedPoint(BaseModel):
    timestamp: datetime
    predictions: int
    is_supported: Annotated[bool, Field(description="The estimate may be used.")]
    reasons: Annotated[list[str], Field(description="Why it may not.")]
    estimated: dict[str, FigureShown]
    realised: Annotated[
        dict[str, FigureShown], Field(description="Of the predictions whose truth is known by now.")
    ]
    labelled: int
    final_by: datetime | None
    is_mature: Annotated[bool, Field(description="Most labels that come at all have come.")]


class EstimatorShown(BaseModel):
    number: int
    version: Annotated[str | None, Field(description="None: of all that have none of their own.")]
    fitted_at: datetime
    start_time: Annotated[datetime, Field(description="With `end_time`: of what it learned from.")]
    end_time: datetime
    rows: Annotated[int, Field(description="With labels.")]
    learned_from: Literal["reference", "first labels"]
    baseline_error: Annotated[
        dict[str, float], Field(description="By how much it missed rows that it did not see.")
    ]
    doubt: Annotated[str | None, Field(description="Why it is not to be trusted.")]


class TrustShown(BaseModel):
    is_trusted: bool
    reason: str | None
    error: Annotated[
        float | None, Field(description="The mean distance of estimated and realised, lately.")
    ]
    windows: Annotated[int, Field(description="That were compared.")]


class EstimatesShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step: int
    positive_label: str | None
    estimators: list[EstimatorShown]
    trust: Annotated[dict[str, TrustShown], Field(description="By figure.")]
    data_points: list[EstimatedPoint]


@router.get("/estimates")
def get_estimates(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: MonthSpan,
    step: Step = None,
    version: Version = None,
    segment: Segment = "",
    metric: Names = None,
) -> EstimatesShown:
    """What figures are expected to be before labels are there, hour by hour or day by day, beside
    what they proved to be; and whether that may be believed now.

    Intervals are of the figure that will be realised.  Nothing is estimated well where what is
    true of the same inputs has changed: `trust` says so once labels have come.
    """
    at, names = now(), list(metric or _USUAL)
    size = max(step_of(span.stop - span.start, step), HOUR)
    with looking(request, key, model_id) as found:
        positive = found.subject.model.positive
        steps = found.reach.steps(span.start, span.stop, size)
        looked = estimate.look(
            found.connection, found.reach, found.subject, steps, version=version, segment=segment
        )
        told = {name for each in looked.steps for name in each.estimated.figures}
        numbers = found.subject.numbers(version, segment)
        # Of a span in the past, whether it was to be believed at its end.
        upto = min(at, steps.stop)
        trust = {
            name: estimate.believed(found.connection, looked.known, numbers, name, upto, positive)
            for name in names
            if name in told
        }
    return EstimatesShown(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        step=steps.step,
        positive_label=positive,
        estimators=_estimators(looked.known),
        trust={name: _trust(each) for name, each in trust.items()},
        data_points=[_point(each, names, positive, at) for each in looked.steps],
    )


def _point(step: estimate.Step, names: list[str], positive: str | None, at: int) -> EstimatedPoint:
    point, estimated = step.realised, step.estimated
    return EstimatedPoint(
        timestamp=moment(point.start),
        predictions=point.predictions,
        is_supported=estimated.is_supported,
        reasons=estimated.reasons,
        estimated={
            name: shown(estimated.figures[name]) for name in names if name in estimated.figures
        },
        realised={name: shown(each) for name, each in point.figures(positive, names).items()},
        labelled=point.labelled,
        final_by=moment_or_none(point.final_by),
        is_mature=point.final_by is not None and point.final_by <= at,
    )


def _trust(trust: Trust) -> TrustShown:
    return TrustShown(
        is_trusted=trust.is_trusted, reason=trust.reason, error=trust.error, windows=trust.windows
    )


def _estimators(known: Estimators) -> list[EstimatorShown]:
    """Those in use, and those of which nothing was learned: why not."""
    return [_estimator(each, known) for each in known.told]


def _estimator(each: Estimator, known: Estimators) -> EstimatorShown:
    baseline = known[each.number].baseline if each.body else None
    errors = {name: baseline.error(name) for name in baseline.pairs} if baseline else {}
    return EstimatorShown(
        number=each.number,
        version=each.version or None,
        fitted_at=moment(each.fitted_at),
        start_time=moment(each.first_at),
        end_time=moment(each.last_at),
        rows=each.rows,
        learned_from="first labels" if each.baseline is None else "reference",
        baseline_error={name: error for name, error in errors.items() if error is not None},
        doubt=each.doubt,
    )
