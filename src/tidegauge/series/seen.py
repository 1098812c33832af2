"""The windows of a span: what was counted in it, and how much of that can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tidegauge.catalog import windows
from tidegauge.catalog.windows import Window
from tidegauge.profile.codec import decode
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, SECOND


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One span of some series of a model."""

    start: int
    stop: int
    windows: Sequence[Window]
    layout: int | None
    """Of the model's reference: windows of another one count calls only."""

    @property
    def comparable(self) -> list[Window]:
        return [
            each for each in self.windows if each.profile is not None and each.layout == self.layout
        ]

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.windows)

    @property
    def other_rows(self) -> int:
        """Rows that were counted by another layout than the reference's."""
        return self.rows - sum(each.rows for each in self.comparable)

    def traffic(self) -> Traffic:
        total = Traffic()
        for each in self.windows:
            total = total.merge(Traffic.decode(each.traffic))
        return total

    def profile(self, reference: Profile) -> Profile | None:
        """None where nothing can be compared."""
        total: Profile | None = None
        for each in self.comparable:
            if each.profile is not None:
                own = decode(each.profile, reference.layout)
                total = own if total is None else total.merge(own)
        return total


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    start: int,
    stop: int,
    *,
    version: str | None = None,
    segment: str = "",
) -> Seen:
    """One span, by the fewest windows; widened to those that are kept."""
    start, stop = reach.whole(start, stop)
    found = _read(connection, reach, subject.numbers(version, segment), start, stop, DAY)
    return Seen(start=start, stop=stop, windows=found, layout=_layout(subject))


def look_stepwise(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    steps: Steps,
    *,
    version: str | None = None,
    segment: str = "",
) -> list[Seen]:
    """Step by step; a step without windows has none."""
    size = steps.step * SECOND
    held: dict[int, list[Window]] = {start: [] for start in steps}
    numbers = subject.numbers(version, segment)
    for each in _read(connection, reach, numbers, steps.start, steps.stop, steps.step):
        held[each.start - each.start % size].append(each)
    layout = _layout(subject)
    return [
        Seen(start=start, stop=start + size, windows=found, layout=layout)
        for start, found in held.items()
    ]


def _read(
    connection: Connection, reach: Reach, numbers: list[int], start: int, stop: int, step: int
) -> list[Window]:
    found: list[Window] = []
    for span in reach.spans(start, stop, step):
        found += windows.between(connection, numbers, span.resolution, span.start, span.stop)
    return found


def _layout(subject: Subject) -> int | None:
    return subject.baseline.layout if subject.baseline else None
