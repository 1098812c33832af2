"""What a rule comes to at one hour: the law to expect, and what each arm costs a row."""

from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.budget.rule import Rule


@dataclass(frozen=True, eq=False)
class Hour:
    law: Floats
    """The shares of the flat cells."""
    turn: Floats
    """The same over those of the whole reference."""
    cost: Floats
    """Of each of the dictionary's arms, in a check: no law in reach has a larger mean of g than
    its exponential."""
    tilt_cost: Floats
    """Of the tilts, in a block."""
    shape_tolerance: Floats
    """Of each judged feature."""

    @classmethod
    def of(cls, rule: Rule, season: int) -> "Hour":
        """By Cauchy and Schwarz: the mean of g under a law is at most its mean under the
        reference plus their distance times its standard deviation there."""
        words = rule.dictionary
        law = rule.law_at(season)
        tilts, tilt_sd = words.tilt_moments(law)
        events, event_sd = words.event_moments(law)
        tolerance, shapes = rule.fast_tolerance(season)
        mean, sd = np.concatenate([tilts, events]), np.concatenate([tilt_sd, event_sd])
        return cls(
            law=law,
            turn=law / rule.shares(rule.law),
            cost=np.log(mean + tolerance * sd),
            tilt_cost=np.log(tilts + rule.slow_tolerance[: words.tilts] * tilt_sd),
            shape_tolerance=shapes,
        )


def block_cost(rule: Rule, hour: Hour) -> Floats:
    """Of each arm of the dictionary a row, in a block that lies within this hour."""
    words = rule.dictionary
    mean, sd = words.event_moments(hour.law)
    events = np.log(mean + rule.slow_tolerance[words.tilts :] * sd)
    return np.concatenate([hour.tilt_cost, events])
