"""One check: a state and counts give the next state, and what it looks like.

The fast arms are e-detectors (Shin, Ramdas and Rinaldo, 2024): each arm's sum is multiplied by
the check's e-value after one is added to it, and alarms where the weighted sum of all is beyond
twice the checks of a month over alpha.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.blocks import added, evidence, is_whole, tally
from tidegauge.judge.budget.cells import Held, Singles
from tidegauge.judge.budget.dictionary import Arm
from tidegauge.judge.budget.hour import Hour
from tidegauge.judge.budget.rule import HALF_LIVES, Rule
from tidegauge.judge.budget.shapes import faded, learned_shapes
from tidegauge.judge.budget.state import Ages, State

FLOOR = -690.0
"""The log evidence of none at all: a finite number, so that any reader can hold it."""
_MOST = 1e30
"""Where a sum stops, far beyond every limit: kept short of what single precision can hold."""
_STEEP = 600.0
"""Nats in one check beyond which exponentials are taken relative to the largest."""
_IN_WORDS = 20.0
_OLDEST = np.iinfo(np.uint16).max

Status = Literal["quiet", "alarm", "insufficient_data"]


@dataclass(frozen=True)
class Named:
    """A feature that an alarm names."""

    feature: int
    evidence: float
    """The log of its weighted evidence."""
    arm: Arm
    since: int
    """The first check, counted from 0 at the start, of what it saw."""
    block: int = 1
    """How many checks together showed it."""


@dataclass(frozen=True, eq=False)
class Look:
    status: Status
    """`insufficient_data` where no feature that can be judged had a row."""
    evidence: float
    """The log of the model's."""
    limit: float
    features: Floats
    """The log of each feature's, by its own weight."""
    named: list[Named]
    """On an alarm, the features that would have alarmed alone, the strongest first; where none
    would have, the strongest."""

    @property
    def is_alarm(self) -> bool:
        return self.status == "alarm"


def update(rule: Rule, state: State, counts: Held, hour_of_week: int) -> tuple[State, Look]:
    """The next state, after the counts [features, cells] of a check in this hour."""
    season = rule.season(hour_of_week)
    hour = _hour(rule, season)
    flat = rule.cells.flat(counts)
    rows = rule.cells.total(flat)
    some = (rows > 0).astype(np.float64)[rule.arm_feature]
    shapes = learned_shapes(rule, hour, state.recent)
    gain = _gains(rule, hour, flat, rows, shapes)
    shift = _shift(rule, gain)
    grown = np.exp(gain - shift[rule.arm_feature]) * (some + state.sums)
    checks = state.checks + 1
    after = State(
        checks=checks,
        sums=_sums(grown, shift[rule.arm_feature]),
        recent=faded(rule, hour, state.recent, flat),
        blocks=added(rule, state.blocks, state.checks, tally(rule, hour, season, flat, rows)),
        slow=state.slow.copy(),
        best=state.best.copy(),
        ages=_older(state.ages, grown < np.exp(-shift)[rule.arm_feature]),
        slow_ages=state.slow_ages.copy(),
        slow_arms=state.slow_arms.copy(),
    )
    _close_blocks(rule, hour, after)
    fast = np.bincount(rule.arm_feature, rule.fast_weight * grown, minlength=len(shift))
    together = fast + after.slow.sum(axis=0, dtype=np.float64) * np.exp(-shift)
    judged = np.log(np.maximum(together * rule.feature_weight, np.exp(FLOOR))) + shift
    return after, _look(rule, after, judged, grown, is_empty=not rows.any())


def _hour(rule: Rule, season: int) -> Hour:
    """Kept for the checks that follow in the same hour."""
    kept: tuple[int, Hour] | None = rule.__dict__.get("hour")
    if kept is None or kept[0] != season:
        kept = rule.__dict__["hour"] = (season, Hour.of(rule, season))
    return kept[1]


def _gains(rule: Rule, hour: Hour, counts: Floats, rows: Floats, shapes: Floats) -> Floats:
    """The log e-value of the check, of each arm."""
    words, total = rule.dictionary, rule.cells.total
    known = words.scored(counts)[words.base] * words.theta - rows[words.feature] * hour.cost
    distance = np.sqrt(np.maximum(total(hour.law * shapes**2) - 1, 0.0))
    cost = np.log1p(hour.shape_tolerance * distance)
    learned = total(counts * np.log(shapes)) - rows * cost
    return np.concatenate([known, learned.ravel()]) / rule.arm_clusters


