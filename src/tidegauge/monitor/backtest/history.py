"""The windows of one part of a model's rows over a past, read once for all its slots."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, Self

import numpy as np
from sqlalchemy import Connection

from tidegauge.arrays import Counts
from tidegauge.catalog import windows
from tidegauge.catalog.windows import Window
from tidegauge.monitor.view import merged
from tidegauge.profile.codec import decode
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import BINS, Timing
from tidegauge.profile.traffic import COUNTS, TIMINGS, Traffic
from tidegauge.series.memory import Memory
from tidegauge.series.seen import Seen
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, SECOND, ceil, floor

_DECODED: Final = 50
"""Profiles that are held: slots one after another ask for the same."""


@dataclass(frozen=True, kw_only=True)
class Summed(Seen):
    """A span whose sums are not made window by window."""

    calls: Callable[[], Traffic] = field(repr=False)
    rest: Callable[[Profile], Profile | None] = field(repr=False)

    def traffic(self) -> Traffic:
        return self.calls()

    def profile(self, reference: Profile) -> Profile | None:
        return self.rest(reference)


@dataclass(frozen=True)
class History:
    """Of windows of one size, from a start to a stop."""

    layout: int | None
    numbers: tuple[int, ...]
    resolution: int
    start: int
    stop: int
    windows: Mapping[int, Sequence[Window]]
    """By their start."""
    _profiles: Memory[tuple[int, int], Profile | None] = field(
        default_factory=lambda: Memory(_DECODED), repr=False
    )
    _days: dict[int, Profile | None] = field(default_factory=dict[int, Profile | None], repr=False)

    @classmethod
    def read(
        cls,
        connection: Connection,
        subject: Subject,
        numbers: Sequence[int],
        resolution: int,
        start: int,
        stop: int,
    ) -> Self:
        held: dict[int, list[Window]] = {}
        for window in windows.between(connection, numbers, resolution, start, stop):
            held.setdefault(window.start, []).append(window)
        layout = subject.baseline.layout if subject.baseline else None
        return cls(layout, tuple(numbers), resolution, start, stop, held)

    def seen(self, subject: Subject, numbers: Sequence[int], start: int, stop: int) -> Seen | None:
        """None where something else is asked for, or more than is at hand."""
        del subject
        found = self.of(numbers, start, stop, self.resolution)
        if found is None:
            return None
        return Summed(
            start=start,
            stop=stop,
            windows=found,
            layout=self.layout,
            calls=partial(self._traffic, start, stop),
            rest=partial(self._profile, start, stop),
        )

    def of(
        self, numbers: Sequence[int], start: int, stop: int, resolution: int
    ) -> Sequence[Window] | None:
        """Finer ones will do."""
        size = self.resolution * SECOND
        if tuple(numbers) != self.numbers or resolution % self.resolution:
            return None
        if start < self.start or stop > self.stop or start % size or stop % size:
            return None
        return [each for at in range(start, stop, size) for each in self.windows.get(at, ())]

    def rows(self, start: int, stop: int) -> int:
        return sum(
            each.rows for at, some in self.windows.items() if start <= at < stop for each in some
        )

    @cached_property
    def _sums(self) -> tuple[Counts, Counts, list[tuple[int, ...]]]:
        """Up to each window: calls, durations by bin, and their totals."""
        size = self.resolution * SECOND
        slots = (self.stop - self.start) // size
        counts = np.zeros((slots + 1, len(COUNTS)), dtype=np.int64)
        bins = np.zeros((slots + 1, len(TIMINGS), BINS), dtype=np.int64)
        totals = [(0,) * len(TIMINGS)]
        for at in range(slots):
            own = Traffic()
            for window in self.windows.get(self.start + at * size, ()):
                own = own.merge(Traffic.decode(window.traffic))
            counts[at + 1] = counts[at] + [own.counts[name] for name in COUNTS]
            bins[at + 1] = bins[at] + [timing.counts for timing in own.timings]
            totals.append(tuple(a + b.total for a, b in zip(totals[-1], own.timings, strict=True)))
        return counts, bins, totals

    def _traffic(self, start: int, stop: int) -> Traffic:
        size = self.resolution * SECOND
        first, last = (start - self.start) // size, (stop - self.start) // size
        counts, bins, totals = self._sums
        timings = zip(bins[last] - bins[first], totals[last], totals[first], strict=True)
        return Traffic(
            dict(zip(COUNTS, (counts[last] - counts[first]).tolist(), strict=True)),
            tuple(Timing(own, upto - before) for own, upto, before in timings),
        )

    def _profile(self, start: int, stop: int, reference: Profile) -> Profile | None:
        return self._profiles.get(
            (start, stop), lambda: merged(list(self._pieces(start, stop, reference)), Profile.merge)
        )

    def _pieces(self, start: int, stop: int, reference: Profile) -> Iterator[Profile]:
        """Whole days are summed once."""
        first, last = ceil(start, DAY), floor(stop, DAY)
        if first >= last:
            yield from self._decoded(start, stop, reference)
            return
        yield from self._decoded(start, first, reference)
        for day in range(first, last, DAY * SECOND):
            if day not in self._days:
                own = list(self._decoded(day, day + DAY * SECOND, reference))
                self._days[day] = merged(own, Profile.merge)
            if (found := self._days[day]) is not None:
                yield found
        yield from self._decoded(last, stop, reference)

    def _decoded(self, start: int, stop: int, reference: Profile) -> Iterator[Profile]:
        for at in range(start, stop, self.resolution * SECOND):
            for window in self.windows.get(at, ()):
                if window.profile is not None and window.layout == self.layout:
                    yield decode(window.profile, reference.layout)
