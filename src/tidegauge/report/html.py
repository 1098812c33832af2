"""A report as one page that needs nothing else: no network, no other file.

`render(report)` gives a whole document, in which the dashboard's script draws its pictures when a
column is opened; `render(report, fragment=True)` gives the part that a notebook puts into its own
page, where scripts may be stripped, with marks alone.  Both say the same.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from jinja2 import Environment
from markupsafe import Markup

from tidegauge.report import words
from tidegauge.report.bars import Line as Value
from tidegauge.report.bars import lines
from tidegauge.report.drawn import ROWS, distributions, moved
from tidegauge.report.interval import ruler
from tidegauge.report.mark import mark
from tidegauge.report.pages import digest, drawing, environment
from tidegauge.report.result import Bars, Facet, Feature, Finding, Histogram, Measurement, Summary
from tidegauge.report.shown import (
    OVERALL,
    VERDICTS,
    Leading,
    Report,
    Verdict,
    by_effect,
    largest,
    leading,
    main_facet,
    picture,
    verdict,
)
from tidegauge.report.strip import said

DETAILED = 200
"""Columns, by effect, that open to all there is: 10,000 of them would be 200 MB."""

FACETS = (6, 2, 1, 0)
"""The facets of a column that are drawn, largest effect first, the others being a line each: as
many as the page has room for, since an embedding may have 17 and a table 50 embeddings."""

LARGEST = 980_000
"""Bytes of a page of 50 columns beside the script; more columns may take more."""

FINDINGS = 200
"""The findings listed; the worst come first."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A column in the list."""

    feature: Feature
    anchor: str
    verdict: Verdict
    leading: Leading | None
    main: Facet | None
    picture: Histogram | Bars | None
    days: bool
    """The picture's axis counts days since 1970."""
    is_detailed: bool


@dataclass(frozen=True, kw_only=True)
class Place:
    """A finding, and where in the page its column is."""

    finding: Finding
    anchor: str | None


def render(report: Report, *, fragment: bool = False) -> str:
    """The report as HTML: a document, or with `fragment` an element for a page of others."""
    prefix = f"tg-{_mark(report)}-" if fragment else ""
    rows = _rows(report.features, prefix)
    script = Markup("") if fragment else drawing()
    most = LARGEST * max(1.0, len(rows) / 50) + len(script)
    page = ""
    for facets in FACETS:
        page = _page(report, rows, script, fragment=fragment, facets=facets)
        if len(page.encode()) < most:
            break
    return page


def _page(
    report: Report, rows: Sequence[Row], script: Markup, *, fragment: bool, facets: int
) -> str:
    count = Counter(row.verdict.key for row in rows)
    findings = sorted(report.findings, key=lambda finding: finding.severity != "critical")
    return (
        _environment()
        .get_template("fragment.html" if fragment else "document.html")
        .render(
            report=report,
            fragment=fragment,
            overall=OVERALL[report.status],
            rows=rows,
            tallies=[(one, count[one.key]) for one in VERDICTS],
            timed=any(row.feature.since or row.feature.strip for row in rows),
            strips=sum(row.feature.strip is not None for row in rows),
            findings=_places(findings[:FINDINGS], rows),
            findings_left=len(findings) - FINDINGS,
            detailed=DETAILED,
            facets=facets,
            script=script,
        )
    )


def _rows(features: Sequence[Feature], prefix: str) -> list[Row]:
    taken: set[str] = set()
    return [
        Row(
            feature=feature,
            anchor=_anchor(feature.name, prefix, taken),
            verdict=verdict(feature),
            leading=(found := leading(feature)),
            main=main_facet(feature),
            picture=picture(feature),
            days=found is not None and found.facet is not None and found.facet.name == "day",
            is_detailed=n < DETAILED,
        )
        for n, feature in enumerate(features)
    ]


def _anchor(name: str, prefix: str, taken: set[str]) -> str:
    """An id that can be guessed from a plain name and typed into an address."""
    slug = re.sub(r"[^\w.-]+", "-", name.encode("utf-8", "replace").decode())[:60].strip("-")
    anchor = wanted = f"{prefix}column-{slug}"
    again = 2
    while anchor in taken:
        anchor, again = f"{wanted}-{again}", again + 1
    taken.add(anchor)
    return anchor


def _places(findings: Sequence[Finding], rows: Sequence[Row]) -> list[Place]:
    anchors = {row.feature.name: row.anchor for row in rows}
    return [
        Place(finding=one, anchor=None if one.column is None else anchors.get(one.column))
        for one in findings
    ]


def _mark(report: Report) -> str:
    """A few letters that differ from report to report, so that several share one notebook."""
    text = f"{report.created_at} {report.reference_name} {report.current_name} {report.sentence}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


@dataclass(frozen=True)
class Line:
    """One statistic of a column, on either side."""

    label: str
    reference: str
    current: str
    change: str = ""


