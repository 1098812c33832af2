"""A turn: some batches of the log, counted.  All of it is in memory until the next commit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import orjson
import structlog

from tidegauge.arrays import Counts, Flags, Hashes
from tidegauge.arrow import Table, pa
from tidegauge.catalog import Catalog
from tidegauge.catalog.dead_letters import MOST, DeadLetter
from tidegauge.log import Batch, Clock, Piece, Position
from tidegauge.record.columns import to_table
from tidegauge.record.fields import EXPLANATIONS, FEEDBACK, LABELS, METRICS
from tidegauge.series.places import places
from tidegauge.store.unify import unify
from tidegauge.tail.decode import UndecodableError, decode, stamped, with_clock
from tidegauge.tail.read import key_of
from tidegauge.window import HOUR, floor
from tidegauge.worker import learn
from tidegauge.worker.arrivals import Arrivals
from tidegauge.worker.content import contents_of, keys_of
from tidegauge.worker.figures import Figures
from tidegauge.worker.fold import Folding, Frontier, fold
from tidegauge.worker.ids import Ids
from tidegauge.worker.joiner import Joiner
from tidegauge.worker.signals import Signals, off
from tidegauge.worker.subjects import Subject, Subjects
from tidegauge.worker.tails import Of, Tails
from tidegauge.worker.windows import Windows

_NAMED: Final = 50
"""New features of one turn that are told by name."""
JOINED: Final = "joined"
"""Of halves: rows that no batch of the log holds as such."""
PREDICTIONS: Final = frozenset({"predictions", "history", JOINED})
_log = structlog.stdlib.get_logger(__name__)


class Drop(NamedTuple):
    tenant: str
    model: str
    reason: str
    start: int


class _Part(NamedTuple):
    """The rows of one piece."""

    key: str
    table: Table
    clock: Clock | None


class Whose(NamedTuple):
    tenant: str
    model: str
    kind: str


@dataclass
class Results:
    """What turns brought besides windows, ids and tails."""

    signals: Signals = field(default_factory=Signals)
    letters: list[DeadLetter] = field(default_factory=list[DeadLetter])
    drops: dict[Drop, int] = field(default_factory=dict[Drop, int])
    figures: Figures = field(default_factory=Figures)
    arrivals: Arrivals = field(default_factory=Arrivals)
    rows: int = 0

    def clear(self) -> None:
        self.signals.clear()
        self.letters.clear()
        self.drops.clear()
        self.figures.clear()
        self.arrivals.clear()
        self.rows = 0


@dataclass
class Turns:
    catalog: Catalog
    subjects: Subjects
    windows: Windows
    ids: Ids
    tails: Tails
    joiner: Joiner
    results: Results

    def take(
        self, batches: Sequence[tuple[Position, Batch]], after: Position, frontier: Frontier
    ) -> None:
        """Count batches that follow a position."""
        upto, last = batches[-1]
        found: dict[Whose, list[_Part]] = {}
        for position, batch in batches:
            for number, piece in enumerate(batch.pieces):
                self._read(position, number, batch, piece, found)
        wanted = {(whose.tenant, whose.model) for whose in found}
        subjects = self.subjects.of(wanted, last.at)
        for whose, parts in found.items():
            subject = subjects[whose.tenant, whose.model]
            self._count(whose, subject, parts, after, upto, last.at, frontier)

    def _read(
        self,
        position: Position,
        number: int,
        batch: Batch,
        piece: Piece,
        found: dict[Whose, list[_Part]],
    ) -> None:
        if piece.kind == "drops":
            self._count_drops(batch, piece)
            return
        if piece.kind == "halves":
            self._join(position, batch, piece, found)
            return
        try:
            table = decode(piece, batch)
        except UndecodableError as error:
            self.results.letters.append(
                DeadLetter(
                    at=batch.at,
                    tenant=batch.tenant,
                    model=piece.model,
                    kind=piece.kind,
                    reason="undecodable",
                    detail=str(error),
                    body=piece.body[:MOST],
                    size=len(piece.body),
                    position=str(position),
                )
            )
            return
        whose = Whose(batch.tenant, piece.model, piece.kind)
        found.setdefault(whose, []).append(_Part(key_of(position, number), table, batch.clock))
        self.results.rows += table.num_rows

    def _join(
        self,
        position: Position,
        batch: Batch,
        piece: Piece,
        found: dict[Whose, list[_Part]],
    ) -> None:
        for model, record in self.joiner.take(batch.tenant, orjson.loads(piece.body), batch.at):
            table = with_clock(stamped(to_table([record]), batch.at), batch.clock)
            whose = Whose(batch.tenant, model, JOINED)
            found.setdefault(whose, []).append(_Part(str(position), table, batch.clock))
            self.results.rows += 1

    def _count_drops(self, batch: Batch, piece: Piece) -> None:
        for each in orjson.loads(piece.body):
            if not isinstance(each, dict):
                continue
            drop = Drop(
                batch.tenant,
                str(each.get("model_id", ""))[:200],
                str(each.get("reason", ""))[:100],
                floor(batch.at, HOUR),
            )
            count = each.get("records")
            if isinstance(count, int) and count > 0:
                self.results.drops[drop] = self.results.drops.get(drop, 0) + count

    def _count(
        self,
        whose: Whose,
        subject: Subject,
        parts: Sequence[_Part],
        after: Position,
        upto: Position,
        at: int,
        frontier: Frontier,
    ) -> None:
        table = unify([part.table for part in parts])
        dropped: dict[str, list[int]] = {}
        kind = whose.kind
        self._tell_clocks(subject, parts, at)
        if kind in PREDICTIONS:
            keys = keys_of(table, subject.id)
            again = self._repeated(subject, table, keys, at)
            if again.any():
                dropped = _by_part(parts, again)
                table, keys = table.filter(pa.array(~again)), keys[~again]
            if table.num_rows:
                self._fold(subject, table, at, frontier)
                self.results.arrivals.take_predictions(subject.id, table, keys)
            if kind == JOINED:
                self.tails.write_apart(Of(subject.id, "predictions"), table)
                return
            kind = "predictions"
        if kind == METRICS.name:
            self.results.figures.take(subject.id, table, frontier)
        if kind in {LABELS.name, FEEDBACK.name}:
            self.results.arrivals.take_labels(subject.id, table)
        if kind == EXPLANATIONS.name:
            self.results.arrivals.take_explanations(subject.id, table)
        self.tails.add(
            Of(subject.id, kind),
            whose.tenant,
            whose.model,
            table,
            after=after,
            upto=upto,
            at=at,
            dropped=dropped,
        )

    def _tell_new(self, subject: Subject, table: Table, at: int) -> None:
        new = new_features(subject, table.column_names)
        named, more = new[:_NAMED], new[_NAMED:]
        signals = self.results.signals
        for column in named:
            rows = table.num_rows - table[column].null_count
            signals.add(subject.id, "new-feature", rows, at, subject=column)
        if more:
            detail = f"so did {len(more):,} more, from {more[0]} to {more[-1]}"
            signals.add(subject.id, "new-feature", table.num_rows, at, detail=detail)

    def _tell_clocks(self, subject: Subject, parts: Sequence[_Part], at: int) -> None:
        """Once for each sender, whatever it sent."""
        for part in parts:
            if part.clock is not None:
                detail = off(part.clock)
                rows = part.table.num_rows
                signals = self.results.signals
                signals.add(
                    subject.id, "skewed", rows, at, subject=part.clock.sender, detail=detail
                )

    def _repeated(self, subject: Subject, table: Table, keys: Hashes, at: int) -> Flags:
        again, conflict = self.ids.meet(keys, contents_of(table))
        signals = self.results.signals
        signals.add(subject.id, "duplicate", int((again & ~conflict).sum()), at)
        signals.add(subject.id, "conflict", int(conflict.sum()), at)
        return again

    def _fold(self, subject: Subject, table: Table, at: int, frontier: Frontier) -> None:
        if subject.fitted is None:
            learn.first(self.catalog, subject, table, at)
        where = places(table)
        signals = self.results.signals
        signals.add(subject.id, "skewed", int((where.skewed & ~where.is_told).sum()), at)
        signals.add(subject.id, "too-late", int(where.too_late.sum()), at)
        self._tell_new(subject, table, at)
        folding = Folding(
            subject.fitted,
            subject.model.segments,
            lambda pairs: self.subjects.series_of(subject, pairs, signals, at),
        )
        try:
            fold(table, where, folding, self.windows, frontier)
        except Exception as error:  # noqa: BLE001 - whatever it is
            # One model's odd rows must not hold up all the others: they are kept, and told.
            _log.exception("rows could not be counted", model=subject.model.name)
            why = f"{type(error).__name__}: {error}"[:300]
            signals.add(subject.id, "not-counted", table.num_rows, at, detail=why)
            return
        if len(where.minute):
            first, last = int(where.minute.min()), int(where.minute.max())
            subject.meet(table.num_rows, first, last)


def new_features(subject: Subject, columns: Iterable[str]) -> list[str]:
    """The columns that the layout does not have."""
    if subject.fitted is None:
        return []
    known = subject.fitted.layout.schema
    return [column for column in columns if column.startswith("features.") and column not in known]


def _by_part(parts: Sequence[_Part], again: Flags) -> dict[str, list[int]]:
    """The rows of each piece that do not count."""
    found: dict[str, list[int]] = {}
    start = 0
    rows: Counts = np.flatnonzero(again)
    for part in parts:
        stop = start + part.table.num_rows
        own = rows[(rows >= start) & (rows < stop)] - start
        if len(own):
            found[part.key] = own.tolist()
        start = stop
    return found