def _shift(rule: Rule, gain: Floats) -> Floats:
    """Nats to take off each judged feature's before exponentials, where they are enormous."""
    shift = np.zeros(len(rule.cells.judged))
    if len(gain) and gain.max() > _STEEP:
        np.maximum.at(shift, rule.arm_feature, gain - _STEEP)
    return shift


def _sums(grown: Floats, shift: Floats) -> Singles:
    if shift.any():
        grown = np.where(shift > 0, np.exp(np.minimum(_logs(grown) + shift, 69.0)), grown)
    return np.minimum(grown, _MOST).astype(np.float32)


def _logs(values: Floats) -> Floats:
    return np.log(np.maximum(values, np.exp(FLOOR)))


def _older(ages: Ages, is_low: Flags) -> Ages:
    older = np.where(ages < _OLDEST, ages + np.uint16(1), ages)
    older[is_low] = 0
    return older


def _close_blocks(rule: Rule, hour: Hour, state: State) -> None:
    """Adds to a state that is being made the evidence of the blocks that its check ends."""
    state.slow_ages[:] = _older(state.slow_ages, state.slow < 1)
    for place, length in enumerate(rule.lengths):
        if not is_whole(length, state.checks):
            continue
        gain, rows = evidence(rule, hour, place, state.blocks[place])
        weighted = rule.slow_weight(place) * np.exp(np.minimum(gain, 69.0))
        weighted[rows[rule.dictionary.feature] == 0] = 0.0
        brought = np.bincount(rule.dictionary.feature, weighted, minlength=len(rows))
        was_low = state.slow[place] < 1
        state.slow[place] = np.minimum(state.slow[place] + brought, _MOST)
        # What has just risen above one began with this block.
        state.slow_ages[place][was_low & (state.slow[place] >= 1)] = min(length, _OLDEST)
        better = np.flatnonzero(brought > state.best[place])
        state.best[place][better] = np.minimum(brought[better], _MOST)
        state.slow_arms[place][better] = rule.dictionary.strongest(weighted)[better]


def _look(rule: Rule, state: State, judged: Floats, grown: Floats, *, is_empty: bool) -> Look:
    limit = rule.settings.limit
    features = np.full(rule.cells.features, FLOOR)
    features[rule.cells.judged] = judged
    top = float(judged.max(initial=FLOOR))
    model = top + float(np.log(np.exp(judged - top).sum())) if len(judged) else FLOOR
    status: Status = "alarm" if model >= limit else "quiet"
    if status == "quiet" and is_empty:
        status = "insufficient_data"
    named: list[Named] = []
    if status == "alarm":
        order = np.argsort(-judged, kind="stable")
        alone = order[judged[order] >= limit]
        named = [
            _named(rule, state, int(place), float(judged[place]), grown)
            for place in (alone if len(alone) else order[:1])
        ]
    return Look(status, model, limit, features, named)


def _named(rule: Rule, state: State, judged: int, found: float, grown: Floats) -> Named:
    """Which arm it was, and since when: after the check where its sum was last below one."""
    words = rule.dictionary
    shapes = len(words) + judged + len(rule.cells.judged) * np.arange(len(HALF_LIVES))
    own = np.concatenate([words.own(judged), shapes])
    weighted = rule.fast_weight[own] * grown[own]
    known, arm = int(np.argmax(weighted[: -len(shapes)])), int(np.argmax(weighted))
    # A shape learns any change in the end.  What can be told in words is, unless it falls behind.
    if grown[own[known]] * _IN_WORDS >= grown[own[arm]]:
        arm = known
    age, brought, block = int(state.ages[own[arm]]), weighted[arm], 1
    place = int(np.argmax(state.slow[:, judged]))
    if state.slow[place, judged] > brought:
        arm, age = int(state.slow_arms[place, judged]), int(state.slow_ages[place, judged])
        block = rule.lengths[place]
    return Named(
        feature=int(rule.cells.judged[judged]),
        evidence=found,
        arm=words.arm(int(own[arm])),
        since=max(0, state.checks - max(age, 1)),
        block=block,
    )
