"""How good a model was for each entity that it was run for, or by another column of its rows."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.schema import near, segment_columns
from tidegauge.series.groups import FEWEST, MEASURED, MOST, Asked, Group
from tidegauge.series.outcome import main_of
from tidegauge.series.worst import Ranked, ranked
from tidegauge.web.routes.asked import (
    AskedSpan,
    Cursor,
    Reader,
    Segment,
    Span,
    Version,
    checked_text,
    cursor_of,
    looking,
    moment,
    read_cursor,
    source_of,
)
from tidegauge.web.routes.bounded import bounded
from tidegauge.web.routes.performance import FigureShown, Names, shown
from tidegauge.web.routes.personal import check_not_hidden, hidden
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_WEEK: Final = 7 * DAY * SECOND
_USUAL: Final = (
    *("accuracy", "precision", "recall", "f1", "roc_auc"),
    *("mae", "rmse", "bias", "ndcg", "mrr", "exact_match", "jaccard", "win_rate", "mean_return"),
)
"""Figures that are told of each group where none is named."""


class MeasuredGroup(BaseModel):
    value: Annotated[str, Field(description="Empty of rows that do not say it.")]
    predictions: int
    labelled: int
    is_ranked: Annotated[
        bool, Field(description=f"Of {FEWEST} labelled rows or more, with an interval.")
    ]
    metrics: dict[str, FigureShown]


class GroupsShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    by: str
    main_metric: Annotated[
        str | None, Field(description="That they are ranked by; None before a label has come.")
    ]
    fewest: Annotated[int, Field(description="Labelled rows of a group that is ranked.")]
    groups: Annotated[int, Field(description="That have a label among the rows looked at.")]
    left_out: Annotated[
        int, Field(description=f"Of these: only the {MEASURED:,} of most labels are measured.")
    ]
    labelled: Annotated[int, Field(description="Rows with a label, all groups together.")]
    looked_at: Annotated[
        int, Field(description=f"Of these: of more than {MOST:,} they are a sample by their ids.")
    ]
    items: Annotated[list[MeasuredGroup], Field(description="The one that is surely worst first.")]
    next: str | None


_EXAMPLE: Final = {
    "model_id": "demand",
    "start_time": "2026-05-01T00:00:00Z",
    "end_time": "2026-05-08T00:00:00Z",
    "by": "entity_id",
    "main_metric": "mae",
    "fewest": FEWEST,
    "groups": 24,
    "left_out": 0,
    "labelled": 1900,
    "looked_at": 1900,
    "items": [
        {
            "value": "restaurant-07",
            "predictions": 90,
            "labelled": 82,
            "is_ranked": True,
            "metrics": {"mae": {"value": 9.1, "low": 7.7, "high": 10.5, "n": 82, "bound": 0}},
        }
    ],
    "next": None,
}


@router.get(
    "/performance/groups",
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
)
def get_groups(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: Annotated[Span, Depends(AskedSpan(_WEEK))],
    by: Annotated[
        str,
        Query(
            max_length=256,
            description="entity_id, variant, environment, experiment_id, model_version, a tag"
            " (tags.region) or a feature (features.plan); several together with ' & '.",
        ),
    ] = "entity_id",
    version: Version = None,
    segment: Segment = "",
    metric: Names = None,
    search: Annotated[
        str, Query(max_length=256, description="Only values that hold this text.")
    ] = "",
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Of groups on a page.")] = 50,
) -> GroupsShown:
    """Performance by entity, or by another column that nobody needs to declare: the worst first.

    Groups are ranked by the first figure that is named, at the better end of its interval: a group
    of few labels does not come first by chance.  Read from the rows, in seconds; the last week
    where no time is told.
    """
    after = None if cursor is None else _read(cursor)
    with looking(request, key, model_id) as found:
        model, state = found.subject.model, found.state
        # A version or a segment that is not there is said.
        found.subject.numbers(version, segment)
    columns = [*segment_columns(by), *segment_columns(segment.partition("=")[0])]
    check_not_hidden(columns, hidden(model, key))
    with bounded() as go_on:
        looked = Asked(
            source_of(state),
            state.kept.store,
            model,
            span.start,
            span.stop,
            checked_text(by),
            version,
            segment,
            checked_text(search),
            go_on,
        ).look()
    names = _names(looked.groups, model.positive, metric or [])
    rows = ranked(looked.groups, model.positive, names[0]) if names else []
    page = [each for each in rows if after is None or each.key > after][: limit + 1]
    more = page[limit:]
    return GroupsShown(
        model_id=model_id,
        start_time=moment(span.start),
        end_time=moment(span.stop),
        by=by,
        main_metric=names[0] if names else None,
        fewest=FEWEST,
        groups=looked.there,
        left_out=looked.there - len(looked.groups),
        labelled=looked.labelled,
        looked_at=looked.looked_at,
        items=[_shown(each, model.positive, names) for each in page[:limit]],
        next=_cursor(page[limit - 1]) if more else None,
    )


def _names(groups: list[Group], positive: str | None, wanted: list[str]) -> list[str]:
    """The figures that are told, by the first of which groups are ranked."""
    known = {name for each in groups for name in each.point.figures(positive)}
    if not known:
        return []
    if wanted:
        unknown = next((name for name in wanted if name not in known), None)
        if unknown is not None:
            raise InputError(f"no group has a figure {unknown!r}{near(unknown, sorted(known))}")
        return wanted
    main = main_of(known) or min(known, key=lambda name: (not name.endswith(".mae"), name))
    return [main, *(name for name in _USUAL if name in known and name != main)]


def _shown(each: Ranked, positive: str | None, names: list[str]) -> MeasuredGroup:
    point = each.group.point
    return MeasuredGroup(
        value=each.group.value,
        predictions=point.predictions,
        labelled=point.labelled,
        is_ranked=each.is_ranked,
        metrics={name: shown(told) for name, told in point.figures(positive, names).items()},
    )


def _cursor(last: Ranked) -> str:
    rank, worth, value = last.key
    return cursor_of(rank, repr(worth), value)


def _read(cursor: str) -> tuple[int, float, str]:
    rank, worth, value = read_cursor(cursor, int, str, str)
    try:
        return rank, float(worth), value
    except ValueError:
        raise ProblemError(
            "invalid-request", "the cursor is none: take `next` of a page as it is"
        ) from None
