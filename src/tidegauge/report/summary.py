"""One column of one data set in a few numbers."""

import math

from tidegauge.profile.categories import MISSING, NAMED
from tidegauge.profile.table import Profile
from tidegauge.quality.times import instant
from tidegauge.report.quantiles import quantiles
from tidegauge.report.result import Summary


def numeric_summary(profile: Profile, column: int) -> Summary:
    numeric = profile.numeric
    rows, n = profile.rows, int(numeric.n[column])
    missing = int(numeric.absent[column]) / rows if rows else 0.0
    if not int(numeric.finite[column]):
        return Summary(rows=rows, n=n, missing_share=missing)
    mean, second, third, fourth = (float(moment) for moment in numeric.central[column])
    q25, q50, q75 = quantiles(numeric, column, (0.25, 0.5, 0.75))
    return Summary(
        rows=rows,
        n=n,
        missing_share=missing,
        mean=_finite(mean),
        std=_finite(float(numeric.deviation[column])),
        min=float(numeric.lowest[column]),
        max=float(numeric.highest[column]),
        q25=q25,
        q50=q50,
        q75=q75,
        skew=_finite(third / second**1.5) if second > 0 else None,
        kurtosis=_finite(fourth / second**2 - 3) if second > 0 else None,
    )


def time_summary(profile: Profile, column: int) -> Summary:
    numeric = profile.numeric
    there = int(numeric.n[column]) > 0
    return Summary(
        rows=profile.rows,
        n=int(numeric.n[column]),
        missing_share=int(numeric.absent[column]) / profile.rows if profile.rows else 0.0,
        earliest=instant(float(numeric.lowest[column])) if there else None,
        latest=instant(float(numeric.highest[column])) if there else None,
    )


def category_summary(profile: Profile, column: int) -> Summary:
    counts = profile.categories.counts[column]
    rows, n = profile.rows, int(profile.categories.n[column])
    values = profile.layout.categories[column].values
    named = counts[NAMED : NAMED + len(values)]
    most = int(named.argmax()) if len(named) and named.any() else None
    return Summary(
        rows=rows,
        n=n,
        missing_share=int(counts[MISSING]) / rows if rows else 0.0,
        distinct=profile.categories.distinct[column],
        most_common=None if most is None else values[most],
        most_common_share=None if most is None else int(named[most]) / n,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
