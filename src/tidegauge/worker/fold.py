"""Rows of one model into its windows: by version, by segment, by time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Flags
from tidegauge.arrow import Table
from tidegauge.profile.columns import Columns
from tidegauge.profile.groups import Groups
from tidegauge.profile.table import Profile
from tidegauge.reference.counted import frame_of
from tidegauge.rows.frame import Frame
from tidegauge.series.places import Places
from tidegauge.series.segment import Values, values_of
from tidegauge.window import MINUTE, RESOLUTIONS, SECOND
from tidegauge.worker.calls import Calls
from tidegauge.worker.windows import Fitted, Key, Windows

_VALUES: Final = 1 << 22
"""Values of rows that are read at once: while they are counted, all columns are in memory."""
_ROWS: Final = 1 << 10
"""Rows that are read at once at least."""
SeriesOf = Callable[[Iterable[tuple[str, str]]], Mapping[tuple[str, str], int]]
"""The numbers of (version, segment) pairs of a model, made where they are new."""


class Group(NamedTuple):
    """The rows of one window: a stretch of rows in some order."""

    version: str
    segment: str
    start: int
    first: int
    last: int


class Grouped(NamedTuple):
    """Rows in the order of their windows of one resolution."""

    resolution: int
    rows: Counts
    groups: list[Group]


@dataclass(frozen=True)
class Frontier:
    """How far windows are made of finer ones, and how far back they are kept."""

    rolled: Mapping[int, int]
    """By coarser resolution: windows before this are made, and later rows are added to them."""
    floors: Mapping[int, int]
    """By resolution: windows before this are no longer kept."""

    def has(self, resolution: int, starts: Counts) -> Flags:
        """Whether rows are added to these windows: they are kept, and made already if they are
        made of others."""
        kept = starts >= self.floors[resolution]
        return kept if resolution == MINUTE else kept & (starts < self.rolled[resolution])


@dataclass(frozen=True)
class Folding:
    """How a model's rows are counted."""

    fitted: Fitted | None
    segments: Sequence[str]
    series: SeriesOf


def fold(
    table: Table, places: Places, folding: Folding, windows: Windows, frontier: Frontier
) -> None:
    """Add the rows that count to every window that they belong to."""
    found = list(grouped(table, places, folding.segments, frontier))
    pairs = {(group.version, group.segment) for each in found for group in each.groups}
    series = folding.series(pairs)

    def key_of(resolution: int, group: Group) -> Key:
        return Key(series[group.version, group.segment], resolution, group.start)

    windows.open(
        {key_of(each.resolution, group): folding.fitted for each in found for group in each.groups}
    )
    calls = Calls(table, places.late, places.skewed)
    counted = _Counted(table, folding.fitted) if folding.fitted else None
    for each in found:
        for some in _pieces(each, counted.at_once if counted else _VALUES):
            profiles = counted.profiles(some) if counted else repeat(None, len(some.groups))
            for group, profile in zip(some.groups, profiles, strict=True):
                traffic = calls.of(each.rows[group.first : group.last])
                windows[key_of(each.resolution, group)].add(profile, traffic)


def _pieces(grouped: Grouped, most: int) -> Iterator[Grouped]:
    """So many rows at a time; a group of more comes in parts, which add up."""
    some: list[Group] = []
    for group in grouped.groups:
        for first in range(group.first, group.last, most):
            part = group._replace(first=first, last=min(first + most, group.last))
            if some and part.last - some[0].first > most:
                yield grouped._replace(groups=some)
                some = []
            some.append(part)
    if some:
        yield grouped._replace(groups=some)


class _Counted:
    """What a layout counts of a table."""

    def __init__(self, table: Table, fitted: Fitted) -> None:
        self._layout = fitted.layout
        self._frame = frame_of(table, fitted.layout)
        width = len(self._layout.facets) + len(self._layout.names) + 1
        self.at_once = max(_ROWS, _VALUES // width)
        # Few rows are read once, and then counted in every window that they belong to.
        is_small = self._frame.count <= self.at_once
        self._whole = Columns(self._frame, self._layout) if is_small else None

    def profiles(self, some: Grouped) -> Iterator[Profile]:
        """Of groups that follow one another."""
        first, last = some.groups[0].first, some.groups[-1].last
        rows = some.rows[first:last]
        cuts = np.array([*(group.first for group in some.groups), last]) - first
        if self._whole:
            return self._whole.profiles(Groups(cuts, rows))
        return Columns(_taken(self._frame, rows), self._layout).profiles(Groups(cuts))


def _taken(frame: Frame, rows: Counts) -> Frame:
    if len(rows) == frame.count and bool((rows[1:] > rows[:-1]).all()):
        return frame
    return frame.take(rows)


def grouped(
    table: Table, places: Places, segments: Sequence[str], frontier: Frontier
) -> Iterator[Grouped]:
    """The rows of each window, at each resolution at which there is one."""
    counted = np.flatnonzero(places.counted)
    versions = values_of(table, "model_version")
    told = {column: values_of(table, column) for column in segments}
    for resolution in RESOLUTIONS:
        starts = places.minute - places.minute % (resolution * SECOND)
        rows = counted[frontier.has(resolution, starts[counted])]
        if not len(rows):
            continue
        yield Grouped(resolution, *split(starts[rows], rows, versions, "", None))
        for column, values in told.items():
            yield Grouped(resolution, *split(starts[rows], rows, versions, column, values))


def split(
    times: Counts, rows: Counts, versions: Values, column: str, told: Values | None
) -> tuple[Counts, list[Group]]:
    starts, minute = np.unique(times, return_inverse=True)
    width = len(told.names) if told else 1
    key = (minute * len(versions.names) + versions.codes[rows]) * width
    if told:
        key = key + told.codes[rows]
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    cuts = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(order)]
    groups: list[Group] = []
    for first, last in pairwise(cuts):
        rest, value = divmod(int(ordered[first]), width)
        which, version = divmod(rest, len(versions.names))
        segment = f"{column}={told.names[value]}" if told else ""
        groups.append(Group(versions.names[version], segment, int(starts[which]), first, last))
    return rows[order], groups
