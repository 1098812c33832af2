"""A report as lines in a terminal: the verdict, what moved, and what to look at next.

What `render` returns knows nothing of colours or encodings until it is printed: rich leaves out
the colours where there is no terminal or `NO_COLOR` is set, and where the encoding has no room
for marks and bars, letters stand in for them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rich.console import Console, ConsoleOptions, OverflowMethod, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tidegauge.report.result import Bars, Feature, Histogram
from tidegauge.report.shown import (
    DRIFTED,
    MINOR,
    OVERALL,
    STABLE,
    UNJUDGED,
    VERDICTS,
    Report,
    Verdict,
    leading,
    picture,
    verdict,
)
from tidegauge.report.words import NOTHING, amount, chance, interval, moment, number, plain, title

_FEW = 12
"""With so few columns the stable ones are listed as well."""

_MOST = 40
"""Rows of the table; a screen of rows is read, the rest is for the page."""

_FINDINGS = 6

_ADVISED = 3

_WIDE = 110
"""From this many columns on there is room for a sentence in each row."""

_QUIET = "bright_black"

_STYLES = {
    DRIFTED.key: "bold red",
    MINOR.key: "yellow",
    UNJUDGED.key: _QUIET,
    STABLE.key: "green",
}
_REFERENCE, _CURRENT = _QUIET, "cyan"

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"
_SPELT = ((NOTHING, "-"), ("\N{NO-BREAK SPACE}", " "), ("…", "..."), ("→", "->"))
"""What the report itself writes, where there is only ASCII; of a user's text the code is shown."""

_CELLS = 12
_GAP = 2

_OUTSIDE = 0.02
"""The share of rows beside the axis from which on they get a cell of their own."""


def render(report: Report, *, width: int | None = None, verbose: bool = False) -> RenderableType:
    """Something for rich to print; `verbose` leaves no column and no finding out."""
    return _Page(report=report, width=width, verbose=verbose)


