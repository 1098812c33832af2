"""What `compare` finds, as plain values: the same for a terminal, a page, a notebook and JSON."""

from dataclasses import dataclass, field
from typing import Literal

from tidegauge.quality.finding import Finding, Severity

__all__ = [
    "Bars",
    "Effect",
    "Facet",
    "Feature",
    "Finding",
    "Histogram",
    "Measurement",
    "Severity",
    "Strip",
    "Summary",
]

Status = Literal["ok", "breach", "insufficient_data", "not_applicable"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How large a difference is, with a 95 % interval, and from where on it matters."""

    name: str
    value: float
    lower: float
    upper: float
    warning: float
    critical: float

    @property
    def passes(self) -> Severity | None:
        """The mark that even the lower end of the interval is above."""
        if self.lower >= self.critical:
            return "critical"
        return "warning" if self.lower >= self.warning else None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One method's number for one column (or for the whole data set)."""

    method: str
    title: str
    value: float | None
    p_value: float | None = None
    error_bound: float | None = None
    threshold: float | None = None
    status: Status = "ok"
    reason: str | None = None
    source: Literal["profile", "rows"] = "profile"
    parameters: dict[str, object] = field(default_factory=dict[str, object])
    detail: dict[str, float] | None = None
    contributions: dict[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One column of one data set."""

    rows: int
    n: int
    missing_share: float
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    max: float | None = None
    q25: float | None = None
    q50: float | None = None
    q75: float | None = None
    skew: float | None = None
    kurtosis: float | None = None
    distinct: float | None = None
    """Different values of a category column; an estimate beyond a few hundred."""
    most_common: str | None = None
    most_common_share: float | None = None
    earliest: str | None = None
    latest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Both distributions of a numeric column on one axis of equal steps; shares of all rows."""

    edges: list[float]
    reference: list[float]
    current: list[float]
    below: tuple[float, float]
    """The shares left of the axis: reference, current."""
    above: tuple[float, float]
    missing: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Both mixes of a category column; shares of all rows.  `other`, `unseen`, `missing` last."""

    labels: list[str]
    reference: list[float]
    current: list[float]
    special: int
    """How many of the last labels are not values but groups."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """How far a column was from the reference, span by span: 0 none, 1 the warning mark."""

    starts: list[str]
    """ISO times at which the spans begin, then the end of the last."""
    current_from: int
    """The first span of the current data; spans before it are the reference's own."""
    levels: list[float | None]
    """None for a span without rows."""


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One number derived from a text, datetime or embedding column, judged with it."""

    name: str
    title: str
    p_value: float | None
    effects: list[Effect]
    reference: Summary
    current: Summary
    picture: Histogram | Bars | None


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column: whether it drifted, how far, how sure, since when, and what to do."""

    name: str
    kind: str
    status: Status
    severity: Severity | None
    drifted: bool
    reason: str | None
    """Why there is no verdict, where there is none."""
    p_value: float | None
    adjusted_p_value: float | None
    is_significant: bool
    """Whether chance does not explain the difference, however small it is."""
    score: float
    """How far past the warning mark: what columns are sorted by.  1 is at the mark."""
    effects: list[Effect]
    measurements: list[Measurement]
    reference: Summary
    current: Summary
    picture: Histogram | Bars | None
    facets: list[Facet]
    strip: Strip | None
    since: str | None
    what: str | None
    """What moved, in words."""
    normal: str | None
    """What it would take to be normal."""
    advice: str | None
    """What to look at next."""
