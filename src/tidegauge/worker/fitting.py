"""From which labelled rows of a model's past an estimator is learned, and when it is due.

It is the time of the reference where enough of that is labelled, else the first labelled rows; a
version that came later gets its own.  Labels that still come make it anew when they have doubled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from tidegauge.arrow import Table, pc
from tidegauge.catalog import baselines, estimators, outcomes, series
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.estimators import Estimator
from tidegauge.catalog.models import Model
from tidegauge.estimate import fit, to_bytes
from tidegauge.estimate.classification import FEWEST, SAMPLE
from tidegauge.outcome.join import LABELLED, TRUTHS, joined
from tidegauge.series.apart import rows_apart
from tidegauge.series.labelled import BEFORE, told_of
from tidegauge.series.measured import known_of
from tidegauge.series.outcome import lateness
from tidegauge.series.rows import Source
from tidegauge.series.sampling import columns, read, sampled
from tidegauge.store import Store
from tidegauge.store.copied import copied
from tidegauge.store.part import in_order
from tidegauge.window import DAY, HOUR, SECOND, ceil, floor
from tidegauge.worker.background import schema_of
from tidegauge.worker.roll import KEPT

_OF_VERSION: Final = 1_000
"""Labels of a version's own rows from which it gets its own."""
_LONGEST: Final = 14 * DAY * SECOND
"""Of the first labelled rows: later ones may be of another world."""
_MORE: Final = 2
NOTHING: Final = "these labelled rows tell nothing that an estimate could be learned from"


@dataclass(frozen=True, kw_only=True)
class Due:
    version: str
    baseline: int | None
    start: int
    stop: int
    rows: int
    """With labels."""
    spans: Sequence[tuple[int, int]]
    """That are read."""
    file: str | None = None
    """Or of the reference's file."""


def due(connection: Connection, model: Model, at: int) -> Due | None:
    """What is to be learned next."""
    every = estimators.of(connection, model.id)
    last = {each.version: each for each in every}
    baseline = baselines.latest(connection, [model.id]).get(model.id)
    is_of_file = baseline is not None and (baseline.labelled or 0) >= FEWEST
    if baseline is not None and is_of_file:
        found = _of_file(baseline)
        if _is_more(found, last.get("")):
            return found
    numbers = {
        each.version: each.id for each in series.of(connection, model.id) if not each.segment
    }
    late = lateness(connection, list(numbers.values()), at)
    if late is None:
        return None
    past = _Past(connection, at, floor(at - round(late * SECOND), HOUR))
    found = None if is_of_file else _of_all(past, baseline, list(numbers.values()), last.get(""))
    if found is not None:
        return found
    begun = past.first(list(numbers.values()))
    if begun is None or "" not in estimators.in_use(every):
        return None
    for version, number in numbers.items():
        since = past.first([number])
        # Those that were there from the first day share what is learned of all.
        if version and since is not None and since > begun:
            own = past.earliest([number], since, version=version)
            if own.rows >= _OF_VERSION and _is_more(own, last.get(version)):
                return own
    return None


def _of_all(
    past: "_Past", baseline: Baseline | None, numbers: Sequence[int], last: Estimator | None
) -> Due | None:
    if baseline is not None and baseline.own_time is not None:
        found = _due("", baseline.id, *past.held(numbers, *baseline.own_time))
        if found.rows >= FEWEST and _is_more(found, last):
            return found
        if found.rows >= FEWEST or (last is not None and last.baseline == baseline.id):
            return None
    begun = past.first(numbers)
    if begun is None:
        return None
    found = past.earliest(numbers, begun)
    return found if found.rows >= FEWEST and _is_more(found, last) else None


def _of_file(baseline: Baseline) -> Due:
    return Due(
        version="",
        baseline=baseline.id,
        start=baseline.first_at,
        stop=baseline.last_at or baseline.first_at,
        rows=baseline.labelled or 0,
        spans=(),
        file=baseline.file,
    )


