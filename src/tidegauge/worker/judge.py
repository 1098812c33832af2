"""The judge: every minute that is whole is judged once, by every monitor, in order.

It reads windows and writes readings, beside the counting and apart from it.  A slot is whole when
all that came before its end is counted.  Its readings, and what monitors remember of it, are
committed with how far the judge has come: killed anywhere, no slot is missing and none is twice.
What changes after that is noted by who counts it, and its readings are read again (`restate`).
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tidegauge import failpoint
from tidegauge.catalog import (
    Catalog,
    fault,
    late,
    models,
    monitors,
    progress,
    readings,
    savepoint,
    targets,
)
from tidegauge.catalog.models import Model
from tidegauge.catalog.monitors import Kept
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Of, Told
from tidegauge.confine import give_back
from tidegauge.errors import TidegaugeError
from tidegauge.log import Position, ReadableLog
from tidegauge.monitor.cycle import Done, Due, Judged, Set, due
from tidegauge.monitor.file import read_one
from tidegauge.monitor.reading import Found, Memory, nothing
from tidegauge.monitor.usual import made_usual
from tidegauge.monitor.view import Near, Shared
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, of_many
from tidegauge.series.tables import Tables
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor
from tidegauge.worker.late import JUDGE, told
from tidegauge.worker.restate import NOTES, Again, Round

T = TypeVar("T")
NAME: Final = JUDGE
GRACE: Final = 10 * SECOND
"""After a slot's end: what happened in it has come by then, from senders that are well."""
MOST: Final = 24
"""Slots that are judged after a pause; those before them are skipped, and it is said."""
_PAUSE: Final = 1.0
_HUNG: Final = "stopped: it took longer than one monitor may"
_AT_ONCE: Final = 100
"""Models that are read in one snapshot."""
_KEPT: Final = 7 * DAY * SECOND
_HOURS_KEPT: Final = 90 * DAY * SECOND
_SIZE: Final = MINUTE * SECOND
_log = structlog.stdlib.get_logger(__name__)


class _Judged(NamedTuple):
    done: Done
    target: int | None
    """None of one that is new."""
    missed: int
    """Slots before it that were due and not judged."""
    last_missed: int


