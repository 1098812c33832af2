"""Whether groups of people are treated alike."""

import math
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.fairness import Amount, Criterion, Group, Limits, Verdict
from tidegauge.ingest.problem import ProblemError
from tidegauge.performance.figure import Z
from tidegauge.series import fairness
from tidegauge.series.fairness import Fairness
from tidegauge.series.performance import step_of
from tidegauge.web.routes.asked import Reader, Version, looking, moment
from tidegauge.web.routes.performance import MonthSpan

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_USUAL: Final = Limits()


class RateShown(BaseModel):
    value: float
    low: float | None
    high: float | None
    n: float


class GroupShown(BaseModel):
    group: Annotated[str, Field(description='The value of the attribute; "" where none is told.')]
    sample_count: Annotated[float, Field(description="Predictions with a class, or a number.")]
    labelled: float
    positive_rate: Annotated[
        RateShown | None,
        Field(description="Given what people hope for: see positive_is_favourable."),
    ]
    true_positive_rate: RateShown | None
    false_positive_rate: RateShown | None
    precision: RateShown | None
    accuracy: RateShown | None
    calibration: Annotated[
        RateShown | None, Field(description="The mean score less the share that was true.")
    ]
    mean_absolute_error: Annotated[RateShown | None, Field(description="Of predicted numbers.")]
    mean_error: Annotated[
        RateShown | None, Field(description="Of the same: above 0 where too much is said.")
    ]


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
    is_estimated: Annotated[
        bool, Field(description="What was right is what is expected, and not what labels showed.")
    ]
    group_metrics: list[GroupShown]
    criteria: list[CriterionShown]


class FairnessShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    positive_label: str | None
    positive_is_favourable: bool | None
    attributes: list[AttributeShown]


@router.get("/fairness")
def get_fairness(  # noqa: PLR0913, PLR0917 - the parameters of an address
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
    estimated: Annotated[  # noqa: FBT002 - the same
        bool,
        Query(
            description="Before labels are there: what is right is what is expected to be.  Of a"
            " group whose truth follows its inputs otherwise than that of all, that is too kind."
        ),
    ] = False,
) -> FairnessShown:
    """Group by group what was chosen and what was right, and each criterion with its interval; of
    numbers how far off they are.

    A verdict is given only where the interval lies wholly on one side of the limit.
    """
    with looking(request, key, model_id) as found:
        subject = found.subject
        model = subject.model
        if not fairness.is_told(model):
            raise _unsaid(model_id)
        wanted = attribute or list(model.protected or model.segments)
        for name in wanted:
            if name not in model.segments:
                raise _undeclared(name, list(model.segments))
        steps = found.reach.steps(span.start, span.stop, step_of(span.stop - span.start, None))
        look = fairness.Looked(
            found.connection, found.reach, subject, steps, version, is_estimated=estimated
        )
        looked = [look.at(name, Limits(fewest=minimum)) for name in wanted]
    favourable = model.favourable is not False
    return FairnessShown(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        positive_label=model.positive,
        positive_is_favourable=model.favourable,
        attributes=[
            _attribute(each, favourable=favourable, is_estimated=estimated) for each in looked
        ],
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


def _attribute(looked: Fairness, *, favourable: bool, is_estimated: bool) -> AttributeShown:
    assessment = looked.assessment
    criteria = assessment.criteria
    verdict = assessment.verdict
    return AttributeShown(
        protected_attribute=looked.attribute,
        verdict=verdict,
        is_fair={"fair": True, "unfair": False}.get(verdict),
        disparate_impact=_value(criteria.get("disparate_impact")),
        max_tpr_difference=_value(criteria.get("equal_opportunity")),
        max_fpr_difference=_value(criteria.get("predictive_equality")),
        is_estimated=is_estimated,
        group_metrics=[_group(each, favourable=favourable) for each in fairness.named(assessment)],
        criteria=[_criterion(each) for each in criteria.values()],
    )


def _value(criterion: Criterion | None) -> float | None:
    return None if criterion is None else criterion.value


def _group(group: Group, *, favourable: bool) -> GroupShown:
    is_of_numbers = group.errors is not None
    chosen = None if is_of_numbers else group.positive_rate(favourable=favourable)
    return GroupShown(
        group=group.name,
        sample_count=group.predictions,
        labelled=group.labelled,
        positive_rate=_amount(chosen),
        true_positive_rate=_amount(group.true_positive_rate()),
        false_positive_rate=_amount(group.false_positive_rate()),
        precision=_amount(group.precision()),
        accuracy=_amount(group.accuracy()),
        calibration=_amount(group.calibration()),
        mean_absolute_error=_amount(group.mean_absolute_error()),
        mean_error=_amount(group.mean_error()),
    )


def _amount(amount: Amount | None) -> RateShown | None:
    if amount is None:
        return None
    low, high = (end if math.isfinite(end) else None for end in amount.limits(Z))
    return RateShown(value=amount.value, low=low, high=high, n=amount.n)


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
