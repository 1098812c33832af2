"""Whether labels come together and are alike, as of one visitor: a label is held against those
just before it and against some a little older.

A change of the rate, sudden or slow, moves both and is not taken for likeness.
"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from tidegauge.arrays import Floats

FAR = 32
"""Labels that lie so far back are held for unlike, as many as there are near ones."""
_NEAR = 8
"""Labels among which likeness is looked for."""


@dataclass(slots=True)
class Likeness:
    latest: list[float] = field(default_factory=list[float])
    near: float = 0.0
    """The sum of the newest of them."""
    far: float = 0.0
    """The sum of the oldest."""
    compared: int = 0
    products: float = 0.0
    spread: float = 0.0

    def add(self, x: float, mean: float) -> None:
        """`mean` is that of all labels so far, this one included."""
        latest = self.latest
        if len(latest) == FAR:
            self.products += (x - mean) * (self.near - self.far)
            self.spread += mean * (1.0 - mean)
            self.compared += 1
        latest.append(x)
        if len(latest) > FAR:
            self.near += x - latest[-_NEAR - 1]
            self.far += latest[_NEAR] - latest[0]
            del latest[0]
        elif len(latest) == FAR:
            self.near, self.far = sum(latest[-_NEAR:]), sum(latest[:_NEAR])

    @property
    def together(self) -> float:
        """By how much more a mean varies than that of as many independent labels would.

        So many labels are worth one: with any ties between them, the likelihood of all to the power
        of one in so many has a mean of at most one, and that is all that the limit rests on.
        """
        if self.spread <= 0.0:
            return 1.0
        # Chance makes labels seem alike, too, by so much as a rule.
        chance = sqrt(2 * _NEAR / self.compared)
        return max(1.0, 1.0 + 2.0 * (self.products / self.spread - chance))

    def add_many(self, values: Floats, means: Floats) -> Floats:
        """As `add` with each in turn, bit for bit, once `FAR` have come; `together` after each."""
        if not len(values):
            return values
        known = np.concatenate([self.latest, values])
        near = running(self.near, values - known[FAR - _NEAR : -_NEAR])
        far = running(self.far, known[_NEAR : len(values) + _NEAR] - known[: len(values)])
        # A label is held against the sums as they were before it came.
        before = np.concatenate([[self.near - self.far], (near - far)[:-1]])
        products = running(self.products, (values - means) * before)
        spread = running(self.spread, means * (1.0 - means))
        compared = self.compared + np.arange(1, len(values) + 1)
        self.latest = known[-FAR:].tolist()
        self.near, self.far = float(near[-1]), float(far[-1])
        self.products, self.spread = float(products[-1]), float(spread[-1])
        self.compared += len(values)
        alike = np.divide(products, spread, out=np.zeros_like(spread), where=spread > 0)
        return np.maximum(1.0, 1.0 + 2.0 * (alike - np.sqrt(2 * _NEAR / compared)))


def running(start: float, terms: Floats) -> Floats:
    """The sums after each term, rounded as one by one."""
    return np.add.accumulate(np.concatenate([[start], terms]))[1:]
