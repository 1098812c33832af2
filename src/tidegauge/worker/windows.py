"""The windows that are being counted, in memory between two commits.

A window is opened from what the catalog has of it, counted on, and saved whole; it leaves memory
when nothing was added for a while.  Sums are exact, so it does not matter how often that happens.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tidegauge.catalog.windows import Window
from tidegauge.profile.codec import decode, encode
from tidegauge.profile.layout import Layout
from tidegauge.profile.packed import Packed
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic

_LEAST: Final = 8_192
"""Bytes of a window that holds next to nothing."""


class Key(NamedTuple):
    series: int
    resolution: int
    start: int


class Fitted(NamedTuple):
    """A layout and its number in the catalog."""

    id: int
    layout: Layout


@dataclass
class Open:
    """A window in the making."""

    fitted: Fitted | None
    traffic: Traffic = field(default_factory=Traffic)
    counted: Packed | None = None
    revision: int = 0
    is_dirty: bool = False
    size: int = _LEAST
    """Bytes in memory, about."""

    def add(self, profile: Profile | None, traffic: Traffic) -> None:
        self.traffic = self.traffic.merge(traffic)
        if profile is not None:
            before = self.profile
            self.hold(profile if before is None else before.merge(profile))
        self.is_dirty = True

    @property
    def profile(self) -> Profile | None:
        if self.counted is None or self.fitted is None:
            return None
        return self.counted.profile(self.fitted.layout)

    def hold(self, profile: Profile) -> None:
        self.counted = Packed.of(profile)
        self.size = _LEAST + self.counted.size


Load = Callable[[Sequence[Key]], Mapping[Key, Window]]


class Windows:
    def __init__(self, load: Load, *, most: int) -> None:
        """`most` is how many bytes may stay in memory when all is saved."""
        self._load = load
        self._most = most
        self._open: OrderedDict[Key, Open] = OrderedDict()

    def open(self, wanted: Mapping[Key, Fitted | None]) -> None:
        """Have these at hand, by the layouts that rows are to be counted with."""
        missing = [key for key in wanted if key not in self._open]
        found = self._load(missing) if missing else {}
        for key, fitted in wanted.items():
            if key not in self._open:
                self._open[key] = _opened(found.get(key), fitted)
            self._open.move_to_end(key)

    def __getitem__(self, key: Key) -> Open:
        return self._open[key]

    def changed(self, at: int) -> Iterator[Window]:
        """What is to be saved."""
        for key, window in self._open.items():
            if window.is_dirty:
                yield _saved(key, window, at)

    def saved(self) -> None:
        """All that changed is in the catalog: what is too much leaves memory, oldest first."""
        for window in self._open.values():
            if window.is_dirty:
                window.is_dirty = False
                window.revision += 1
        size = sum(window.size for window in self._open.values())
        while size > self._most and self._open:
            _key, window = self._open.popitem(last=False)
            size -= window.size

    def forget(self, series: Iterable[int] | None = None) -> None:
        """Drop what is in memory, of some series or of all: the catalog has it, or it is void."""
        if series is None:
            self._open.clear()
            return
        gone = set(series)
        for key in [key for key in self._open if key.series in gone]:
            del self._open[key]


def _opened(stored: Window | None, fitted: Fitted | None) -> Open:
    if stored is None:
        return Open(fitted)
    window = Open(fitted, Traffic.decode(stored.traffic), revision=stored.revision)
    if fitted is not None and stored.profile is not None and stored.layout == fitted.id:
        window.hold(decode(stored.profile, fitted.layout))
    return window


def _saved(key: Key, window: Open, at: int) -> Window:
    profile = window.profile
    return Window(
        series=key.series,
        resolution=key.resolution,
        start=key.start,
        layout=window.fitted.id if window.fitted else None,
        rows=window.traffic.counts["predictions"],
        revision=window.revision + 1,
        changed_at=at,
        traffic=window.traffic.encode(),
        profile=encode(profile, with_layout=False) if profile else None,
    )
