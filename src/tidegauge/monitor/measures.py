"""Numbers of a span that a monitor can watch, each by its name.

A new one is an entry here: of calls whatever the model, or of a column of it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from tidegauge.monitor.chance import Chance, Count, Mean, Share
from tidegauge.profile.bins import ABOVE, BELOW
from tidegauge.profile.categories import MISSING as MISSING_CATEGORY
from tidegauge.profile.categories import NAMED, OTHER, UNSEEN
from tidegauge.profile.layout import Facet
from tidegauge.profile.numeric import MINUS_INFINITY, MISSING, NAN, PLUS_INFINITY, WRONG_TYPE
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import TIMINGS, Traffic
from tidegauge.reference.task import task_of


class Measured(NamedTuple):
    value: float | None
    n: int
    """What it is taken over: calls that told it, rows that hold it."""
    chance: Chance | None = None
    """None of what is not known to stray."""


NOTHING: Final = Measured(None, 0)
OfTraffic = Callable[[Traffic, float], Measured]
"""Of traffic in so many seconds."""


def _timing(place: int, part: str) -> OfTraffic:
    def measure(traffic: Traffic, _seconds: float) -> Measured:
        timing: Timing = traffic.timings[place]
        if part != "avg":
            return Measured(timing.quantile(float(part[1:]) / 100), timing.n)
        return Measured(timing.mean, timing.n, Mean(timing.n / _weight(traffic), timing.deviation))

    return measure


def _rate(of: str, among: str) -> OfTraffic:
    def measure(traffic: Traffic, _seconds: float) -> Measured:
        n = traffic.counts[among]
        return Measured(traffic.share(of, among), n, Share(n / _weight(traffic)))

    return measure


def _throughput(traffic: Traffic, seconds: float) -> Measured:
    rows = traffic.counts["predictions"]
    return Measured(rows * 60 / seconds, rows, _of_count(traffic, 60 / seconds))


def _predictions(traffic: Traffic, _seconds: float) -> Measured:
    rows = traffic.counts["predictions"]
    return Measured(float(rows), rows, _of_count(traffic, 1.0))


def _of_count(traffic: Traffic, per: float) -> Count:
    """Each call is counted `per` times."""
    return Count(1 / (per * _weight(traffic)))


def _weight(traffic: Traffic) -> float:
    """How many predictions a record stands for."""
    records = traffic.counts["records"]
    return traffic.counts["predictions"] / records if records else 1.0


_PARTS: Final = ("latency", "feature_extraction", "inference")
OF_TRAFFIC: Final[Mapping[str, OfTraffic]] = {
    "predictions": _predictions,
    "throughput_per_minute": _throughput,
    "error_rate": _rate("errors", "with_status"),
    "invalid_rate": _rate("invalid", "with_validation"),
    "cache_hit_rate": _rate("cache_hits", "with_cache"),
    "late_rate": _rate("late", "records"),
    "skewed_rate": _rate("skewed", "records"),
    **{
        f"{part}_{which}_ms": _timing(place, which)
        for place, part in enumerate(_PARTS[: len(TIMINGS)])
        for which in ("avg", "p50", "p95", "p99")
    },
}
COUNTED: Final = frozenset({"predictions", "throughput_per_minute"})
"""Those that say something of a span without any row: that there was none."""


@dataclass(frozen=True)
class ColumnOf:
    """A column of a profile, whatever its kind."""

    profile: Profile
    name: str

    @property
    def number(self) -> int | None:
        return self.profile.layout.place.get(Facet(self.name, ""))

    @property
    def category(self) -> int | None:
        return self.profile.layout.named_place.get(self.name)

    @property
    def any_number(self) -> int | None:
        """Of the column or of what was derived from it: what is missing is missing of all."""
        found = (
            i for i, facet in enumerate(self.profile.layout.facets) if facet.column == self.name
        )
        return next(found, None)


OfColumn = Callable[[ColumnOf], Measured]


def _gone(*cells: int) -> OfColumn:
    def measure(of: ColumnOf) -> Measured:
        rows = of.profile.rows
        at, named = of.any_number, of.category
        if at is not None:
            gone = of.profile.numeric.gone[at]
            return _share(sum(int(gone[cell]) for cell in cells), rows, of.profile)
        if named is not None and MISSING in cells:
            counts = of.profile.categories.counts[named]
            return _share(int(counts[MISSING_CATEGORY]), rows, of.profile)
        return NOTHING

    return measure


def _outside(*cells: int) -> OfColumn:
    def measure(of: ColumnOf) -> Measured:
        at = of.number
        if at is None:
            return NOTHING
        n = int(of.profile.numeric.n[at])
        counts = of.profile.numeric.counts[at]
        return _share(sum(int(counts[cell]) for cell in cells), n, of.profile)

    return measure


def _unseen(of: ColumnOf) -> Measured:
    at = of.category
    if at is None:
        return NOTHING
    n = int(of.profile.categories.n[at])
    return _share(int(of.profile.categories.counts[at][UNSEEN]), n, of.profile)


def _moment(which: str) -> OfColumn:
    def measure(of: ColumnOf) -> Measured:
        at = of.number
        if at is None:
            return NOTHING
        numeric, n = of.profile.numeric, int(of.profile.numeric.finite[at])
        value = float(getattr(numeric, which)[at]) if n else math.nan
        if not math.isfinite(value):
            return Measured(None, n)
        if which != "mean":
            return Measured(value, n)
        worth = of.profile.rows / of.profile.squares if of.profile.squares else 1.0
        return Measured(value, n, Mean(n * worth, float(numeric.deviation[at])))

    return measure


def _most_common(of: ColumnOf) -> Measured:
    at = of.category
    if at is None:
        return NOTHING
    n = int(of.profile.categories.n[at])
    counts = of.profile.categories.counts[at]
    # `other` and `unseen` are several values, of which each has less.
    sketch = of.profile.categories.outside[at]
    most = max(int(counts[NAMED:].max(initial=0)), int(sketch.counts.max(initial=0)))
    return _share(most, n, of.profile)


def _distinct(of: ColumnOf) -> Measured:
    at = of.category
    if at is None:
        return NOTHING
    n = int(of.profile.categories.n[at])
    return Measured(of.profile.categories.distinct[at] if n else None, n)


def _other(of: ColumnOf) -> Measured:
    at = of.category
    if at is None:
        return NOTHING
    n = int(of.profile.categories.n[at])
    return _share(int(of.profile.categories.counts[at][OTHER]), n, of.profile)


def _share(count: int, among: int, profile: Profile) -> Measured:
    """With chance, of a weighted sample too."""
    if not among:
        return NOTHING
    worth = profile.rows / profile.squares if profile.squares else 1.0
    return Measured(count / among, among, Share(among * worth))


OF_COLUMN: Final[Mapping[str, OfColumn]] = {
    "missing_rate": _gone(MISSING, NAN),
    "wrong_type_rate": _gone(WRONG_TYPE),
    "infinite_rate": _gone(MINUS_INFINITY, PLUS_INFINITY),
    "out_of_range_rate": _outside(BELOW, ABOVE),
    "below_range_rate": _outside(BELOW),
    "above_range_rate": _outside(ABOVE),
    "unseen_rate": _unseen,
    "other_rate": _other,
    "most_common_share": _most_common,
    "distinct": _distinct,
    "mean": _moment("mean"),
    "std": _moment("deviation"),
    "minimum": _moment("lowest"),
    "maximum": _moment("highest"),
}
OUTPUTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "confidence": ("mean", ("confidence", "prediction_score")),
    "prediction_bias": ("most_common_share", ("prediction_label",)),
}
"""Of the model's outputs: a measure, and the columns of which the first that is there is taken."""


def of_column(profile: Profile, measure: str, column: str) -> Measured:
    return OF_COLUMN[measure](ColumnOf(profile, column))


def of_output(profile: Profile, name: str) -> Measured:
    column = output_column(profile, name)
    return NOTHING if column is None else of_column(profile, OUTPUTS[name][0], column)


def output_column(profile: Profile, name: str) -> str | None:
    """A score is a confidence where there are classes: else it is the number that is predicted."""
    known = profile.layout.schema.names
    _measure, (own, *others) = OUTPUTS[name]
    found = [each for each in (own, *(others if _has_classes(profile) else ())) if each in known]
    return found[0] if found else None


def _has_classes(profile: Profile) -> bool:
    return task_of(profile) in ("binary", "multiclass", "multilabel")
