"""How the errors of predicted numbers are spread in a span, and in what it is held against."""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from tidegauge.errors import InputError
from tidegauge.outcome.measure import MAIN, OUTPUT
from tidegauge.performance import Errors
from tidegauge.series import outcome
from tidegauge.series.outcome import Point
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Subject

Against = Literal["reference", "before"]
FEWEST: Final = 30
"""Labels that tell where the tails are."""


@dataclass(frozen=True, kw_only=True)
class Sides:
    now: Point
    other: Point | None
    """None where nothing is known of the reference's truth."""


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    span: tuple[int, int],
    *,
    version: str | None = None,
    segment: str = "",
    against: Against = "reference",
) -> Sides:
    """A span, and the reference or the span of the same length just before."""
    numbers = subject.numbers(version, segment)
    now = outcome.of_span(connection, reach, numbers, *span)
    if against == "before":
        size = now.stop - now.start
        other = outcome.of_span(connection, reach, numbers, now.start - size, now.start)
        return Sides(now=now, other=other)
    baseline = subject.baseline
    if segment and baseline is not None and baseline.truth is not None:
        # What is known of a file is known of all its rows together.
        return Sides(now=now, other=None)
    return Sides(now=now, other=outcome.of_baseline(connection, reach, numbers, baseline))


def errors_of(point: Point | None) -> dict[str, Errors]:
    """By output; the one that has no name is the number that a model is mainly asked for."""
    return {
        name.removeprefix(OUTPUT): each
        for name, each in (point.measured.items() if point else ())
        if isinstance(each, Errors) and each.n
    }


def check_of_numbers(point: Point, model: str, task: str | None) -> None:
    """Only numbers are off by something."""
    is_of_others = MAIN in point.measured or task in {
        "binary",
        "multiclass",
        "multilabel",
        "ranking",
    }
    if is_of_others and not errors_of(point):
        raise InputError(
            f"model {model!r} predicts no numbers, which alone have an error that is spread: its"
            " performance has a confusion matrix and calibration, where it is of classes"
        )
