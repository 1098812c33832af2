"""The arms of the rule: the alternatives that each feature's counts are held against.

An arm is a function g on a feature's cells; rows whose law has moved its way make the product of
g over the rows grow.  All are exp(theta x score) for one of the feature's base scores: location
and scale (normal scores of the ordered cells' middle ranks, and their squares), and one event a
cell.  So an arm is two numbers: which base score, and theta.

Base scores lie flat: each judged feature's location, then each one's scale, then all cells.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
from scipy.special import ndtri

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.cells import Cells, Places

_LOCATION = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0)
_SCALE = (0.06, 0.15, 0.35, 0.8)
_EVENT = (0.07, 0.2, 0.6)
"""Steps of an event's probability, on the arcsine scale, where they are alike at any share."""
_FARTHEST = 3.0
_FARTHEST_SQUARE = 10.0
_EDGE = 0.005

_PAIR = (1.0, -1.0)
TILTS = np.array(
    [sign * step for step in _LOCATION for sign in _PAIR]
    + [sign * step for step in _SCALE for sign in _PAIR]
)
_LOCATIONS = 2 * len(_LOCATION)

Kind = Literal["location", "scale", "cell", "shape"]


@dataclass(frozen=True)
class Arm:
    """A way in which a feature moved."""

    kind: Kind
    cell: int | None
    """For a cell that became more or less frequent, its place in the feature's row."""
    rises: bool | None
    """None for a change of shape, which has no direction."""
    theta: float = 0.0
    """How far: rows of the score s count exp(theta x s) times."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    cells: Cells
    location: Floats
    """The normal score of each flat cell; zero where it has no order."""
    scale: Floats
    tilted: Flags
    """For each judged feature and each of `TILTS`: is it an arm?"""
    base: Places
    """Of each arm: first the tilts, feature by feature, then the events, cell by cell."""
    theta: Floats
    feature: Places
    weight: Floats
    """The prior: over each judged feature's arms they add up to one."""

    @classmethod
    def of(cls, law: Floats, cells: Cells) -> Self:
        location, scale, tilted = _scores(law, cells)
        features = len(cells.judged)
        owner, which = np.nonzero(tilted)
        event, theta = _events(law)
        feature = np.concatenate([owner, cells.feature[event]])
        base = np.concatenate([owner + features * (which >= _LOCATIONS), 2 * features + event])
        count = np.bincount(cells.feature[event], minlength=features)
        has_order = tilted.any(axis=1)
        of_events = np.where(has_order, 0.2, 0.5) / np.maximum(count, 1)
        weight = np.concatenate(
            [
                np.where(which < _LOCATIONS, 0.35 / _LOCATIONS, 0.15 / (len(TILTS) - _LOCATIONS)),
                of_events[cells.feature[event]],
            ]
        )
        total = np.bincount(feature, weight, minlength=features)
        return cls(
            cells=cells,
            location=location,
            scale=scale,
            tilted=tilted,
            base=base.astype(np.intp),
            theta=np.concatenate([TILTS[which], theta]),
            feature=feature.astype(np.intp),
            weight=weight / total[feature],
        )

    def __len__(self) -> int:
        return len(self.theta)

    @cached_property
    def has_order(self) -> Flags:
        """The judged features that have tilts."""
        return np.asarray(self.tilted.any(axis=1))

    @cached_property
    def tilts(self) -> int:
        """How many of the arms are tilts."""
        return int(self.tilted.sum())

    @cached_property
    def event(self) -> Places:
        """The flat cell of each arm that is an event."""
        return self.base[self.tilts :] - 2 * len(self.cells.judged)

    @cached_property
    def base_feature(self) -> Places:
        """The judged feature of each base score."""
        each = np.arange(len(self.cells.judged))
        return np.concatenate([each, each, self.cells.feature])

    @cached_property
    def largest(self) -> int:
        """The arms of the feature that has most."""
        return int(np.bincount(self.feature, minlength=1).max()) if len(self) else 1

    @cached_property
    def _tables(self) -> tuple[Floats, Floats]:
        """g of every tilt on every cell, and its square."""
        exponents = np.where(
            (np.arange(len(TILTS)) < _LOCATIONS)[:, None], self.location, self.scale
        )
        table = np.exp(TILTS[:, None] * exponents)
        return table, table**2

    @cached_property
    def _lifts(self) -> Floats:
        """What an event's arm adds to g, where the event happens."""
        return np.expm1(self.theta[self.tilts :])

    def scored(self, counts: Floats) -> Floats:
        """The sum of each base score over the rows."""
        total = self.cells.total
        return np.concatenate([total(counts * self.location), total(counts * self.scale), counts])

    def tilt_moments(self, law: Floats) -> tuple[Floats, Floats]:
        """The mean and standard deviation of each tilt's g under a law of the cells."""
        table, squares = self._tables
        mean = self.cells.total(law * table).T[self.tilted]
        square = self.cells.total(law * squares).T[self.tilted]
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def event_moments(self, law: Floats) -> tuple[Floats, Floats]:
        """The same of the events' g."""
        p = law[self.event]
        lift = self._lifts
        return 1 + p * lift, np.sqrt(np.maximum(p * (1 - p), 0.0)) * np.abs(lift)

    @cached_property
    def _by_feature(self) -> tuple[Places, Places]:
        """The arms in the order of their features, and where each feature's begin."""
        order = np.argsort(self.feature, kind="stable")
        counts = np.bincount(self.feature, minlength=len(self.cells.judged))
        return order, np.cumsum(counts) - counts

    def own(self, judged: int) -> Places:
        """The arms of one feature."""
        order, starts = self._by_feature
        ends = np.append(starts[1:], len(order))
        return order[starts[judged] : ends[judged]]

    def strongest(self, weighted: Floats) -> Places:
        """Of each judged feature, the place of its strongest arm among its own."""
        order, starts = self._by_feature
        if not len(starts):
            return starts
        own = weighted[order]
        owner = self.feature[order]
        best = np.flatnonzero(own == np.maximum.reduceat(own, starts)[owner])
        result = np.zeros(len(starts), dtype=np.intp)
        # Backwards, so that of equals the first stays.
        result[owner[best[::-1]]] = best[::-1] - starts[owner[best[::-1]]]
        return result

    def arm(self, place: int) -> Arm:
        """The arm at a place; those past the last are the shapes learned along the way."""
        if place >= len(self):
            return Arm("shape", None, None)
        base, theta = int(self.base[place]), float(self.theta[place])
        rises = theta > 0
        features = len(self.cells.judged)
        if base < 2 * features:
            return Arm("location" if base < features else "scale", None, rises, theta)
        return Arm("cell", int(self.cells.column[base - 2 * features]), rises, theta)


