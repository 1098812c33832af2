"""All that some turns brought, in one transaction with the position up to which they read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.catalog import (
    arrivals,
    dead_letters,
    drops,
    id_runs,
    numbers,
    parts,
    progress,
    signals,
    tails,
    unmatched,
    windows,
)
from tidegauge.log import Position
from tidegauge.store import Part
from tidegauge.tail.read import packed
from tidegauge.window import DAY, SECOND
from tidegauge.worker import late
from tidegauge.worker.joiner import Joiner
from tidegauge.worker.tails import Left, Of, Written
from tidegauge.worker.turn import Results

NAME: Final = "worker"


class Step:
    """One commit: made once, run as often as the database needs."""

    def __init__(self, *, epoch: int, old: Position, new: Position, at: int) -> None:
        self.epoch = epoch
        self.old = old
        self.new = new
        self.at = at
        self.detail: Mapping[str, object] = {}
        self.windows: list[windows.Window] = []
        self.written: Sequence[Written] = ()
        self.apart: Sequence[tuple[Of, Part]] = ()
        self.joiner: Joiner | None = None
        self.left: Sequence[Left] = ()
        self.id_files: Sequence[id_runs.IdRun] = ()
        self.id_files_gone: Sequence[str] = ()
        self.results: Results | None = None
        self.floors: Mapping[int, int] = {}
        """By resolution: windows before this are no longer kept."""

    def __call__(self, connection: Connection) -> None:
        if not progress.advance(
            connection, NAME, self.epoch, str(self.old), str(self.new), self.at, self.detail
        ):
            # The answer of the first try was lost: all of this is in the catalog.
            return
        windows.put(connection, self.windows)
        failpoint.hit("worker.windows-put")
        parts.add(
            connection,
            [
                part_of(of, part, self.at)
                for of, part in (
                    *((each.of, one) for each in self.written for one in each.parts),
                    *self.apart,
                )
            ],
        )
        tails.put(connection, [_tail(left) for left in self.left if left.rows or left.dropped])
        tails.forget(
            connection,
            [
                (left.of.model, left.of.kind)
                for left in self.left
                if not (left.rows or left.dropped)
            ],
        )
        id_runs.put(connection, self.id_files)
        id_runs.forget(connection, self.id_files_gone)
        if self.joiner:
            self.joiner.put(connection)
        if self.results:
            _put(connection, self.results, self.at)
        figures = list(self.results.figures) if self.results else []
        if self.windows or figures:
            late.note(connection, self.windows, figures, self.floors, str(self.new))
        failpoint.hit("worker.before-commit")


def _put(connection: Connection, results: Results, at: int) -> None:
    signals.add(
        connection,
        [
            signals.Signal(
                model=what.model,
                code=what.code,
                subject=what.subject,
                start=what.start,
                detail=tally.detail,
                rows=tally.rows,
                first_at=tally.first_at,
                last_at=tally.last_at,
            )
            for what, tally in results.signals
        ],
    )
    numbers.add(connection, list(results.figures))
    arrivals.add(connection, results.arrivals.notes(unmatched.models(connection), at))
    dead_letters.add(connection, results.letters)
    drops.add(
        connection,
        [drops.Drop(**drop._asdict(), rows=rows) for drop, rows in results.drops.items()],
    )


def part_of(of: Of, part: Part, at: int, *, level: int = 0) -> parts.Part:
    return parts.Part(
        **asdict(part),
        model=of.model,
        kind=of.kind,
        day=part.first_at // (DAY * SECOND),
        created_at=at,
        level=level,
    )


def _tail(left: Left) -> tails.Tail:
    return tails.Tail(
        model=left.of.model,
        kind=left.of.kind,
        position=str(left.after),
        rows=left.rows,
        bytes=left.bytes,
        since=left.since,
        dropped=packed(left.dropped),
    )
