"""The decision rule in worlds of counts: what it misses, what it costs; and `quiet` and `year`
tell how often it cries wolf in them.

A world is a model's features as production draws them: sixteen numbers in twenty bins and four
categories, checked every five minutes.  Where it is made restless it swings by the hour and at
weekends, wanders, or comes in clusters; nothing of that is drift.  The rule is learned as the
product learns it: from two weeks of hours and their last two days of five minutes, and then asked
more often.

    python bench/budget.py [drifts of a kind]
"""

import statistics
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from tidegauge.arrays import Counts, Floats
from tidegauge.judge.budget import (
    Cells,
    Look,
    Rule,
    Settings,
    State,
    asked_more_often,
    cold,
    fit,
    update,
    within,
)
from tidegauge.monitor.past import DAYS, NIGHTS

A_DAY = 288
SETTINGS = Settings(checks_a_month=30 * A_DAY)
BINS = 20
CELLS = BINS + 1
MISSING = BINS
_DAY = 1_440
"""In minutes."""
_JOB_AT = 120
_EDGES = ndtri(np.arange(1, BINS) / BINS)


@dataclass(frozen=True)
class World:
    rows: int = 350
    """A check."""
    features: int = 20
    a_day: int = A_DAY
    """Checks."""
    swing: float = 0.0
    """By the hour, in standard deviations; half as much from working days to weekends."""
    wander: float = 0.0
    lasts: float = 6.0
    """Hours after which a wander is forgotten."""
    cluster: int = 1
    load: float = 0.0
    """How much the traffic swings by the hour."""
    job: float = 0.0
    """How far the first feature goes each night, in standard deviations."""
    job_minutes: int = 5
    has_past: bool = True
    """Else only a pooled reference, of rows that are known to be independent."""

    @property
    def categories(self) -> int:
        """The others are numbers, and come first."""
        return self.features // 5

    @property
    def numbers(self) -> int:
        return self.features - self.categories

    @property
    def settings(self) -> Settings:
        return Settings(checks_a_month=30 * self.a_day)


WORLDS = {
    "independent rows": World(),
    "fifty rows a check": World(rows=50),
    "ten million rows a check": World(rows=10_000_000),
    "no past, 10,000 rows of reference": World(has_past=False),
    "seasons": World(swing=0.3, load=0.6),
    "seasons, wander, clusters": World(swing=0.3, load=0.6, wander=0.05, cluster=3),
    "the same, wandering twice as far and long": World(
        swing=0.3, load=0.6, wander=0.1, lasts=12.0, cluster=3
    ),
    "a job of five minutes each night": World(job=1.0),
    "seasons, and a job of half an hour each night": World(
        swing=0.3, load=0.6, job=0.3, job_minutes=30
    ),
    "wander within the hour": World(wander=0.1, lasts=0.25),
}


@dataclass(frozen=True)
class Drift:
    """Of one feature, from one check to the next or over a day."""

    location: float = 0.0
    scale: float = 1.0
    missing: float = 0.0
    rare: float = 0.0
    """The share of rows that go to a category's last value."""
    is_slow: bool = False


DRIFTS = {
    "0.3 sd": Drift(location=0.3),
    "1 sd": Drift(location=1.0),
    "spread x 1.5": Drift(scale=1.5),
    "5 % missing": Drift(missing=0.05),
    "10 % to one category": Drift(rare=0.1),
    "0.6 sd over a day": Drift(location=0.6, is_slow=True),
}


