"""Generalised likelihood ratio: is there a time before which errors were rarer than since?

Every moment of the past is tried as the time of the change, on sums that double in length, so
an update costs a few dozen numbers at most, however long the stream is.  The evidence for a moment
is how much likelier the labels are with one rate before and another since than with one rate all
along; an alarm is where it passes the limit.  Losses from 0 to 1 are held against the same limit,
which is wider than they need.  After an alarm what was before the change is forgotten.

It knows no error rate in advance, has no window to choose and learns from labels that are known
to be good, such as the validation set's.  Choose it first.  The limit is the log of the run
length, the labels between two false alarms; or, with `ever`, the one by Besson and Kaufmann
(2019), with which the chance of any false alarm, ever, is at most that.  Both are for labels that
are independent.  Where labels come together and are alike, as of one visitor, evidence is divided
by how many do, which is measured unless it is given.  Lai and Xing (2010).

>>> from tidegauge.judge.streams import StreamDetector
>>> detector = StreamDetector(GLR(run_length=1_000_000))
>>> detector.update_many([0, 0, 0, 0, 1] * 200)
[]
>>> detector.update_many([0, 1] * 100)
[67]
"""

from dataclasses import dataclass, field
from math import log, sqrt
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from scipy.special import xlogy

from tidegauge.arrays import Floats
from tidegauge.judge.streams.histogram import Levels, add, forget, sizes_of, sums_of
from tidegauge.judge.streams.settings import Direction, need_at_least, need_shares
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State

_SAME = 6
"""Stretches of one length: with fewer, the time of a change is found less exactly."""
_BEFORE = 20
"""Labels before a change: of fewer, nobody can say what is usual."""
_SINCE = 5
"""Labels since: a single error where errors are rare is not yet a change."""
_NEAR = 8
"""Labels among which likeness is looked for."""
_FAR = 32
"""As many that lie so far back are held for unlike."""
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class GLR:
    kind: Literal["glr"] = "glr"
    run_length: float = 100_000.0
    """Labels between two false alarms, on average."""
    ever: float | None = None
    """Instead: the probability of any false alarm, however long the stream is."""
    together: float | None = None
    """Labels that come together and are alike, as of one visitor; None: it is measured."""
    direction: Direction = "up"
    title: ClassVar[str] = "Generalised likelihood ratio"
    warns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need_at_least(self, 10, "run_length")
        if self.together is not None:
            need_at_least(self, 1, "together")
        if self.ever is not None:
            need_shares(self, "ever")

    def start(self) -> State:
        return sided(self.direction, lambda: _Rise(self))

    def limit(self, n: int) -> float:
        """After so many labels, for independent ones."""
        if self.ever is None:
            return log(self.run_length)
        return log(3.0 / self.ever) + 1.5 * log(n)


class _Cuts(NamedTuple):
    """The moments at which a change may have been."""

    evidence: Floats
    """Zero where there are fewer errors since."""
    may_alarm: Floats
    """The same; zero also where there are too few labels before or since."""
    labels: Floats
    """Before the moment."""
    errors: Floats


