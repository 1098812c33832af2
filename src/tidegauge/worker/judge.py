"""The judge: every minute that is whole is judged once, by every monitor, in order.

It reads windows and writes readings, beside the counting and apart from it.  A slot is whole when
all that came before its end is counted.  Its readings, and what monitors remember of it, are
committed with how far the judge has come: killed anywhere, no slot is missing and none is twice.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.catalog import Catalog, models, monitors, progress, readings, targets
from tidegauge.catalog.models import Model
from tidegauge.catalog.monitors import Kept
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Of, Target, Told
from tidegauge.log import Position, ReadableLog
from tidegauge.monitor.cycle import Done, Judged, Set, due
from tidegauge.monitor.file import read_one
from tidegauge.monitor.reading import Found, Memory, nothing
from tidegauge.monitor.usual import documents
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, of
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor

T = TypeVar("T")
NAME: Final = "judge"
GRACE: Final = 10 * SECOND
"""After a slot's end: what happened in it has come by then, from senders that are well."""
MOST: Final = 24
"""Slots that are judged after a pause; those before them are skipped, and it is said."""
_PAUSE: Final = 1.0
_AT_ONCE: Final = 100
"""Models that are read in one snapshot."""
_KEPT: Final = 7 * DAY * SECOND
_HOURS_KEPT: Final = 90 * DAY * SECOND
_SIZE: Final = MINUTE * SECOND
_log = structlog.stdlib.get_logger(__name__)


def now() -> int:
    return time.time_ns() // 1000


