"""What stands in for labels that are not ripe yet: the estimate of the newest rows of a monitor."""

from typing import Final, NamedTuple

from tidegauge.estimate import Trust
from tidegauge.monitor.view import View
from tidegauge.series import estimate
from tidegauge.series.estimate import Estimated, Estimators
from tidegauge.series.outcome import Point
from tidegauge.window import HOUR, SECOND, ceil, floor

_PART: Final = 7
"""Of a monitor's window: a shorter time says too little."""


class Newest(NamedTuple):
    point: Point
    estimated: Estimated


def span_of(view: View, ripe: int, window: int) -> tuple[int, int] | None:
    """From the last ripe moment to the slot; None where that is less than an hour, or than a
    seventh of the window."""
    stop = floor(view.slot, HOUR)
    start = max(ceil(ripe, HOUR), ceil(stop - window * SECOND, HOUR))
    return None if stop - start < max(HOUR, window // _PART) * SECOND else (start, stop)


def newest(view: View, ripe: int, window: int) -> Newest | None:
    """None where they are too few hours, or there is nothing that estimates."""
    span = span_of(view, ripe, window)
    if span is None:
        return None
    start, stop = span
    subject = view.subject
    numbers = subject.numbers(view.version, view.segment)
    known = Estimators.read(view.connection, subject.model.id)
    if not known.current:
        return None
    found = estimate.of_span(view.connection, known, numbers, start, stop, subject.model.positive)
    return Newest(view.outcome(start, stop), found)


def believed(view: View, name: str) -> Trust:
    """Once an hour."""
    hour = floor(view.slot, HOUR)

    def made() -> Trust:
        subject = view.subject
        return estimate.believed(
            view.connection,
            Estimators.read(view.connection, subject.model.id),
            subject.numbers(view.version, view.segment),
            name,
            hour,
            subject.model.positive,
        )

    return view.shared.trust.get((*view.part, name, hour), made)
