"""What a drift method is.

A method measures how far two profiles are apart, for many columns at once.  It returns a
number, never a verdict: what is far is for the judge to say.  It is a frozen dataclass whose
fields are its parameters, so a configuration file holds the method itself.

Inside a method NaN means "cannot be computed here"; `measure` turns it into a status, so no NaN
leaves the package.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.pair import Mix, Ordered


@dataclass(frozen=True, eq=False)
class Scores:
    """A number for each column."""

    value: Floats
    p_value: Floats | None = None
    """How likely as much or more is without drift, where theory gives an answer."""
    bound: Floats | None = None
    """How far the number from all rows may be from this one, taken from bins."""


class Method(Protocol):
    """What all methods say of themselves; the reference pages are made from it."""

    @property
    def kind(self) -> str:
        """The name in configuration files and results."""
        ...

    title: ClassVar[str]
    unmoved: ClassVar[float]
    """Where a value lies when nothing has moved."""
    default_threshold: ClassVar[float]
    """How far from `unmoved`, to either side, a value is worth a look."""
    range: ClassVar[str]
    is_symmetric: ClassVar[bool]


class OrderedMethod(Method, Protocol):
    """For columns whose values have an order."""

    def score(self, pair: Ordered) -> Scores: ...


class MixMethod(Method, Protocol):
    """For counts of cells: categories, or the bins of a numeric column."""

    @property
    def bins(self) -> int:
        """How many bins a numeric column is to be cut into: the caller does it."""
        ...

    def score(self, mix: Mix) -> Scores: ...


@dataclass(frozen=True, eq=False)
class Sample:
    """Some rows of a data set, for the methods that need rows."""

    columns: tuple[str, ...]
    values: Floats
    """[rows, columns]; a category is the number of its value, what is missing is NaN."""
    is_category: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, kw_only=True)
class RowScore:
    """What a method over rows found in the data set as a whole."""

    value: float
    p_value: float | None = None
    contributions: dict[str, float] | None = None
    """How much each column adds, where the method can tell; they sum to 1."""
    detail: dict[str, float] | None = None


class RowMethod(Method, Protocol):
    """For the joint distribution of columns."""

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        """None where it cannot be computed: no rows, no usable column."""
        ...


def parameters_of(method: Method) -> dict[str, object]:
    """What a method was told, for whoever reads its number."""
    return {name: value for name, value in vars(method).items() if name != "kind"}