def _scores(law: Floats, cells: Cells) -> tuple[Floats, Floats, Flags]:
    ordered = np.where(cells.has_order, law, 0.0)
    share = ordered / np.maximum(cells.total(ordered), 1e-300)[cells.feature]
    before = np.cumsum(share) - share
    middle = before - before[cells.starts][cells.feature] + share / 2
    z, moved = _standard(ndtri(np.clip(middle, 1e-15, 1 - 1e-15)), share, cells)
    z = np.clip(z, -_FARTHEST, _FARTHEST)
    square, spread = _standard(z * z, share, cells)
    # Far from normal, a square can be standardised into something enormous.
    square = np.clip(square, -_FARTHEST_SQUARE, _FARTHEST_SQUARE)
    tilted = np.empty((len(cells.judged), len(TILTS)), dtype=bool)
    tilted[:, :_LOCATIONS] = moved[:, None]
    tilted[:, _LOCATIONS:] = spread[:, None]
    return z, square, tilted


def _standard(score: Floats, share: Floats, cells: Cells) -> tuple[Floats, Flags]:
    """With mean 0 and variance 1 where there is a spread at all, and zero without an order."""
    score = score - cells.total(share * score)[cells.feature]
    sd = np.sqrt(cells.total(share * score**2))
    varies = sd > 1e-6
    scaled = score / np.where(varies, sd, 1.0)[cells.feature]
    return np.where(varies[cells.feature] & cells.has_order, scaled, 0.0), varies


def _events(law: Floats) -> tuple[Places, Floats]:
    """The cell and theta of each event's arms, where there is room to move."""
    steps = np.array([sign * step for step in _EVENT for sign in _PAIR])
    angle = np.arcsin(np.sqrt(law))[:, None] + steps
    cell, step = np.nonzero((angle > _EDGE) & (angle < np.pi / 2 - _EDGE))
    q = np.sin(angle[cell, step]) ** 2
    p = law[cell]
    return cell, np.log(q / (1 - q)) - np.log(p / (1 - p))
