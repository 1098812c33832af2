"""A report as those who show it see it: the page, the terminal, a notebook.

They ask for attributes, not for a class, so that what compares may import what shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tidegauge.report.result import (
    Bars,
    Effect,
    Facet,
    Feature,
    Finding,
    Histogram,
    Measurement,
    Strip,
)


class Report(Protocol):
    """What a comparison has found, the columns with the largest effect first."""

    @property
    def reference_name(self) -> str: ...
    @property
    def current_name(self) -> str: ...
    @property
    def reference_rows(self) -> int: ...
    @property
    def current_rows(self) -> int: ...
    @property
    def drifted(self) -> bool: ...
    @property
    def status(self) -> Literal["drift_detected", "no_drift", "insufficient_data"]: ...
    @property
    def features(self) -> Sequence[Feature]: ...
    @property
    def drifted_share(self) -> float: ...
    @property
    def findings(self) -> Sequence[Finding]: ...
    @property
    def dataset(self) -> Sequence[Measurement]: ...
    @property
    def strip(self) -> Strip | None: ...
    @property
    def sentence(self) -> str: ...
    @property
    def recommendation(self) -> str: ...
    @property
    def rule(self) -> dict[str, float]: ...
    @property
    def created_at(self) -> str: ...
    @property
    def elapsed_s(self) -> float: ...
    @property
    def version(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One of the four things that can be said of a column, in a word and a mark.

    The mark has its own shape, so that nobody needs to see its colour.
    """

    key: str
    word: str
    mark: str
    ascii_mark: str
    meaning: str


DRIFTED = Verdict(
    key="drifted",
    word="Drifted",
    mark="▲",
    ascii_mark="!!",
    meaning="two kinds of effect are past their marks, and chance does not explain it",
)
MINOR = Verdict(
    key="minor",
    word="Minor",
    mark="◆",
    ascii_mark="!",
    meaning="it moved for certain, and one kind of effect is past its mark: two must agree",
)
UNJUDGED = Verdict(
    key="unjudged",
    word="Cannot judge",
    mark="?",
    ascii_mark="?",
    meaning="too little data, or nothing to compare",
)
STABLE = Verdict(
    key="stable",
    word="Stable",
    mark="●",
    ascii_mark="ok",
    meaning="no difference that matters",
)
VERDICTS = (DRIFTED, MINOR, UNJUDGED, STABLE)

OVERALL = {
    "drift_detected": DRIFTED,
    "no_drift": STABLE,
    "insufficient_data": UNJUDGED,
}


def verdict(feature: Feature) -> Verdict:
    if feature.drifted:
        return DRIFTED
    if feature.status in {"insufficient_data", "not_applicable"}:
        return UNJUDGED
    effects = [*feature.effects, *(effect for facet in feature.facets for effect in facet.effects)]
    is_notable = feature.is_significant and any(effect.passes for effect in effects)
    return MINOR if is_notable else STABLE


@dataclass(frozen=True, kw_only=True)
class Leading:
    """The effect that says most about a column, and the facet it was found in."""

    effect: Effect
    facet: Facet | None


def leading(feature: Feature) -> Leading | None:
    """The effect that is surest to be past its mark; of a facet where the column has none."""
    if feature.effects:
        return Leading(effect=largest(feature.effects), facet=main_facet(feature))
    facet = next((facet for facet in by_effect(feature.facets) if facet.effects), None)
    return Leading(effect=largest(facet.effects), facet=facet) if facet else None


def main_facet(feature: Feature) -> Facet | None:
    """The facet whose effects and picture stand for the whole column, if one does."""
    if not feature.effects:
        return None
    return next((one for one in feature.facets if one.effects == feature.effects), None)


def picture(feature: Feature) -> Histogram | Bars | None:
    """What to draw in a row: the column itself, or else the facet that moved most."""
    if feature.picture is not None:
        return feature.picture
    return next((one.picture for one in by_effect(feature.facets) if one.picture is not None), None)


def by_effect(facets: Sequence[Facet]) -> list[Facet]:
    return sorted(facets, key=lambda facet: -max(map(_ratio, facet.effects), default=-1.0))


def largest(effects: Sequence[Effect]) -> Effect:
    return max(effects, key=_ratio)


def _ratio(effect: Effect) -> float:
    return effect.lower / effect.warning if effect.warning > 0 else effect.lower
