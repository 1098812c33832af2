"""Which changes a monitor is there to find: planted one at a time, each in one column."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from numpy.random import Generator

from tidegauge.monitor.backtest import changes
from tidegauge.monitor.backtest.changes import Change
from tidegauge.monitor.distance import Distance
from tidegauge.monitor.drift import Drift
from tidegauge.monitor.measures import OF_COLUMN, OUTPUTS, output_column
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.trend import Trend
from tidegauge.monitor.union import Monitor
from tidegauge.profile.layout import Facet
from tidegauge.profile.table import Profile
from tidegauge.series.drift import pick
from tidegauge.series.subject import Subject

Make = Callable[[Generator], Change]
_POINTS: Final = (0.02, 0.05, 0.2)
_SHIFTS: Final = (0.25, 0.5, 1.0)
_OF_VALUES: Final = frozenset({"mean", "minimum", "maximum", "out_of_range_rate"})
_OF_MIX: Final = frozenset({"most_common_share", "distinct", "other_rate"})


class Suited(NamedTuple):
    title: str
    make: Make


def suited(monitor: Monitor, subject: Subject) -> list[Suited]:
    """None for what cannot be planted, such as a number of the user's own."""
    reference = subject.reference
    if isinstance(monitor, (Drift, Distance)):
        if reference is None:
            return []
        columns = monitor.columns
        wanted = None if columns is None else [subject.column(each) for each in columns]
        return _of_columns(reference, wanted)
    # What was true of rows that never came, nobody can plant.
    return _of_metric(monitor, subject) if isinstance(monitor, (Metric, Trend)) else []


def _of_columns(reference: Profile, wanted: Sequence[str] | None) -> list[Suited]:
    layout, picked = reference.layout, pick(reference, wanted)
    facets = [layout.facets[at] for at in picked.numeric]
    numbers = [facet.column for facet in facets if not facet.name]
    names = [layout.names[at] for at in picked.named]
    found: list[Suited] = []
    if numbers:
        for deviations in _SHIFTS:
            make = partial(_any_side, reference, numbers, deviations)
            found.append(Suited(f"{deviations:g} sd, one number", make))
    if names:
        make = partial(_any, changes.one_value, reference, names, 0.1)
        found.append(Suited("10 % to one value, one category", make))
    if numbers or names:
        make = partial(_any, changes.missing, reference, [*numbers, *names], 0.05)
        found.append(Suited("5 % missing, one column", make))
    return found


def _any_side(
    reference: Profile, columns: Sequence[str], deviations: float, rng: Generator
) -> Change:
    side = float(rng.choice((-1.0, 1.0)))
    return changes.higher(str(rng.choice(columns)), side * deviations, reference)


def _any(
    change: Callable[[str, float, Profile], Change],
    reference: Profile,
    columns: Sequence[str],
    share: float,
    rng: Generator,
) -> Change:
    return change(str(rng.choice(columns)), share, reference)


def _of_metric(monitor: Metric | Trend, subject: Subject) -> list[Suited]:
    name, reference = monitor.metric, subject.reference
    if name.endswith("_ms"):
        return [_always(changes.slower(times)) for times in (1.5, 2.0, 4.0)]
    if name in ("predictions", "throughput_per_minute"):
        titles = ((0.25, "a quarter fewer calls"), (0.5, "half the calls"), (1.0, "no calls"))
        return [_always(changes.fewer(share, title)) for share, title in titles]
    if name in _RATES:
        what, among, sign = _RATES[name]
        return [_always(_rate(what, among, sign * points)) for points in _POINTS]
    if reference is None:
        return []
    if name in OF_COLUMN and monitor.column is not None:
        return _of_column(name, subject.column(monitor.column), reference)
    if name in OUTPUTS:
        column = output_column(reference, name)
        return [] if column is None else _of_column(OUTPUTS[name][0], column, reference, sign=-1)
    return []


def _of_column(name: str, column: str, reference: Profile, sign: int = 1) -> list[Suited]:
    is_number = Facet(column, "") in reference.layout.place
    is_named = column in reference.layout.named_place
    if name == "missing_rate" and (is_number or is_named):
        return [_always(changes.missing(column, share, reference)) for share in _POINTS]
    if name in _OF_VALUES and is_number:
        return [_always(changes.higher(column, sign * by, reference)) for by in _SHIFTS]
    if name == "unseen_rate" and is_named:
        return [_always(changes.unseen(column, share, reference)) for share in _POINTS]
    if name in _OF_MIX and is_named:
        return [_always(changes.one_value(column, share, reference)) for share in (0.1, 0.2, 0.5)]
    return []


_RATES: Final = {
    "error_rate": ("errors", "with_status", 1),
    "invalid_rate": ("invalid", "with_validation", 1),
    "cache_hit_rate": ("cache_hits", "with_cache", -1),
    "late_rate": ("late", "records", 1),
    "skewed_rate": ("skewed", "records", 1),
}


def _rate(what: str, among: str, points: float) -> Change:
    side = "more" if points > 0 else "fewer"
    title = f"{abs(100 * points):g} points {side} {what.replace('_', ' ')}"
    return changes.more(what, among, points, title)


def _always(change: Change) -> Suited:
    def make(rng: Generator) -> Change:
        del rng
        return change

    return Suited(change.title, make)