@dataclass(frozen=True, kw_only=True)
class _Page:
    report: Report
    width: int | None
    verbose: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.width is not None:
            options = options.update(width=min(self.width, options.max_width))
        writer = _Writer(
            report=self.report,
            verbose=self.verbose,
            width=options.max_width,
            ascii_only=options.ascii_only,
        )
        for part in writer.parts():
            yield from console.render(part, options)


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """The parts of a report, for a terminal of this width and these characters."""

    report: Report
    verbose: bool
    width: int
    ascii_only: bool

    def parts(self) -> Iterator[RenderableType]:
        yield from self._headline()
        listed = self._listed()
        if listed:
            yield Text()
            yield self._table(listed)
        yield from self._rest(listed)
        yield from self._findings()
        yield from self._dataset()
        yield from self._next()

    def _headline(self) -> Iterator[RenderableType]:
        overall = OVERALL[self.report.status]
        words = {
            DRIFTED.key: "Drift detected",
            STABLE.key: "No drift",
            UNJUDGED.key: "Too little data to judge",
        }[overall.key]
        yield Text.assemble(
            (f"{self._mark(overall)} {words}", _STYLES[overall.key]),
            "  ",
            (self._say(self.report.sentence), "bold"),
        )
        sides = (
            ("reference", self.report.reference_name, self.report.reference_rows, _REFERENCE),
            ("current", self.report.current_name, self.report.current_rows, _CURRENT),
        )
        for side, name, rows, style in sides:
            yield Text.assemble(
                (f"  {side:9}", style),
                f" {self._say(name, 60)}",
                (f"  {number(rows, 12)} rows", _QUIET),
                no_wrap=True,
                overflow=self._overflow,
            )
        yield self._shares()

    def _shares(self) -> Text:
        """A bar of all columns, by verdict, and how many each has."""
        keys = [verdict(feature).key for feature in self.report.features]
        counts = [(one, keys.count(one.key)) for one in VERDICTS]
        text = Text("  ")
        for one, cells in _split(counts, min(30, self.width - 4)):
            text.append((one.ascii_mark[0] if self.ascii_only else "━") * cells, _STYLES[one.key])
        text.append("  ")
        told = [(one, count) for one, count in counts if count]
        for n, (one, count) in enumerate(told):
            text.append(f"{count:,} {one.word.lower()}", _STYLES[one.key])
            text.append(", " if n < len(told) - 1 else "")
        return text

    def _listed(self) -> list[Feature]:
        features = list(self.report.features)
        if self.verbose or len(features) <= _FEW:
            return features
        return [feature for feature in features if verdict(feature) is not STABLE][:_MOST]

    def _table(self, features: Sequence[Feature]) -> Table:
        timed = any(feature.since for feature in features)
        wide = self.width >= _WIDE and any(feature.what for feature in features)
        table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style=_REFERENCE)
        # The drawings of neighbours would touch; a long table is for scanning and stays tight.
        table.leading = 1 if len(features) <= _FEW else 0
        narrow = _CELLS + 6 + 10 * timed + _GAP * (3 + timed + wide)
        effect = min(32, (self.width - narrow) * (4 if wide else 6) // 11)
        column = min(36, (self.width - narrow) * 3 // 11 if wide else self.width - narrow - effect)
        table.add_column("  Column", no_wrap=True, overflow=self._overflow, width=column)
        table.add_column("Largest effect", no_wrap=True, overflow=self._overflow, width=effect)
        table.add_column("Distribution", no_wrap=True, width=_CELLS)
        table.add_column("Adj. p", no_wrap=True, width=6)
        if timed:
            table.add_column("Since", no_wrap=True, overflow=self._overflow, width=10)
        if wide:
            table.add_column("What moved", width=self.width - narrow - effect - column)
        for feature in features:
            cells: list[RenderableType] = [
                self._column(feature),
                self._effect(feature),
                self._drawing(feature),
                Text(self._say(chance(feature.adjusted_p_value))),
            ]
            if timed:
                cells.append(Text(self._say(moment(feature.since)) if feature.since else ""))
            if wide:
                cells.append(Text(self._say(feature.what, 160) if feature.what else "", _REFERENCE))
            table.add_row(*cells)
        return table

    def _column(self, feature: Feature) -> Text:
        one = verdict(feature)
        mark = self._mark(one)
        return Text.assemble(
            (f"{mark} ", _STYLES[one.key]),
            (self._say(feature.name), "bold"),
            "\n" + " " * (len(mark) + 1),
            (one.word.lower(), _STYLES[one.key]),
            (f" {feature.kind}", _QUIET),
        )

    def _effect(self, feature: Feature) -> Text:
        if verdict(feature) is UNJUDGED and feature.reason:
            return Text(self._say(feature.reason, 100), _REFERENCE, no_wrap=False)
        found = leading(feature)
        if found is None:
            return Text(self._say(NOTHING), _QUIET)
        effect = found.effect
        of = f" of {self._say(found.facet.title)}" if found.facet else ""
        return Text.assemble(
            (amount(effect.name, effect.value), "bold"),
            f" {self._say(title(effect.name))}{of}\n",
            (interval(effect.name, effect.lower, effect.upper), _QUIET),
        )

    def _drawing(self, feature: Feature) -> Text:
        """Both distributions on one axis and one scale: the reference above the current."""
        drawn = picture(feature)
        if drawn is None:
            return Text(self._say(NOTHING), _QUIET)
        reference, current = _cells(drawn, 0), _cells(drawn, 1)
        top = max([*reference, *current, 1e-9])
        return Text.assemble(
            (self._spark(reference, top), _REFERENCE),
            "\n",
            (self._spark(current, top), _CURRENT),
        )

    def _spark(self, shares: Sequence[float], top: float) -> str:
        ramp = _ASCII_BARS if self.ascii_only else _BARS
        return "".join(
            " " if share <= 0 else ramp[min(int(share / top * len(ramp)), len(ramp) - 1)]
            for share in shares
        )

    def _rest(self, listed: Sequence[Feature]) -> Iterator[RenderableType]:
        told = {id(feature) for feature in listed}
        left = [verdict(one).key for one in self.report.features if id(one) not in told]
        parts = [
            f"{left.count(one.key):,} {one.word.lower()}" for one in VERDICTS if one.key in left
        ]
        if parts:
            lead = "and " if listed else ""
            plural = "" if len(left) == 1 else "s"
            yield Text(f"  {lead}{', '.join(parts)} column{plural}", _QUIET)

    def _findings(self) -> Iterator[RenderableType]:
        findings = sorted(self.report.findings, key=lambda one: one.severity != "critical")
        if not findings:
            return
        yield self._heading("Data quality")
        shown = findings if self.verbose else findings[:_FINDINGS]
        for finding in shown:
            one = DRIFTED if finding.severity == "critical" else MINOR
            column = "" if finding.column is None else f"{self._say(finding.column, 60)}: "
            yield self._item(
                Text(self._mark(one), _STYLES[one.key]),
                Text.assemble((column, "bold"), self._say(finding.message, 400)),
            )
        if len(findings) > len(shown):
            yield Text(f"  and {len(findings) - len(shown):,} more", _QUIET)

    def _dataset(self) -> Iterator[RenderableType]:
        told = [one for one in self.report.dataset if self.verbose or one.status == "breach"]
        if not told:
            return
        yield self._heading("Rows as a whole")
        for one in told:
            verdict_of = DRIFTED if one.status == "breach" else STABLE
            column = one.parameters.get("column")
            of = f" of {self._say(str(column), 60)}" if column is not None else ""
            text = Text.assemble(
                f"{self._say(one.title)}{of} ", (self._say(number(one.value)), "bold")
            )
            if one.threshold is not None:
                text.append(f", threshold {number(one.threshold)}", _QUIET)
            if one.reason:
                text.append(f", {self._say(one.reason)}", _QUIET)
            yield self._item(Text(self._mark(verdict_of), _STYLES[verdict_of.key]), text)

    def _next(self) -> Iterator[RenderableType]:
        worst = [one for one in self.report.features if one.drifted and one.advice][:_ADVISED]
        if not worst and not self.report.recommendation:
            return
        yield self._heading("What to look at next")
        if self.report.recommendation:
            yield Padding(Text(self._say(self.report.recommendation, 2000)), (0, 0, 0, 2))
        for n, feature in enumerate(worst, start=1):
            yield self._item(
                Text(f"{n}", _QUIET),
                Text.assemble(
                    (f"{self._say(feature.name, 60)}: ", "bold"),
                    # A wide table has said it already.
                    self._sentence(feature.what) if self.width < _WIDE else "",
                    self._sentence(feature.advice),
                    (self._sentence(feature.normal, "Normal: "), _QUIET),
                ),
            )

    def _sentence(self, text: str | None, lead: str = "") -> str:
        if not text:
            return ""
        text = self._say(text, 600)
        return f"{lead}{text}{'' if text.endswith('.') else '.'} "

    def _heading(self, words: str) -> Text:
        return Text(f"\n  {words}", "bold")

    def _item(self, mark: Text, text: Text) -> RenderableType:
        """A line that hangs from its mark, however often it wraps."""
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=2)
        table.add_column()
        table.add_row(mark, text)
        return Padding(table, (0, 0, 0, 2))

    def _mark(self, one: Verdict) -> str:
        return one.ascii_mark if self.ascii_only else one.mark

    @property
    def _overflow(self) -> OverflowMethod:
        # The sign for what was left out is not ASCII.
        return "crop" if self.ascii_only else "ellipsis"

    def _say(self, text: str, longest: int = 200) -> str:
        text = plain(text, longest)
        if not self.ascii_only:
            return text
        for written, spelt in _SPELT:
            text = text.replace(written, spelt)
        return text.encode("ascii", "backslashreplace").decode()


def _split(counts: Sequence[tuple[Verdict, int]], room: int) -> list[tuple[Verdict, int]]:
    """So many cells by count; who has any has one, and the largest pays for it."""
    total = max(sum(count for _, count in counts), 1)
    cells = [max(1, round(room * count / total)) if count else 0 for _, count in counts]
    if any(cells):
        cells[cells.index(max(cells))] += room - sum(cells)
    return [(one, many) for (one, _), many in zip(counts, cells, strict=True)]


def _cells(drawn: Histogram | Bars, side: Literal[0, 1]) -> list[float]:
    """As many shares as there are cells: bins are joined, values after the largest left out."""
    shares = (drawn.reference, drawn.current)[side]
    if isinstance(drawn, Bars):
        kept = sorted(range(len(shares)), key=lambda n: -max(drawn.reference[n], drawn.current[n]))[
            :_CELLS
        ]
        return [shares[n] for n in sorted(kept)]
    left, right = max(drawn.below) >= _OUTSIDE, max(drawn.above) >= _OUTSIDE
    count = min(_CELLS - left - right, len(shares))
    ends = [round(n * len(shares) / count) for n in range(count + 1)]
    # A mean, not a sum: one cell may hold a bin more than the next.
    bins = [sum(shares[a:b]) / (b - a) for a, b in pairwise(ends)]
    # What lies outside may be more than the axis has room for: as high as the highest bin.
    top = max([*drawn.reference, *drawn.current, 1e-9])
    below, above = min(drawn.below[side], top), min(drawn.above[side], top)
    return [*([below] * left), *bins, *([above] * right)]
