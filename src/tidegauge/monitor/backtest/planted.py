"""A past into which a change was planted from a moment on, to see who finds it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tidegauge.catalog.windows import Window
from tidegauge.monitor.backtest.changes import Change
from tidegauge.monitor.backtest.history import History, Summed
from tidegauge.monitor.view import merged
from tidegauge.profile.table import Profile
from tidegauge.series.seen import Seen
from tidegauge.series.subject import Subject


@dataclass(frozen=True)
class Planted:
    past: History
    change: Change
    moment: int
    reference: Profile | None
    _changed: dict[tuple[int, int], Window] = field(
        default_factory=dict[tuple[int, int], Window], repr=False
    )

    def seen(self, subject: Subject, numbers: Sequence[int], start: int, stop: int) -> Seen | None:
        if stop <= self.moment:
            return self.past.seen(subject, numbers, start, stop)
        found = self.of(numbers, start, stop, self.past.resolution)
        if found is None:
            return None
        changed = [each for each in found if each.start >= self.moment]
        after = Seen(start=start, stop=stop, windows=changed, layout=self.past.layout)
        before = None
        if start < self.moment:
            before = self.past.seen(subject, numbers, start, self.moment)
        if before is None:
            return after
        return Summed(
            start=start,
            stop=stop,
            windows=found,
            layout=self.past.layout,
            calls=lambda: before.traffic().merge(after.traffic()),
            rest=lambda own: merged(
                [p for each in (before, after) if (p := each.profile(own)) is not None],
                Profile.merge,
            ),
        )

    def of(
        self, numbers: Sequence[int], start: int, stop: int, resolution: int
    ) -> Sequence[Window] | None:
        found = self.past.of(numbers, start, stop, resolution)
        return None if found is None else [self._now(each) for each in found]

    def _now(self, window: Window) -> Window:
        if window.start < self.moment:
            return window
        key = window.series, window.start
        if key not in self._changed:
            self._changed[key] = self.change(window, self.reference)
        return self._changed[key]
