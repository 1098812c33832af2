"""What is said of an open alarm: how bad it is, which columns, and how far each has moved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.budget import Named, Rule, effects, is_over, pooled, severity
from tidegauge.judge.budget.severity import Severity as Level
from tidegauge.judge.effects import Effects
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.kept import Open
from tidegauge.monitor.parted import segments_of
from tidegauge.monitor.past import hours_of_week, read
from tidegauge.monitor.severity import Severity, worst
from tidegauge.monitor.view import View
from tidegauge.profile.codec import decode_tallies
from tidegauge.window import DAY, HOUR, SECOND, floor

_SEVERITIES: Final[dict[str, Severity]] = {"info": "low", "warning": "medium", "critical": "high"}
_NAMED: Final = 20
_LOCATED: Final = 3
"""Columns whose segments are looked for."""
_LONGEST: Final = 7 * DAY
"""Of what came since a change began, that is taken together."""


def evidence(view: View, watched: Watched, rule: Rule, alarm: Open) -> dict[str, Any] | None:
    """How far what came since a change is from what was; None where that is over."""
    start = max(alarm.since, view.slot - _LONGEST * SECOND)
    first, counts = _by_hour(view, watched, start)
    hours = hours_of_week(first, len(counts), HOUR)
    # By the hour, as the windows are.
    hourly = replace(rule, settings=replace(rule.settings, checks_a_month=30 * 24))
    past = counts[: (view.slot - first) // (HOUR * SECOND)]
    if is_over(hourly, alarm.named, past, hours, watched.gone):
        return None
    pool = pooled(rule, counts, hours)
    levels = severity(rule, pool, watched.gone)
    found = effects(rule, pool, watched.gone)
    features = [_told(view, watched, rule, each, levels, found) for each in alarm.named]
    ordered = by_importance(features, view.importances, len(watched.facets))[:_NAMED]
    return {
        **_where(view, watched, alarm, start, ordered),
        "severity": worst(_SEVERITIES[levels[each.feature]] for each in alarm.named) or "low",
        "rows": int(counts.sum(axis=(0, 2)).max(initial=0)),
        "features": ordered,
    }


def _where(
    view: View, watched: Watched, alarm: Open, start: int, features: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """In which segments the first of them are; looked at as the alarm opens, and when it has lasted
    twice as long."""
    last = alarm.told.get("where_at")
    if last is not None and view.slot - alarm.since < 2 * (last - alarm.since):
        return {"where": alarm.told["where"], "where_at": last}
    places = {
        (facet.column, facet.title if facet.name else ""): at
        for at, facet in enumerate(watched.facets)
    }
    wanted = [places[each["column"], each["facet"]] for each in features[:_LOCATED]]
    found = segments_of(view, watched, start, wanted)
    told = [
        {"column": watched.facets[at].column, **each} for at, some in found.items() for each in some
    ]
    return {"where": told, "where_at": view.slot}


def by_importance(
    features: Sequence[dict[str, Any]], importances: Mapping[str, float], judged: int
) -> list[dict[str, Any]]:
    """Each with what it counts for, those first that moved far and count; where nothing is
    explained, as they are.  What is no feature, or is not explained, has an equal part."""
    known = [
        {**each, "importance": importances.get(each["column"].removeprefix("features."))}
        for each in features
    ]
    if not importances:
        return known

    def weight(each: Mapping[str, Any]) -> float:
        part = each["importance"]
        return (1 / judged if part is None else part) * (
            each["effects"].get("psi", {}).get("value") or 0.0
        )

    return sorted(known, key=lambda each: -weight(each))


def _told(
    view: View,
    watched: Watched,
    rule: Rule,
    each: Named,
    levels: Sequence[Level],
    found: Sequence[Effects],
) -> dict[str, Any]:
    facet = watched.facets[each.feature]
    place = int(np.flatnonzero(rule.cells.judged == each.feature)[0])
    return {
        "column": facet.column,
        "facet": facet.title if facet.name else "",
        "what": _words(view, watched, each),
        "evidence": round(each.evidence, 3),
        "severity": _SEVERITIES[levels[each.feature]],
        "effects": {
            effect.name: {
                "value": _plain(effect.value[place]),
                "lower": _plain(effect.lower[place]),
                "upper": _plain(effect.upper[place]),
            }
            for effect in found
        },
    }


def _by_hour(view: View, watched: Watched, start: int) -> tuple[int, Floats]:
    """[hours, features, cells] from a moment on, and the first hour."""
    hour = HOUR * SECOND
    first = floor(start, HOUR)
    counts = np.zeros(((view.slot - first + hour - 1) // hour, *watched.cells.real.shape))
    for span in view.reach.spans(*view.reach.whole(start, view.slot), HOUR):
        for window in read(view, span.start, span.stop, span.resolution):
            if window.profile is not None and first <= window.start < view.slot:
                own = watched.counts(decode_tallies(window.profile))
                counts[(window.start - first) // hour] += own
    return first, counts


def _words(view: View, watched: Watched, each: Named) -> str:
    arm = each.arm
    side = "more" if arm.rises else "less"
    if arm.kind == "location":
        return "higher values" if arm.rises else "lower values"
    if arm.kind == "scale":
        return "wider spread" if arm.rises else "narrower spread"
    if arm.cell is not None and view.reference is not None:
        return f"{side} of {watched.title(view.reference.layout, each.feature, arm.cell)}"
    return "another shape"


def _plain(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
