"""Slices that were found in rows, as answers show them."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from tidegauge.series.slices import Rows
from tidegauge.slices import Condition, Moved, Shift, Worse, words

_FEATURES = 20


class ConditionShown(BaseModel):
    column: str
    value: str | None
    low: Annotated[float | None, Field(description="Above it, and with `high` up to that.")]
    high: float | None
    is_missing: bool


class SliceShown(BaseModel):
    what: Annotated[str, Field(description="Its conditions in words.")]
    conditions: list[ConditionShown]
    part_before: Annotated[float | None, Field(description="Of all rows.")]
    part: float
    labelled_before: Annotated[float | None, Field(description="Of errors: the rows counted.")]
    labelled: float | None
    error_rate_before: float | None
    error_rate: float | None
    error_rate_others: Annotated[float | None, Field(description="Of all other rows now.")]
    share: Annotated[
        float | None,
        Field(
            description="Of the change of the error rate, of all errors where it is held against"
            " the rest, or of the rows that have moved."
        ),
    ]
    p_value: float


class FeatureShown(BaseModel):
    column: str
    distance: Annotated[
        float, Field(description="The part of all rows that changed level: total variation.")
    ]
    share: Annotated[float, Field(description="Of the distances of all columns together.")]


class ReadShown(BaseModel):
    rows: int
    looked_at: Annotated[int, Field(description="Of more rows a sample, chosen by their ids.")]


class FoundShown(BaseModel):
    """All numbers are of the half of the rows that took no part in the choice; each slice is
    without the rows of those before it."""

    sentence: str
    slices: Annotated[list[SliceShown], Field(description="What tells most first.")]
    features: Annotated[list[FeatureShown], Field(description="Of drift; the furthest first.")]
    distance: Annotated[
        float | None, Field(description="Of drift: the part of all rows that moved, at least.")
    ]
    read: Annotated[dict[str, ReadShown], Field(description="By span: `before` and `now`.")]
    is_complete: Annotated[
        bool, Field(description="There was time to look at all columns two at a time.")
    ]


def of_errors(
    told: tuple[Sequence[Worse], Mapping[str, Rows]] | None, *, is_complete: bool
) -> FoundShown:
    slices, read = told if told is not None else ([], {})
    why = "Of these rows no error can be told." if told is None else _of_worse(slices)
    return FoundShown(
        sentence=why,
        slices=[_worse(each) for each in slices],
        features=[],
        distance=None,
        read=_read(read),
        is_complete=is_complete,
    )


def of_drift(moved: Moved, read: Mapping[str, Rows], *, is_complete: bool) -> FoundShown:
    return FoundShown(
        sentence=_of_moved(moved),
        slices=[_shift(each) for each in moved.slices],
        features=[
            FeatureShown(column=each.column, distance=each.distance, share=each.share)
            for each in moved.features[:_FEATURES]
        ],
        distance=moved.distance,
        read=_read(read),
        is_complete=is_complete,
    )


def _of_worse(slices: Sequence[Worse]) -> str:
    if not slices:
        return "No slice of the rows stands out by its errors."
    first = slices[0]
    what, now = words(first.conditions), f"{100 * first.rate_now:.3g} %"
    if first.rate_before is None:
        return (
            f"{what}: {now} are wrong, and {100 * first.rate_others:.3g} % of all others;"
            f" {100 * (first.share or 0.0):.0f} % of all errors are too many there."
        )
    share = "" if first.share is None else f" explains {100 * first.share:.0f} % of more errors:"
    return f"{what}{share or ':'} its own went from {100 * first.rate_before:.3g} to {now}."


def _of_moved(moved: Moved) -> str:
    if not moved.slices:
        return "No slice of the rows is more or less than it was."
    first = moved.slices[0]
    side = "more" if first.part_now > first.part_before else "fewer"
    return (
        f"{words(first.conditions)}: {side} of the rows, from {100 * first.part_before:.3g} to"
        f" {100 * first.part_now:.3g} %; that is {100 * (first.share or 0.0):.0f} % of what moved."
    )


def _worse(each: Worse) -> SliceShown:
    return SliceShown(
        what=words(each.conditions),
        conditions=[_condition(one) for one in each.conditions],
        part_before=each.part_before,
        part=each.part_now,
        labelled_before=each.n_before,
        labelled=each.n_now,
        error_rate_before=each.rate_before,
        error_rate=each.rate_now,
        error_rate_others=each.rate_others,
        share=each.share,
        p_value=each.p_value,
    )


def _shift(each: Shift) -> SliceShown:
    return SliceShown(
        what=words(each.conditions),
        conditions=[_condition(one) for one in each.conditions],
        part_before=each.part_before,
        part=each.part_now,
        labelled_before=None,
        labelled=None,
        error_rate_before=None,
        error_rate=None,
        error_rate_others=None,
        share=each.share,
        p_value=each.p_value,
    )


def _condition(one: Condition) -> ConditionShown:
    return ConditionShown(
        column=one.column, value=one.value, low=one.low, high=one.high, is_missing=one.is_missing
    )


def _read(read: Mapping[str, Rows]) -> dict[str, ReadShown]:
    return {
        name: ReadShown(rows=each.there, looked_at=each.looked_at) for name, each in read.items()
    }
