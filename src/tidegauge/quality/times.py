"""Times that are stale, and data that are not fresh."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tidegauge.profile.layout import Facet
from tidegauge.profile.table import Profile
from tidegauge.quality.finding import Finding
from tidegauge.quality.rates import percent, rise

_OLD = 199
"""The edge above which the oldest half per cent of the reference's rows lie."""
_SHARE_BEYOND = 0.005
_NOTABLE = 0.01
_DAY = 86_400.0


def times(reference: Profile, current: Profile, now: datetime | None) -> Iterator[Finding]:
    yield from _stale(reference, current)
    yield from _fresh(reference, current, now)


def _stale(reference: Profile, current: Profile) -> Iterator[Finding]:
    """A time that used to be updated and no longer is: it grows older than it ever was."""
    for i, facet in enumerate(reference.layout.facets):
        if facet.name != "age" or not reference.numeric.n[i] or not current.numeric.n[i]:
            continue
        older = int(current.numeric.counts[i][_OLD + 1 :].sum())
        before = (_SHARE_BEYOND * reference.rows, reference.rows)
        severity = rise(before, (older, current.rows), _NOTABLE)
        if severity:
            mark = reference.layout.numeric.edges[i][_OLD]
            yield Finding(
                check="stale",
                column=facet.column,
                severity=severity,
                message=(
                    f"{percent(older / current.rows)} of rows are more than {mark:.3g} days old "
                    f"when they happen (reference: {percent(_SHARE_BEYOND)})"
                ),
                reference=_SHARE_BEYOND,
                current=older / current.rows,
            )


def _fresh(reference: Profile, current: Profile, now: datetime | None) -> Iterator[Finding]:
    time = reference.layout.schema.time
    facet = Facet(time or "", "day")
    if facet not in reference.layout.place:
        return
    i = reference.layout.place[facet]
    if not reference.numeric.n[i] or not current.numeric.n[i]:
        return
    newest_before, newest = float(reference.numeric.highest[i]), float(current.numeric.highest[i])
    if newest < newest_before:
        yield Finding(
            check="freshness",
            column=time,
            severity="warning",
            message=(
                f"the newest row, {instant(newest)}, is older than the reference's, "
                f"{instant(newest_before)}"
            ),
        )
    if now is not None:
        age = now.timestamp() / _DAY - newest
        span = newest - float(current.numeric.lowest[i])
        if age > max(span, 1 / 24):
            yield Finding(
                check="freshness",
                column=time,
                severity="critical",
                message=f"the newest row is {age:.3g} days old; the data span {span:.3g} days",
                current=age,
            )


def instant(days: float) -> str:
    """A number of days since 1970 as an ISO time in UTC."""
    try:
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)
    except OverflowError:
        return f"{days:.0f} days from 1970"
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")
