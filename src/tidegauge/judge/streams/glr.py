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

from dataclasses import asdict, dataclass, field, replace
from math import inf, log
from typing import ClassVar, Literal, Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.streams.evidence import BEFORE, SINCE, evidence
from tidegauge.judge.streams.histogram import Levels, add, add_many, forget, sizes_of, sums_of
from tidegauge.judge.streams.likeness import FAR, Likeness, running
from tidegauge.judge.streams.settings import Direction, need_at_least, need_shares
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import NOT_WRITTEN, Change, Level, Packed, State
from tidegauge.judge.streams.suspects import BLOCK, SAME, Course, Moments, first_suspect

_FEW = 100
"""Labels that are quicker taken one by one."""
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
        start, growth = self.limit_of_log
        return start + growth * log(n)

    @property
    def limit_of_log(self) -> tuple[float, float]:
        """What the limit is for one label, and how it grows with the log of their number."""
        return (log(self.run_length), 0.0) if self.ever is None else (log(3.0 / self.ever), 1.5)


@dataclass(slots=True)
class _Rise(State):
    settings: GLR
    n: int = 0
    total: float = 0.0
    past: int = 0
    """Labels of the past, among which no change is looked for."""
    past_total: float = 0.0
    levels: Levels = field(default_factory=lambda: [[]])
    likeness: Likeness = field(default_factory=Likeness)
    bound: float = field(default=inf, metadata=NOT_WRITTEN)
    """What the evidence is at most.  It only says which looks are needless."""

    def update(self, x: float) -> Level:
        add(self.levels, x, SAME)
        before, self.n = self.n, self.n + 1
        self.total += x
        mean = self.total / self.n
        spread = mean * (1.0 - mean)
        if self.settings.together is None:
            self.likeness.add(x, mean)
        # One more label adds at most this to the evidence at any moment, whatever the rates: what
        # it is worth if errors are certain since, and what moving the mean costs the other side.
        # So the moments need looking at only once the bound has reached the limit.
        if spread > 0.0:
            self.bound += (x - mean) * (x - mean) / (spread * max(before, 1))
            if x > mean:
                self.bound -= x * log(mean)
        limit = self.settings.limit(self.n)
        if self.bound < limit - _ROUNDING or self.n < BEFORE + SINCE:
            return Level.QUIET
        if self.bound < limit * self._together() - _ROUNDING:
            return Level.QUIET
        return self._look()

    def update_many(self, values: Floats) -> tuple[int, Level]:
        taken = 0
        while taken < len(values):
            block = values[taken : taken + BLOCK]
            quiet = self._take_quiet(block) if len(block) >= _FEW and self._is_warm() else 0
            count, level = State.update_many(self, block[quiet : quiet + _FEW])
            taken += quiet + count
            if level is Level.DRIFT:
                return taken, level
        return taken, Level.QUIET

    def _is_warm(self) -> bool:
        return self.settings.together is not None or len(self.likeness.latest) == FAR

    def _take_quiet(self, values: Floats) -> int:
        """Take all before the first that might alarm; how many."""
        n = self.n + np.arange(1.0, len(values) + 1)
        total = running(self.total, values)
        likeness = replace(self.likeness)
        together = self.settings.together or likeness.add_many(values, total / n)
        start, growth = self.settings.limit_of_log
        limit = (start + growth * np.log(n)) * together - _ROUNDING
        course = Course(n, total, limit)
        quiet = first_suspect(self.levels, self._moments(), course, self.total)
        if quiet < len(values):
            values, likeness = values[:quiet], replace(self.likeness)
            if self.settings.together is None:
                likeness.add_many(values, total[:quiet] / n[:quiet])
        if quiet:
            add_many(self.levels, values, SAME)
            self.n, self.total = int(n[quiet - 1]), float(total[quiet - 1])
            self.likeness, self.bound = likeness, inf
        return quiet

    def _look(self) -> Level:
        evidence, may_alarm = self._evidence(self._moments())
        self.bound = float(evidence.max(initial=0.0))
        limit = self.settings.limit(self.n) * self._together()
        return Level.DRIFT if may_alarm.max(initial=0.0) >= limit else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        change, together = None, self._together()
        while True:
            moments = self._moments()
            evidence, may_alarm = self._evidence(moments)
            self.bound = float(evidence.max(initial=0.0))
            at = int(may_alarm.argmax()) if len(may_alarm) else 0
            limit = together * self.settings.limit(self.n)
            if not len(may_alarm) or may_alarm[at] < limit:
                return self, change
            labels, errors = moments.labels[at], moments.errors[at]
            before = Change(
                before=float(errors / labels),
                after=float((self.total - errors) / (self.n - labels)),
                since=self.n - int(labels),
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

    def packed(self) -> Packed:
        return {**State.packed(self), "likeness": asdict(self.likeness)}

    def restored(self, values: Packed) -> Self:
        State.restored(self, {**values, "likeness": Likeness(**values["likeness"])})
        return self

    def _together(self) -> float:
        return self.settings.together or self.likeness.together

    def _moments(self) -> Moments:
        """Before the first stretch, where there is a past, and between each two."""
        sizes, sums = sizes_of(self.levels), sums_of(self.levels)
        return Moments(
            self.past + np.cumsum(sizes) - sizes, self.past_total + np.cumsum(sums) - sums
        )

    def _evidence(self, moments: Moments) -> tuple[Floats, Floats]:
        """For each moment; then once more, zero where too few labels came before or since."""
        found = evidence(moments.labels, moments.errors, self.n, self.total)
        enough = (moments.labels >= BEFORE) & (self.n - moments.labels >= SINCE)
        return found, np.where(enough, found, 0.0)
