"""What a model's past teaches the decision rule: its hours, its days, and how it wanders."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.catalog.windows import Window
from tidegauge.judge.budget import Rule, Settings, asked_more_often, cold, fit, within
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.view import View
from tidegauge.profile.codec import Tallies, decode_tallies
from tidegauge.profile.table import Profile
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, floor

DAYS: Final = 14
"""Of a model's past that are learned from."""
NIGHTS: Final = 2
"""Of windows of five minutes: what a job does each night is in them twice."""
_LATE: Final = 2 * FIVE_MINUTES
"""The last windows may not be made yet, and the first may just have been dropped."""


class Taught(NamedTuple):
    rule: Rule
    hourly: Rule | None
    """The same, asked each hour; None where nothing was learned."""


def learned(view: View, watched: Watched, settings: Settings) -> Taught:
    """A rule from two weeks of the model's own hours; from the reference alone before that."""
    start, stop = span_of(view)
    if view.slot >= stop:
        hours = stacked(view, watched, start, stop, HOUR)
        hourly = replace(settings, checks_a_month=30 * 24)
        slow = fit(hours, hours_of_week(start, len(hours), HOUR), watched.cells, hourly)
        if slow.learned:
            return Taught(asked_more_often(slow, settings), slow)
    return Taught(cold_rule(view, watched, settings), None)


def learned_within(view: View, watched: Watched, rule: Rule) -> Rule | None:
    """The rule with what the last two days show of its hours; None before they are there."""
    stop = floor(view.slot, FIVE_MINUTES) - _LATE * SECOND
    start = stop - (NIGHTS * DAY - 2 * _LATE) * SECOND
    if not any(True for _each in read(view, start, start + HOUR * SECOND, FIVE_MINUTES)):
        return None
    checks = stacked(view, watched, start, stop, FIVE_MINUTES)
    pace = replace(rule.settings, checks_a_month=30 * DAY // FIVE_MINUTES)
    return within(rule, checks, hours_of_week(start, len(checks), FIVE_MINUTES), pace)


def cold_rule(view: View, watched: Watched, settings: Settings) -> Rule:
    """What the reference alone teaches."""
    reference = view.reference
    assert reference is not None  # noqa: S101 - the caller has looked
    return cold(_whole(watched, reference), watched.cells, settings)


def span_of(view: View) -> tuple[int, int]:
    """The two weeks that are learned from: those that begin with the reference."""
    baseline = view.subject.baseline
    assert baseline is not None  # noqa: S101 - who has a reference has a baseline
    start = floor(baseline.first_at, HOUR)
    return start, start + DAYS * DAY * SECOND


def stacked(view: View, watched: Watched, start: int, stop: int, resolution: int) -> Floats:
    """[slots, features, cells] of a span; a slot without rows is one all the same."""
    size = resolution * SECOND
    found = np.zeros(((stop - start) // size, *watched.cells.real.shape))
    for window in read(view, start, stop, resolution):
        if window.profile is not None:
            at = (window.start - start) // size
            found[at] += watched.counts(decode_tallies(window.profile))
    return found


def rows_before(view: View, slot: int) -> int:
    """What is known of the time since the reference began, up to the last whole hour."""
    start, _stop = span_of(view)
    return sum(each.rows for each in read(view, start, floor(slot, HOUR), HOUR))


def read(view: View, start: int, stop: int, resolution: int) -> Iterable[Window]:
    """Those that were counted by the reference's bins."""
    baseline = view.subject.baseline
    layout = baseline.layout if baseline else None
    return (each for each in view.windows(start, stop, resolution) if each.layout == layout)


def hours_of_week(start: int, slots: int, resolution: int) -> Counts:
    """Of each slot, from Monday 0:00 UTC."""
    hours = (start // SECOND + np.arange(slots, dtype=np.int64) * resolution) // HOUR
    # 1970 began on a Thursday.
    return (hours + 3 * 24) % (7 * 24)


def _whole(watched: Watched, reference: Profile) -> Floats:
    return watched.counts(
        Tallies(
            rows=reference.rows,
            squares=reference.squares,
            counts=reference.numeric.counts,
            gone=reference.numeric.gone,
            lowest=reference.numeric.lowest,
            highest=reference.numeric.highest,
            sums=(),
            mixes=reference.categories.counts,
        )
    )
