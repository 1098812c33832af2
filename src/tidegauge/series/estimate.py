"""What predictions are expected to prove to be, before their labels are there, and whether such
estimates may be believed: they are held against what was realised where labels have come.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from tidegauge import estimate as estimating
from tidegauge.catalog import estimates, estimators, outcomes
from tidegauge.catalog.estimators import Estimator
from tidegauge.catalog.outcomes import Outcome
from tidegauge.estimate import Estimate, Pair, Trust, trust
from tidegauge.estimate.baseline import deviation
from tidegauge.performance import Figure
from tidegauge.performance.figure import Z
from tidegauge.series import performance
from tidegauge.series.outcome import Point, lateness, point
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, HOUR, SECOND, floor, spans

STEPS: Final = (HOUR, DAY)
_BACK: Final = {HOUR: 3 * DAY * SECOND, DAY: 60 * DAY * SECOND}
"""So far back estimates are held against what was realised."""
_FEWEST: Final = 2
"""Days that are enough to look at days and not at hours."""
NONE: Final = "no estimate was made of this time"


@dataclass(frozen=True)
class Estimators:
    """Those of a model that learned something."""

    every: Mapping[int, Estimator]
    """By number."""
    current: frozenset[int]
    told: Sequence[Estimator]
    """Of each version the latest, whether it learned something or not; and those in use."""

    @classmethod
    def read(cls, connection: Connection, model: int) -> "Estimators":
        own = estimators.of(connection, model)
        current = {each.number for each in estimators.in_use(own).values()}
        told = current | {each.number for each in {each.version: each for each in own}.values()}
        return cls(
            {each.number: each for each in own if each.body},
            frozenset(current),
            [each for each in own if each.number in told],
        )

    @cached_property
    def _decoded(self) -> dict[int, estimating.Estimator]:
        return {}

    def __getitem__(self, number: int) -> estimating.Estimator:
        found = self._decoded.get(number)
        if found is None:
            found = self._decoded[number] = estimating.from_bytes(self.every[number].body)
        return found


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """A span."""

    estimate: Estimate | None
    numbers: frozenset[int]
    """Of the estimators that made it."""
    figures: Mapping[str, Figure]

    @property
    def reasons(self) -> list[str]:
        """Why it says nothing that may be used."""
        return [NONE] if self.estimate is None else self.estimate.reasons

    @property
    def is_supported(self) -> bool:
        return self.estimate is not None and self.estimate.is_supported


NOTHING: Final = Estimated(estimate=None, numbers=frozenset(), figures={})


def _of(rows: Iterable[estimates.Estimate], known: Estimators, positive: str | None) -> Estimated:
    """All together."""
    total: Estimate | None = None
    numbers: set[int] = set()
    for row in rows:
        one = estimating.decode(row.body)
        total = one if total is None else total.merge(one)
        numbers.add(row.estimator)
    if total is None:
        return NOTHING
    return Estimated(
        estimate=total,
        numbers=frozenset(numbers),
        figures=_widest([known[n].figures(total, positive) for n in sorted(numbers)]),
    )


def _widest(told: Sequence[Mapping[str, Figure]]) -> dict[str, Figure]:
    """Of several estimators each may be as far off as it says."""
    found = dict(told[0])
    for figures in told[1:]:
        for name, figure in figures.items():
            own = found.get(name, figure)
            if None not in {own.low, own.high, figure.low, figure.high}:
                low, high = min(own.low, figure.low), max(own.high, figure.high)  # pyright: ignore[reportArgumentType]
                found[name] = replace(own, low=low, high=high)
    return found


def of_span(
    connection: Connection,
    known: Estimators,
    numbers: Sequence[int],
    start: int,
    stop: int,
    positive: str | None,
) -> Estimated:
    rows = [
        each
        for span in spans(start, stop, STEPS)
        for each in estimates.between(connection, numbers, span.resolution, span.start, span.stop)
    ]
    return _of(rows, known, positive)


@dataclass(frozen=True, kw_only=True)
class Step:
    realised: Point
    estimated: Estimated


@dataclass(frozen=True, kw_only=True)
class Estimates:
    steps: Sequence[Step]
    known: Estimators


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    steps: Steps,
    *,
    version: str | None = None,
    segment: str = "",
) -> Estimates:
    """What is estimated step by step, beside what is known by now."""
    realised = performance.look(connection, reach, subject, steps, version=version, segment=segment)
    known = Estimators.read(connection, subject.model.id)
    held: dict[int, list[estimates.Estimate]] = {start: [] for start in steps}
    numbers = subject.numbers(version, segment)
    for each in estimates.between(connection, numbers, steps.step, steps.start, steps.stop):
        held[each.start].append(each)
    return Estimates(
        steps=[
            Step(realised=each, estimated=_of(held[each.start], known, realised.positive))
            for each in realised.points
        ],
        known=known,
    )


def believed(
    connection: Connection,
    known: Estimators,
    numbers: Sequence[int],
    name: str,
    at: int,
    positive: str | None,
) -> Trust:
    """Whether estimates of a figure may be believed now, by the last days that are mature, or by
    hours where there are too few days."""
    late = lateness(connection, numbers, at)
    if late is None:
        return trust([])
    ripe = at - round(late * SECOND)
    for size in (DAY, HOUR):
        found = _pairs(connection, known, numbers, name, size, ripe, positive)
        if size == HOUR or len(found) >= _FEWEST:
            return trust(found)
    raise AssertionError


def _pairs(
    connection: Connection,
    known: Estimators,
    numbers: Sequence[int],
    name: str,
    size: int,
    ripe: int,
    positive: str | None,
) -> list[Pair]:
    """The earliest first; without the time that the estimators were learned from."""
    start, stop = floor(ripe - _BACK[size], size), floor(ripe, size)
    held: dict[int, list[estimates.Estimate]] = {}
    for each in estimates.between(connection, numbers, size, start, stop):
        held.setdefault(each.start, []).append(each)
    true: dict[int, list[Outcome]] = {}
    for row in outcomes.between(connection, numbers, size, start, stop):
        true.setdefault(row.start, []).append(row)
    found: list[Pair] = []
    for begun in sorted(held.keys() & true.keys()):
        rows = held[begun]
        by = {each.estimator for each in rows}
        if by <= known.current and all(known.every[n].last_at <= begun for n in by):
            count = sum(each.rows for each in rows)
            realised = point(begun, begun + size * SECOND, count, true[begun], None)
            estimated = _of(rows, known, positive)
            pair = _pair(estimated, realised, name, positive)
            if pair is not None and estimated.is_supported:
                found.append(pair)
    return found


def _pair(estimated: Estimated, realised: Point, name: str, positive: str | None) -> Pair | None:
    ours, true = estimated.figures.get(name), realised.figures(positive, [name]).get(name)
    if ours is None or true is None:
        return None
    # An estimate is of all rows: what is realised of few of them has their chance as well.
    left = math.sqrt(1 - (realised.coverage or 0.0))
    half = Z * math.hypot(deviation(ours), left * deviation(true))
    return Pair(replace(ours, low=ours.value - half, high=ours.value + half), true)
