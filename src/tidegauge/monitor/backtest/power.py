"""Who finds a planted change, how soon, and how much of that is chance.

Each change is planted at moments of the past in which the monitor was quiet, and the hours after
it are read again.  A monitor that alarms all the time finds everything at once, and knows
nothing: so what it finds without the change, after the same moments, is said beside it.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Final

import numpy as np
from numpy.random import Generator

from tidegauge.monitor.alarms import Alarm, alarms_as_they_are
from tidegauge.monitor.backtest.history import History
from tidegauge.monitor.backtest.planted import Planted
from tidegauge.monitor.backtest.suited import Suited
from tidegauge.monitor.base import Base
from tidegauge.monitor.reading import Found
from tidegauge.monitor.replay import Replay
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.view import Shared, View
from tidegauge.window import DAY, SECOND

_WARM: Final = 48
"""Slots that a monitor which remembers is shown before the change."""


@dataclass(frozen=True, kw_only=True)
class Power:
    change: str
    planted: int
    found: int
    by_chance: int
    """At so many of these moments it alarms without the change."""
    delay: float | None
    """Seconds, of half of those that are found."""
    within: int
    """Seconds after a change in which finding it counts."""

    @property
    def knows(self) -> float | None:
        """What is found beyond chance, of what chance leaves; 0 of who always alarms."""
        if self.planted == self.by_chance:
            return 0.0 if self.planted else None
        return max(self.found - self.by_chance, 0) / (self.planted - self.by_chance)


@dataclass(frozen=True)
class Trial:
    """One monitor on one past."""

    monitor: Monitor
    view: View
    past: History
    readings: Sequence[tuple[int, Found]]
    """By slot."""
    alarms: Sequence[Alarm]
    replay: Replay
    """Before the first of them."""

    @cached_property
    def slots(self) -> list[int]:
        return [slot for slot, _found in self.readings]

    @property
    def step(self) -> int:
        return self.monitor.every

    @property
    def within(self) -> int:
        return max(DAY, 2 * self.monitor.window)

    def powers(self, changes: Sequence[Suited], draws: int) -> list[Power]:
        if not self.readings:
            return []
        rng = np.random.default_rng(zlib.crc32(self.monitor.name.encode()))
        moments = {moment: self._warm(moment) for moment in self._moments(rng, draws)}
        return [self._power(change, moments, rng) for change in changes] if moments else []

    def _moments(self, rng: Generator, draws: int) -> list[int]:
        """In which nothing was open, as many as are wanted; the same for every change."""
        last = self.slots[-1] - self.within * SECOND
        first = self.slots[min(_WARM if self._remembers else 0, len(self.slots) - 1)]
        quiet = [
            slot
            for slot, found in self.readings
            if first <= slot <= last and found.status == "ok" and not self._is_open(slot)
        ]
        if not quiet:
            return []
        return sorted(rng.choice(quiet, min(draws, len(quiet)), replace=False).tolist())

    def _is_open(self, slot: int) -> bool:
        return any(
            each.at <= slot and (each.until is None or slot < each.until) for each in self.alarms
        )

    @property
    def _remembers(self) -> bool:
        return type(self.monitor).judge is not Base.judge

    def _power(self, change: Suited, moments: Mapping[int, Replay], rng: Generator) -> Power:
        within = self.within * SECOND
        delays: list[int] = []
        for moment, warm in moments.items():
            planted = Planted(self.past, change.make(rng), moment, self.view.reference)
            found = self._first(planted, warm.fork())
            if found is not None:
                delays.append((found - moment) // SECOND)
        chance = sum(
            any(moment < each.at <= moment + within for each in self.alarms) for moment in moments
        )
        return Power(
            change=change.title,
            planted=len(moments),
            found=len(delays),
            by_chance=chance,
            delay=median(delays) if delays else None,
            within=self.within,
        )

    def _warm(self, moment: int) -> Replay:
        """As it stands at a moment, after some days of rows."""
        found = self.replay.fork()
        if self._remembers:
            warm = moment - _WARM * self.step * SECOND
            slots = [slot for slot in self.slots if warm < slot <= moment]
            for _each in found.read(views_at(self.view, self.monitor, slots)):
                pass
        return found

    def _first(self, planted: Planted, replay: Replay) -> int | None:
        """The first alarm after the change, where it is soon enough."""
        stop = planted.moment + self.within * SECOND
        slots = [slot for slot in self.slots if planted.moment < slot <= stop]
        # What was summed for the past does not hold any more.
        view = replace(self.view, near=planted, shared=Shared(watched=self.view.shared.watched))
        found = replay.read(views_at(view, self.monitor, slots))
        alarms = alarms_as_they_are(zip(slots, found, strict=True), self.monitor.for_count)
        return next((each.at for each in alarms), None)


def views_at(view: View, monitor: Base, slots: Iterable[int]) -> Iterator[View]:
    """What is read for a slot is not kept for the next."""
    for slot in slots:
        yield replace(view, slot=slot - monitor.delay * SECOND, _seen={})