class Production:
    """A world that goes on from check to check."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = np.random.default_rng(seed)
        self.slot = 0
        features = world.features
        self.swing = world.swing * self.random.uniform(0.5, 1.0, features)
        self.phase = self.random.uniform(0, 2 * np.pi, features)
        self.weekend = world.swing / 2 * self.random.uniform(-1.0, 1.0, features)
        self.stray = self.random.normal(size=features)
        self.mixes = self.random.dirichlet(np.full(8, 2.0), world.categories)
        self.borders = ndtri(np.clip(np.cumsum(self.mixes, axis=1)[:, :-1], 1e-12, 1 - 1e-12))

    @property
    def hour_of_week(self) -> int:
        return self.slot * 24 // self.world.a_day % 168

    def next(self, drift: Drift | None = None, feature: int = 0, age: int = 0) -> Counts:
        a_day = self.world.a_day
        at = 2 * np.pi * (self.slot % a_day) / a_day
        keeps = np.exp(-24 / (self.world.lasts * a_day))
        chance = self.random.normal(size=self.world.features)
        self.stray = keeps * self.stray + np.sqrt(1 - keeps**2) * chance
        mean = self.swing * np.sin(at + self.phase) + self.world.wander * self.stray
        if self.hour_of_week >= 120:
            mean += self.weekend
        if 0 <= self.slot % a_day * _DAY / a_day - _JOB_AT < self.world.job_minutes:
            mean[0] += self.world.job
        expected = self.world.rows * (1 + self.world.load * np.sin(at - 1.5))
        rows = int(self.random.poisson(expected)) if self.world.load else self.world.rows
        self.slot += 1
        law = self.law(mean, drift, feature, age)
        return self.random.multinomial(rows // self.world.cluster, law) * self.world.cluster

    def law(
        self, mean: Floats, drift: Drift | None = None, feature: int = 0, age: int = 0
    ) -> Floats:
        world, numbers = self.world, self.world.numbers
        spread = np.ones(world.features)
        missing = np.full(numbers, 0.002)
        if drift:
            share = min(1.0, (age + 1) / world.a_day) if drift.is_slow else 1.0
            mean[feature] += drift.location * share
            spread[feature] = drift.scale
            if feature < numbers:
                missing[feature] += drift.missing
        law = np.zeros((world.features, CELLS))
        cdf = ndtr((_EDGES - mean[:numbers, None]) / spread[:numbers, None])
        law[:numbers, :BINS] = np.diff(cdf, prepend=0.0, append=1.0, axis=1)
        law[:numbers] *= 1 - missing[:, None]
        law[:numbers, MISSING] = missing
        cdf = ndtr(self.borders - mean[numbers:, None])
        law[numbers:, :8] = np.diff(cdf, prepend=0.0, append=1.0, axis=1)
        if drift and feature >= numbers:
            law[feature] *= 1 - drift.rare
            law[feature, 7] += drift.rare
        return law


def cells(world: World) -> Cells:
    real = np.zeros((world.features, CELLS), dtype=bool)
    ordered = real.copy()
    real[: world.numbers] = True
    ordered[: world.numbers, :BINS] = True
    # Eight values, others, unseen and missing.
    real[world.numbers :, :11] = True
    return Cells(real, ordered)


def start(world: World, seed: int) -> tuple[Production, Rule]:
    """A production after its past, and what was learned from that."""
    production = Production(world, seed)
    if not world.has_past:
        law = production.law(np.zeros(world.features))
        reference = production.random.multinomial(10_000, law)
        return production, cold(reference, cells(world), world.settings, independent=True)
    early = DAYS - NIGHTS
    first = [together(production, world.a_day // 24) for _ in range(early * 24)]
    short = np.array([together(production, world.a_day // A_DAY) for _ in range(NIGHTS * A_DAY)])
    last = short.reshape(NIGHTS * 24, A_DAY // 24, *short.shape[1:]).sum(axis=1)
    past, hours = np.concatenate([first, last]), np.arange(DAYS * 24) % 168
    slow = fit(past, hours, cells(world), Settings(checks_a_month=30 * 24))
    rule = asked_more_often(slow, world.settings)
    since = np.arange(early * A_DAY, DAYS * A_DAY)
    return production, within(rule, short, since * 24 // A_DAY % 168, SETTINGS)


def together(production: Production, checks: int) -> Counts:
    total = production.next()
    for _ in range(checks - 1):
        total += production.next()
    return total


class Month(NamedTuple):
    is_alarmed: bool
    most: float
    """The most log evidence of any check."""


def month(world: World, seed: int) -> Month:
    production, rule = start(world, seed)
    state, is_alarmed, most = State.start(rule), False, -np.inf
    for _ in range(30 * world.a_day):
        hour = production.hour_of_week
        state, look = update(rule, state, production.next(), hour)
        most = max(most, look.evidence)
        is_alarmed |= look.is_alarm
    return Month(is_alarmed, most)


@dataclass(frozen=True)
class Found:
    delay: int | None
    """In checks; None where two days were not enough."""
    is_right: bool
    """Is the feature that drifted named first?"""


def planted(world: World, drift: Drift, seeds: range) -> Iterator[Found]:
    for seed in seeds:
        production, rule = start(world, seed)
        state = State.start(rule)
        for _ in range(world.a_day):
            hour = production.hour_of_week
            state, _ = update(rule, state, production.next(), hour)
        choice = zlib.crc32(f"{drift} {seed}".encode())
        numbers = world.numbers
        feature = numbers + choice % world.categories if drift.rare else choice % numbers
        yield _found(production, rule, state, drift, feature)


def _found(production: Production, rule: Rule, state: State, drift: Drift, feature: int) -> Found:
    look: Look
    for age in range(2 * production.world.a_day):
        hour = production.hour_of_week
        state, look = update(rule, state, production.next(drift, feature, age), hour)
        if look.is_alarm:
            return Found(age + 1, look.named[0].feature == feature)
    return Found(None, is_right=False)


def price(features: int, width: int, *, has_season: bool) -> tuple[float, float, int, int]:
    """Milliseconds a check, with the state read and written, and with the rule read too; bytes
    of state and of the rule."""
    random = np.random.default_rng(0)
    law = random.dirichlet(np.full(width, 5.0), features)
    past = random.multinomial(350, law, size=(8 * A_DAY, features))
    if has_season:
        past[:, :, 0] += 20 * (np.arange(len(past)) % A_DAY > A_DAY // 2)[:, None]
    real = np.ones((features, width), dtype=bool)
    ordered = real.copy()
    ordered[:, -1] = False
    ordered[features * 4 // 5 :] = False
    hours = np.arange(len(past)) * 24 // A_DAY % 168
    rule = fit(past, hours, Cells(real, ordered), SETTINGS)
    kept = State.start(rule).encode(rule)
    warm, cold_start = [], []
    written = rule.encode()
    for counts, hour in zip(past[:A_DAY], hours[:A_DAY], strict=True):
        began = time.perf_counter()
        state, _ = update(rule, State.decode(rule, kept), counts, int(hour))
        after = state.encode(rule)
        warm.append(time.perf_counter() - began)
        began = time.perf_counter()
        again = Rule.decode(written)
        state, _ = update(again, State.decode(again, kept), counts, int(hour))
        assert state.encode(again) == after
        cold_start.append(time.perf_counter() - began)
        kept = after
    return 1e3 * statistics.mean(warm), 1e3 * statistics.mean(cold_start), len(kept), len(written)


def drift_table(count: int) -> str:
    lines = [
        f"Drifts of one of {World().features} features, {count} of each kind; two days to find it.",
        "",
        "| world | drift | missed | median delay, checks of 5 minutes | right feature first |",
        "|---|---|---|---|---|",
    ]
    for place in ("independent rows", "seasons", "seasons, wander, clusters"):
        for name, drift in DRIFTS.items():
            found = list(planted(WORLDS[place], drift, range(1000, 1000 + count)))
            hits = [one for one in found if one.delay is not None]
            delay = f"{statistics.median(one.delay or 0 for one in hits):g}" if hits else "-"
            right = sum(one.is_right for one in hits)
            lines.append(
                f"| {place} | {name} | {count - len(hits)} | {delay} | {right} of {len(hits)} |"
            )
    return "\n".join(lines)


def price_table() -> str:
    lines = [
        "A check of 50 features on one core, the state decoded and encoded each time.",
        "",
        "| cells | seasons | ms | ms, the rule decoded too | KB of state | KB of rule |",
        "|---|---|---|---|---|---|",
    ]
    for width in (24, 60):
        for has_season in (False, True):
            warm, first, state, rule = price(50, width, has_season=has_season)
            word = "yes" if has_season else "no"
            lines.append(
                f"| {width} | {word} | {warm:.2f} | {first:.2f} "
                f"| {state / 1e3:.0f} | {rule / 1e3:.0f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    print(price_table(), flush=True)
    print(drift_table(int(sys.argv[1]) if len(sys.argv) > 1 else 2), flush=True)
