"""One column of the report: everything that is known of it, put together."""

import math
from collections.abc import Mapping

from tidegauge.drift import METHODS
from tidegauge.drift.measure import Measured, scores
from tidegauge.drift.method import parameters_of
from tidegauge.judge.effects import MARKS
from tidegauge.judge.verdict import FEWEST, ColumnVerdict, FacetVerdict
from tidegauge.profile.bins import ABOVE, BELOW
from tidegauge.profile.categories import UNSEEN
from tidegauge.profile.exact import SCALE
from tidegauge.profile.layout import Facet as LayoutFacet
from tidegauge.profile.numeric import MINUS_INFINITY, PLUS_INFINITY, POWERS, Numeric
from tidegauge.profile.table import Profile
from tidegauge.report.advice import Moved, Words, words_of
from tidegauge.report.picture import category_picture, numeric_picture
from tidegauge.report.result import (
    Bars,
    Effect,
    Facet,
    Feature,
    Measurement,
    Status,
    Strip,
    Summary,
)
from tidegauge.report.summary import category_summary, numeric_summary, time_summary
from tidegauge.schema import Column

Strips = Mapping[str, tuple[Strip, str | None]]


def features_of(
    reference: Profile, current: Profile, verdicts: Mapping[str, ColumnVerdict], strips: Strips
) -> list[Feature]:
    """The judged columns: those that drifted first, each group by the size of its effect."""
    measured = _measurements(reference, current)
    features = [
        _feature(reference, current, verdict, strips.get(name), measured.get(name, []))
        for name, verdict in verdicts.items()
    ]
    return sorted(features, key=lambda f: (not f.drifted, f.status != "ok", -f.score))


def _feature(
    reference: Profile,
    current: Profile,
    verdict: ColumnVerdict,
    strip: tuple[Strip, str | None] | None,
    measurements: list[Measurement],
) -> Feature:
    column = reference.layout.schema[verdict.column]
    status, reason = _status(reference, current, column, verdict)
    drifted = status == "breach"
    facets = [_facet(reference, current, facet) for facet in verdict.facets]
    worst = max(range(len(facets)), key=lambda i: verdict.facets[i].score) if facets else 0
    words = (
        _words(reference, current, column, verdict.facets[worst], facets[worst])
        if drifted
        else None
    )
    own = facets[0] if len(facets) == 1 and not facets[0].name else None
    main = facets[worst] if facets else None
    return Feature(
        name=column.name,
        kind=column.kind,
        status=status,
        severity=verdict.severity if drifted else None,
        drifted=drifted,
        reason=reason,
        p_value=verdict.p_value,
        adjusted_p_value=verdict.adjusted_p_value,
        is_significant=verdict.is_significant,
        score=round(verdict.score, 4) if math.isfinite(verdict.score) else 0.0,
        effects=main.effects if main else [],
        measurements=measurements,
        reference=own.reference if own else _summary(reference, column),
        current=own.current if own else _summary(current, column),
        picture=main.picture if main else None,
        facets=[] if own else facets,
        strip=strip[0] if strip else None,
        since=strip[1] if strip and drifted else None,
        what=words.what if words else None,
        normal=words.normal if words else None,
        advice=words.advice if words else None,
    )


def _status(
    reference: Profile, current: Profile, column: Column, verdict: ColumnVerdict
) -> tuple[Status, str | None]:
    was, is_ = (profile.types[column.name] - {"empty"} for profile in (reference, current))
    if was and is_ and not was & is_ and column.kind not in ("category", "boolean"):
        return (
            "not_applicable",
            f"holds {' and '.join(sorted(is_))}, not {' and '.join(sorted(was))}",
        )
    fewest = min(reference.rows, current.rows)
    if verdict.p_value is None:
        return "insufficient_data", f"{fewest} rows; at least {FEWEST} are needed on both sides"
    return ("breach", None) if verdict.severity else ("ok", None)


