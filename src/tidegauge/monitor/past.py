"""What a model's past teaches the decision rule: its hours, its days, and how it wanders."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.catalog.windows import Window
from tidegauge.judge.budget import Rule, Settings, cold, fit
from tidegauge.judge.budget.cells import Singles, single
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.view import View
from tidegauge.profile.codec import Tallies, decode_tallies
from tidegauge.profile.table import Profile
from tidegauge.window import DAY, HOUR, SECOND, floor

DAYS: Final = 14
"""Of a model's past that are learned from."""


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


def asked_more_often(slow: Rule, settings: Settings) -> Rule:
    """The rule of hours, for checks of minutes.

    How hours and days stray is the same however often one looks, and what comes together within
    an hour bounds what comes together within a minute of it.
    """
    each, lengths = slow.variation, settings.blocks
    by_length = {length: each.blocks[i] for i, length in enumerate(slow.lengths)}
    blocks: list[Singles] = []
    kept: list[int] = []
    for length in lengths:
        hours = round(length / (settings.checks_a_day / 24))
        if hours < slow.lengths[0]:
            # The hour's own noise is not kept with its wander; a longer block has no less.
            blocks.append(each.blocks[0])
            kept.append(length)
        elif hours in by_length:
            blocks.append(by_length[hours])
            kept.append(length)
    variation = replace(each, blocks=single(np.array(blocks)))
    made = replace(slow, settings=settings, lengths=tuple(kept), variation=variation)
    return made.bound_again()


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
