"""Shares of rows that are wrong in some way, judged by how far they rose above the reference's.

A rise counts when it is certain (the lower end of a 99.9 % interval is above the mark) and large
enough to matter: one row in a hundred, or one in a thousand of what should not be there at all.
"""

import math
from collections.abc import Iterator

from tidegauge.profile.bins import ABOVE, BELOW
from tidegauge.profile.categories import MISSING as MISSING_CATEGORY
from tidegauge.profile.categories import UNSEEN
from tidegauge.profile.numeric import MINUS_INFINITY, MISSING, NAN, PLUS_INFINITY, WRONG_TYPE
from tidegauge.profile.table import Profile
from tidegauge.quality.finding import Finding, Severity

_Z = 3.29
_NOTABLE = 0.01
_GRAVE = 0.05
_STRANGE = 0.001


def rates(reference: Profile, current: Profile) -> Iterator[Finding]:
    yield from _numeric(reference, current)
    yield from _named(reference, current)


def _numeric(reference: Profile, current: Profile) -> Iterator[Finding]:
    judged = {column.name for column in reference.layout.schema if column.is_judged}
    told: set[tuple[str, str]] = set()
    for i, facet in enumerate(reference.layout.facets):
        column = facet.column
        before, after = reference.numeric, current.numeric
        gone, now = before.gone[i].tolist(), after.gone[i].tolist()
        rows, others = reference.rows, current.rows
        checks = [
            ("missing", gone[MISSING], now[MISSING], _NOTABLE, "are missing"),
            ("wrong_type", gone[WRONG_TYPE], now[WRONG_TYPE], _STRANGE, "are of another type"),
        ]
        if facet.name == "":
            infinite = (MINUS_INFINITY, PLUS_INFINITY)
            checks += [
                ("nan", gone[NAN], now[NAN], _STRANGE, "are NaN"),
                (
                    "infinite",
                    sum(gone[k] for k in infinite),
                    sum(now[k] for k in infinite),
                    _STRANGE,
                    "are infinite",
                ),
            ]
            if column in judged:
                low, high = before.bins.edges[i][[0, -1]].tolist()
                outside = int(after.counts[i][[BELOW, ABOVE]].sum())
                told_range = f"are outside the reference's range, {low:.6g} to {high:.6g}"
                # By chance one row in as many as the reference has lies beyond each end.
                chance = min(2.0, float(before.n[i])) if before.n[i] else outside
                chance = max(chance, float(before.counts[i][[BELOW, ABOVE]].sum()))
                checks.append(("out_of_range", chance, outside, _NOTABLE, told_range))
        for check, was, is_, mark, words in checks:
            if (column, check) not in told:
                found = list(_risen(check, column, (was, rows), (is_, others), mark, words))
                told.update((column, check) for _ in found)
                yield from found


def _named(reference: Profile, current: Profile) -> Iterator[Finding]:
    for i, column in enumerate(reference.layout.names):
        before, after = reference.categories.counts[i], current.categories.counts[i]
        rows, others = reference.rows, current.rows
        yield from _risen(
            "missing",
            column,
            (int(before[MISSING_CATEGORY]), rows),
            (int(after[MISSING_CATEGORY]), others),
            _NOTABLE,
            "are missing",
        )
        chance = float(reference.categories.novel[i])
        yield from _risen(
            "unseen_category",
            column,
            (chance, rows),
            (int(after[UNSEEN]), others),
            _NOTABLE,
            f"are values that the reference never held{_examples(current, i)}",
        )


def _examples(current: Profile, column: int) -> str:
    sketch = current.categories.outside[column]
    tail = set(current.layout.categories[column].tail.tolist())
    ranked = sorted(
        (-count, label)
        for hash_, count, label in zip(
            sketch.hashes.tolist(), sketch.counts.tolist(), sketch.labels or (), strict=True
        )
        if hash_ not in tail
    )
    shown = ", ".join(repr(label[:40]) for _, label in ranked[:3])
    return f", such as {shown}" if shown else ""


def _risen(
    check: str,
    column: str | None,
    before: tuple[float, int],
    after: tuple[float, int],
    mark: float,
    words: str,
) -> Iterator[Finding]:
    severity = rise(before, after, mark)
    if severity:
        was, is_ = before[0] / before[1], after[0] / after[1]
        yield Finding(
            check=check,
            column=column,
            severity=severity,
            message=f"{percent(is_)} of rows {words} (reference: {percent(was)})",
            reference=was,
            current=is_,
        )


def rise(before: tuple[float, int], after: tuple[float, int], mark: float) -> Severity | None:
    """How grave it is that a share rose: counts and rows, before and after."""
    if not before[1] or not after[1]:
        return None
    # Newcombe's interval (1998): the two Wilson intervals, added in quadrature.
    (p, _, p_high), (q, q_low, _) = wilson(*before), wilson(*after)
    certain = (q - p) - math.hypot(q - q_low, p_high - p)
    if certain >= max(mark, _GRAVE):
        return "critical"
    return "warning" if certain > 0 and q - p >= mark else None


def wilson(count: float, rows: int) -> tuple[float, float, float]:
    share = count / rows
    centre = (share + _Z**2 / (2 * rows)) / (1 + _Z**2 / rows)
    reach = _Z / (1 + _Z**2 / rows) * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    return share, max(0.0, centre - reach), min(1.0, centre + reach)


def percent(share: float) -> str:
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.3g} %"
