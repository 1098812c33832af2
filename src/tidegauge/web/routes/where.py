"""Where it is: the segments, slices and features that explain most of a change."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.series import where
from tidegauge.series.slices import Asked
from tidegauge.series.where import Parts, Spans, Where
from tidegauge.web.routes.asked import (
    AskedSpan,
    Looking,
    Reader,
    Time,
    Version,
    looking,
    micros,
    moment,
    source_of,
)
from tidegauge.web.routes.bounded import bounded
from tidegauge.web.routes.found import FoundShown, of_drift, of_errors
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


class PartShown(BaseModel):
    value: str
    part_before: Annotated[float, Field(description="Of all predictions.")]
    part: float


class MovedShown(BaseModel):
    column: str
    moved: Annotated[float, Field(description="The part of all predictions that changed value.")]
    values: Annotated[list[PartShown], Field(description="What changed most first.")]


class WhereShown(BaseModel):
    model_id: str
    of: Literal["errors", "drift"]
    start_time: datetime
    end_time: datetime
    before_start_time: datetime
    before_end_time: datetime
    sentence: str
    columns: Annotated[list[ColumnShown], Field(description="Declared segments, of errors.")]
    moved: Annotated[list[MovedShown], Field(description="Declared segments, of drift.")]
    found: Annotated[
        FoundShown | None, Field(description="What was found in rows, where that was asked for.")
    ]


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
    of: Annotated[
        Literal["errors", "drift"],
        Query(description="What became of the error rate, or where rows have moved."),
    ] = "errors",
    found: Annotated[  # noqa: FBT002 - the same
        bool,
        Query(
            description="Look in the rows for slices that nobody declared, too: a value or a range"
            " of one column, or of two.  That takes seconds."
        ),
    ] = False,
    against: Annotated[
        Literal["before", "rest"],
        Query(
            description="Found slices of errors: that became worse than before, or that are worse"
            " than the rest."
        ),
    ] = "before",
) -> WhereShown:
    """Which parts of the traffic explain most of what became of the error rate, or of a drift.

    The span is the last week, and what it is held against as long a time before it, where no times
    are told.
    """
    now = AskedSpan(_WEEK)(start_time, end_time)
    stop = now.start if before_end_time is None else micros(before_end_time)
    start = stop - (now.stop - now.start)
    before = AskedSpan()(before_start_time or moment(start), moment(stop))
    spans = Spans((before.start, before.stop), (now.start, now.stop))
    with looking(request, key, model_id) as seen:
        secret = hidden(seen.subject.model, key)
        columns = _columns(seen, spans, version, secret) if of == "errors" else []
        moved = _moved(seen, spans, version, secret) if of == "drift" else []
    told = _found(seen, spans, version, secret, of, against) if found else None
    by_hand = where.sentence(columns) if of == "errors" else where.of_parts(moved)
    return WhereShown(
        model_id=model_id,
        of=of,
        start_time=moment(now.start),
        end_time=moment(now.stop),
        before_start_time=moment(before.start),
        before_end_time=moment(before.stop),
        sentence=told.sentence if told else by_hand,
        columns=[_column(each) for each in columns],
        moved=[_parts(each) for each in moved],
        found=told,
    )


def _found(
    seen: Looking,
    spans: Spans,
    version: str | None,
    secret: frozenset[str],
    of: str,
    against: str,
) -> FoundShown:
    state, model = seen.state, seen.subject.model
    with bounded() as go_on:
        asked = Asked(source_of(state), state.kept.store, model, spans, version, secret, go_on)
        if of == "drift":
            return of_drift(*asked.drift(), is_complete=go_on())
        return of_errors(asked.errors(is_against_rest=against == "rest"), is_complete=go_on())


def _columns(
    seen: Looking, spans: Spans, version: str | None, secret: frozenset[str]
) -> list[Where]:
    looked = where.look(seen.connection, seen.reach, seen.subject, spans, version)
    return [each for each in looked if not where.holds(each.column, secret)]


def _moved(seen: Looking, spans: Spans, version: str | None, secret: frozenset[str]) -> list[Parts]:
    looked = where.parts(seen.connection, seen.reach, seen.subject, spans, version)
    return [each for each in looked if not where.holds(each.column, secret)]


def _column(each: Where) -> ColumnShown:
    return ColumnShown(
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


def _parts(each: Parts) -> MovedShown:
    return MovedShown(
        column=each.column,
        moved=each.moved,
        values=[
            PartShown(value=value, part_before=before, part=now)
            for value, (before, now) in each.values.items()
        ],
    )