_Keep = Callable[[Connection, dict[Of, int], Sequence[_Judged], int, int], None]


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
    blamed: set[str] = field(default_factory=set[str])
    """What hung the last time, as the heartbeat names it."""
    tables: Tables | None = None
    """The rows themselves, for those who compute a number of them."""

    def __post_init__(self) -> None:
        """Take the work over from whoever had it."""
        begun = self.catalog.write(lambda c: progress.take(c, NAME), patience=None, waiting=_wait)
        self._epoch = begun.epoch
        self._position, self._slot = begun.position, begun.at
        self._upto = begun.at
        self._sets: dict[str, tuple[list[tuple[int, int]], list[Set]]] = {}
        self._shared = Shared(tables=self.tables)
        self._tidied = 0

    def run(self, stop: threading.Event) -> None:
        _log.info("judge started", slot=self._slot, epoch=self._epoch)
        while not stop.is_set():
            if not self.step(stop):
                stop.wait(_PAUSE)
        _log.info("judge stopped", slot=self._slot)

    def step(self, stop: threading.Event | None = None) -> bool:
        """Judge what is due, then read again what came late; False where nothing was."""
        is_fruitful = self._judge_due(stop)
        return self._restate() or is_fruitful

    def _judge_due(self, stop: threading.Event | None) -> bool:
        whole = self.whole()
        if whole <= self._slot:
            return False
        self._begin(whole)
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
        count = 0
        for tenant, some in self._models().items():
            sets = self._sets_of(tenant)
            for start in range(0, len(some), _AT_ONCE):
                done = self._judged(some[start : start + _AT_ONCE], sets, slot)
                self._commit(slot, done)
                count += len(done)
        self._advance(slot)
        give_back()
        _log.debug("slot judged", slot=slot, readings=count, took=time.monotonic() - began)
        return count

    def _judged(self, some: Sequence[Model], sets: Sequence[Set], slot: int) -> list[_Judged]:
        """Of some models; what was judged before a crash is left as it is."""
        made = self._look(lambda connection: self._in(connection, some, sets, slot))
        self.heartbeat("")
        return made

    def _in(
        self, connection: Connection, some: Sequence[Model], sets: Sequence[Set], slot: int
    ) -> list[_Judged]:
        made: list[_Judged] = []
        reach = Reach.read(connection, self.kept)
        known = targets.of_models(connection, [model.id for model in some])
        subjects = of_many(connection, self.known, some)
        near = Near.read(connection, subjects, slot)
        savepoint.put(connection)
        for subject in subjects:
            judged = Judged(connection, reach, subject, slot, near, self._shared)
            for one in due(sets, subject, slot):
                before = known.get(one.of)
                if before is not None and (before.slot or 0) >= slot:
                    continue
                memory = Memory(before.rule, before.state) if before else Memory()
                every = one.monitor.every * SECOND
                missed = (slot - before.slot) // every - 1 if before and before.slot else 0
                done = self._reading(judged, one, memory)
                number = before.id if before else None
                made.append(_Judged(done, number, missed, slot - every))
        return made

    def _reading(self, judged: Judged, one: Due, memory: Memory) -> Done:
        name = _name(judged, one)
        if name in self.blamed:
            # Once: the next slot may fare better.
            self.blamed.discard(name)
            return Done(one.of, nothing("error", _HUNG), memory, is_new_rule=False)
        self.heartbeat(name)
        failpoint.hit("judge.reading")
        return judged.reading(one, memory)

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
            known = mark, list(_readable(kept))
            self._sets[tenant] = known
        return known[1]

    def _commit(self, slot: int, made: Sequence[_Judged]) -> None:
        if not made:
            return
        try:
            self._write(slot, made, _keep)
        except Exception as error:  # whatever one of them has, the others are kept
            if isinstance(error, TidegaugeError):
                raise
            _log.exception("readings cannot be kept together: now one by one", slot=slot)
            self._write(slot, made, _keep_apart)
        failpoint.hit("judge.after-commit")

    def _write(self, slot: int, made: Sequence[_Judged], keep: _Keep) -> None:
        at = self.clock()

        def write(connection: Connection) -> None:
            progress.hold(connection, NAME, self._epoch)
            held = {each.done.of: each.target for each in made if each.target is not None}
            fresh = [each.done.of for each in made if each.target is None]
            held |= {of: new.id for of, new in targets.ensure(connection, fresh).items()}
            failpoint.hit("judge.before-readings")
            keep(connection, held, made, slot, at)
            failpoint.hit("judge.before-commit")

        self.catalog.write(write, patience=None, waiting=_wait)

    def _begin(self, upto: int) -> None:
        """Say what will be read, before it is: what changes from now on is noted."""
        self._upto = upto
        self._go_to(self._position, self._slot)
        failpoint.hit("judge.begun")

    def _advance(self, slot: int) -> None:
        self._go_to(str(slot), slot)
        failpoint.hit("judge.advanced")
        self._position, self._slot = str(slot), slot

    def _go_to(self, position: str, slot: int) -> None:
        detail = told(self._upto)

        def write(connection: Connection) -> None:
            progress.advance(connection, NAME, self._epoch, self._position, position, slot, detail)

        self.catalog.write(write, patience=None, waiting=_wait)

    def _restate(self) -> bool:
        """Read again some of what came late; False where nothing did."""
        if not self._slot or not self._look(lambda c: late.oldest(c, 1)):
            return False
        watched = {
            model.id: (model, sets)
            for tenant, some in self._models().items()
            for sets in [self._sets_of(tenant)]
            for model in some
        }
        again = self._look(lambda connection: self._again(connection, watched))
        self.heartbeat("")
        self._commit_again(again)
        _log.debug("late rows judged", notes=len(again.done), restated=len(again.changed))
        return True

    def _again(
        self, connection: Connection, watched: Mapping[int, tuple[Model, Sequence[Set]]]
    ) -> Again:
        reach, at = Reach.read(connection, self.kept), self.clock()
        made = Round(connection, reach, self.known, watched, self._slot, at, self._read_again)
        notes = late.oldest(connection, NOTES)
        savepoint.put(connection)
        return made.read(notes)

    def _read_again(self, judged: Judged, one: Due) -> Found | None:
        """None of what hung the last time."""
        name = _name(judged, one)
        if name in self.blamed:
            self.blamed.discard(name)
            return None
        self.heartbeat(name)
        return judged.reading(one, Memory()).found

    def _commit_again(self, again: Again) -> None:
        try:
            self._write_again(again, readings.restate)
        except Exception as error:  # whatever one of them has, the others are told
            if isinstance(error, TidegaugeError):
                raise
            _log.exception("readings cannot be restated together: now one by one")
            self._write_again(again, _restate_apart)
        failpoint.hit("judge.restated")

    def _write_again(
        self, again: Again, restate: Callable[[Connection, Sequence[Reading]], None]
    ) -> None:
        def write(connection: Connection) -> None:
            progress.hold(connection, NAME, self._epoch)
            restate(connection, again.changed)
            failpoint.hit("judge.before-restated")
            late.remove(connection, again.done)
            late.go_on(connection, again.begun)

        self.catalog.write(write, patience=None, waiting=_wait)

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


