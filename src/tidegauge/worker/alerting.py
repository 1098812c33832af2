"""Alerting: each slot that is judged is fed to the alerts once, and what time changes is changed
when it is due.  What somebody is to be told is in the outbox in the same transaction.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.alert import feed, recurrence, store
from tidegauge.alert import heartbeat as signs
from tidegauge.alert.act import NAME
from tidegauge.alert.book import Taker
from tidegauge.alert.clock import Clock
from tidegauge.alert.heartbeat import EVERY, Life, heartbeat
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.catalog import (
    Catalog,
    FencedError,
    alerts,
    incidents,
    models,
    monitors,
    notices,
    progress,
    readings,
    series,
    silences,
    targets,
    windows,
)
from tidegauge.catalog.monitors import Kept
from tidegauge.monitor.file import read_one
from tidegauge.monitor.union import Monitor
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.late import JUDGE

_PAUSE: Final = 0.5
_AT_ONCE: Final = 20
"""Slots that are fed before time is looked at again."""
_SIGN: Final = 5 * SECOND
_HAD: Final = 7 * DAY * SECOND
"""A model that had rows within it is missed when they stay away."""
_REPORTS: Final = 30 * DAY * SECOND
"""Their pages go along with them; the numbers can be asked for again."""
_KEPT: Final = 2 * 365 * DAY * SECOND
_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Alerting:
    catalog: Catalog
    settings: Settings = field(default_factory=Settings)
    clock: Clock | None = None
    beat: int = 0
    """When it last went round."""
    delivered: Callable[[], int] | None = None
    """When the deliveries last went round."""
    _shown: int = 0
    _signed: int = 0
    _tidied: int = 0

    def __post_init__(self) -> None:
        self._take()
        self._begun = self.now()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                is_fruitful = self.step()
            except FencedError:
                _log.warning("another process has the alerts; they are taken back")
                stop.wait(5.0)
                self._take()
            except Exception:  # noqa: BLE001 - whatever it is, it is tried again
                _log.exception("alerting failed, and is tried again")
                stop.wait(5.0)
            else:
                if not is_fruitful:
                    stop.wait(_PAUSE)

    def step(self) -> bool:
        """Feed what is judged, then do what is due; False where there was nothing."""
        fed = 0
        while fed < _AT_ONCE and self._feed_next():
            fed += 1
        is_due = self._tick()
        self._show_life()
        self._tidy()
        self.beat = self.now()
        return fed > 0 or is_due

    def _take(self) -> None:
        begun = self.catalog.write(lambda c: progress.take(c, NAME), patience=None, waiting=_wait)
        self._epoch, self._position, self._slot = begun.epoch, begun.position, begun.at
        if self.clock is None:
            self.clock = Clock(int(begun.detail.get("offset", 0)))
        self._offset = self.clock.offset
        self._held_until = 0
        self._held = 0
        self._hush: list[int] | None = None
        """Whose word held at the last look; what it was before is not known."""

    def now(self) -> int:
        assert self.clock is not None  # noqa: S101 - it is made when the work is taken
        return self.clock.now()

    def _feed_next(self) -> bool:
        """The next slot that is judged, in one transaction with all that comes of it."""
        found = self.catalog.look(self._next_slot, patience=None, waiting=_wait)
        if found is None:
            return False
        at = self.now()

        def write(connection: Connection) -> None:
            if not self._go_to(connection, found):
                return
            slot = _slot(connection, found)
            loaded = store.everything(connection, at)
            machine = Machine(loaded.book, self.settings, at)
            for alert, reason in feed.gone(loaded.book, slot):
                machine.end([alert], reason)
            machine.slot(feed.fed(loaded.book, slot, self.settings))
            failpoint.hit("alerts.before-save")
            loaded.save(connection, self.settings)

        self.catalog.write(write, patience=None, waiting=_wait)
        failpoint.hit("alerts.fed")
        self._position, self._slot = str(found), found
        return True

    def _next_slot(self, connection: Connection) -> int | None:
        judged = progress.get(connection, JUDGE)
        if judged is None or judged.at <= self._slot:
            return None
        if not self._slot:
            # What was before nobody was told of, and it is too late to be news.
            return judged.at
        return next(iter(readings.slots(connection, self._slot, judged.at, 1)), judged.at)

    def _go_to(self, connection: Connection, slot: int) -> bool:
        detail = {"offset": self.clock.offset if self.clock else 0}
        return progress.advance(
            connection, NAME, self._epoch, self._position, str(slot), slot, detail
        )

    def _tick(self) -> bool:
        """What is due by now; False where nothing is."""
        at = self.now()
        if not self.catalog.look(lambda c: self._is_due(c, at), patience=None, waiting=_wait):
            return False

        def write(connection: Connection) -> None:
            progress.hold(connection, NAME, self._epoch)
            _come_again(connection, at)
            hush = [each.id for each in silences.holding(connection, at)]
            is_new = hush != self._hush
            loaded = store.everything(connection, at) if is_new else store.due(connection, at)
            machine = Machine(loaded.book, self.settings, at)
            machine.settle()
            failpoint.hit("alerts.before-save")
            loaded.save(connection, self.settings)
            self._hush = hush
            self._held = notices.count_held(connection)
            self._held_until = machine.tell.next_digest_at() or 0

        self.catalog.write(write, patience=None, waiting=_wait)
        failpoint.hit("alerts.ticked")
        return True

    def _show_life(self) -> None:
        """A heartbeat each five minutes, while all that it stands for goes on; for those who ask
        for themselves a sign more often."""
        at = self.now()
        # By the clock, so that whoever takes over goes on in the same step.
        if at // _SIGN == self._signed // _SIGN:
            return
        self._signed = at
        told, judged = self.catalog.look(_told, patience=None, waiting=_wait)
        life = Life(judged or self._begun, at, self.delivered() if self.delivered else at)
        self.catalog.write(lambda c: signs.write(c, life), patience=None, waiting=_wait)
        if at // EVERY == self._shown or not told:
            return
        self._shown = at // EVERY
        if stopped := life.stopped(at, self.settings.stands_still_s):
            _log.error("no heartbeat is sent", stopped=stopped)
            return
        rows = [store.row_kept(heartbeat(tenant, taker, at)) for tenant, taker in told]
        self.catalog.write(lambda c: notices.add(c, rows), patience=None, waiting=_wait)

    def _tidy(self) -> None:
        """Once an hour: what is too old to be asked about goes."""
        at = self.now()
        if at - self._tidied < HOUR * SECOND:
            return
        self._tidied = at

        def forget(connection: Connection) -> int:
            silences.expire(connection, at - _KEPT)
            notices.forget(connection, "heartbeat", at - DAY * SECOND)
            notices.forget(connection, "report", at - _REPORTS)
            return incidents.expire(connection, at - _KEPT)

        while self.catalog.write(forget, patience=None, waiting=_wait):
            failpoint.hit("alerts.tidied")

    def _is_due(self, connection: Connection, at: int) -> bool:
        """A few small questions, for they are asked twice a second."""
        due = incidents.next_due(connection)
        if due is not None and due <= at:
            return True
        if alerts.to_rearm(connection, at) or silences.to_come_again(connection, at):
            return True
        held = notices.count_held(connection)
        if held and (held != self._held or self._held_until <= at):
            return True
        return [each.id for each in silences.holding(connection, at)] != self._hush


def _come_again(connection: Connection, at: int) -> None:
    """Of maintenance windows that recur: the next one."""
    for each in silences.to_come_again(connection, at):
        assert each.recurs is not None  # noqa: S101 - they were chosen by it
        rule = recurrence.parse(each.recurs["rule"], each.recurs["timezone"])
        span = recurrence.following(rule, each.recurs["first"], each.recurs["lasts"], at)
        if span is None:
            silences.change(connection, each.id, recurs=None)
        else:
            silences.change(connection, each.id, start=span[0], stop=span[1])


def _told(connection: Connection) -> tuple[list[tuple[str, Taker]], int]:
    """Who is told that we live, and how far is judged."""
    judged = progress.get(connection, JUDGE)
    told = [
        (tenant, taker)
        for tenant, some in store.takers(connection).items()
        for taker in some
        if taker.heartbeat
    ]
    return told, judged.at if judged else 0


def _slot(connection: Connection, at: int) -> feed.Slot:
    read = readings.of_slot(connection, at)
    named = targets.named(connection, [each.target for each in read])
    watched = {
        (each.tenant, each.name): each.id
        for each in models.all(connection)
        if each.watched and each.archived_at is None
    }
    found = {named[each.target]: each for each in read if each.target in named}
    own = _monitors(connection)
    return feed.Slot(
        at=at,
        readings=found,
        monitors={place: monitor for place, (monitor, _kept) in own.items()},
        versions={place: kept.revision for place, (_monitor, kept) in own.items()},
        usual=frozenset(place for place, (_m, kept) in own.items() if kept.origin == "default"),
        models=frozenset(watched),
        had_rows=_had_rows(connection, watched, feed.empty(found), at),
    )


def _monitors(connection: Connection) -> dict[tuple[str, str], tuple[Monitor, Kept]]:
    """By tenant and name; as they are read, and as they are kept."""
    found: dict[tuple[str, str], tuple[Monitor, Kept]] = {}
    for kept in monitors.listed(connection):
        try:
            found[kept.tenant, kept.name] = read_one(kept.document), kept
        except ValidationError as error:
            _log.error("a monitor cannot be read", monitor=kept.name, error=str(error)[:500])
    return found


def _had_rows(
    connection: Connection,
    watched: Mapping[tuple[str, str], int],
    empty: Collection[tuple[str, str]],
    at: int,
) -> frozenset[tuple[str, str]]:
    """Of models that no rows come of, those that some came of in the days before."""
    ids = {watched[name]: name for name in empty if name in watched}
    if not ids:
        return frozenset()
    whole = series.whole(connection, ids)
    last = windows.last(connection, whole)
    return frozenset(ids[whole[number]] for number, when in last.items() if when > at - _HAD)


def _wait(reason: str) -> None:
    _log.warning("the catalog is waited for", reason=reason)
