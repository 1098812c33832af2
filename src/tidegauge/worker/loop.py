"""The worker's loop: read, count, commit, and look after what was kept."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.arrow import pa
from tidegauge.catalog import Catalog, id_runs, models, progress, tails, windows
from tidegauge.confine import give_back
from tidegauge.log import Batch, Position, ReadableLog
from tidegauge.store import Store
from tidegauge.tail.read import unpacked
from tidegauge.window import DAY, HOUR, MINUTE, SECOND
from tidegauge.worker import learn, roll
from tidegauge.worker.commit import NAME, Step
from tidegauge.worker.ids import Ids
from tidegauge.worker.joiner import Joiner
from tidegauge.worker.layouts import Layouts
from tidegauge.worker.recount import recounted
from tidegauge.worker.roll import Rolled
from tidegauge.worker.subjects import Subject, Subjects
from tidegauge.worker.tails import Of, Stretch, Tails
from tidegauge.worker.turn import Results, Turns
from tidegauge.worker.windows import Key, Windows

T = TypeVar("T")
_log = structlog.stdlib.get_logger(__name__)
_AT_ONCE: Final = 8 << 20
"""Bytes of the log in one turn: a commit that is due does not wait long."""
_QUICKEST: Final = 1.0
_SLOWEST: Final = 4.0
"""Seconds between commits: what is counted is visible within these."""
_IDLE: Final = 0.05
_QUIET: Final = 2.0
_FULL: Final = 5.0
_GIVING_BACK: Final = 60.0
"""Seconds from one time that memory is given back to the next."""
_LEARNING: Final = 1.0
"""Seconds of it after each commit."""
_EXPIRE: Final = 10 * MINUTE * SECOND


@dataclass(frozen=True, kw_only=True)
class Settings:
    ids: Path
    """Where the ids of predictions are kept."""
    memory: int = 128 << 20
    """Bytes of windows, and as many of rows."""
    pinned: int = 16
    """Segments of the log that rows in no part may hold back."""
    reserve: int = 0
    """Bytes of the disk that are left free."""
    hot_days: int = 90


class Worker:
    def __init__(
        self, catalog: Catalog, log: ReadableLog, store: Store, settings: Settings
    ) -> None:
        """Take the work over from whoever had it."""
        self._catalog = catalog
        self._log = log
        self._store = store
        begun = catalog.write(lambda c: progress.take(c, NAME), patience=None, waiting=_wait)
        self._epoch = begun.epoch
        self._position = self._committed = Position.parse(begun.position)
        self._at = begun.at
        self._rolled = Rolled.of(begun.detail)
        self._layouts = Layouts()
        self._windows = Windows(self._load, most=settings.memory)
        self._tails = Tails(log, store, memory=settings.memory, pinned=settings.pinned)
        self._results = Results()
        self._subjects = Subjects(catalog, self._layouts)
        left = self._look(tails.all)
        known = self._look(lambda c: models.by_id(c, {tail.model for tail in left}))
        for tail in left:
            model = known[tail.model]
            stretch = Stretch(
                Position.parse(tail.position),
                self._position,
                tail.since,
                tail.rows,
                tail.bytes,
                unpacked(tail.dropped),
            )
            self._tails.restore(Of(tail.model, tail.kind), model.tenant, model.name, stretch)
        self._ids = Ids.open(settings.ids, self._look(id_runs.all))
        self._joiner = Joiner()
        self._look(self._joiner.load)
        self._turns = Turns(
            catalog,
            self._subjects,
            self._windows,
            self._ids,
            self._tails,
            self._joiner,
            self._results,
        )
        self._reserve = settings.reserve
        self._kept = {**roll.KEPT, HOUR: settings.hot_days * DAY * SECOND}
        self._expired_at = 0
        self._last_commit = self._followed = self._gave_back = time.monotonic()
        self._pause = _QUICKEST

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; what is counted by then is committed."""
        _log.info("worker started", position=str(self._position), epoch=self._epoch)
        while not stop.is_set():
            if not self._has_room():
                stop.wait(_FULL)
            elif not self.step():
                stop.wait(_IDLE)
        self.commit()
        _log.info("worker stopped", position=str(self._position))

    def _has_room(self) -> bool:
        """What is not counted stays in the log, which says when it is full."""
        free = self._store.free()
        if free is None or free >= self._reserve:
            return True
        _log.error(
            "the disk is nearly full: nothing is counted until there is room", free_bytes=free
        )
        return False

    def step(self) -> bool:
        """One turn, and a commit where it is due; False where there was nothing to do."""
        is_fruitful = self.turn()
        if self._is_due():
            self.commit()
        elif self._position == self._committed and self._is_quiet():
            self._followed = time.monotonic()
            self._follow(self._look(models.revisions))
        return is_fruitful

    def _is_quiet(self) -> bool:
        """Nothing came for a moment: what users change is taken over all the same."""
        return time.monotonic() - max(self._last_commit, self._followed) > _QUIET

    def turn(self) -> bool:
        batches: list[tuple[Position, Batch]] = list(self._log.read(self._position, most=_AT_ONCE))
        if not batches:
            return False
        # Receipt times of one log rise, but for a clock that was set back.
        at = max(self._at, batches[-1][1].at)
        self._rolled.begin(batches[0][1].at)
        self._turns.take(batches, self._position, self._rolled.frontier(at, self._kept))
        self._position = batches[-1][0]
        self._at = at
        self._tails.write_due(self._position, at)
        return True

    def _is_due(self) -> bool:
        return self._has_news() and time.monotonic() - self._last_commit >= self._pause

    def _has_news(self) -> bool:
        return self._position != self._committed or bool(self._tails.written())

    def commit(self) -> None:
        """Make all that was counted last, with the position that it was counted up to."""
        if not self._has_news():
            return
        began = time.monotonic()
        revisions = self._look(models.revisions)
        self._let_go(revisions)
        step = Step(epoch=self._epoch, old=self._committed, new=self._position, at=self._at)
        step.detail = self._rolled.detail
        step.id_files = list(self._ids.write(self._at))
        sealed, gone = self._ids.seal(self._at)
        step.id_files = [each for each in (*step.id_files, *sealed) if each.file not in gone]
        step.id_files_gone = gone
        step.written = self._tails.written()
        step.left = list(self._tails.left(step.written))
        step.apart = self._tails.apart()
        step.joiner = self._joiner
        step.windows = list(self._windows.changed(self._at))
        step.results = self._results
        step.floors = self._rolled.frontier(self._at, self._kept).floors
        failpoint.hit("worker.before-write")
        self._catalog.write(step, patience=None, waiting=_wait)
        failpoint.hit("worker.after-commit")
        self._committed = self._position
        self._windows.saved()
        self._tails.committed(step.written)
        self._ids.delete(gone)
        self._results.clear()
        self._joiner.saved()
        self._log.release(self._needed())
        failpoint.hit("worker.after-release")
        self._roll()
        self._follow(revisions)
        took = time.monotonic() - began
        self._learn()
        self._give_back()
        self._last_commit = time.monotonic()
        self._pause = min(max(_QUICKEST, 5 * took), _SLOWEST)

    def _needed(self) -> Position:
        oldest = self._tails.oldest()
        return self._committed if oldest is None else min(oldest, self._committed)

    def _roll(self) -> None:
        if self._rolled.is_due(self._at):
            # One copy of each layout, for all that is done with it.
            for subject in self._subjects:
                if subject.fitted is not None:
                    self._layouts.put(*subject.fitted)
        while self._rolled.is_due(self._at):
            rolled = self._rolled

            def made(connection: object, rolled: Rolled = rolled) -> Rolled:
                step = Step(
                    epoch=self._epoch, old=self._committed, new=self._committed, at=self._at
                )
                found = roll.roll(connection, self._layouts, rolled, self._at)  # pyright: ignore[reportArgumentType]
                step.detail = found.detail
                step(connection)  # pyright: ignore[reportArgumentType]
                return found

            self._rolled = self._catalog.write(made, patience=None, waiting=_wait)
            failpoint.hit("worker.rolled")
            if self._rolled.upto == rolled.upto:
                break
        if self._at - self._expired_at > _EXPIRE:
            self._expired_at = self._at
            self._catalog.write(
                lambda connection: roll.expire(
                    connection, self._rolled.frontier(self._at, self._kept)
                ),
                patience=None,
                waiting=_wait,
            )

    def _learn(self) -> None:
        """Give models whose rows are enough a reference of their own, a few after each commit: a
        fleet that was started at once comes to it at once, and what comes meanwhile is counted."""
        end = time.monotonic() + _LEARNING
        for subject in self._subjects:
            source = learn.is_due(subject)
            if source is not None:
                rows = learn.Rows(self._catalog, self._store, self._log, subject)
                if learn.again(
                    self._catalog, rows, subject, source, upto=self._committed, at=self._at
                ):
                    self._recount(subject, rows)
                if time.monotonic() > end:
                    # What a reference is made of is much, for a moment.
                    pa.default_memory_pool().release_unused()
                    break

    def _give_back(self) -> None:
        """Small things come and go by the thousand: what lies free among them is never used up, and
        grows for hours."""
        if time.monotonic() - self._gave_back > _GIVING_BACK:
            pa.default_memory_pool().release_unused()
            give_back()
            self._gave_back = time.monotonic()

    def _let_go(self, revisions: Mapping[int, int]) -> None:
        """Models that were erased take with them what was counted of them meanwhile."""
        for subject in self._subjects:
            if subject.id not in revisions:
                self._subjects.forget(subject)
                self._windows.forget(subject.series.values())
                self._tails.forget(subject.id)
                self._results.signals.forget(subject.id)
                self._results.figures.forget(subject.id)
                self._results.arrivals.forget(subject.id)

    def _follow(self, revisions: Mapping[int, int]) -> None:
        """Take over what users changed of models: their reference, or their segments."""
        known = [
            subject.id
            for subject in self._subjects
            if revisions.get(subject.id, subject.model.revision) != subject.model.revision
        ]
        if not known:
            return
        changed = self._look(lambda connection: models.by_id(connection, known))
        for model in changed.values():
            renewed = self._subjects.renew(model)
            if renewed is None:
                continue
            before, after = renewed
            is_same = before.fitted and after.fitted and before.fitted.id == after.fitted.id
            if not is_same or list(before.model.segments) != list(model.segments):
                rows = learn.Rows(self._catalog, self._store, self._log, after)
                self._recount(after, rows)

    def _recount(self, subject: Subject, rows: learn.Rows) -> None:
        made = recounted(
            self._subjects,
            subject,
            rows,
            self._rolled.frontier(self._at, self._kept),
            self._committed,
            self._at,
        )
        self._catalog.write(
            lambda connection: made(connection, self._epoch), patience=None, waiting=_wait
        )
        failpoint.hit("worker.recounted")
        self._windows.forget(subject.series.values())

    def _load(self, keys: Sequence[Key]) -> Mapping[Key, windows.Window]:
        found = self._look(lambda connection: windows.get(connection, keys))
        return {Key(*key): window for key, window in found.items()}

    def _look(self, function: Callable[[Connection], T]) -> T:
        return self._catalog.look(function, patience=None, waiting=_wait)

    def close(self) -> None:
        self._tails.close()


def _wait(reason: str) -> None:
    _log.warning("the catalog is waited for", reason=reason)