def _readable(kept: Sequence[Kept]) -> Iterator[Set]:
    for each in kept:
        try:
            yield Set(each.id, read_one(each.document), each.origin == "default")
        except ValidationError as error:
            # Another version wrote it: the others are judged.
            _log.error("a monitor cannot be read", monitor=each.name, error=str(error)[:500])


def _keep(
    connection: Connection, held: dict[Of, int], made: Sequence[_Judged], slot: int, at: int
) -> None:
    readings.add(connection, list(_readings(held, made, slot, at)))
    targets.remember(connection, [_told(held[each.done.of], each.done, slot) for each in made])


def _keep_apart(
    connection: Connection, held: dict[Of, int], made: Sequence[_Judged], slot: int, at: int
) -> None:
    """Each by itself; of one that the database refuses, that it does."""
    for each in made:
        try:
            with connection.begin_nested():
                _keep(connection, held, [each], slot, at)
        except Exception as error:  # whatever it has, the others are kept
            if fault.passing(error) is not None:
                raise
            _log.exception("a reading cannot be kept", target=held[each.done.of], slot=slot)
            refused = replace(each.done, found=nothing("error", _words(error)))
            _keep(connection, held, [each._replace(done=refused)], slot, at)


def _restate_apart(connection: Connection, changed: Sequence[Reading]) -> None:
    """Each by itself; one that the database refuses stays as it was."""
    for each in changed:
        try:
            with connection.begin_nested():
                readings.restate(connection, [each])
        except Exception as error:  # whatever it has, the others are told
            if fault.passing(error) is not None:
                raise
            _log.exception("a reading cannot be restated", target=each.target, slot=each.slot)


def _words(error: Exception) -> str:
    """Why it could not be kept; the statement and its values stay in the log."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = f"{cause}".partition("\n")[0]
    return f"its reading could not be kept: {type(cause).__name__}: {said}"[:500]


def _readings(
    held: Mapping[Of, int], made: Sequence[_Judged], slot: int, at: int
) -> Iterator[Reading]:
    for done, _target, missed, last_missed in made:
        target = held[done.of]
        if missed > 0:
            reason = f"{missed} slots up to here were not judged"
            yield _reading(target, last_missed, nothing("skipped", reason), at)
        yield _reading(target, slot, done.found, at)


def _name(judged: Judged, one: Due) -> str:
    return f"{one.monitor.name}\t{judged.subject.model.name}"


def _told(target: int, done: Done, slot: int) -> Told:
    rule = done.memory.rule if done.is_new_rule else None
    return Told(target, slot, done.memory.state, rule)


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
