"""Whether groups of people are treated alike."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.fairness import Criterion, Limits, Verdict
from tidegauge.fairness.group import Group, Rate
from tidegauge.ingest.problem import ProblemError
from tidegauge.performance.figure import wilson
from tidegauge.series import fairness
from tidegauge.series.fairness import Fairness
from tidegauge.series.performance import step_of
from tidegauge.web.routes.asked import Reader, Version, looking, moment
from tidegauge.web.routes.performance import MonthSpan

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_USUAL: Final = Limits()


class RateShown(BaseModel):
    value: float
    low: float
    high: float
    n: float


class GroupShown(BaseModel):
    group: Annotated[str, Field(description='The value of the attribute; "" where none is told.')]
    sample_count: Annotated[float, Field(description="Predictions with a class.")]
    labelled: float
    positive_rate: Annotated[
        RateShown | None,
        Field(description="Given what people hope for: see positive_is_favourable."),
    ]
    true_positive_rate: RateShown | None
    false_positive_rate: RateShown | None
    precision: RateShown | None
    accuracy: RateShown | None


class CriterionShown(BaseModel):
    name: str
    verdict: Verdict
    threshold: float
    value: float | None
    low: float | None
    high: float | None
    groups: list[str]
    left_out: Annotated[list[str], Field(description="Groups of too few rows for it.")]


class AttributeShown(BaseModel):
    protected_attribute: str
    verdict: Verdict
    is_fair: Annotated[bool | None, Field(description="None where too little is known to say.")]
    disparate_impact: float | None
    max_tpr_difference: float | None
    max_fpr_difference: float | None
    group_metrics: list[GroupShown]
    criteria: list[CriterionShown]


class FairnessShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    positive_label: str
    positive_is_favourable: bool
    attributes: list[AttributeShown]


@router.get("/fairness")
def get_fairness(
    model_id: str,
    request: Request,
    key: Reader,
    span: MonthSpan,
    attribute: Annotated[
        list[str] | None,
        Query(
            max_length=20,
            description="Declared segments.  Unsaid: the protected attributes, or else all.",
        ),
    ] = None,
    version: Version = None,
    minimum: Annotated[
        int, Query(ge=1, le=1_000_000, description="Rows that a rate of a group has to be of.")
    ] = _USUAL.fewest,
) -> FairnessShown:
    """Group by group what was chosen and what was right, and each criterion with its interval.

    A verdict is given only where the interval lies wholly on one side of the limit.
    """
    with looking(request, key, model_id) as found:
        subject = found.subject
        model = subject.model
        if model.positive is None or model.favourable is None:
            raise _unsaid(model_id)
        wanted = attribute or list(model.protected or model.segments)
        for name in wanted:
            if name not in model.segments:
                raise _undeclared(name, list(model.segments))
        steps = found.reach.steps(span.start, span.stop, step_of(span.stop - span.start, None))
        looked = [
            fairness.look(
                found.connection,
                found.reach,
                subject,
                name,
                steps,
                positive=model.positive,
                favourable=model.favourable,
                version=version,
                limits=Limits(fewest=minimum),
            )
            for name in wanted
        ]
    return FairnessShown(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        positive_label=model.positive,
        positive_is_favourable=model.favourable,
        attributes=[_attribute(each, favourable=model.favourable) for each in looked],
    )


def _unsaid(model_id: str) -> ProblemError:
    return ProblemError(
        "state-conflict",
        "say first which class is the positive one, and whether it is what people hope for: PATCH"
        f" /api/v1/models/{model_id} with positive_label and positive_is_favourable",
    )


def _undeclared(name: str, known: list[str]) -> ProblemError:
    told = ", ".join(known) or "none yet"
    detail = f"{name!r} is no declared segment; those are: {told}. PUT .../schema declares one"
    return ProblemError(
        "invalid-request",
        detail,
        [{"pointer": "/attribute", "code": "bad-format", "detail": detail}],
    )


def _attribute(looked: Fairness, *, favourable: bool) -> AttributeShown:
    assessment = looked.assessment
    criteria = assessment.criteria
    verdict = assessment.verdict
    return AttributeShown(
        protected_attribute=looked.attribute,
        verdict=verdict,
        is_fair={"fair": True, "unfair": False}.get(verdict),
        disparate_impact=criteria["disparate_impact"].value,
        max_tpr_difference=criteria["equal_opportunity"].value,
        max_fpr_difference=criteria["predictive_equality"].value,
        group_metrics=[_group(each, favourable=favourable) for each in fairness.named(assessment)],
        criteria=[_criterion(each) for each in criteria.values()],
    )


def _group(group: Group, *, favourable: bool) -> GroupShown:
    return GroupShown(
        group=group.name,
        sample_count=group.predictions,
        labelled=group.labelled,
        positive_rate=_rate(group.positive_rate(favourable=favourable)),
        true_positive_rate=_rate(group.true_positive_rate()),
        false_positive_rate=_rate(group.false_positive_rate()),
        precision=_rate(group.precision()),
        accuracy=_rate(group.accuracy()),
    )


def _rate(rate: Rate | None) -> RateShown | None:
    if rate is None:
        return None
    low, high = wilson(rate.value, rate.worth)
    return RateShown(value=rate.value, low=low, high=high, n=rate.n)


def _criterion(each: Criterion) -> CriterionShown:
    return CriterionShown(
        name=each.name,
        verdict=each.verdict,
        threshold=each.threshold,
        value=each.value,
        low=each.low,
        high=each.high,
        groups=list(each.groups or ()),
        left_out=list(each.left_out),
    )
