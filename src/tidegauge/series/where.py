"""Where a model got worse: by the values of each declared segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from sqlalchemy import Connection

from tidegauge.outcome.where import Both, Split, split
from tidegauge.outcome.wrong import Usual, Wrong, wrong_of
from tidegauge.schema import segment_columns
from tidegauge.series import outcome
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Subject

_NONE = Wrong(0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Where:
    column: str
    """The declared segment."""
    split: Split

    @property
    def explained(self) -> float:
        """The share of the change that its certain parts explain: more is a better place to look
        at."""
        return sum(each.share or 0.0 for each in self.split.pieces if each.is_certain)


class Located(TypedDict):
    """A part that a loss is in, as it is kept with a reading."""

    segment: str
    share: float
    error_rate_before: float
    error_rate: float


class Spans(NamedTuple):
    before: tuple[int, int]
    now: tuple[int, int]


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    spans: Spans,
    version: str | None = None,
) -> list[Where]:
    """What explains most first."""

    def point(segment: str, span: tuple[int, int]) -> outcome.Point:
        numbers = subject.numbers(version, segment)
        return outcome.of_span(connection, reach, numbers, *span)

    # How far off is usual, is that of all rows before.
    usual = Usual.of(point("", spans.before).measured)

    def wrong(segment: str, span: tuple[int, int]) -> Wrong:
        return wrong_of(point(segment, span).measured, usual) or _NONE

    parts: dict[str, dict[str, Both]] = {name: {} for name in subject.model.segments}
    for segment in subject.segments:
        column, _, value = segment.partition("=")
        if column in parts:
            parts[column][value] = Both(wrong(segment, spans.before), wrong(segment, spans.now))
    found = [
        Where(column=column, split=told)
        for column, own in parts.items()
        if (told := split(own)) is not None
    ]
    return sorted(found, key=lambda each: -each.explained)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Of the predictions, by the values of a declared segment."""

    column: str
    moved: float
    """The part of all that have moved from one value to another."""
    values: Mapping[str, tuple[float, float]]
    """Before and now; what changed most first."""


def parts(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    spans: Spans,
    version: str | None = None,
) -> list[Parts]:
    """What moved most first."""
    counts: dict[str, dict[str, list[int]]] = {name: {} for name in subject.model.segments}
    for segment in subject.segments:
        column, _, value = segment.partition("=")
        if column in counts:
            numbers = subject.numbers(version, segment)
            counts[column][value] = [
                outcome.of_span(connection, reach, numbers, *span).predictions for span in spans
            ]
    found = [_parts(column, own) for column, own in counts.items()]
    return sorted((each for each in found if each), key=lambda each: -each.moved)


def _parts(column: str, counts: Mapping[str, Sequence[int]]) -> Parts | None:
    before, now = (sum(each[at] for each in counts.values()) for at in range(2))
    if not before or not now:
        return None
    told = {value: (was / before, is_ / now) for value, (was, is_) in counts.items()}
    moved = sum(abs(is_ - was) for was, is_ in told.values()) / 2
    order = sorted(told.items(), key=lambda each: -abs(each[1][1] - each[1][0]))
    return Parts(column=column, moved=moved, values=dict(order))


def sentence(found: list[Where]) -> str:
    """What it comes to."""
    if not found:
        return "No declared segment has labels of both spans."
    change = found[0].split.change
    pieces = [
        (where.column, piece)
        for where in found
        for piece in where.split.pieces
        if piece.is_certain and (piece.share or 0.0) > _MUCH
    ]
    rates = f"from {100 * found[0].split.rate_before:.3g} to {100 * found[0].split.rate_now:.3g} %"
    side = "more" if change > 0 else "fewer"
    if not pieces:
        return f"Errors went {rates}; no segment stands out."
    column, piece = max(pieces, key=lambda each: each[1].share or 0.0)
    return (
        f"{column}={piece.name or '(none)'} explains {100 * (piece.share or 0.0):.0f} % of {side}"
        f" errors ({rates}): its own went from {100 * piece.rate_before:.3g} to"
        f" {100 * piece.rate_now:.3g} %."
    )


_MUCH = 0.2


def of_parts(found: Sequence[Parts]) -> str:
    """The same of rows that moved."""
    if not found or not found[0].moved:
        return "No declared segment tells where rows have moved."
    value, (before, now) = next(iter(found[0].values.items()))
    return (
        f"{found[0].column}={value or '(none)'} went from {100 * before:.3g} to {100 * now:.3g} %"
        " of the predictions."
    )


def holds(segment: str, hidden: frozenset[str]) -> bool:
    """Whether one of a segment's columns is among these."""
    return not hidden.isdisjoint({segment, *segment_columns(segment)})
