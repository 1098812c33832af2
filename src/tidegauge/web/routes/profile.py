"""What each column of a model held in a span, beside the reference."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.ingest.problem import ProblemError
from tidegauge.series.profile import Shown, empty, shown
from tidegauge.series.seen import look
from tidegauge.web.routes.asked import DaySpan, Reader, Segment, Version, looking, moment
from tidegauge.web.routes.personal import hidden
from tidegauge.web.routes.status import BaselineShown, baseline_of

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
Features = Annotated[
    list[str] | None, Query(max_length=200, description="Columns; all where none is named.")
]


class ProfileShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    rows: int
    other_rows: Annotated[
        int,
        Field(description="Counted by another reference's bins: not comparable, and not in here."),
    ]
    baseline: BaselineShown | None
    learning: bool
    features: list[Shown]


@router.get("/profile")
def get_profile(
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    feature: Features = None,
    version: Version = None,
    segment: Segment = "",
) -> ProfileShown:
    """Count, missing, mean, deviation, quantiles, histogram or top values of each column."""
    with looking(request, key, model_id) as (connection, subject, reach, _state):
        seen = look(
            connection, reach, subject, span.start, span.stop, version=version, segment=segment
        )
        reference = subject.reference
        columns = {subject.column(name) for name in feature} if feature else None
    features: list[Shown] = []
    if reference is not None:
        current = seen.profile(reference) or empty(reference.layout)
        secret = hidden(subject.model, key)
        features = [each for each in shown(reference, current, columns) if each.name not in secret]
    elif feature:
        raise ProblemError("state-conflict", "the model has no reference yet: send predictions")
    return ProfileShown(
        model_id=model_id,
        start_time=moment(seen.start),
        end_time=moment(seen.stop),
        rows=seen.rows,
        other_rows=seen.other_rows,
        baseline=baseline_of(subject),
        learning=subject.is_learning,
        features=features,
    )
