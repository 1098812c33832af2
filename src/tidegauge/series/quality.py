"""Data quality in a span: findings against the reference, each column's shares, and what the
worker noticed while it counted."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidegauge.profile.bins import ABOVE, BELOW
from tidegauge.profile.categories import MISSING as MISSING_CATEGORY
from tidegauge.profile.categories import UNSEEN
from tidegauge.profile.numeric import MINUS_INFINITY, MISSING, NAN, PLUS_INFINITY, WRONG_TYPE
from tidegauge.profile.table import Profile
from tidegauge.quality import check
from tidegauge.quality.finding import Finding


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Of the rows of a span; None where it does not apply to the column."""

    name: str
    kind: str
    rows: int
    missing: float | None
    nan: float | None = None
    infinite: float | None = None
    wrong_type: float | None = None
    below_range: float | None = None
    """Below the reference's least."""
    above_range: float | None = None
    unseen: float | None = None
    """Values that the reference never held."""
    new_values: list[str]
    vanished_values: list[str]
    """Of the reference's, those that were expected at least 20 times and did not come."""
    distinct: float | None = None


_EXPECTED = 20.0
_MOST = 20


def findings(reference: Profile, current: Profile) -> list[Finding]:
    names = reference.layout.schema.names
    return check(reference, current, names, names)


def shares(reference: Profile, current: Profile) -> list[Shares]:
    return [*_numeric(reference, current), *_named(reference, current)]


def _numeric(reference: Profile, current: Profile) -> Iterator[Shares]:
    rows = current.rows
    told: set[str] = set()
    for i, facet in enumerate(reference.layout.facets):
        # What is missing of a column is missing of all that is derived from it.
        if facet.column in told:
            continue
        told.add(facet.column)
        gone, counts = current.numeric.gone[i].tolist(), current.numeric.counts[i]
        is_own = facet.name == ""

        def share(count: int, *, applies: bool = True) -> float | None:
            return count / rows if rows and applies else None

        yield Shares(
            name=facet.column,
            kind=reference.layout.schema[facet.column].kind,
            rows=rows,
            missing=share(gone[MISSING]),
            nan=share(gone[NAN], applies=is_own),
            infinite=share(gone[MINUS_INFINITY] + gone[PLUS_INFINITY], applies=is_own),
            wrong_type=share(gone[WRONG_TYPE]),
            below_range=share(int(counts[BELOW]), applies=is_own),
            above_range=share(int(counts[ABOVE]), applies=is_own),
            new_values=[],
            vanished_values=[],
        )


def _named(reference: Profile, current: Profile) -> Iterator[Shares]:
    rows = current.rows
    for i, name in enumerate(reference.layout.names):
        counts = current.categories.counts[i]
        yield Shares(
            name=name,
            kind=reference.layout.schema[name].kind,
            rows=rows,
            missing=int(counts[MISSING_CATEGORY]) / rows if rows else None,
            unseen=int(counts[UNSEEN]) / rows if rows else None,
            new_values=_new(current, i),
            vanished_values=_vanished(reference, current, i),
            distinct=current.categories.distinct[i],
        )


def _new(current: Profile, column: int) -> list[str]:
    sketch = current.categories.outside[column]
    known = set(current.layout.categories[column].tail.tolist())
    found = zip(sketch.counts.tolist(), sketch.hashes.tolist(), sketch.labels or (), strict=True)
    ranked = sorted((-count, label) for count, hash_, label in found if hash_ not in known)
    return [label for _count, label in ranked[:_MOST]]


def _vanished(reference: Profile, current: Profile, column: int) -> list[str]:
    before, after = reference.categories, current.categories
    n, was = int(after.n[column]), int(before.n[column])
    if not n or not was:
        return []
    values = reference.layout.categories[column].values
    return [
        value
        for at, value in enumerate(values, 3)
        if not after.counts[column][at] and before.counts[column][at] / was * n >= _EXPECTED
    ][:_MOST]
