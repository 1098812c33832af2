"""Coarser windows as sums of finer ones, and the end of those that are too old.

Five minutes, an hour and a day are made once, when they are over; rows that come later for them
are added to each of them directly (`fold`).  Sums are exact, so both ways give the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import numbers, windows
from tidegauge.catalog.windows import Window
from tidegauge.profile.codec import decode, encode
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, MADE_OF, MINUTE, SECOND, floor
from tidegauge.worker.fold import Frontier
from tidegauge.worker.layouts import Layouts

GRACE: Final = 2 * MINUTE * SECOND
"""A window is made when it has been over for so long: most of what is late is in by then."""
KEPT: Final[Mapping[int, int]] = {
    MINUTE: 3 * HOUR * SECOND,
    FIVE_MINUTES: 2 * DAY * SECOND,
    HOUR: 90 * DAY * SECOND,
    DAY: 2 * 365 * DAY * SECOND,
}
COARSER: Final = {finer: coarser for coarser, finer in MADE_OF.items()}
_AT_ONCE: Final = 2_000
"""Finer windows that are read in one transaction, and a coarse one more."""


@dataclass
class Rolled:
    """How far each coarser resolution is made: kept with the progress."""

    upto: dict[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of(cls, detail: Mapping[str, object]) -> "Rolled":
        told = detail.get("rolled")
        return cls({int(k): int(v) for k, v in told.items()} if isinstance(told, dict) else {})

    @property
    def detail(self) -> dict[str, object]:
        return {"rolled": {str(k): v for k, v in self.upto.items()}}

    def begin(self, at: int) -> None:
        """Nothing is there before the first row."""
        if not self.upto:
            self.upto = {resolution: floor(at - GRACE, resolution) for resolution in MADE_OF}

    def is_due(self, at: int) -> bool:
        return any(floor(at - GRACE, each) > upto for each, upto in self.upto.items())

    def frontier(self, at: int, kept: Mapping[int, int] = KEPT) -> Frontier:
        floors = {
            # What no coarser window holds yet is not too old, whatever the clock says.
            each: min(floor(at - span, each), self.upto.get(COARSER.get(each, 0), at))
            for each, span in kept.items()
        }
        return Frontier(dict(self.upto), floors)


def roll(connection: Connection, layouts: Layouts, rolled: Rolled, at: int) -> Rolled:
    """Make some of what is over; how far that came."""
    upto = dict(rolled.upto)
    seen = 0
    for resolution, finer in MADE_OF.items():
        target = floor(at - GRACE, resolution)
        while upto[resolution] < target and seen < _AT_ONCE:
            start = upto[resolution]
            stop = start + resolution * SECOND
            if finer in upto and stop > upto[finer]:
                break
            made = list(windows.rolled(connection, finer, start, stop))
            windows.put(
                connection,
                [_sum(connection, layouts, resolution, start, of) for of in _by_series(made)],
            )
            seen += len(made)
            upto[resolution] = stop
    return Rolled(upto)


def _by_series(found: list[Window]) -> Iterator[list[Window]]:
    found.sort(key=lambda window: (window.series, window.start))
    for _series, group in groupby(found, key=lambda window: window.series):
        yield list(group)


def _sum(
    connection: Connection, layouts: Layouts, resolution: int, start: int, found: list[Window]
) -> Window:
    # Where the layout changed in between, the newer one's rows are what can be compared.
    newest = max((each.layout for each in found if each.layout is not None), default=None)
    profile: Profile | None = None
    traffic = Traffic()
    for each in found:
        traffic = traffic.merge(Traffic.decode(each.traffic))
        if each.profile is not None and each.layout == newest and newest is not None:
            own = decode(each.profile, layouts.get(connection, newest))
            profile = own if profile is None else profile.merge(own)
    return Window(
        series=found[0].series,
        resolution=resolution,
        start=start,
        layout=newest,
        rows=traffic.counts["predictions"],
        changed_at=max(each.changed_at for each in found),
        traffic=traffic.encode(),
        profile=encode(profile, with_layout=False) if profile else None,
    )


def expire(connection: Connection, frontier: Frontier, most: int = 20_000) -> int:
    """Delete windows and numbers that are older than what is kept of their resolution."""
    return sum(
        windows.expire(connection, resolution, before, most)
        + numbers.expire(connection, resolution, before)
        for resolution, before in frontier.floors.items()
    )