def _summary_lines(reference: Summary, current: Summary) -> list[Line]:
    """What is known of a column, without what is known of neither side."""
    numbers = (
        ("Mean", reference.mean, current.mean),
        ("Std", reference.std, current.std),
        ("Min", reference.min, current.min),
        ("25 %", reference.q25, current.q25),
        ("Median", reference.q50, current.q50),
        ("75 %", reference.q75, current.q75),
        ("Max", reference.max, current.max),
        ("Skew", reference.skew, current.skew),
        ("Kurtosis", reference.kurtosis, current.kurtosis),
        ("Distinct", reference.distinct, current.distinct),
    )
    gone, going = reference.missing_share, current.missing_share
    # More rows than in the reference is no change in what they hold.
    lines = [
        Line("Rows", words.number(reference.rows, 12), words.number(current.rows, 12)),
        Line("Values", words.number(reference.n, 12), words.number(current.n, 12)),
        Line("Missing", words.share(gone), words.share(going), words.points(gone, going)),
    ]
    lines += [
        Line(label, words.number(before), words.number(after), words.change(before, after))
        for label, before, after in numbers
        if not before is after is None
    ]
    if not reference.most_common is current.most_common is None:
        lines.append(Line("Most common", _common(reference), _common(current)))
    if not reference.earliest is current.earliest is None:
        lines.append(Line("Earliest", _time(reference.earliest), _time(current.earliest)))
        lines.append(Line("Latest", _time(reference.latest), _time(current.latest)))
    return lines


def _common(summary: Summary) -> str:
    if summary.most_common is None:
        return words.NOTHING
    return f"{words.plain(summary.most_common, 80)} ({words.share(summary.most_common_share)})"


def _time(text: str | None) -> str:
    return words.NOTHING if text is None else words.moment(text)


@dataclass(frozen=True, kw_only=True)
class MatrixLine:
    """One method, with its number for each facet."""

    first: Measurement
    cells: list[Measurement | None]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Methods by facets: an embedding has 160 numbers, which nobody reads as 160 lines."""

    titles: list[str]
    lines: list[MatrixLine]
    left: int
    """Facets that found no room."""


def _by_facet(feature: Feature, most: int) -> tuple[list[Measurement], Matrix]:
    """The numbers of the column itself, and those of its facets."""
    own = [one for one in feature.measurements if _APART not in one.parameters]
    facets = by_effect(feature.facets)[:most]
    found = {(one.method, one.parameters.get(_APART)): one for one in feature.measurements}
    methods = dict.fromkeys(one.method for one in feature.measurements)
    lines: list[MatrixLine] = []
    for method in methods:
        cells = [found.get((method, facet.name)) for facet in facets]
        first = next((cell for cell in cells if cell), None)
        if first:
            lines.append(MatrixLine(first=first, cells=cells))
    return own, Matrix(
        titles=[facet.title for facet in facets],
        lines=lines,
        left=len(feature.facets) - len(facets),
    )


_APART = "facet"
_TOLD = {_APART, "column"}
"""Parameters that have a place of their own."""


def _settings(parameters: Mapping[str, object]) -> str:
    """A method's parameters in a line."""
    told = [
        f"{name.replace('_', ' ')} {_setting(value)}"
        for name, value in parameters.items()
        if name not in _TOLD
    ]
    return words.plain(", ".join(told[:8]), 300) if told else ""


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return words.number(value)
    if isinstance(value, list | tuple):
        return " and ".join(map(_setting, cast("Sequence[object]", value)))
    return str(value)


def _most_from(contributions: Mapping[str, float]) -> str:
    """The columns that say most in a method that looks at all of them."""
    ranked = sorted(contributions.items(), key=lambda item: -abs(item[1]))[:6]
    return ", ".join(
        f"{words.plain(name, 40)} ({words.number(value, 2)})" for name, value in ranked
    )


def _widest(lines: Sequence[Value]) -> float:
    return max((max(line.reference, line.current) for line in lines), default=0.0) or 1.0


def _at(facet: Facet, value: float | None) -> str:
    """A value of a facet, in the facet's own unit."""
    if value is not None and facet.name == "day":
        return words.day(value)
    return words.number(value, 3)


@cache
def _environment() -> Environment:
    made = environment()
    scripts = (made.get_template("report.js").render(), drawing())
    names: dict[str, Any] = {
        "digests": [digest(script) for script in scripts if script],
        "mark_of": mark,
        "lines_of": lines,
        "widest": _widest,
        "distributions_of": distributions,
        "moved_of": moved,
        "most_moved": ROWS,
        "said_of": said,
        "ruler_of": ruler,
        "summary_lines": _summary_lines,
        "settings": _settings,
        "most_from": _most_from,
        "leading_of": largest,
        "by_effect": by_effect,
        "by_facet": _by_facet,
        "at": _at,
        "verdicts": VERDICTS,
        "amount": words.amount,
        "interval": words.interval,
        "limit": words.limit,
    }
    made.globals.update(names)
    made.tests["histogram"] = lambda value: isinstance(value, Histogram)
    return made
