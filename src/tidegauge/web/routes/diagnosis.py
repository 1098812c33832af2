"""What has changed in a model, and where to look first."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from tidegauge.monitor.diagnosis import Fact, diagnosis
from tidegauge.series import labels
from tidegauge.web.routes.asked import (
    AskedSpan,
    Reader,
    Span,
    looking,
    moment,
    moment_or_none,
)
from tidegauge.web.routes.monitoring import latest
from tidegauge.web.routes.personal import hidden
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
WeekSpan = Annotated[Span, Depends(AskedSpan(7 * DAY * SECOND))]


class FactShown(BaseModel):
    name: Literal["inputs", "reasons", "performance"]
    moved: Annotated[bool | None, Field(description="None where no monitor can tell.")]
    monitor: Annotated[str | None, Field(description="That says so.")]
    timestamp: Annotated[datetime | None, Field(description="The end of the window it is of.")]
    since: datetime | None
    n: int
    reason: str
    sure: Annotated[str, Field(description="How sure that is, in words.")]


class ClassShare(BaseModel):
    name: str
    before: float
    now: float
    low: Annotated[float, Field(description="With `high`: where the change lies.")]
    high: float


class LabelShift(BaseModel):
    moved: Annotated[bool | None, Field(description="None where too few labels tell.")]
    labels_before: float
    labels_now: float
    classes: list[ClassShare]


class DiagnosisShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    facts: list[FactShown]
    meaning: str
    look_first: str
    sentences: Annotated[
        list[str], Field(description="Data drift, label shift and concept drift told apart.")
    ]
    label_shift: LabelShift


@router.get("/diagnosis")
def get_diagnosis(model_id: str, request: Request, key: Reader, span: WeekSpan) -> DiagnosisShown:
    """Whether inputs, reasons and performance moved, by the last readings of the day, and what
    that means; and whether the mix of the truth in the span is another than before."""
    with looking(request, key, model_id) as found:
        told = latest(found, key.tenant, span.stop, None, "")
        shift = labels.look(found.connection, found.reach, found.subject, span.start, span.stop)
        secret = hidden(found.subject.model, key)
    made = diagnosis(told, shift)
    return DiagnosisShown(
        model_id=model_id,
        start_time=moment(span.start),
        end_time=moment(span.stop),
        facts=[_fact(each, is_secret=bool(secret)) for each in made.facts],
        meaning=made.meaning.meaning,
        look_first=made.meaning.look_first,
        sentences=list(made.sentences),
        label_shift=LabelShift(
            moved=shift.moved,
            labels_before=shift.n_before,
            labels_now=shift.n_now,
            classes=[
                ClassShare(
                    name=each.name, before=each.before, now=each.now, low=each.low, high=each.high
                )
                for each in shift.shares
            ],
        ),
    )


def _fact(each: Fact, *, is_secret: bool) -> FactShown:
    # Its words may name a value.
    reason = "see the readings" if is_secret and each.moved else each.reason
    return FactShown(
        name=each.name,
        moved=each.moved,
        monitor=each.monitor,
        timestamp=moment_or_none(each.at),
        since=moment_or_none(each.since),
        n=each.n,
        reason=reason,
        sure=each.sure,
    )
