"""A look at one slot that nothing remembers: what each monitor would say, or why it says nothing.

One that was never kept is tried so; one that is kept is asked what it would say now.  What a
monitor remembers is read and left as it is.  Where it has judged the slot already, it has counted
these rows, and to count them again would be wrong: then it is told what was kept.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from sqlalchemy import Connection

from tidegauge.catalog import readings
from tidegauge.catalog.monitors import Kept
from tidegauge.catalog.targets import Target
from tidegauge.errors import InputError
from tidegauge.monitor.base import Base
from tidegauge.monitor.cycle import ALL, EACH, Set, chosen, parts_of
from tidegauge.monitor.faults import checked
from tidegauge.monitor.reading import Found, Memory, Status, nothing
from tidegauge.monitor.severity import Severity
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.view import Shared, View
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Subject
from tidegauge.series.tables import Tables
from tidegauge.window import SECOND


class Tried(NamedTuple):
    """One that is not kept."""

    monitor: Monitor


@dataclass(frozen=True, kw_only=True)
class Glance:
    monitor: Monitor
    version: str
    segment: str
    start: int
    stop: int
    rows: int
    """In the window."""
    found: Found
    is_kept: bool = False
    """It was read before, and is told as it was."""
    took_ms: float = 0.0


def glances(  # noqa: PLR0913 - a look has this many sides
    connection: Connection,
    reach: Reach,
    subject: Subject,
    slot: int,
    *,
    tried: Sequence[Tried] | None,
    kept: Sequence[Kept],
    known: Sequence[Target],
    tables: Tables | None = None,
) -> list[Glance]:
    """Of those that are tried; or else of those that are kept, with what they remember."""
    looker = _Looker(connection, reach, subject, slot, Shared(tables=tables))
    if tried is not None:
        return [each for one in tried for each in looker.of_one(one.monitor, {})]
    sets = [set_of(each) for each in kept]
    watching = {each.id for each in chosen(sets, subject.model.name)}
    found: list[Glance] = []
    for one in sets:
        if one.id in watching:
            own = {(t.version, t.segment): t for t in known if t.monitor == one.id}
            found += looker.of_one(one.monitor, own)
        elif fnmatchcase(subject.model.name, one.monitor.models):
            is_usual = "another is about the same, and the usual one steps back"
            found.append(
                looker.skipped(
                    one.monitor, is_usual if one.monitor.enabled else "it is not enabled"
                )
            )
    return found


def set_of(kept: Kept) -> Set:
    """As the catalog has it, read."""
    try:
        return Set(kept.id, checked(kept.document), kept.origin == "default")
    except InputError as error:
        raise InputError(
            f"monitor {kept.name!r} was written by another version; say it anew: {error}"
        ) from None


@dataclass(frozen=True)
class _Looker:
    connection: Connection
    reach: Reach
    subject: Subject
    slot: int
    shared: Shared

    def of_one(self, monitor: Monitor, known: dict[tuple[str, str], Target]) -> Iterator[Glance]:
        name = self.subject.model.name
        if not fnmatchcase(name, monitor.models):
            yield self.skipped(monitor, f"its models are {monitor.models!r}, and not {name!r}")
            return
        parts = parts_of(monitor, self.subject)
        if not parts:
            yield self.skipped(monitor, self._why_no_part(monitor))
        for version, segment in parts:
            yield self._glance(monitor, version, segment, known.get((version, segment)))

    def skipped(self, monitor: Monitor, reason: str) -> Glance:
        stop = self.slot - monitor.delay * SECOND
        return Glance(
            monitor=monitor,
            version="" if monitor.version in (ALL, EACH) else monitor.version,
            segment=monitor.segment,
            start=stop - monitor.window * SECOND,
            stop=stop,
            rows=0,
            found=nothing("skipped", reason),
        )

    def _why_no_part(self, monitor: Monitor) -> str:
        versions, segments = self.subject.versions, self.subject.segments
        if not versions:
            return "the model has no predictions yet"
        if monitor.version not in (ALL, EACH, *versions):
            return f"no version {monitor.version!r} has come"
        there = ", ".join(segments[:5]) or "none"
        return f"no segment {monitor.segment!r} is watched of it; there are {there}"

    def _glance(
        self, monitor: Monitor, version: str, segment: str, target: Target | None
    ) -> Glance:
        began = time.monotonic()
        stop = self.slot - monitor.delay * SECOND
        view = View(
            self.connection,
            self.reach,
            self.subject,
            stop,
            version or None,
            segment,
            shared=self.shared,
        )
        kept = self._kept(monitor, target)
        memory = Memory(target.rule, target.state) if target else Memory()
        found = kept or _judged(monitor, view, memory)
        return Glance(
            monitor=monitor,
            version=version,
            segment=segment,
            start=stop - monitor.window * SECOND,
            stop=stop,
            rows=_rows(monitor, view),
            found=found,
            is_kept=kept is not None,
            took_ms=round(1000 * (time.monotonic() - began), 3),
        )

    def _kept(self, monitor: Monitor, target: Target | None) -> Found | None:
        remembers = type(monitor).judge is not Base.judge
        if not remembers or target is None or (target.slot or 0) < self.slot:
            return None
        last = readings.latest(self.connection, [target.id]).get(target.id)
        if last is None:
            return None
        status: Status = last.status  # pyright: ignore[reportAssignmentType] - it was one of them
        severity: Severity | None = last.severity  # pyright: ignore[reportAssignmentType]
        return Found(
            status=status,
            severity=severity,
            value=last.value,
            n=last.n,
            reason=last.reason,
            detail=last.detail or {},
        )


def _judged(monitor: Monitor, view: View, memory: Memory) -> Found:
    try:
        return monitor.judge(view, memory)
    except InputError as error:
        return nothing("error", str(error))


def _rows(monitor: Monitor, view: View) -> int:
    try:
        return view.window(monitor.window).rows
    except InputError:
        return 0
