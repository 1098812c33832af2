"""The windows of a model counted again from its rows, by a new layout.

As many of its newest rows as can be counted while others wait; older windows keep the layout that
they were counted by, and can be looked at, not compared.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import progress, windows
from tidegauge.catalog.parts import Part
from tidegauge.log import Position
from tidegauge.series.places import places
from tidegauge.window import HOUR, ceil
from tidegauge.worker.commit import NAME
from tidegauge.worker.fold import Folding, Frontier, fold
from tidegauge.worker.learn import Rows
from tidegauge.worker.signals import Signals
from tidegauge.worker.subjects import Subject, Subjects
from tidegauge.worker.windows import Windows

MOST: Final = 2_000_000
"""Rows."""


def recounted(
    subjects: Subjects, subject: Subject, rows: Rows, frontier: Frontier, upto: Position, at: int
) -> "Recount":
    """Count in memory; the windows of the model must all be saved."""
    since = begin(rows.parts)
    fresh = Windows(lambda _keys: {}, most=1 << 62)
    for table in rows.tables(upto, first_at=since):
        folding = Folding(
            subject.fitted,
            subject.model.segments,
            lambda pairs: subjects.series_of(subject, pairs, Signals(), at),
        )
        fold(table, places(table), folding, fresh, frontier)
    return Recount(subject.id, since, list(fresh.changed(at)))


def begin(parts: Sequence[Part]) -> int | None:
    """From where on all rows are counted again; None is from their beginning."""
    left = MOST
    for part in sorted(parts, key=lambda part: part.last_at, reverse=True):
        left -= part.rows
        if left < 0:
            return ceil(part.last_at + 1, HOUR)
    return None


class Recount:
    def __init__(self, model: int, since: int | None, made: Sequence[windows.Window]) -> None:
        self._model = model
        self._since = since
        self._made = [window for window in made if since is None or window.start >= since]

    def __call__(self, connection: Connection, epoch: int) -> None:
        """Put them in the place of what was there; nothing may have been counted in between."""
        progress.hold(connection, NAME, epoch)
        windows.forget(connection, self._model, since=self._since)
        windows.put(connection, self._made)