@dataclass(slots=True)
class _Rise(State):
    settings: GLR
    n: int = 0
    total: float = 0.0
    past: int = 0
    """Labels of the past, among which no change is looked for."""
    past_total: float = 0.0
    levels: Levels = field(default_factory=lambda: [[]])
    bound: float = 0.0
    """What the evidence is at most."""
    latest: list[float] = field(default_factory=list[float])
    near: float = 0.0
    """The sum of the newest of them."""
    far: float = 0.0
    """The sum of the oldest."""
    compared: int = 0
    likeness: float = 0.0
    spread: float = 0.0

    def update(self, x: float) -> Level:
        add(self.levels, x, _SAME)
        before, self.n = self.n, self.n + 1
        self.total += x
        mean = self.total / self.n
        spread = mean * (1.0 - mean)
        if self.settings.together is None:
            self._compare(x - mean, spread)
            self._remember(x)
        # One more label adds at most this to the evidence at any moment, whatever the rates: what
        # it is worth if errors are certain since, and what moving the mean costs the other side.
        # So the moments need looking at only once the bound has reached the limit.
        if spread > 0.0:
            self.bound += (x - mean) * (x - mean) / (spread * max(before, 1))
            if x > mean:
                self.bound -= x * log(mean)
        limit = self.settings.limit(self.n)
        if self.bound < limit - _ROUNDING or self.n < _BEFORE + _SINCE:
            return Level.QUIET
        limit *= self._together()
        if self.bound < limit - _ROUNDING:
            return Level.QUIET
        cuts = self._cuts()
        self.bound = float(cuts.evidence.max())
        return Level.DRIFT if cuts.may_alarm.max() >= limit else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        change, together = None, self._together()
        while True:
            cuts = self._cuts()
            self.bound = float(cuts.evidence.max(initial=0.0))
            at = int(cuts.may_alarm.argmax()) if len(cuts.may_alarm) else 0
            limit = together * self.settings.limit(self.n)
            if not len(cuts.may_alarm) or cuts.may_alarm[at] < limit:
                return self, change
            before = Change(
                before=float(cuts.errors[at] / cuts.labels[at]),
                after=float((self.total - cuts.errors[at]) / (self.n - cuts.labels[at])),
                since=self.n - int(cuts.labels[at]),
            )
            change = change or before
            # What came since may itself hold a change; one alarm is enough for both.
            forget(self.levels, at)
            self.past, self.past_total = 0, 0.0
            self.n, self.total = before.since, float(sums_of(self.levels).sum())

    def learn(self, values: list[float]) -> State:
        self.past += len(values)
        self.past_total += sum(values)
        self.n += len(values)
        self.total += sum(values)
        return self

    def _compare(self, above: float, spread: float) -> None:
        """Is a label more like those just before it than like some a little older?

        A change of the rate, sudden or slow, moves both and is not taken for likeness.
        """
        if len(self.latest) == _FAR:
            self.likeness += above * (self.near - self.far)
            self.spread += spread
            self.compared += 1

    def _remember(self, x: float) -> None:
        latest = self.latest
        latest.append(x)
        if len(latest) > _FAR:
            self.near += x - latest[-_NEAR - 1]
            self.far += latest[_NEAR] - latest[0]
            del latest[0]
        elif len(latest) == _FAR:
            self.near, self.far = sum(latest[-_NEAR:]), sum(latest[:_NEAR])

    def _together(self) -> float:
        """By how much more a mean varies than that of as many independent labels would.

        So many labels are worth one: with any ties between them, the likelihood of all to the power
        of one in so many has a mean of at most one, and that is all that the limit rests on.
        """
        if self.settings.together is not None:
            return self.settings.together
        if self.spread <= 0.0:
            return 1.0
        # Chance makes labels seem alike, too, by so much as a rule.
        chance = sqrt(2 * _NEAR / self.compared)
        return max(1.0, 1.0 + 2.0 * (self.likeness / self.spread - chance))

    def _cuts(self) -> _Cuts:
        """Before the first stretch, where there is a past, and between each two."""
        sizes, sums = sizes_of(self.levels), sums_of(self.levels)
        labels = self.past + np.cumsum(sizes) - sizes
        errors = self.past_total + np.cumsum(sums) - sums
        later, more = self.n - labels, self.total - errors
        apart = _likelihood(labels, errors) + _likelihood(later, more)
        rises = more * labels > errors * later
        evidence = np.where(rises, apart - _likelihood(self.n, self.total), 0.0)
        enough = (labels >= _BEFORE) & (later >= _SINCE)
        return _Cuts(evidence, np.where(enough, evidence, 0.0), labels, errors)


def _likelihood(labels: Floats | int, errors: Floats | float) -> Floats:
    """The log likelihood of so many errors at the rate that suits them best."""
    right = np.maximum(labels - errors, 0.0)
    return xlogy(errors, errors) + xlogy(right, right) - xlogy(labels, labels)
