"""When a model's own rows make a reference, and the counting of its rows by a new one.

A first layout is made of the first rows, so that there is something to look at.  It is made anew
when there are more, and for good when there are 10,000 rows over 24 hours; until then drift says
that it is learning.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import structlog
from sqlalchemy import Connection

from tidegauge.arrow import Table
from tidegauge.catalog import Catalog, baselines, parts, schemas, tails
from tidegauge.catalog.baselines import Baseline, Source
from tidegauge.catalog.parts import Part
from tidegauge.log import Position, ReadableLog
from tidegauge.reference.fit import MOST, adopt, profile_of_table, sample_of
from tidegauge.series.places import micros
from tidegauge.store import Between, Store, StoreError, scan
from tidegauge.store.unify import unify
from tidegauge.tail.read import Tail, tables_of, unpacked
from tidegauge.window import DAY, SECOND
from tidegauge.worker.subjects import Subject

ENOUGH: Final = 10_000
SPAN: Final = DAY * SECOND
_STEPS: Final = (1_000, ENOUGH)
_AT_ONCE: Final = 4
_log = structlog.stdlib.get_logger(__name__)


def is_due(subject: Subject) -> Source | None:
    """What kind of reference its rows make now, if it is better than the one it has."""
    if subject.source not in {None, "provisional"} or subject.first_at is None:
        return None
    span = (subject.last_at or 0) - subject.first_at
    if subject.rows >= ENOUGH and span >= SPAN:
        return "learned"
    if any(subject.fitted_rows < step <= subject.rows for step in _STEPS):
        return "provisional"
    return None


def first(catalog: Catalog, subject: Subject, table: Table, at: int) -> None:
    """Of the very first rows, whatever they are."""
    profile = profile_of_table(table)
    baseline = catalog.write(
        lambda connection: adopt(
            connection,
            subject.id,
            profile,
            source="provisional",
            name="first rows",
            first_at=at,
            last_at=at,
            at=at,
            by="tidegauge",
            why="the model was seen for the first time",
        ),
        patience=None,
    )
    subject.fit(baseline, profile.layout)


def again(
    catalog: Catalog,
    rows: "Rows",
    subject: Subject,
    source: Source,
    *,
    upto: Position,
    at: int,
) -> bool:
    """Of what is there by now: of its first 24 hours, or of all if those are too few.

    Whether it is the one that holds now."""
    end = (subject.first_at or 0) + SPAN
    table = sampled(rows.tables(upto, last_at=end)) if source == "learned" else None
    if table is None or table.num_rows < ENOUGH:
        table = sampled(rows.tables(upto))
    if table is None:
        return False
    times = micros(table, "timestamp")
    known = catalog.look(lambda c: schemas.latest(c, [subject.id]), patience=None).get(subject.id)
    profile = profile_of_table(table, known.schema if known else None)

    def take_its_place(connection: Connection) -> Baseline | None:
        latest = baselines.latest(connection, [subject.id]).get(subject.id)
        if latest is not None and latest.source != "provisional":
            # Somebody has chosen another meanwhile: theirs holds.
            return None
        return adopt(
            connection,
            subject.id,
            profile,
            source=source,
            name="first rows",
            first_at=int(times.min()),
            last_at=int(times.max()),
            at=at,
            by="tidegauge",
            why="learned from the first rows" if source == "learned" else "there are more rows",
        )

    # Some rows may have been left out: it is not tried again for the same ones.
    subject.fitted_rows = max(subject.fitted_rows, subject.rows)
    baseline = catalog.write(take_its_place, patience=None)
    if baseline is None:
        return False
    subject.fit(baseline, profile.layout)
    subject.fitted_rows = max(subject.fitted_rows, subject.rows)
    _log.info("reference made", model=subject.model.name, source=source, rows=profile.rows)
    return True


class Rows:
    """All rows of a model that are counted: its parts, then its tail."""

    def __init__(self, catalog: Catalog, store: Store, log: ReadableLog, subject: Subject) -> None:
        self._store = store
        self._log = log
        self._subject = subject
        self.parts: Sequence[Part] = []
        self._tails: Sequence[tails.Tail] = []
        catalog.look(self._read, patience=None)

    def _read(self, connection: Connection) -> None:
        """Both of one moment: a row is in the one or in the other."""
        number = self._subject.id
        self.parts = parts.live(connection, number, "predictions")
        self._tails = [tail for tail in tails.of(connection, number) if tail.kind == "predictions"]

    def tables(
        self, upto: Position, *, first_at: int | None = None, last_at: int | None = None
    ) -> Iterator[Table]:
        """Those of a span, a part at a time; `upto` is how far the log is counted."""
        where = [Between("timestamp", first_at, last_at)]
        for part in self.parts:
            if last_at is not None and part.first_at >= last_at:
                continue
            if first_at is not None and part.last_at < first_at:
                continue
            try:
                table = scan(self._store, [part], where=where)
            except StoreError as error:
                # What can be read is counted; what cannot is told, and must not stop all else.
                _log.error("a part is left out", error=str(error))
                continue
            if table.num_rows:
                yield table
        for tail in self._tails:
            model = self._subject.model
            where_is = Tail(
                model.tenant,
                model.name,
                "predictions",
                Position.parse(tail.position),
                upto,
                unpacked(tail.dropped),
            )
            batches = [table for table in tables_of(self._log, where_is) if table.num_rows]
            if batches:
                table = scan(self._store, [], [unify(batches)], where=where)
                if table.num_rows:
                    yield table


def sampled(tables: Iterator[Table]) -> Table | None:
    """As many rows as a reference is made of, the same in whatever pieces they come."""
    kept: list[Table] = []
    for table in tables:
        kept.append(table)
        if sum(each.num_rows for each in kept) > _AT_ONCE * MOST:
            kept = [sample_of(unify(kept))]
    return sample_of(unify(kept)) if kept else None
