"""In which declared segments a drift is, as part of what is said of an alarm.

What came since the change began is held against the time of the reference, or else as long a time
before (a day at the least), by the reference's cells.  Of segments of personal data nothing is
said.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.catalog import windows
from tidegauge.catalog.personal import named_in
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.view import View
from tidegauge.profile.codec import decode_tallies
from tidegauge.series import where
from tidegauge.slices import PartCounts, parted
from tidegauge.window import DAY, SECOND

_SEGMENTS: Final = 100
"""More values would take too long for each alarm."""
_MOST: Final = 2
_MUCH: Final = 0.2
"""Of a change: less is not where it is."""


class PartOfIt(TypedDict):
    """As it is kept with a reading."""

    segment: str
    share: float


def segments_of(
    view: View, watched: Watched, start: int, features: Sequence[int]
) -> dict[int, list[PartOfIt]]:
    """By feature, those that a change since `start` is in for sure."""
    subject = view.subject
    if view.segment or not 0 < len(subject.segments) <= _SEGMENTS:
        return {}
    secret = named_in(subject.model.tags)
    by_column: dict[str, dict[str, tuple[Floats, Floats]]] = {}
    baseline = subject.baseline
    known = baseline.own_time if baseline is not None else None
    before = known or (start - max(view.slot - start, DAY * SECOND), start)
    for segment in subject.segments:
        column, _, value = segment.partition("=")
        if column in subject.model.segments and not where.holds(column, secret):
            then = _counts(view, watched, segment, *before)
            now = _counts(view, watched, segment, start, view.slot)
            by_column.setdefault(column, {})[value] = then, now
    return {feature: _of(by_column, feature) for feature in features}


def _of(
    by_column: Mapping[str, Mapping[str, tuple[Floats, Floats]]], feature: int
) -> list[PartOfIt]:
    found = [
        PartOfIt(segment=f"{column}={part.name}", share=round(part.share, 4))
        for column, own in by_column.items()
        for part in parted(
            {value: PartCounts(then[feature], now[feature]) for value, (then, now) in own.items()}
        )
        if part.is_certain and part.share > _MUCH
    ]
    return sorted(found, key=lambda each: -each["share"])[:_MOST]


def _counts(view: View, watched: Watched, segment: str, start: int, stop: int) -> Floats:
    """[features, cells]"""
    subject, found = view.subject, np.zeros(watched.cells.real.shape)
    layout = subject.baseline.layout if subject.baseline else None
    numbers = subject.numbers(view.version, segment)
    for span in view.reach.spans(*view.reach.whole(start, stop)):
        for window in windows.between(
            view.connection, numbers, span.resolution, span.start, span.stop
        ):
            if window.layout == layout and window.profile is not None:
                found += watched.counts(decode_tallies(window.profile))
    return found


def sentence(first: Mapping[str, Any]) -> str:
    """
    >>> sentence({"segment": "tags.region=eu", "share": 0.934})
    '93 % of it is in tags.region=eu'
    """
    return f"{100 * first['share']:.0f} % of it is in {first['segment']}"