def _facet(reference: Profile, current: Profile, verdict: FacetVerdict) -> Facet:
    layout = reference.layout
    if verdict.column in layout.named_place:
        at = layout.named_place[verdict.column]
        title = ""
        before, after = category_summary(reference, at), category_summary(current, at)
        picture = category_picture(reference, current, at)
    else:
        facet = LayoutFacet(verdict.column, verdict.facet)
        at = layout.place[facet]
        title = facet.title
        before, after = numeric_summary(reference, at), numeric_summary(current, at)
        picture = numeric_picture(reference, current, at)
    return Facet(
        name=verdict.facet,
        title=title,
        p_value=verdict.p_value,
        effects=[
            Effect(
                name=size.name,
                value=size.value,
                lower=size.lower,
                upper=size.upper,
                warning=MARKS[size.name].warning,
                critical=MARKS[size.name].critical,
            )
            for size in verdict.sizes
        ],
        reference=before,
        current=after,
        picture=picture,
    )


def _summary(profile: Profile, column: Column) -> Summary:
    layout = profile.layout
    if column.name in layout.named_place:
        return category_summary(profile, layout.named_place[column.name])
    at = next(i for facet, i in layout.place.items() if facet.column == column.name)
    if column.kind == "numeric":
        return numeric_summary(profile, at)
    if column.kind == "datetime" and layout.facets[at].name == "day":
        return time_summary(profile, at)
    summary = numeric_summary(profile, at)
    return Summary(rows=summary.rows, n=summary.n, missing_share=summary.missing_share)


def _words(
    reference: Profile, current: Profile, column: Column, verdict: FacetVerdict, facet: Facet
) -> Words:
    layout = reference.layout
    unseen: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    outside_mean = None
    if column.name in layout.named_place:
        at = layout.named_place[column.name]
        outside = int(current.categories.counts[at][UNSEEN])
        known = layout.categories[at].values
        unseen = tuple(label for label in current.categories.outside[at].labels or ())
    else:
        at = layout.place[LayoutFacet(verdict.column, verdict.facet)]
        outside = int(current.numeric.counts[at][[BELOW, ABOVE]].sum())
        outside_mean = _outside_mean(current.numeric, at)
    return words_of(
        Moved(
            title=facet.title,
            role=column.role,
            before=facet.reference,
            after=facet.current,
            picture=facet.picture if isinstance(facet.picture, Bars) else None,
            unseen=unseen,
            known=known,
            outside=outside / max(current.rows, 1),
            outside_mean=outside_mean,
        )
    )


def _outside_mean(numeric: Numeric, at: int) -> float | None:
    """The mean of the finite values outside the reference's range."""
    infinite = numeric.gone[at, [MINUS_INFINITY, PLUS_INFINITY]].sum()
    n = int(numeric.counts[at][[BELOW, ABOVE]].sum() - infinite)
    below, _, _, above = numeric.sums[at, POWERS:]
    if not n:
        return None
    steps = (int(below) + int(above)) / (n * SCALE)
    return float(numeric.bins.centre[at] + numeric.bins.unit[at] * steps)


def _measurements(reference: Profile, current: Profile) -> dict[str, list[Measurement]]:
    """Every method's number for every column."""
    found: dict[str, list[Measurement]] = {}
    for measured in scores(reference, current, [method() for method in METHODS]):
        for i, facet in enumerate(measured.facets):
            found.setdefault(facet.column, []).append(_measurement(measured, i, facet))
    return found


def _measurement(measured: Measured, at: int, facet: LayoutFacet) -> Measurement:
    method, scores_ = measured.method, measured.scores
    value = _finite(scores_.value[at])
    parameters = parameters_of(method)
    if facet.name:
        parameters["facet"] = facet.name
    return Measurement(
        method=method.kind,
        title=method.title,
        value=value,
        p_value=None if scores_.p_value is None else _finite(scores_.p_value[at]),
        error_bound=None if scores_.bound is None else _finite(scores_.bound[at]),
        threshold=method.default_threshold,
        status="insufficient_data" if value is None else "ok",
        reason="no values to compare" if value is None else None,
        parameters=parameters,
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
