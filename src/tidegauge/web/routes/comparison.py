"""Two versions, variants or periods of a model, side by side."""

from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from tidegauge.series import comparison
from tidegauge.series.comparison import Difference, Side, Verdict
from tidegauge.series.outcome import main_of
from tidegauge.series.overall import Around, Overall, overall
from tidegauge.web.routes.asked import (
    AskedSpan,
    Reader,
    Span,
    Time,
    looking,
    moment,
    moment_or_none,
    now,
)
from tidegauge.web.routes.performance import FigureShown, shown
from tidegauge.web.routes.personal import hidden, without_words
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_MONTH = 30 * DAY * SECOND


class SideShown(BaseModel):
    version: str | None
    segment: str
    start_time: datetime
    end_time: datetime
    predictions: int
    labelled: int
    coverage: float | None
    is_mature: bool
    final_by: datetime | None


class DifferenceShown(BaseModel):
    name: str
    a: FigureShown
    b: FigureShown
    difference: Annotated[float, Field(description="B minus A.")]
    low: Annotated[float | None, Field(description="With `high`: the interval of 95 %.")]
    high: float | None
    verdict: Annotated[
        Verdict, Field(description="Of B; `unclear` where the interval holds no difference, too.")
    ]


class ComparisonShown(BaseModel):
    model_id: str
    a: SideShown
    b: SideShown
    sentence: str
    metrics: list[DifferenceShown]
    drift: Annotated[
        Overall | None, Field(description="The rows of B against those of A; None without either.")
    ]


class _Asked(NamedTuple):
    version: str | None
    segment: str
    span: Span


def _a(
    a_version: Annotated[str | None, Query(description="Unsaid: all versions.")] = None,
    a_segment: Annotated[str, Query(description='As "variant=blue"; none is all rows.')] = "",
    a_start_time: Time = None,
    a_end_time: Time = None,
) -> _Asked:
    return _Asked(a_version, a_segment, AskedSpan(_MONTH)(a_start_time, a_end_time))


def _b(
    b_version: Annotated[str | None, Query(description="Unsaid: all versions.")] = None,
    b_segment: Annotated[str, Query(description='As "variant=green"; none is all rows.')] = "",
    b_start_time: Time = None,
    b_end_time: Time = None,
) -> _Asked:
    return _Asked(b_version, b_segment, AskedSpan(_MONTH)(b_start_time, b_end_time))


@router.get("/compare")
def compare_sides(
    model_id: str,
    request: Request,
    key: Reader,
    a: Annotated[_Asked, Depends(_a)],
    b: Annotated[_Asked, Depends(_b)],
    metric: Annotated[
        list[str] | None, Query(max_length=50, description="Only these figures.")
    ] = None,
) -> ComparisonShown:
    """Each figure of both sides with the interval of the difference, and how their rows differ.

    The sides are the last 30 days where no time is told.
    """
    with looking(request, key, model_id) as found:
        subject = found.subject
        one, other = (
            comparison.look(
                found.connection,
                found.reach,
                subject,
                each.span.start,
                each.span.stop,
                version=each.version,
                segment=each.segment,
            )
            for each in (a, b)
        )
    positive = subject.model.positive
    found_differences = comparison.differences(
        one.figures(positive), other.figures(positive), metric or []
    )
    drift = None
    if one.profile is not None and one.profile.rows:
        around = Around(is_learning=False, baseline_days=None, hours=b.span.hours)
        drift = overall(one.profile, other.profile, around)
    at = now()
    return ComparisonShown(
        model_id=model_id,
        a=_side(one, at),
        b=_side(other, at),
        sentence=_sentence(found_differences),
        metrics=[_difference(each) for each in found_differences],
        drift=without_words(drift, hidden(subject.model, key)),
    )


def _side(side: Side, at: int) -> SideShown:
    point = side.point
    return SideShown(
        version=side.version,
        segment=side.segment,
        start_time=moment(point.start),
        end_time=moment(point.stop),
        predictions=point.predictions,
        labelled=point.labelled,
        coverage=point.coverage,
        is_mature=point.final_by is not None and point.final_by <= at,
        final_by=moment_or_none(point.final_by),
    )


def _difference(each: Difference) -> DifferenceShown:
    return DifferenceShown(
        name=each.name,
        a=shown(each.a),
        b=shown(each.b),
        difference=each.value,
        low=each.low,
        high=each.high,
        verdict=each.verdict,
    )


def _sentence(found: list[Difference]) -> str:
    """What the comparison comes to, by the figure that the task is usually judged by."""
    by_name = {each.name: each for each in found}
    name = main_of(by_name)
    if name is None:
        return "No label tells how good both sides are."
    main = by_name[name]
    values = f"{main.b.value:.4g} against {main.a.value:.4g}"
    if main.verdict == "unclear":
        return f"By {main.name}, {values}, it is not clear which is better."
    return f"B is {main.verdict}: its {main.name} is {values}."
