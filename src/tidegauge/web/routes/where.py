"""Where it is: the segments that explain most of a change."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tidegauge.series import where
from tidegauge.series.where import Spans
from tidegauge.web.routes.asked import AskedSpan, Reader, Time, Version, looking, micros, moment
from tidegauge.web.routes.personal import hidden
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_WEEK = 7 * DAY * SECOND


class PieceShown(BaseModel):
    segment: str
    value: str
    labelled_before: int
    labelled: int
    error_rate_before: float
    error_rate: float
    within: Annotated[float, Field(description="What its own rate adds to the change of all.")]
    mix: Annotated[float, Field(description="What its being more of the traffic adds.")]
    share: Annotated[float | None, Field(description="Of the change of all.")]
    p_value: float
    is_certain: Annotated[bool, Field(description="Its own rate moved, and not by chance.")]


class ColumnShown(BaseModel):
    column: str
    explained: Annotated[float, Field(description="The share that its certain values explain.")]
    error_rate_before: float
    error_rate: float
    pieces: list[PieceShown]
    left_out: Annotated[list[str], Field(description="Values of fewer than 30 labels.")]


class WhereShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    before_start_time: datetime
    before_end_time: datetime
    sentence: str
    columns: list[ColumnShown]


@router.get("/segments/where")
def find_where(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    start_time: Time = None,
    end_time: Time = None,
    before_start_time: Time = None,
    before_end_time: Time = None,
    version: Version = None,
) -> WhereShown:
    """Which values of the declared segments explain most of what became of the error rate.

    The span is the last week, and what it is held against as long a time before it, where no times
    are told.
    """
    now = AskedSpan(_WEEK)(start_time, end_time)
    stop = now.start if before_end_time is None else micros(before_end_time)
    start = stop - (now.stop - now.start)
    before = AskedSpan()(before_start_time or moment(start), moment(stop))
    with looking(request, key, model_id) as found:
        spans = Spans((before.start, before.stop), (now.start, now.stop))
        looked = where.look(found.connection, found.reach, found.subject, spans, version)
        secret = hidden(found.subject.model, key)
    told = [each for each in looked if each.column not in secret]
    return WhereShown(
        model_id=model_id,
        start_time=moment(now.start),
        end_time=moment(now.stop),
        before_start_time=moment(before.start),
        before_end_time=moment(before.stop),
        sentence=where.sentence(told),
        columns=[
            ColumnShown(
                column=each.column,
                explained=each.explained,
                error_rate_before=each.split.rate_before,
                error_rate=each.split.rate_now,
                pieces=[
                    PieceShown(
                        segment=f"{each.column}={piece.name}",
                        value=piece.name,
                        labelled_before=piece.n_before,
                        labelled=piece.n_now,
                        error_rate_before=piece.rate_before,
                        error_rate=piece.rate_now,
                        within=piece.within,
                        mix=piece.mix,
                        share=piece.share,
                        p_value=piece.p_value,
                        is_certain=piece.is_certain,
                    )
                    for piece in each.split.pieces
                ],
                left_out=list(each.split.left_out),
            )
            for each in told
        ],
    )
