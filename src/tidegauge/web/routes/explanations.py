"""What a model decides by: how much each feature counts, and whether that has changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.explain import FeatureShift
from tidegauge.explain.compare import Finding
from tidegauge.performance import Figure
from tidegauge.series import explanation
from tidegauge.series.explanation import Point, Sampled, Side
from tidegauge.series.reasons import sentence_of, words_of
from tidegauge.web.routes.asked import Reader, Step, Version, looking, moment
from tidegauge.web.routes.performance import FigureShown, MonthSpan, shown
from tidegauge.web.routes.personal import hidden

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])


class ComputedShown(BaseModel):
    explanations: int
    of: Annotated[int, Field(description="Predictions from which these were drawn.")]


Computed = Annotated[
    ComputedShown | None,
    Field(description="What was computed here, by a predictor; None where all was logged."),
]


class SpanExplained(BaseModel):
    start_time: datetime
    end_time: datetime
    explanations: float
    computed: Computed


class FeatureExplained(BaseModel):
    feature: str
    findings: Annotated[list[Finding], Field(description="What has changed for sure.")]
    what: Annotated[str, Field(description="The same in words.")]
    importance: Annotated[
        FigureShown | None, Field(description="Its part of all that was added, of 1.")
    ]
    importance_before: FigureShown | None
    importance_change: FigureShown | None
    rank: int | None
    rank_before: int | None
    mean: Annotated[
        FigureShown | None,
        Field(description="In which direction it pulls; not told of personal data."),
    ]
    mean_before: FigureShown | None
    magnitude: Annotated[
        FigureShown | None, Field(description="The mean size now, by that of before.")
    ]
    distance: Annotated[
        float | None, Field(description="How far what it adds is from before: Jensen-Shannon.")
    ]
    p_value: float | None


class ExplanationPoint(BaseModel):
    timestamp: datetime
    explanations: int
    revision: Annotated[int, Field(description="How often late explanations restated it, from 1.")]
    computed: Computed
    importances: Annotated[
        dict[str, float], Field(description="Of the features that count most in the whole span.")
    ]


class ExplanationsShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step: int
    output: str
    outputs: list[str]
    explanations: Annotated[
        float, Field(description="As many predictions as they stand for, by weight.")
    ]
    computed: Computed
    base_value: Annotated[float | None, Field(description="What attributions start from: a mean.")]
    compared_with: Literal["reference", "span before"]
    before: SpanExplained
    moved: Annotated[bool | None, Field(description="None where too little is known to say.")]
    sentence: str
    ndcg: Annotated[
        float | None, Field(description="1 where the order of what counts is as it was.")
    ]
    ndcg_p_value: float | None
    order_moved: bool
    rank_correlation: float | None
    total_features: int
    features: Annotated[
        list[FeatureExplained], Field(description="Those that moved first, then by importance.")
    ]
    data_points: list[ExplanationPoint]


@router.get("/explanations")
def get_explanations(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: MonthSpan,
    step: Step = None,
    version: Version = None,
    output: Annotated[
        str | None,
        Query(max_length=128, description="Unsaid: the one with the most explanations."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Of features that are shown.")] = 20,
) -> ExplanationsShown:
    """How much each feature counts, now and before, and what of that has changed for sure.

    Before is the time of the reference where that is explained, else the span of the same length
    before this one.
    """
    with looking(request, key, model_id) as found:
        subject = found.subject
        size = explanation.step_of(span.stop - span.start, step)
        steps = found.reach.steps(span.start, span.stop, size)
        both = explanation.look(
            found.connection, found.reach, subject, steps.start, steps.stop, version=version
        )
        points = explanation.points(found.connection, subject.numbers(version), steps)
    looked = explanation.explained(both, output)
    secret = hidden(subject.model, key)
    shift = looked.shift
    features = shift.features
    now = both.now.measured.get(looked.output)
    top = [each.feature for each in features[:limit]]
    return ExplanationsShown(
        model_id=model_id,
        start_time=moment(steps.start),
        end_time=moment(steps.stop),
        step=steps.step,
        output=looked.output,
        outputs=list(looked.outputs),
        explanations=now.whole.n if now else 0.0,
        computed=_computed(both.now.computed),
        base_value=now.base.mean if now and now.base.n else None,
        compared_with=both.compared_with,
        before=_span(both.before, looked.output),
        moved=shift.moved,
        sentence=sentence_of(shift),
        ndcg=shift.ndcg,
        ndcg_p_value=shift.ndcg_p_value,
        order_moved=shift.order_moved,
        rank_correlation=shift.rank_correlation,
        total_features=len(features),
        features=[_feature(each, secret) for each in features[:limit]],
        data_points=[_point(each, looked.output, top) for each in points],
    )


def _span(side: Side, output: str) -> SpanExplained:
    own = side.measured.get(output)
    return SpanExplained(
        start_time=moment(side.start),
        end_time=moment(side.stop),
        explanations=own.whole.n if own else 0.0,
        computed=_computed(side.computed),
    )


def _computed(sampled: Sampled | None) -> ComputedShown | None:
    return None if sampled is None else ComputedShown(explanations=sampled.rows, of=sampled.of)


def _feature(each: FeatureShift, secret: frozenset[str]) -> FeatureExplained:
    # Of personal data: how much it counts, and not what of it pulls where.
    is_secret = each.feature in secret or f"features.{each.feature}" in secret
    return FeatureExplained(
        feature=each.feature,
        findings=list(each.findings),
        what="" if is_secret else words_of(each),
        importance=_shown(each.importance_now),
        importance_before=_shown(each.importance_before),
        importance_change=_shown(each.importance_change),
        rank=each.rank_now,
        rank_before=each.rank_before,
        mean=None if is_secret else _shown(each.mean_now),
        mean_before=None if is_secret else _shown(each.mean_before),
        magnitude=_shown(each.magnitude),
        distance=each.distance,
        p_value=each.p_value,
    )


def _shown(figure: Figure | None) -> FigureShown | None:
    return None if figure is None else shown(figure)


def _point(point: Point, output: str, top: Sequence[str]) -> ExplanationPoint:
    own = point.measured.get(output)
    told = dict(zip(own.features, own.importances().value.tolist(), strict=True)) if own else {}
    return ExplanationPoint(
        timestamp=moment(point.start),
        explanations=point.rows,
        revision=point.revision,
        computed=_computed(point.computed),
        importances={name: told[name] for name in top if name in told},
    )
