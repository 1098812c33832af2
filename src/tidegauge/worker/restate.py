"""Readings that are read again, because what they are of changed after they were made.

What a kind remembers from slot to slot is not undone: `drift` meets late rows in what it reads of
the hours.  The others say what they would have said, had the rows come in time.  A baseline of
many days is not told by a few late rows: a reading is read again for its own window, and for what
it is compared with where that is one window too.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import Connection

from tidegauge.catalog import monitors, readings, targets
from tidegauge.catalog.late import Late
from tidegauge.catalog.models import Model
from tidegauge.catalog.readings import Key, Reading
from tidegauge.monitor.base import Base
from tidegauge.monitor.cycle import Due, Judged, Set, chosen, parts_of
from tidegauge.monitor.metric import OWN as NUMBER
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.reading import Found
from tidegauge.monitor.trend import Trend
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.view import Near, Shared
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, Subject, of_many
from tidegauge.window import SECOND
from tidegauge.worker.late import BACK, OWN

NOTES: Final = 2_000
"""That are looked at at once."""
MOST: Final = 300
"""Readings that are read again at once."""
_NOWHERE: Final = Near(0, 0, {})


class Span(NamedTuple):
    """What a reading looks at: so many seconds before its slot."""

    first: int
    last: int
    any_version: bool = False


class Wanted(NamedTuple):
    target: int
    due: Due


@dataclass
class Again:
    """What a round came to."""

    changed: list[Reading] = field(default_factory=list[Reading])
    done: list[Late] = field(default_factory=list[Late])
    begun: list[Late] = field(default_factory=list[Late])
    """Not done yet, with how far they have come."""


@dataclass
class Round:
    """Read again what some notes touch, in one snapshot."""

    connection: Connection
    reach: Reach
    known: Known
    watched: Mapping[int, tuple[Model, Sequence[Set]]]
    """By number, the models that are judged, and their tenant's monitors."""
    upto: int
    """The last slot that is judged."""
    at: int
    look: Callable[[Judged, Due], Found | None]

    def read(self, notes: Sequence[Late]) -> Again:
        again = Again()
        left = MOST
        ordered = _by_model(notes)
        models = [self.watched[each][0] for each in ordered if each in self.watched]
        subjects = {each.model.id: each for each in of_many(self.connection, self.known, models)}
        known = targets.of_models(self.connection, list(subjects))
        changed_at = {each.id: each.changed_at for each in monitors.listed(self.connection)}
        for model, own in ordered.items():
            if left <= 0:
                break
            subject = subjects.get(model)
            if subject is None:
                # Nobody watches it any more.
                again.done += own
                continue
            wanted = [
                Wanted(known[of].id, Due(of, each.monitor))
                for each in chosen(self.watched[model][1], subject.model.name)
                if each.monitor.is_restated and not _remembers(each.monitor)
                for part in parts_of(each.monitor, subject)
                if (of := targets.Of(each.id, model, *part)) in known
            ]
            work = self._work(own, subject, wanted, left, again)
            left -= len(work)
            again.changed += self._read(subject, work, changed_at)
        return again

    def _work(
        self,
        notes: Sequence[Late],
        subject: Subject,
        wanted: Sequence[Wanted],
        most: int,
        again: Again,
    ) -> dict[Key, Due]:
        """What notes of one model touch; a slot of a note is taken whole."""
        work: dict[Key, Due] = {}
        for note in notes:
            touched = sorted(self._touched(note, subject, wanted), key=lambda each: each[0])
            for slot, group in groupby(touched, key=lambda each: each[0]):
                if len(work) >= most:
                    break
                work |= {(each.target, slot): each.due for _slot, each in group}
                note = replace(note, slot=slot)  # noqa: PLW2901 - it has come so far
            else:
                again.done.append(note)
                continue
            again.begun.append(note)
            break
        return work

    def _touched(
        self, note: Late, subject: Subject, wanted: Iterable[Wanted]
    ) -> Iterator[tuple[int, Wanted]]:
        part = next((s for s in subject.series if s.id == note.series), None)
        if part is None and note.series != OWN:
            return
        first = max(note.slot, self.upto - BACK)
        for each in wanted:
            monitor = each.due.monitor
            for span in _spans(monitor):
                if part is None:
                    if not _is_of_numbers(monitor):
                        continue
                elif part.segment != each.due.of.segment or not (
                    span.any_version or each.due.of.version in ("", part.version)
                ):
                    continue
                for slot in _slots(note, monitor, span):
                    if first < slot <= self.upto and self._is_whole(slot, monitor):
                        yield slot, each

    def _is_whole(self, slot: int, monitor: Monitor) -> bool:
        """What is kept of that time tells the very window, and none that is longer."""
        stop = slot - monitor.delay * SECOND
        start = stop - max(span.last for span in _own(monitor)) * SECOND
        size = self.reach.finest(start)
        return monitor.window % size == 0 and stop % (size * SECOND) == 0

    def _read(
        self, subject: Subject, work: Mapping[Key, Due], changed_at: Mapping[int, int]
    ) -> list[Reading]:
        shared = Shared()
        found: list[Reading] = []
        before = sorted(readings.get(self.connection, work).values(), key=lambda each: each.slot)
        for slot, some in groupby(before, key=lambda each: each.slot):
            judged = Judged(self.connection, self.reach, subject, slot, _NOWHERE, shared)
            for old in some:
                due = work[old.target, slot]
                is_other = old.made_at < changed_at[due.of.monitor]
                if old.status == "skipped" or is_other:
                    # It was not read, or by a monitor that was another one then.
                    continue
                now = self.look(judged, due)
                if now is not None and now.status != "error" and _told(now) != _said(old):
                    found.append(_restated(old, now, self.at))
        return found


