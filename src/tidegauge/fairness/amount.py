"""A number of a group, and how far it may be from the true one: what criteria compare."""

import math
from typing import NamedTuple, Protocol, Self

from tidegauge.performance import Figure
from tidegauge.performance.figure import Z, wilson
from tidegauge.performance.moments import Moments

_FEWEST = 2


class Amount(Protocol):
    @property
    def value(self) -> float: ...

    @property
    def n(self) -> float:
        """The rows that it is of."""
        ...

    @property
    def worth(self) -> float:
        """These, in rows that are independent and of one weight."""
        ...

    def limits(self, z: float) -> tuple[float, float]:
        """So many standard errors to either side, as far as the number can lie there."""
        ...


class Rate(NamedTuple):
    """A share of rows (Wilson, 1927)."""

    value: float
    n: float
    worth: float

    def limits(self, z: float) -> tuple[float, float]:
        return wilson(self.value, self.worth, z)


class Mean(NamedTuple):
    value: float
    n: float
    worth: float
    spread: float
    """The standard deviation of one row."""

    @classmethod
    def of(cls, moments: Moments) -> Self | None:
        if moments.worth < _FEWEST:
            return None
        return cls(moments.mean, moments.n, moments.worth, math.sqrt(max(moments.variance, 0.0)))

    def limits(self, z: float) -> tuple[float, float]:
        half = z * self.spread / math.sqrt(self.worth)
        return self.value - half, self.value + half


class Offset(NamedTuple):
    """How much more often a class was expected than it came: the mean score less its share."""

    mean: Mean
    true: Rate

    @property
    def value(self) -> float:
        return self.mean.value

    @property
    def n(self) -> float:
        return self.mean.n

    @property
    def worth(self) -> float:
        return self.mean.worth

    def limits(self, z: float) -> tuple[float, float]:
        """Those of a mean, and no nearer than the share leaves open: where a class never came, the
        rows do not vary, and prove little."""
        low, high = self.mean.limits(z)
        few, many = self.true.limits(z)
        expected = self.mean.value + self.true.value
        return min(low, expected - many), max(high, expected - few)


class Expected(NamedTuple):
    """An estimate, whose limits were found for 95 % and are in proportion for others."""

    figure: Figure

    @property
    def value(self) -> float:
        return self.figure.value

    @property
    def n(self) -> float:
        return self.figure.n

    @property
    def worth(self) -> float:
        return self.figure.n

    def limits(self, z: float) -> tuple[float, float]:
        value, low, high = self.figure.value, self.figure.low, self.figure.high
        if low is None or high is None:
            return -math.inf, math.inf
        return value - (value - low) * z / Z, value + (high - value) * z / Z
