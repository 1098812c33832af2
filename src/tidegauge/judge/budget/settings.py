"""What is asked of the rule: how seldom a false alarm, how often a check, how small a change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from scipy.special import ndtri

from tidegauge.arrays import Floats
from tidegauge.errors import InputError

DAYS = 30
"""Days in a month, which false alarms are counted by."""
STAGGER = 3
"""A block is begun each third of its length, so that a change seldom falls between two."""
_BLOCKS = (1 / 24, 0.25, 1, 3, 7)


@dataclass(frozen=True)
class Settings:
    checks_a_month: int
    alpha: float = 0.01
    """The probability of any false alarm of a model in a month."""
    psi_tolerance: float = 0.001
    """Shifts up to this PSI never alarm, at any number of rows: 0.03 standard deviations."""
    cold_psi_tolerance: float = 0.25
    """The same while nothing is known of how the data varies from day to day."""
    importances: Sequence[float] = field(default=())
    """Of the features, on any scale; none: all are alike."""

    def __post_init__(self) -> None:
        if self.checks_a_month < 1:
            raise InputError(f"a month has {self.checks_a_month} checks; it needs one at least")
        if not self.alpha > 0:
            raise InputError(f"false alarms at a rate of {self.alpha} a month cannot be promised")

    @classmethod
    def once_in(cls, months: float, checks_a_month: int) -> Self:
        """At most one false alarm in so many months."""
        return cls(checks_a_month=checks_a_month, alpha=1 / months)

    @property
    def checks_a_day(self) -> float:
        return self.checks_a_month / DAYS

    @property
    def limit(self) -> float:
        """The log evidence from which a model alarms."""
        # Half of alpha is the fast arms', half the slow ones'.
        return float(np.log(2 * self.checks_a_month / self.alpha))

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """The lengths of the slow arms in checks: an hour, six, a day, three, a week."""
        found = [STAGGER * max(1, round(self.checks_a_day * days / STAGGER)) for days in _BLOCKS]
        return tuple(dict.fromkeys(found))

    @property
    def excursion(self) -> float:
        """Standard deviations of natural wander that must not alarm: 5 at alpha 0.01."""
        return float(-ndtri(min(0.25, 2.87e-5 * self.alpha)))

    def weights(self, features: int) -> Floats:
        """A share of the evidence for each feature: half alike, half by importance."""
        given = np.nan_to_num(np.asarray(self.importances, dtype=np.float64), posinf=0.0)
        given = np.maximum(given, 0.0)
        if len(given) != features or not given.sum() > 0:
            given = np.ones(features)
        return 0.5 / max(features, 1) + 0.5 * given / max(float(given.sum()), 1e-300)