def _by_model(notes: Iterable[Late]) -> dict[int, list[Late]]:
    """The model of the oldest first."""
    found: dict[int, list[Late]] = {}
    for note in notes:
        found.setdefault(note.model, []).append(note)
    return found


def _remembers(monitor: Monitor) -> bool:
    return type(monitor).judge is not Base.judge


def _is_of_numbers(monitor: Monitor) -> bool:
    return isinstance(monitor, Metric | Trend) and monitor.metric.startswith(NUMBER)


def _own(monitor: Monitor) -> list[Span]:
    return [Span(0, monitor.over if isinstance(monitor, Trend) else monitor.window)]


def _spans(monitor: Monitor) -> list[Span]:
    """Its own window, and the windows that it is compared with."""
    found, size = _own(monitor), monitor.window
    if isinstance(monitor, Metric):
        for condition in monitor.conditions:
            against = condition.against
            if against is None or not condition.is_relative:
                continue
            if against.kind == "previous window":
                found.append(Span(size, 2 * size))
            elif against.kind == "ago":
                found.append(Span(against.seconds, against.seconds + size))
            elif against.kind == "previous version":
                found.append(Span(0, size, any_version=True))
    return found


def _slots(note: Late, monitor: Monitor, span: Span) -> range:
    """Those whose span holds some of a note's window."""
    every = monitor.every * SECOND
    after = note.start + (span.first + monitor.delay) * SECOND
    before = note.start + (note.resolution + span.last + monitor.delay) * SECOND
    return range(after - after % every + every, before, every)


def _told(found: Found) -> tuple[object, ...]:
    # As it would come back from the catalog.
    detail = json.loads(json.dumps(found.detail)) or None
    return found.status, found.severity, found.value, found.n, found.reason, detail


def _said(old: Reading) -> tuple[object, ...]:
    return old.status, old.severity, old.value, old.n, old.reason, old.detail or None


def _restated(old: Reading, now: Found, at: int) -> Reading:
    return replace(
        old,
        status=now.status,
        severity=now.severity,
        value=now.value,
        n=now.n,
        reason=now.reason,
        detail=now.detail or None,
        revision=old.revision + 1,
        made_at=at,
    )