def _is_more(found: Due, last: Estimator | None) -> bool:
    return last is None or last.baseline != found.baseline or found.rows >= _MORE * last.rows


@dataclass(frozen=True)
class _Past:
    connection: Connection
    at: int
    ripe: int
    """Most labels of what was before have come."""

    def first(self, numbers: Sequence[int]) -> int | None:
        """When the first labelled rows were."""
        days = outcomes.counts(self.connection, numbers, DAY, 0, self.ripe)
        return days[0].start if days else None

    def earliest(self, numbers: Sequence[int], begun: int, version: str = "") -> Due:
        size, held = self.held(numbers, begun, begun + _LONGEST)
        kept: dict[int, int] = {}
        for start, rows in held.items():
            if sum(kept.values()) >= SAMPLE:
                break
            kept[start] = rows
        return _due(version, None, size, kept)

    def held(self, numbers: Sequence[int], start: int, stop: int) -> tuple[int, dict[int, int]]:
        """Labelled rows by time, as finely as it is still known."""
        size = HOUR if start >= self.at - KEPT[HOUR] else DAY
        stop = min(ceil(stop, size), floor(self.ripe, size))
        held: dict[int, int] = {}
        for each in outcomes.counts(self.connection, numbers, size, floor(start, size), stop):
            held[each.start] = held.get(each.start, 0) + each.labelled
        return size, held


def _due(version: str, baseline: int | None, size: int, held: dict[int, int]) -> Due:
    """Of very many rows, hours that stand evenly apart."""
    starts, rows = sorted(held), sum(held.values())
    read = starts[:: max(rows // (2 * SAMPLE), 1)]
    return Due(
        version=version,
        baseline=baseline,
        start=starts[0] if starts else 0,
        stop=starts[-1] + size * SECOND if starts else 0,
        rows=rows,
        spans=list(_together(read, size * SECOND)),
    )


def _together(starts: Iterable[int], size: int) -> Iterator[tuple[int, int]]:
    span: tuple[int, int] | None = None
    for start in starts:
        if span is not None and (start != span[1] or span[1] - span[0] >= DAY * SECOND):
            yield span
            span = None
        span = (start if span is None else span[0]), start + size
    if span is not None:
        yield span


def rows_of(source: Source, store: Store, model: Model, due: Due) -> Table | None:
    """In the order of time, with their labels: as many as are learned from; those of a file as
    they stand in it."""
    if due.file is not None:
        schema = schema_of(source.catalog, model)
        with copied(store, due.file) as path:
            found = rows_apart(path, schema, SAMPLE)
        return found.filter(known_of(found))
    labels = told_of(store, source.held(model, "labels", first_at=due.start - BEFORE))
    day = DAY * SECOND
    held = source.held(model, first_at=due.start - day, last_at=due.stop + day)
    names = columns(store, held, more=TRUTHS)

    def labelled() -> Iterator[Table]:
        for table in read(store, held, names, due.spans):
            found = joined(_of(table, due.version), labels)
            yield found.filter(found[LABELLED].is_valid())

    table, _count = sampled(labelled(), SAMPLE)
    return None if table is None else in_order(table)


def _of(table: Table, version: str) -> Table:
    return table.filter(pc.equal(table["model_version"], version)) if version else table


def learned(model: Model, due: Due, table: Table | None, at: int) -> Estimator:
    """As the catalog keeps it; one without a body where nothing could be learned."""
    found = None if table is None else fit(table, model.task or model.likely_task)
    return (
        failed(model, due, NOTHING, at)
        if found is None
        else _kept(model, due, to_bytes(found), found.baseline.doubt, at)
    )


def failed(model: Model, due: Due, why: str, at: int) -> Estimator:
    return _kept(model, due, b"", why, at)


def _kept(model: Model, due: Due, body: bytes, doubt: str | None, at: int) -> Estimator:
    return Estimator(
        model=model.id,
        version=due.version,
        baseline=due.baseline,
        fitted_at=at,
        first_at=due.start,
        last_at=due.stop,
        rows=due.rows,
        body=body,
        doubt=doubt,
    )
