"""Rows of one model into its windows: by version, by segment, by time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    """The rows of one window."""

    version: str
    segment: str
    resolution: int
    start: int
    rows: Counts


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
    groups = list(groups_of(table, places, folding.segments, frontier))
    series = folding.series({(group.version, group.segment) for group in groups})
    keys = [
        Key(series[group.version, group.segment], group.resolution, group.start) for group in groups
    ]
    windows.open(dict.fromkeys(keys, folding.fitted))
    calls = Calls(table, places.late, places.skewed)
    frame = frame_of(table, folding.fitted.layout) if folding.fitted else None
    for group, key in zip(groups, keys, strict=True):
        windows[key].add(_taken(frame, group.rows), calls.of(group.rows))


def _taken(frame: Frame | None, rows: Counts) -> Frame | None:
    """Rows of some group.  A column that holds nothing for them is as good as not sent: whether
    it is there at all depends on what else came at the same time."""
    if frame is None:
        return None
    taken = frame if len(rows) == frame.count else frame.take(rows)
    told = {name: taken[name] for name in taken.columns if is_any(taken[name])}
    return Frame(told, taken.name, rows=len(rows))


def groups_of(
    table: Table, places: Places, segments: Sequence[str], frontier: Frontier
) -> Iterator[Group]:
    """The rows of each window, at each resolution at which there is one."""
    counted = np.flatnonzero(places.counted)
    versions = _values(table, "model_version")
    told = {column: _values(table, column) for column in segments}
    for resolution in RESOLUTIONS:
        starts = places.minute - places.minute % (resolution * SECOND)
        rows = counted[frontier.has(resolution, starts[counted])]
        if not len(rows):
            continue
        for version, _value, start, own in _split(starts[rows], rows, versions, None):
            yield Group(version, "", resolution, start, own)
        for column, values in told.items():
            for version, value, start, own in _split(starts[rows], rows, versions, values):
                yield Group(version, f"{column}={value}", resolution, start, own)


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
    times: Counts, rows: Counts, versions: _Values, told: _Values | None
) -> Iterator[tuple[str, str, int, Counts]]:
    starts, minute = np.unique(times, return_inverse=True)
    width = len(told.names) if told else 1
    key = (minute * len(versions.names) + versions.codes[rows]) * width
    if told:
        key = key + told.codes[rows]
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    cuts = np.flatnonzero(np.diff(ordered)) + 1
    for part in np.split(order, cuts):
        first = int(key[part[0]])
        rest, value = divmod(first, width)
        which, version = divmod(rest, len(versions.names))
        name = told.names[value] if told else ""
        # Rows in their order: Arrow takes them faster.
        yield versions.names[version], name, int(starts[which]), rows[np.sort(part)]
