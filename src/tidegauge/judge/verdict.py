"""The verdict on two samples: which columns drifted.

A column drifts when two things hold.  The difference is significant: its likelihood-ratio test,
controlled over all columns by Benjamini-Yekutieli at 1 %.  And it matters: at least two kinds of
effect are above their warning mark with the lower end of their interval.  So a million healthy
rows do not drift, and fifty rows are not over-read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.judge.cells import category_cells, numeric_cells
from tidegauge.judge.effects import (
    MARKS,
    Effects,
    mix_effects,
    ordered_effects,
    share_effect,
)
from tidegauge.judge.evidence import adjusted, p_values
from tidegauge.profile.bins import ABOVE, BELOW
from tidegauge.profile.table import Profile

FALSE_DISCOVERIES = 0.01
FEWEST = 20
"""Rows in either sample below which nothing is concluded."""
_AGREE = 2
_ONE_VOICE: dict[str, str] = dict.fromkeys(("absent", "unseen", "out_of_range"), "gone")
"""What is not there and what is new are one kind of effect, and have one vote."""


@dataclass(frozen=True)
class Size:
    """One effect of one column."""

    name: str
    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class FacetVerdict:
    column: str
    facet: str
    p_value: float | None
    sizes: list[Size]

    @property
    def score(self) -> float:
        """How many times the warning mark the second largest effect is: two must agree."""
        return self._agreed("value", "warning")

    @property
    def severity(self) -> Literal["warning", "critical"] | None:
        if self._agreed("lower", "critical") >= 1:
            return "critical"
        return "warning" if self._agreed("lower", "warning") >= 1 else None

    def _agreed(
        self, end: Literal["value", "lower"], mark: Literal["warning", "critical"]
    ) -> float:
        votes: dict[str, float] = {}
        for size in self.sizes:
            voice = _ONE_VOICE.get(size.name, size.name)
            share = getattr(size, end) / getattr(MARKS[size.name], mark)
            votes[voice] = max(votes.get(voice, 0.0), share)
        ranked = sorted(votes.values(), reverse=True)
        return ranked[_AGREE - 1] if len(ranked) >= _AGREE else 0.0


@dataclass(frozen=True)
class ColumnVerdict:
    column: str
    facets: list[FacetVerdict]
    p_value: float | None
    adjusted_p_value: float | None
    is_significant: bool
    severity: Literal["warning", "critical"] | None
    """None where the column did not drift."""
    score: float


def judge(
    reference: Profile, current: Profile, false_discoveries: float = FALSE_DISCOVERIES
) -> dict[str, ColumnVerdict]:
    """A verdict for each judged column of the layout."""
    facets = _facets(reference.effective, current.effective)
    judged = [column.name for column in reference.layout.schema if column.is_judged]
    of_column: dict[str, list[FacetVerdict]] = {name: [] for name in judged}
    for facet in facets:
        if facet.column in of_column:
            of_column[facet.column].append(facet)
    raw = np.array([_combined(found) for found in of_column.values()], dtype=np.float64)
    family = adjusted(raw)
    return {
        name: _column(name, found, float(raw[i]), float(family[i]), false_discoveries)
        for i, (name, found) in enumerate(of_column.items())
    }


def _combined(facets: Sequence[FacetVerdict]) -> float:
    found = [facet.p_value for facet in facets if facet.p_value is not None]
    return min(1.0, min(found) * len(found)) if found else np.nan


def _column(
    name: str, facets: list[FacetVerdict], raw: float, family: float, rate: float
) -> ColumnVerdict:
    if np.isnan(raw):
        return ColumnVerdict(
            name, facets, None, None, is_significant=False, severity=None, score=0.0
        )
    # A facet that is the reason must be significant itself.
    stretch = family / raw if raw else 1.0
    reasons = [
        facet.severity
        for facet in facets
        if facet.p_value is not None and facet.p_value * len(facets) * stretch <= rate
    ]
    severity = None
    if family <= rate:
        severity = (
            "critical" if "critical" in reasons else "warning" if "warning" in reasons else None
        )
    score = max((facet.score for facet in facets), default=0.0)
    return ColumnVerdict(
        name, facets, raw, family, is_significant=family <= rate, severity=severity, score=score
    )


def _facets(reference: Profile, current: Profile) -> list[FacetVerdict]:
    layout = reference.layout
    pair = Ordered(reference.numeric, current.numeric)
    cells = numeric_cells(pair)
    numeric = [
        *mix_effects(cells),
        *ordered_effects(pair),
        share_effect(
            "absent",
            pair.reference.absent,
            pair.reference.rows,
            pair.current.absent,
            pair.current.rows,
        ),
        _outside(pair),
    ]
    found = _listed([(f.column, f.name) for f in layout.facets], cells, numeric)
    before, after = reference.categories, current.categories
    mixes = category_cells(before, after)
    named = [
        *mix_effects(mixes),
        share_effect("absent", before.counts[:, 0], before.rows, after.counts[:, 0], after.rows),
        share_effect(
            "unseen", mixes.reference[:, -1], before.rows, mixes.current[:, -1], after.rows
        ),
    ]
    return found + _listed([(name, "") for name in layout.names], mixes, named)


def _outside(pair: Ordered) -> Effects:
    """What lies outside the reference's range; by chance one row of its size would at each end."""
    outside = pair.current.counts[:, [BELOW, ABOVE]].sum(axis=1)
    chance = np.minimum(2.0, pair.reference_n)
    chance = np.maximum(chance, pair.reference.counts[:, [BELOW, ABOVE]].sum(axis=1))
    return share_effect("out_of_range", chance, pair.reference.rows, outside, pair.current.rows)


def _listed(names: list[tuple[str, str]], cells: Mix, effects: list[Effects]) -> list[FacetVerdict]:
    enough = np.minimum(cells.reference_n, cells.current_n) >= FEWEST
    p: Floats = np.where(enough, p_values(cells), np.nan)
    # One cell only, and rows enough on both sides: the same constant, which is no difference.
    p = np.where(enough & np.isnan(p), 1.0, p)
    return [
        FacetVerdict(
            column=column,
            facet=facet,
            p_value=None if np.isnan(p[i]) else float(p[i]),
            sizes=[
                Size(e.name, float(e.value[i]), float(e.lower[i]), float(e.upper[i]))
                for e in effects
                if np.isfinite(e.value[i])
            ],
        )
        for i, (column, facet) in enumerate(names)
    ]
