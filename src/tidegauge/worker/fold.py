"""Rows of one model into its windows: by version, by segment, by time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Flags
from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.reference.counted import frame_of
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import codes, is_any
from tidegauge.window import MINUTE, RESOLUTIONS, SECOND
from tidegauge.worker.calls import Calls
from tidegauge.worker.places import Places
from tidegauge.worker.windows import Fitted, Key, Windows

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
    frame = frame_of(table, folding.fitted.layout) if folding.fitted else None
    for resolution, rows, groups in found:
        # In order once, so that each group is a slice.
        ordered = _ordered(frame, rows)
        for group in groups:
            own = ordered.stretch(group.first, group.last) if ordered else None
            traffic = calls.of(rows[group.first : group.last])
            windows[key_of(resolution, group)].add(_told(own), traffic)


def _ordered(frame: Frame | None, rows: Counts) -> Frame | None:
    if frame is None or (len(rows) == frame.count and bool((rows[1:] > rows[:-1]).all())):
        return frame
    return frame.take(rows)


def _told(frame: Frame | None) -> Frame | None:
    """A column that holds nothing for a group is as good as not sent: whether it is there at all
    depends on what else came at the same time."""
    if frame is None:
        return None
    told = {name: frame[name] for name in frame.columns if is_any(frame[name])}
    return Frame(told, frame.name, rows=frame.count)


def grouped(
    table: Table, places: Places, segments: Sequence[str], frontier: Frontier
) -> Iterator[Grouped]:
    """The rows of each window, at each resolution at which there is one."""
    counted = np.flatnonzero(places.counted)
    versions = _values(table, "model_version")
    told = {column: _values(table, column) for column in segments}
    for resolution in RESOLUTIONS:
        starts = places.minute - places.minute % (resolution * SECOND)
        rows = counted[frontier.has(resolution, starts[counted])]
        if not len(rows):
            continue
        yield Grouped(resolution, *_split(starts[rows], rows, versions, "", None))
        for column, values in told.items():
            yield Grouped(resolution, *_split(starts[rows], rows, versions, column, values))


class _Values(NamedTuple):
    codes: Counts
    names: list[str]


def _values(table: Table, column: str) -> _Values:
    """Each row's value as a number; rows without one have the empty name."""
    if column not in table.column_names:
        return _Values(np.zeros(table.num_rows, dtype=np.int64), [""])
    found = codes(_filled(table[column]))
    return _Values(found.codes, found.values)


def _filled(column: Chunked) -> Chunked:
    if pa.types.is_string(column.type):
        return pc.fill_null(column, "")
    # By their text, in which 1 and 1.0 are one.
    texts = codes(column)
    names = pa.array([*texts.values, ""], pa.string())
    return pa.chunked_array(
        [names.take(pa.array(np.where(texts.codes < 0, len(names) - 1, texts.codes)))]
    )


def _split(
    times: Counts, rows: Counts, versions: _Values, column: str, told: _Values | None
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
