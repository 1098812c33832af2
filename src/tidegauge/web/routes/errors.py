"""How far off predicted numbers were, and to which side."""

import math
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from tidegauge.arrays import Floats
from tidegauge.performance import Errors
from tidegauge.performance.spread import edges_of
from tidegauge.series import errors
from tidegauge.series.errors import FEWEST, Against, Sides
from tidegauge.series.exact import Asked
from tidegauge.series.outcome import Point
from tidegauge.web.routes.asked import (
    AskedSpan,
    Reader,
    Segment,
    Span,
    Version,
    looking,
    moment,
    source_of,
)
from tidegauge.web.routes.bounded import bounded
from tidegauge.web.routes.performance import FigureShown, shown
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_MONTH: Final = 30 * DAY * SECOND
_LEVELS: Final = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


class TimeShown(BaseModel):
    start_time: datetime
    end_time: datetime
    labelled: int


class SpreadShown(BaseModel):
    n: Annotated[float, Field(description="Rows that have both a prediction and a truth.")]
    is_enough: Annotated[
        bool,
        Field(description=f"Worth {FEWEST} rows of one weight: of fewer the tails are not known."),
    ]
    bias: Annotated[FigureShown | None, Field(description="The mean error.")]
    quantiles: Annotated[
        dict[str, FigureShown],
        Field(description="p5, p25, median, p75 and p95: so large a part of errors is no greater."),
    ]
    counts: Annotated[list[float], Field(description="Of rows, between each two `edges`.")]
    below: Annotated[float, Field(description="Rows whose error is less than all edges.")]
    above: Annotated[float, Field(description="Rows whose error is greater than all edges.")]


class OutputErrors(BaseModel):
    output: Annotated[
        str, Field(description="Its name among `outputs`; empty for `prediction_score`.")
    ]
    edges: Annotated[
        list[float],
        Field(description="Of the bars of both sides; 0 is in the middle of a bar."),
    ]
    now: SpreadShown
    other: Annotated[
        SpreadShown | None, Field(description="The same of what it is held against, if known.")
    ]


class ErrorsShown(BaseModel):
    model_id: str
    exact: Annotated[bool, Field(description="Of the rows, and not of bins.")]
    now: TimeShown
    against: Against
    other: Annotated[
        TimeShown | None, Field(description="None where nothing is known of the reference's truth.")
    ]
    outputs: Annotated[list[OutputErrors], Field(description="None before a label has come.")]


_EXAMPLE: Final = {
    "model_id": "demand",
    "exact": False,
    "now": {
        "start_time": "2026-05-01T00:00:00Z",
        "end_time": "2026-05-31T00:00:00Z",
        "labelled": 1000,
    },
    "against": "reference",
    "other": None,
    "outputs": [
        {
            "output": "",
            "edges": [-15.0, -5.0, 5.0, 15.0, 25.0],
            "now": {
                "n": 1000,
                "is_enough": True,
                "bias": {"value": 1.6, "low": 1.1, "high": 2.1, "n": 1000, "bound": 0},
                "quantiles": {
                    "median": {"value": 1.5, "low": 1.0, "high": 2.1, "n": 1000, "bound": 0.02}
                },
                "counts": [120, 540, 290, 44],
                "below": 2,
                "above": 4,
            },
            "other": None,
        }
    ],
}


@router.get(
    "/performance/errors",
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
)
def get_errors(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: Annotated[Span, Depends(AskedSpan(_MONTH))],
    version: Version = None,
    segment: Segment = "",
    against: Annotated[
        Against,
        Query(description="What stands beside it: the reference, or as long a time just before."),
    ] = "reference",
    exact: Annotated[  # noqa: FBT002 - the same
        bool,
        Query(
            description="From the rows themselves, of a million predictions at the most: every"
            " `bound` is 0.  That takes seconds."
        ),
    ] = False,
) -> ErrorsShown:
    """How the errors of predicted numbers are spread: prediction minus truth, each output by
    itself, as bars and quantiles.

    A mean hides a tail, or a second hump of rows that are all off by the same.  Models that
    predict no numbers have none.
    """
    with looking(request, key, model_id) as found:
        model = found.subject.model
        sides = errors.look(
            found.connection,
            found.reach,
            found.subject,
            span,
            version=version,
            segment=segment,
            against=against,
        )
    errors.check_of_numbers(sides.now, model.name, model.task or model.likely_task)
    if exact:
        with bounded() as go_on:
            state = found.state
            asked = Asked(source_of(state), state.kept.store, model, version, segment, go_on)
            other = sides.other
            # Of a reference from a file the catalog alone knows the truth, in bins.
            if other is not None and against == "before":
                other = asked.whole(other)
            sides = Sides(now=asked.whole(sides.now), other=other)
    others = errors.errors_of(sides.other)
    return ErrorsShown(
        model_id=model_id,
        exact=exact,
        now=_time(sides.now),
        against=against,
        other=None if sides.other is None else _time(sides.other),
        outputs=[
            _output(name, each, others.get(name))
            for name, each in errors.errors_of(sides.now).items()
        ],
    )


def _time(point: Point) -> TimeShown:
    return TimeShown(
        start_time=moment(point.start), end_time=moment(point.stop), labelled=point.labelled
    )


def _output(name: str, now: Errors, other: Errors | None) -> OutputErrors:
    edges = edges_of([each.spread for each in (now, other) if each])
    return OutputErrors(
        output=name,
        edges=edges.tolist(),
        now=_spread(now, edges),
        other=_spread(other, edges) if other else None,
    )


def _spread(of: Errors, edges: Floats) -> SpreadShown:
    below, *inside, above = of.spread.bars(edges).tolist()
    bias = of.error.figure()
    quantiles = {name: of.spread.quantile(level, of.error.worth) for name, level in _LEVELS.items()}
    return SpreadShown(
        n=of.n,
        is_enough=of.error.worth >= FEWEST,
        bias=shown(bias) if bias is not None and math.isfinite(bias.value) else None,
        quantiles={name: shown(each) for name, each in quantiles.items() if each is not None},
        counts=inside,
        below=below,
        above=above,
    )
