"""What a candidate has to prove, and whether it has.

The champion's and the candidate's answers to the same held-out rows are measured by the same code.
How sure their difference is comes from leaving out one block of consecutive rows after the other:
rows that follow each other are not independent, and no figure needs a formula of its own.

>>> gate = Gate()
>>> improvement(gate, "mae", 10.0, 8.0), round(improvement(gate, "roc_auc", 0.9, 0.92), 3)
(0.2, 0.2)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field

from tidegauge.monitor.part import Part
from tidegauge.performance import Measured, merged
from tidegauge.retrain.fair import Fair, Unfair
from tidegauge.series.outcome import Point, is_better_less, main_of

Verdict = Literal["better", "not-better", "worse", "unclear", "unfair", "insufficient-data"]
BLOCKS: Final = 40
_FEWEST: Final = 10
"""Blocks from which an interval can be told."""
_ROWS: Final = 10
"""Of a block."""


class Gate(Part):
    """A candidate is kept only where it is better by this much, and surely better at all."""

    metric: Annotated[
        str | None, Field(max_length=256, description="null is the model's main one.")
    ] = None
    better_by: Annotated[float | None, Field(ge=0, le=1000, allow_inf_nan=False)] = None
    of: Annotated[
        Literal["shortfall", "metric", "absolute"],
        Field(
            description="`shortfall`: of what is missing to a perfect figure, so that 0.1 is a"
            " tenth of all errors; `metric`: of the figure itself; `absolute`: in its own unit."
        ),
    ] = "shortfall"
    fairness: Annotated[
        Fair | None,
        Field(description="Held by a candidate, or no worse than before; null: not asked."),
    ] = Fair()
    min_rows: Annotated[int, Field(ge=20, description="Held out, with an answer of both.")] = 100


@dataclass(frozen=True, kw_only=True)
class Proof:
    metric: str
    n: int
    champion: float | None
    candidate: float | None
    improvement: float | None
    """Above 0 is better, whatever the figure is."""
    low: float | None
    high: float | None
    """Of 95 %."""
    verdict: Verdict
    unfair: Sequence[Unfair] = ()
    """What it does worse than is allowed, and worse than the champion."""


def improvement(gate: Gate, metric: str, champion: float, candidate: float) -> float:
    """nan where it cannot be told."""
    less = is_better_less(metric)
    gained = champion - candidate if less else candidate - champion
    if gate.of == "absolute":
        return gained
    # What is best is 1 where more is better; a figure that has no best is its own measure.
    left = 1 - champion if gate.of == "shortfall" and not less and champion <= 1 else abs(champion)
    return gained / left if left else (0.0 if not gained else math.nan)


def proven(
    gate: Gate,
    better_by: float,
    metric: str,
    positive: str | None,
    champion: Sequence[Mapping[str, Measured]],
    candidate: Sequence[Mapping[str, Measured]],
    rows: int,
) -> Proof:
    """Of the same blocks of rows, in the order of time, measured of both."""
    first, second = (_leaving_one_out(some, metric, positive) for some in (champion, candidate))
    whole = [_figure(_together(some), metric, positive) for some in (champion, candidate)]
    nothing = Proof(
        metric=metric,
        n=rows,
        champion=whole[0],
        candidate=whole[1],
        improvement=None,
        low=None,
        high=None,
        verdict="insufficient-data",
    )
    if whole[0] is None or whole[1] is None or rows < gate.min_rows:
        return nothing
    gained = improvement(gate, metric, whole[0], whole[1])
    each = np.array(
        [improvement(gate, metric, a, b) for a, b in zip(first, second, strict=True)], dtype=float
    )
    if len(each) < _FEWEST or not np.isfinite(each).all() or not math.isfinite(gained):
        return nothing
    spread = math.sqrt((len(each) - 1) * float(each.var()))
    half = _t(len(each) - 1) * spread
    low, high = gained - half, gained + half
    verdict = _verdict(gained, low, high, better_by)
    return replace(nothing, improvement=gained, low=low, high=high, verdict=verdict)


def main_metric(some: Sequence[Mapping[str, Measured]], positive: str | None) -> str | None:
    """By which a model is told where only one figure can be."""
    return main_of(_point(_together(some)).figures(positive))


def _verdict(gained: float, low: float, high: float, better_by: float) -> Verdict:
    if high < 0:
        return "worse"
    if gained < better_by or gained <= 0:
        return "not-better"
    return "better" if low > 0 else "unclear"


def blocks(rows: int) -> np.ndarray:
    """Where blocks of about equal size begin and end."""
    count = max(min(BLOCKS, rows // _ROWS), 1)
    return np.linspace(0, rows, count + 1).round().astype(np.int64)


def _together(some: Sequence[Mapping[str, Measured]]) -> Mapping[str, Measured]:
    found: Mapping[str, Measured] = {}
    for each in some:
        found = merged(found, each)
    return found


def _leaving_one_out(
    some: Sequence[Mapping[str, Measured]], metric: str, positive: str | None
) -> list[float]:
    """The figure of all blocks but one, for each."""
    before: list[Mapping[str, Measured]] = [{}]
    for each in some[:-1]:
        before.append(merged(before[-1], each))
    after: list[Mapping[str, Measured]] = [{}]
    for each in some[:0:-1]:
        after.append(merged(each, after[-1]))
    found: list[float] = []
    for left, right in zip(before, after[::-1], strict=True):
        value = _figure(merged(left, right), metric, positive)
        found.append(math.nan if value is None else value)
    return found


def _figure(measured: Mapping[str, Measured], metric: str, positive: str | None) -> float | None:
    found = _point(measured).figures(positive, [metric]).get(metric)
    return None if found is None else found.value


def _point(measured: Mapping[str, Measured]) -> Point:
    return Point(
        start=0,
        stop=1,
        predictions=0,
        labelled=0,
        revision=0,
        final_by=None,
        measured=measured,
    )


def _t(degrees: int) -> float:
    """The quantile of Student's distribution that leaves out 2.5 % at each side."""
    from scipy.stats import t  # noqa: PLC0415 - slow to import, and needed seldom

    return float(t.ppf(0.975, degrees))
