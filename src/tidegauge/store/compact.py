"""Many small parts to few large ones.  Nothing is deleted here: the catalog replaces the parts by
the new one, and the files go when no reader can need them any more."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Final

import numpy as np

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError
from tidegauge.failpoint import hit
from tidegauge.store.encoding import Encodings
from tidegauge.store.errors import DamagedError
from tidegauge.store.inputs import Inputs
from tidegauge.store.keeping import Store
from tidegauge.store.multiset import WRAP, multiset
from tidegauge.store.part import AT, GROUP, Part, in_order, micros, writing
from tidegauge.store.source import PartSource

DAY: Final = 86_400_000_000
MOST_BYTES: Final = 128 << 20
MOST_ROWS: Final = 1_000_000
_SETTLED: Final = 2 * 3_600_000_000
"""A day has most of its late rows by then."""
_MANY: Final = 16
"""Parts of the running day that are merged before they make a full one."""
_HELD: Final = 64 << 20
"""Bytes of rows in memory that may wait for earlier ones."""


def plan(parts: Iterable[Part], now: int) -> list[list[Part]]:
    """Which parts of one kind of one model to merge, each list to one part.

    In the running day only parts of about one size are merged, so a row is rewritten two or three
    times at most.  When the day is over all are, but mere crumbs beside a large part.
    """
    groups: list[list[Part]] = []
    small = [part for part in parts if not _is_full([part])]
    small.sort(key=lambda part: (part.first_at, part.file))
    for day, own in groupby(small, key=lambda part: part.first_at // DAY):
        if (day + 1) * DAY + _SETTLED <= now:
            groups += [group for group in _groups(own) if not _is_crumbs(group)]
        else:
            tiers = sorted(own, key=_tier)
            for _tier_number, like in groupby(tiers, key=_tier):
                groups += [
                    group for group in _groups(like) if len(group) >= _MANY or _is_full(group)
                ]
    return [group for group in groups if len(group) > 1]


def _tier(part: Part) -> int:
    return part.bytes.bit_length() // 3


def _groups(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """In the order of time, each as large as may be."""
    group: list[Part] = []
    for part in parts:
        if group and _is_over([*group, part]):
            yield group
            group = []
        group.append(part)
    yield group


def _is_crumbs(group: Sequence[Part]) -> bool:
    largest = max(part.bytes for part in group)
    return len(group) < _MANY and 4 * (sum(part.bytes for part in group) - largest) < largest


def _is_full(group: Sequence[Part]) -> bool:
    """Large enough to be left alone."""
    return (
        2 * sum(part.bytes for part in group) >= MOST_BYTES
        or 2 * sum(part.rows for part in group) >= MOST_ROWS
    )


def _is_over(group: Sequence[Part]) -> bool:
    return (
        sum(part.bytes for part in group) > MOST_BYTES
        or sum(part.rows for part in group) > MOST_ROWS
    )


def merge(
    store: Store, parts: Sequence[Part], *, name: str, encodings: Encodings | None = None
) -> Part:
    """The rows of all in a new part.  Only after it was read again and found to have the same rows
    is it returned: then the catalog may replace the parts by it."""
    if not parts:
        raise InputError("a merge needs parts")
    inputs = Inputs(store, parts)
    tables = _in_order(inputs)
    first = next(tables)
    with writing(store, name, first, encodings or Encodings()) as writer:
        writer.add(first)
        for table in tables:
            writer.add(table)
    hit("store.before-merge-check")
    rows, found = _counted(store, writer.part)
    if (rows, found) != (inputs.rows, inputs.multiset):
        store.delete(name)
        raise DamagedError(name, f"a merge of {inputs.rows} rows came out as other {rows} rows")
    hit("store.merged")
    return writer.part


def _in_order(inputs: Inputs) -> Iterator[Table]:
    """Row groups by time, as far as memory allows: what waits is bounded, so where many parts lie
    over one stretch of time their row groups may too."""
    held: list[Table] = []
    for piece, following in zip_longest(inputs.pieces, inputs.pieces[1:]):
        held.append(inputs.read(piece))
        if following is not None and sum(table.num_rows for table in held) < GROUP:
            continue
        whole = in_order(pa.concat_tables(held))
        ready = whole.num_rows
        if following is not None and whole.nbytes < _HELD:
            ready = int(np.searchsorted(micros(whole[AT]), following.first_at))
        if following is not None:
            ready -= ready % GROUP
        for start in range(0, ready, GROUP):
            yield whole.slice(start, min(GROUP, ready - start))
        held = [whole.slice(ready)]


def _counted(store: Store, part: Part) -> tuple[int, int]:
    rows = total = 0
    for piece in PartSource(store, 0, part).pieces():
        table = piece.read(None)
        rows, total = rows + table.num_rows, (total + multiset(table)) % WRAP
    return rows, total