@dataclass
class Judge:
    catalog: Catalog
    log: ReadableLog
    kept: Mapping[int, int]
    """By resolution, for how long windows are kept."""
    clock: Callable[[], int] = now
    known: Known = field(default_factory=Known)
    heartbeat: Callable[[str], None] = lambda _monitor: None
    """Told what is judged next, so that who hangs can be named."""

    def __post_init__(self) -> None:
        """Take the work over from whoever had it."""
        begun = self.catalog.write(lambda c: progress.take(c, NAME), patience=None, waiting=_wait)
        self._epoch = begun.epoch
        self._position, self._slot = begun.position, begun.at
        self._targets: dict[Of, Target] = {each.of: each for each in self._look(targets.all)}
        self._sets: dict[str, tuple[list[tuple[int, int]], list[Set]]] = {}
        self._tidied = 0

    def run(self, stop: threading.Event) -> None:
        _log.info("judge started", slot=self._slot, epoch=self._epoch)
        while not stop.is_set():
            if not self.step(stop):
                stop.wait(_PAUSE)
        _log.info("judge stopped", slot=self._slot)

    def step(self, stop: threading.Event | None = None) -> bool:
        """Judge what is due; False where nothing was."""
        whole = self.whole()
        if whole <= self._slot:
            return False
        first = max(self._slot + _SIZE, whole - (MOST - 1) * _SIZE)
        if not self._slot:
            # Nothing was judged before: the past is for `backtest`.
            first = whole
        for slot in range(first, whole + _SIZE, _SIZE):
            if stop is not None and stop.is_set():
                break
            self.judge(slot)
        self._tidy(whole)
        return True

    def whole(self) -> int:
        """The last slot that nothing is missing of."""
        counted = self._look(lambda c: progress.get(c, "worker"))
        if counted is None:
            return 0
        waiting = next(iter(self.log.read(Position.parse(counted.position), most=1)), None)
        upto = self.clock() if waiting is None else waiting[1].at
        return floor(upto - GRACE, MINUTE)

    def judge(self, slot: int) -> int:
        """All that is due in one slot; how many readings there are."""
        began = time.monotonic()
        missed = (slot - self._slot) // _SIZE - 1 if self._slot else 0
        done: list[Done] = []
        for tenant, some in self._models().items():
            sets = self._sets_of(tenant)
            for start in range(0, len(some), _AT_ONCE):
                with self.catalog.read() as connection:
                    reach = Reach.read(connection, self.kept)
                    for model in some[start : start + _AT_ONCE]:
                        subject = of(connection, self.known, model)
                        done += self._judged(Judged(connection, reach, subject, slot), sets)
        self.heartbeat("")
        self._commit(slot, done, missed)
        _log.debug("slot judged", slot=slot, readings=len(done), took=time.monotonic() - began)
        return len(done)

    def _judged(self, judged: Judged, sets: Sequence[Set]) -> Iterator[Done]:
        for one in due(sets, judged.subject, judged.slot):
            self.heartbeat(f"{one.monitor.name} {judged.subject.model.name}")
            before = self._targets.get(one.of)
            memory = Memory(before.rule, before.state) if before else Memory()
            yield judged.reading(one, memory)

    def _models(self) -> dict[str, list[Model]]:
        """Those that are watched, by tenant, in an order that is always the same."""
        found: dict[str, list[Model]] = {}
        for model in self._look(models.all):
            if model.watched and model.archived_at is None and model.name:
                found.setdefault(model.tenant, []).append(model)
        return found

    def _sets_of(self, tenant: str) -> list[Set]:
        """Its monitors; the usual ones are made when there are none."""
        kept = self._look(lambda c: monitors.listed(c, tenant))
        if not kept:
            kept = self.catalog.write(
                lambda c: made_usual(c, tenant, self.clock()), patience=None, waiting=_wait
            )
        mark = [(each.id, each.revision) for each in kept]
        known = self._sets.get(tenant)
        if known is None or known[0] != mark:
            known = (
                mark,
                [Set(each.id, read_one(each.document), each.origin == "default") for each in kept],
            )
            self._sets[tenant] = known
        return known[1]

    def _commit(self, slot: int, done: Sequence[Done], missed: int) -> None:
        at = self.clock()

        def write(connection: Connection) -> dict[Of, Target]:
            if not progress.advance(
                connection, NAME, self._epoch, self._position, str(slot), slot, {}
            ):
                return targets.ensure(connection, [each.of for each in done])
            held = targets.ensure(connection, [each.of for each in done])
            failpoint.hit("judge.before-readings")
            readings.add(connection, list(_readings(held, done, slot, at, missed)))
            targets.remember(
                connection,
                [
                    Told(
                        held[each.of].id,
                        slot,
                        each.memory.state,
                        each.memory.rule if each.is_new_rule else None,
                    )
                    for each in done
                ],
            )
            failpoint.hit("judge.before-commit")
            return held

        held = self.catalog.write(write, patience=None, waiting=_wait)
        failpoint.hit("judge.after-commit")
        self._position, self._slot = str(slot), slot
        for each in done:
            self._targets[each.of] = replace(
                held[each.of], slot=slot, rule=each.memory.rule, state=each.memory.state
            )

    def _tidy(self, slot: int) -> None:
        """Old readings become hours, and old hours go."""
        if slot - self._tidied < HOUR * SECOND:
            return
        self._tidied = slot
        while self.catalog.write(
            lambda c: readings.down_sample(c, slot - _KEPT), patience=None, waiting=_wait
        ):
            failpoint.hit("judge.down-sampled")
        self.catalog.write(
            lambda c: readings.expire(c, slot - _HOURS_KEPT), patience=None, waiting=_wait
        )

    def _look(self, function: Callable[[Connection], T]) -> T:
        return self.catalog.look(function, patience=None, waiting=_wait)


def made_usual(connection: Connection, tenant: str, at: int) -> list[Kept]:
    """What a tenant's models are watched by until somebody writes it down."""
    if not monitors.listed(connection, tenant):
        for each in documents():
            monitors.add(
                connection, tenant, each["name"], each, origin="default", at=at, by="tidegauge"
            )
    return monitors.listed(connection, tenant)


def _readings(
    held: Mapping[Of, Target], done: Sequence[Done], slot: int, at: int, missed: int
) -> Iterator[Reading]:
    for each in done:
        target, found = held[each.of].id, each.found
        if missed > 0:
            reason = f"{missed} slots up to here were not judged: it was not running"
            yield _reading(target, slot - _SIZE, nothing("skipped", reason), at)
        yield _reading(target, slot, found, at)


def _reading(target: int, slot: int, found: Found, at: int) -> Reading:
    return Reading(
        target=target,
        slot=slot,
        status=found.status,
        severity=found.severity,
        value=found.value,
        n=found.n,
        reason=found.reason,
        detail=found.detail or None,
        revision=1,
        made_at=at,
    )


def _wait(reason: str) -> None:
    _log.warning("the catalog is waited for", reason=reason)
