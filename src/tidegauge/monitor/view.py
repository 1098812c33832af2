"""What a monitor may look at: the windows of one model, version and segment, up to a slot."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from tidegauge.catalog import numbers, outcomes, trainings, windows
from tidegauge.catalog.numbers import Number
from tidegauge.catalog.outcomes import Outcome
from tidegauge.catalog.windows import Window
from tidegauge.estimate import Trust
from tidegauge.monitor.against import WEEKS, Against
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.chance import Together
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic
from tidegauge.series import explanation, outcome
from tidegauge.series.memory import Memory
from tidegauge.series.outcome import Point
from tidegauge.series.reach import Reach
from tidegauge.series.seen import Seen, look
from tidegauge.series.subject import Subject
from tidegauge.series.tables import Tables
from tidegauge.series.where import Located
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, MINUTE, SECOND, floor

T = TypeVar("T")
_WEEK = 7 * DAY * SECOND
_NEAR = FIVE_MINUTES


@dataclass(frozen=True)
class Shared:
    """What many slots ask for, kept between them; small, for thousands of models."""

    past: dict[tuple[int, str, str, int], tuple[int, tuple[Traffic, float]]] = field(
        default_factory=dict[tuple[int, str, str, int], tuple[int, tuple[Traffic, float]]]
    )
    """Traffic up to an hour: the last that was asked for, by model, version, segment and span."""
    together: Memory[tuple[int, str, str, str, int], Together] = field(
        default_factory=lambda: Memory(20_000)
    )
    """By model, version, segment, number and day."""
    watched: Memory[tuple[int, tuple[str, ...] | None], Watched] = field(
        default_factory=lambda: Memory(20_000)
    )
    """By baseline and columns."""
    tables: Tables | None = None
    """The rows themselves; None where they are not at hand."""
    lateness: Memory[tuple[int, str, str, int], float | None] = field(
        default_factory=lambda: Memory(20_000)
    )
    """Of labels, by model, version, segment and hour."""
    located: Memory[tuple[int, str, str, int, int], list[Located]] = field(
        default_factory=lambda: Memory(2_000)
    )
    """In which segments a loss is, by model, version, segment and both days."""
    importances: Memory[tuple[int, int], Mapping[str, float]] = field(
        default_factory=lambda: Memory(2_000)
    )
    """Of features, by model and hour."""
    trust: Memory[tuple[int, str, str, str, int], Trust] = field(
        default_factory=lambda: Memory(20_000)
    )
    """Of estimates, by model, version, segment, figure and hour."""


class Held(Protocol):
    """Windows that were read before they are asked for."""

    def seen(self, subject: Subject, numbers: Sequence[int], start: int, stop: int) -> Seen | None:
        """None where it reaches further than is at hand."""
        ...

    def of(
        self, numbers: Sequence[int], start: int, stop: int, resolution: int
    ) -> Sequence[Window] | None: ...


@dataclass(frozen=True)
class Near:
    """The last minutes of many models, read at once."""

    start: int
    stop: int
    windows: Mapping[int, Sequence[Window]]
    """By series."""

    @classmethod
    def read(cls, connection: Connection, subjects: Iterable[Subject], slot: int) -> "Near":
        start = slot - _NEAR * SECOND
        held: dict[int, list[Window]] = {}
        numbers = [each.id for subject in subjects for each in subject.series]
        for window in windows.between(connection, numbers, MINUTE, start, slot):
            held.setdefault(window.series, []).append(window)
        return cls(start, slot, held)

    def seen(self, subject: Subject, numbers: Sequence[int], start: int, stop: int) -> Seen | None:
        found = self.of(numbers, start, stop, MINUTE)
        if found is None:
            return None
        layout = subject.baseline.layout if subject.baseline else None
        return Seen(start=start, stop=stop, windows=found, layout=layout)

    def of(
        self, numbers: Sequence[int], start: int, stop: int, resolution: int
    ) -> Sequence[Window] | None:
        if start < self.start or stop > self.stop or resolution != MINUTE:
            return None
        return [
            window
            for number in numbers
            for window in self.windows.get(number, ())
            if start <= window.start < stop
        ]


@dataclass(frozen=True)
class View:
    """One slot of one part of a model's rows; what is read for one monitor serves the next."""

    connection: Connection
    reach: Reach
    subject: Subject
    slot: int
    """The end of the window that is looked at."""
    version: str | None = None
    segment: str = ""
    near: Held | None = None
    shared: Shared = field(default_factory=Shared, repr=False)
    _seen: dict[tuple[int, int, str | None], Seen] = field(
        default_factory=dict[tuple[int, int, str | None], Seen], repr=False
    )

    def seen(self, start: int, stop: int, version: str | None = None) -> Seen:
        """Windows of a span; of the view's own version where no other is told."""
        key = start, stop, version or self.version
        found = self._seen.get(key)
        if found is None and self.near is not None:
            own = self.subject.numbers(key[2], self.segment)
            found = self.near.seen(self.subject, own, start, stop)
        if found is None:
            found = look(
                self.connection,
                self.reach,
                self.subject,
                start,
                stop,
                version=key[2],
                segment=self.segment,
            )
        self._seen[key] = found
        return found

    def windows(self, start: int, stop: int, resolution: int) -> Iterable[Window]:
        """Of one resolution."""
        own = self.subject.numbers(self.version, self.segment)
        if self.near is not None:
            found = self.near.of(own, start, stop, resolution)
            if found is not None:
                return found
        return windows.between(self.connection, own, resolution, start, stop)

    def each(self, start: int, stop: int, resolution: int) -> list[Seen]:
        """Window by window; one without a row has none."""
        size = resolution * SECOND
        start, stop = floor(start, resolution), floor(stop, resolution)
        held: dict[int, list[Window]] = {at: [] for at in range(start, stop, size)}
        for window in self.windows(start, stop, resolution):
            held[floor(window.start, resolution)].append(window)
        layout = self.subject.baseline.layout if self.subject.baseline else None
        return [
            Seen(start=at, stop=at + size, windows=found, layout=layout)
            for at, found in held.items()
        ]

    @property
    def part(self) -> tuple[int, str, str]:
        """Which rows are looked at."""
        return self.subject.model.id, self.version or "", self.segment

    def at(self, slot: int) -> "View":
        """The same part of the rows, at another time."""
        return replace(self, slot=slot)

    def of_segment(self, segment: str) -> "View":
        """Other rows of the same model, at the same time."""
        return replace(self, segment=segment, near=None, _seen={})

    def window(self, seconds: int) -> Seen:
        return self.seen(self.slot - seconds * SECOND, self.slot)

    @property
    def reference(self) -> Profile | None:
        return self.subject.reference

    def watched(self, columns: Sequence[str] | None) -> Watched:
        """The columns of the reference that are judged."""
        baseline = self.subject.baseline
        assert baseline is not None  # noqa: S101 - the caller has looked
        key = baseline.id, None if columns is None else tuple(columns)

        def made() -> Watched:
            found = self.reference
            assert found is not None  # noqa: S101 - who has a baseline has a reference
            named = None if columns is None else [self.subject.column(c) for c in columns]
            return Watched.of(found.layout, named)

        return self.shared.watched.get(key, made)

    @property
    def lateness(self) -> float | None:
        """Seconds until most labels have come; None where none has."""
        hour = floor(self.slot, HOUR)
        known, key = self.shared.lateness, (*self.part, hour)
        found = known.get(
            key,
            lambda: outcome.lateness(
                self.connection, self.subject.numbers(self.version, self.segment), hour
            ),
        )
        if found is None:
            # The first may come at any moment, and are waited for.
            known.forget(key)
        return found

    @property
    def importances(self) -> Mapping[str, float]:
        """How much each feature has counted in the last month, where that is explained."""
        hour = floor(self.slot, HOUR)
        return self.shared.importances.get(
            (self.subject.model.id, hour),
            lambda: explanation.lately(self.connection, self.subject, hour),
        )

    def outcome(self, start: int, stop: int, version: str | None = None) -> Point:
        """What is known of the truth of a span; of the view's own version where no other is
        told."""
        numbers = self.subject.numbers(version or self.version, self.segment)
        return outcome.of_span(self.connection, self.reach, numbers, start, stop, self.lateness)

    @property
    def of_baseline(self) -> Point | None:
        """What is known of the truth of the reference; of one from a file as a whole."""
        baseline = self.subject.baseline
        if self.segment and baseline is not None and baseline.truth is not None:
            return None
        numbers = self.subject.numbers(self.version, self.segment)
        return outcome.of_baseline(self.connection, self.reach, numbers, baseline)

    def outcomes(self, resolution: int, start: int, stop: int) -> list[Outcome]:
        """Of one resolution."""
        numbers = self.subject.numbers(self.version, self.segment)
        return outcomes.between(self.connection, numbers, resolution, start, stop)

    def numbers(self, name: str, start: int, stop: int) -> list[Number]:
        """The user's own, by minute."""
        found: list[Number] = []
        for span in self.reach.spans(*self.reach.whole(start, stop)):
            found += numbers.between(
                self.connection, self.subject.model.id, name, span.resolution, span.start, span.stop
            )
        return numbers.tagged(found, self.segment)

    def trained(self, metric: str) -> float | None:
        """What the makers of this version said of it last, or of all versions."""
        told = trainings.listed(self.connection, self.subject.model.id)
        found = (each.metrics.get(metric) for each in told if each.version in (self.version, ""))
        return next((value for value in found if value is not None), None)

    def traffic(self, against: Against, seconds: int) -> tuple[Traffic, float]:
        """Of what a window is compared with, and how many seconds that is."""
        upto = floor(self.slot - seconds * SECOND, HOUR)
        if against.kind != "last":
            return traffic_of(self.spans(against, seconds))
        key = *self.part, against.seconds
        held = self.shared.past.get(key)
        if held is None or held[0] != upto:
            held = self.shared.past[key] = upto, traffic_of(self.spans(against, seconds))
        return held[1]

    def spans(self, against: Against, seconds: int) -> list[Seen]:
        """The spans that a window is compared with; none where there are none."""
        start, stop = self.slot - seconds * SECOND, self.slot
        if against.kind == "previous window":
            return [self.seen(start - seconds * SECOND, start)]
        if against.kind == "ago":
            back = against.seconds * SECOND
            return [self.seen(start - back, stop - back)]
        if against.kind == "last":
            # To the hour: what is asked for in each minute is then read once.
            upto = floor(start, HOUR)
            return [self.seen(upto - against.seconds * SECOND, upto)]
        if against.kind == "same hour":
            weeks = range(1, WEEKS + 1)
            return [self.seen(start - k * _WEEK, stop - k * _WEEK) for k in weeks]
        if against.kind == "previous version" and self.previous_version is not None:
            return [self.seen(start, stop, self.previous_version)]
        return []

    @cached_property
    def previous_version(self) -> str | None:
        """The one that was first seen before this view's."""
        # Numbers are given as versions are met.
        met = sorted((each.id, each.version) for each in self.subject.series if not each.segment)
        versions = [version for _id, version in met]
        if self.version not in versions:
            return None
        at = versions.index(self.version)
        return versions[at - 1] if at else None


def traffic_of(spans: list[Seen]) -> tuple[Traffic, float]:
    """Of some spans together, and how many seconds they are."""
    total, seconds = Traffic(), 0.0
    for each in spans:
        if each.windows:
            total = total.merge(each.traffic())
            seconds += (each.stop - each.start) / SECOND
    return total, seconds


def profile_of(spans: list[Seen], reference: Profile) -> Profile | None:
    found = [own for each in spans if (own := each.profile(reference)) is not None]
    return merged(found, Profile.merge)


def merged(some: list[T], add: Callable[[T, T], T]) -> T | None:
    total: T | None = None
    for each in some:
        total = each if total is None else add(total, each)
    return total
