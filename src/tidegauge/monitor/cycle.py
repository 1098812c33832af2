"""One slot: every monitor that is due, on every part of every model that it watches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from tidegauge.catalog import fault, savepoint
from tidegauge.catalog.targets import Of
from tidegauge.errors import InputError
from tidegauge.monitor.reading import Found, Memory, nothing
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.view import Near, Shared, View
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Subject
from tidegauge.window import SECOND

ALL: Final = "all"
EACH: Final = "each"
_MOST_PARTS: Final = 500
"""Versions and segments that one monitor watches of one model."""
_log = structlog.stdlib.get_logger(__name__)


class Set(NamedTuple):
    """A monitor as the catalog has it, read."""

    id: int
    monitor: Monitor
    is_usual: bool
    """Nobody wrote it: it is there from the first day."""


class Due(NamedTuple):
    of: Of
    monitor: Monitor


@dataclass
class Done:
    of: Of
    found: Found
    memory: Memory
    is_new_rule: bool


def chosen(monitors: Sequence[Set], model: str) -> list[Set]:
    """Those that watch a model, by its name.  A usual one steps back where its owner says
    something of the same thing, and be it that it is not watched."""
    matching = [each for each in monitors if fnmatchcase(model, each.monitor.models)]
    told = {what(each.monitor) for each in matching if not each.is_usual}
    return [
        each
        for each in matching
        if each.monitor.enabled and not (each.is_usual and what(each.monitor) in told)
    ]


def what(monitor: Monitor) -> tuple[str, str | None]:
    """What it is about: its kind, and the number that it is of."""
    return monitor.kind, getattr(monitor, "metric", None)


def parts_of(monitor: Monitor, subject: Subject) -> list[tuple[str, str]]:
    """The versions and segments that it watches one by one; "" is all versions."""
    if monitor.version == ALL:
        versions = [""]
    elif monitor.version == EACH:
        versions = subject.versions
    else:
        versions = [monitor.version] if monitor.version in subject.versions else []
    if not monitor.segment or "=" in monitor.segment:
        there = not monitor.segment or monitor.segment in subject.segments
        segments = [monitor.segment] if there else []
    else:
        segments = [s for s in subject.segments if s.partition("=")[0] == monitor.segment]
    return [(version, segment) for version in versions for segment in segments][:_MOST_PARTS]


def due(monitors: Sequence[Set], subject: Subject, slot: int) -> Iterator[Due]:
    """What is to be judged of a model in a slot."""
    for each in chosen(monitors, subject.model.name):
        if slot % (each.monitor.every * SECOND):
            continue
        for version, segment in parts_of(each.monitor, subject):
            yield Due(Of(each.id, subject.model.id, version, segment), each.monitor)


@dataclass
class Judged:
    """What one model's slot comes to; what was read for one monitor serves the next."""

    connection: Connection
    reach: Reach
    subject: Subject
    slot: int
    near: Near
    shared: Shared
    _views: dict[tuple[str, str, int], View] = field(
        default_factory=dict[tuple[str, str, int], View]
    )

    def reading(self, one: Due, memory: Memory) -> Done:
        rule = memory.rule
        try:
            found = one.monitor.judge(self._view(one), memory)
        except InputError as error:
            # A column that is gone, a version that never was: the monitor's owner has to know.
            found = nothing("error", str(error))
        except Exception as error:  # whatever it is, the others are judged
            if fault.passing(error) is not None:
                # No fault of the monitor's: all of the snapshot is read again.
                raise
            _log.exception("a monitor failed", monitor=one.monitor.name)
            # It may have been a statement of its own.
            savepoint.go_back(self.connection)
            found = nothing("error", f"{type(error).__name__}: {error}"[:500])
        return Done(one.of, found, memory, is_new_rule=memory.rule is not rule)

    def _view(self, one: Due) -> View:
        slot = self.slot - one.monitor.delay * SECOND
        key = one.of.version, one.of.segment, slot
        if key not in self._views:
            self._views[key] = View(
                self.connection,
                self.reach,
                self.subject,
                slot,
                one.of.version or None,
                one.of.segment,
                self.near,
                self.shared,
            )
        return self._views[key]
