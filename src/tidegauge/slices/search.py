"""The search: on one half of the rows, confirmed on the other."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from scipy.special import ndtr
from threadpoolctl import threadpool_limits

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.performance.moments import weighed
from tidegauge.slices.condition import Condition
from tidegauge.slices.contrast import Tally, evidence
from tidegauge.slices.levels import Levels

LEVEL: Final = 0.01
"""The chance that anything is claimed where nothing is otherwise."""
_PAIRED: Final = 30
"""Columns that are looked at two at a time: those that tell most by themselves."""
_SEED: Final = 20


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """A slice, as the half of the rows has it that took no part in the choice."""

    conditions: tuple[Condition, ...]
    inside: Floats
    """[times, 2]: the unmarked rows, and the marked."""
    every: Floats
    """The same of all rows."""
    z: float
    p_value: float


class _Best(NamedTuple):
    score: float
    z: float
    picks: tuple[tuple[int, int], ...]
    """Columns, each with its condition."""


@dataclass(frozen=True, eq=False)
class Search:
    columns: Sequence[Levels]
    marked: Flags
    is_now: Flags | None = None
    """Of rows of two times, those of the later one."""
    weights: Floats | None = None
    is_both: bool = False
    """Fewer marked rows are as telling as more."""
    go_on: Callable[[], bool] = lambda: True
    """Asked between columns: when it says no, what was found until then is all."""

    def run(self, most: int = 5) -> list[Confirmed]:
        """In the order in which they were found: what tells most first."""
        found: list[Confirmed] = []
        left = np.ones(len(self.marked), dtype=np.bool_)
        with threadpool_limits(1):
            while len(found) < most and self.go_on():
                best = self._best(left & self.first)
                if best is None:
                    break
                mask = self._mask(best)
                confirmed = self._confirmed(best, mask, left & ~self.first)
                if confirmed is None:
                    break
                found.append(confirmed)
                left &= ~mask
        return found

    @cached_property
    def first(self) -> Flags:
        """The half that is searched."""
        order = np.random.default_rng(_SEED).permutation(len(self.marked))
        return order < (len(order) + 1) // 2

    @cached_property
    def _groups(self) -> Counts:
        now = 0 if self.is_now is None else self.is_now.astype(np.int64)
        return self.marked + 2 * now

    @property
    def times(self) -> int:
        return 1 if self.is_now is None else 2

    def tally(self, cells: Counts, size: int, rows: Flags) -> Tally:
        """[cells, times, 2]"""
        groups = 2 * self.times
        at = cells[rows] * groups + self._groups[rows]
        shape = (size, self.times, 2)
        if self.weights is None:
            counts = np.bincount(at, minlength=size * groups).astype(np.float64).reshape(shape)
            return Tally(counts, counts)
        w = self.weights[rows]
        one, two = (weighed(at, each, size * groups).reshape(shape) for each in (w, w * w))
        return Tally(one, two)

    def _best(self, rows: Flags) -> _Best | None:
        """Of simpler slices less evidence is wanted, as there are fewer of them to choose from."""
        alone = [self._of(rows, (at,)) for at in range(len(self.columns))]
        told = [each for each in alone if each.z]
        told.sort(key=lambda each: -abs(each.z))
        count = sum(len(each.conditions) for each in self.columns)
        found = [each._replace(score=each.z**2 / 2 - math.log(count)) for each in told[:1]]
        some = sorted({at for each in told[:_PAIRED] for at, _condition in each.picks})
        paired = list(combinations(some, 2))
        tried = sum(
            len(self.columns[a].conditions) * len(self.columns[b].conditions) for a, b in paired
        )
        for pair in paired:
            if not self.go_on():
                break
            best = self._of(rows, pair)
            # Of two conditions the second has to earn its place.
            found.append(best._replace(score=best.z**2 / 2 - 2 * math.log(tried)))
        best = max(found, key=lambda each: each.score, default=None)
        return best if best is not None and best.z else None

    def _of(self, rows: Flags, columns: tuple[int, ...]) -> _Best:
        """The slice of these columns that tells most."""
        own = [self.columns[at] for at in columns]
        cells, size = own[0].codes, own[0].size
        for each in own[1:]:
            cells, size = cells * each.size + each.codes, size * each.size
        tally = self.tally(cells, size, rows)
        every = Tally(*(each.sum(axis=0) for each in tally))
        inside = Tally(*(_picked(each, own) for each in tally))
        z = evidence(inside, every).reshape([len(each.conditions) for each in own])
        at = np.unravel_index(int((np.abs(z) if self.is_both else z).argmax()), z.shape)
        value = float(z[at])
        value = value if self.is_both else max(value, 0.0)
        return _Best(0.0, value, tuple(zip(columns, map(int, at), strict=True)))

    def _mask(self, best: _Best) -> Flags:
        found = np.ones(len(self.marked), dtype=np.bool_)
        for column, condition in best.picks:
            found &= self.columns[column].satisfied(condition)
        return found

    def _confirmed(self, best: _Best, mask: Flags, rows: Flags) -> Confirmed | None:
        tally = self.tally(mask.astype(np.int64), 2, rows)
        every = Tally(*(each.sum(axis=0) for each in tally))
        inside = Tally(*(each[1] for each in tally))
        z = float(evidence(inside, every))
        # It is asked whether it is so on the side on which it was found.
        p_value = float(ndtr(-math.copysign(1.0, best.z) * z))
        if p_value > LEVEL:
            return None
        of_all = self.tally(np.zeros(len(self.marked), dtype=np.int64), 1, ~self.first)
        return Confirmed(
            conditions=tuple(self.columns[a].conditions[b] for a, b in best.picks),
            inside=inside.weight,
            every=of_all.weight[0],
            z=z,
            p_value=p_value,
        )


def _picked(cells: Floats, columns: Sequence[Levels]) -> Floats:
    """[conditions (of the first, of the second), times, 2], from [cells, times, 2]."""
    groups = cells.shape[1] * cells.shape[2]
    if len(columns) == 1:
        found = columns[0].picks @ cells.reshape(columns[0].size, groups)
        return found.reshape(-1, *cells.shape[1:])
    a, b = columns
    table = cells.reshape(a.size, b.size * groups)
    rows = (a.picks @ table).reshape(-1, b.size, groups)
    return np.matmul(b.picks, rows).reshape(-1, *cells.shape[1:])
