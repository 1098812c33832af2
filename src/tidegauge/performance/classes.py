"""Chosen classes against true ones, and the scores that they were chosen by.

Two classes or many: a matrix of counts, from which every rate is read, and `Scores` for each
column of scores.  Which class is the positive one is for the reader to say; there is no default.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.figure import Figure, around, share, wilson
from tidegauge.performance.moments import weighed
from tidegauge.performance.scores import Offset, Ranked, Scores

SCORE: Final = "prediction_score"
PROBABILITY: Final = "probabilities."
TWO: Final = 2


class Coded(NamedTuple):
    """Each row as the place of its value; -1 where it has none."""

    codes: Counts
    names: Sequence[str]


@dataclass(frozen=True, eq=False)
class Classes:
    names: tuple[str, ...] = ()
    """Of all classes that were true or chosen, in order."""
    counts: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """[true, chosen]."""
    squares: float = 0.0
    """Of the weights of the rows in it."""
    scores: Mapping[str, Scores] = field(default_factory=dict[str, Scores])
    """By column: by true class, or for the probability of a class by whether it was that."""

    @classmethod
    def of(
        cls,
        true: Coded,
        chosen: Coded,
        scores: Mapping[str, Floats],
        weights: Floats | None = None,
        *,
        is_exact: bool = False,
    ) -> Self:
        """Rows without a true class are left out; NaN is a row without that score.  Exact is what
        tells scores apart without bins, and is not kept."""
        w = np.ones(len(true.codes)) if weights is None else weights
        names = tuple(sorted(_used(true) | _used(chosen)))
        is_true = true.codes >= 0
        both = is_true & (chosen.codes >= 0)
        actual, choice = (moved(each, names) for each in (true, chosen))
        width = len(names)
        pairs = actual[both] * width + choice[both]
        counts = weighed(pairs, w[both], width * width).reshape(width, width)
        told = {
            column: found
            for column, values in scores.items()
            if (found := _scored(column, values, actual, is_true, names, w, is_exact=is_exact))
        }
        return cls(names, counts, float((w[both] ** 2).sum()), told)

    def merge(self, other: Self) -> Self:
        names = tuple(sorted({*self.names, *other.names}))
        counts = np.zeros((len(names), len(names)))
        for each in (self, other):
            own = np.array([names.index(name) for name in each.names], dtype=np.int64)
            counts[own[:, None], own] += each.counts
        scores = dict(self.scores)
        for column, found in other.scores.items():
            scores[column] = scores[column].merge(found) if column in scores else found
        return type(self)(names, counts, self.squares + other.squares, scores)

    @property
    def n(self) -> float:
        return float(self.counts.sum())

    def figures(self, positive: str | None = None) -> dict[str, Figure]:
        """All that can be said; `positive` for the rates of one class alone."""
        found = self._of_choices(positive) if self.n else {}
        for column, scores in self.scores.items():
            if column == SCORE and positive is not None:
                found |= _of_scores(scores.against(positive), "")
        found |= self._of_probabilities(positive)
        return found

    def _of_choices(self, positive: str | None) -> dict[str, Figure]:
        right = np.diagonal(self.counts)
        n = self.n
        each = {name: self._rates(at) for at, name in enumerate(self.names)}
        found = {"accuracy": share(float(right.sum()), n, n * self._thin)}
        found["balanced_accuracy"] = mean_of([one["recall"] for one in each.values()])
        if positive in each:
            found |= each[positive]
            found["prevalence"] = share(float(self._row(positive).sum()), n, n * self._thin)
        else:
            for rate in ("precision", "recall", "f1"):
                found[rate] = mean_of([one[rate] for one in each.values()], or_zero=True)
        found["matthews"] = self._matthews()
        found |= {
            f"{rate} of {name}": one[rate]
            for name, one in each.items()
            for rate in ("precision", "recall", "f1")
        }
        return {name: figure for name, figure in found.items() if figure is not None}

    @property
    def _thin(self) -> float:
        """What a row of weight 1 is worth."""
        return self.n / self.squares if self.squares else 1.0

    def _row(self, name: str) -> Floats:
        return self.counts[self.names.index(name)]

    def _rates(self, at: int) -> dict[str, Figure | None]:
        """Of one class against all others."""
        hit, true, chosen = self.of_class(self.names[at])
        others = self.n - true
        passed = others - (chosen - hit)
        return {
            "precision": share(hit, chosen, chosen * self._thin),
            "recall": share(hit, true, true * self._thin),
            "specificity": share(passed, others, others * self._thin),
            "f1": f1(hit, true, chosen, self._thin),
        }

    def _matthews(self) -> Figure | None:
        """The correlation of chosen and true classes (Gorodkin, 2004), by the delta method."""
        p = self.counts / self.n
        rows, columns = p.sum(axis=1), p.sum(axis=0)
        joint = float(np.trace(p) - rows @ columns)
        spread = [float(1 - side @ side) for side in (rows, columns)]
        if min(spread) <= 0:
            return None
        value = joint / math.sqrt(spread[0] * spread[1])
        slope = (np.eye(len(p)) - rows[None, :] - columns[:, None]) / math.sqrt(
            spread[0] * spread[1]
        ) + value * (rows[:, None] / spread[0] + columns[None, :] / spread[1])
        variance = float((p * slope**2).sum() - (p * slope).sum() ** 2)
        n = self.n * self._thin
        return around(value, variance / n, self.n, lowest=-1.0, highest=1.0)

    def _of_probabilities(self, positive: str | None) -> dict[str, Figure]:
        ranked = {
            name: against
            for column, scores in self.scores.items()
            if column.startswith(PROBABILITY)
            and (against := scores.against(name := column.removeprefix(PROBABILITY)))
        }
        if positive in ranked:
            return _of_scores(ranked[positive], "")
        found: dict[str, Figure] = {}
        for name, against in ranked.items():
            found |= _of_scores(against, f" of {name}")
        for rate in ("roc_auc", "average_precision"):
            mean = mean_of([one for name in ranked if (one := found.get(f"{rate} of {name}"))])
            if mean is not None:
                found[rate] = mean
        if len(ranked) > 1 and all(each.is_probability for each in ranked.values()):
            found |= _of_mix(list(ranked.values()))
        return found

    def of_class(self, name: str) -> tuple[float, float, float]:
        """How many were rightly said to be of a class, how many are, how many were said to be."""
        if name not in self.names:
            return 0.0, 0.0, 0.0
        at = self.names.index(name)
        return (
            float(self.counts[at, at]),
            float(self.counts[at].sum()),
            float(self.counts[:, at].sum()),
        )

    def offset(self, positive: str) -> Offset | None:
        """How far the probabilities of a class are from what happened."""
        for column in (PROBABILITY + positive, SCORE):
            if column in self.scores:
                return self.scores[column].offset(positive)
        return None

    def calibration(self, positive: str) -> list[tuple[float, float, float]]:
        for column in (PROBABILITY + positive, SCORE):
            ranked = self.scores[column].against(positive) if column in self.scores else None
            if ranked is not None and ranked.is_probability:
                return ranked.calibration()
        return []


def _used(coded: Coded) -> set[str]:
    rows = np.bincount(coded.codes + 1, minlength=len(coded.names) + 1)[1:]
    return {coded.names[int(at)] for at in np.flatnonzero(rows)}


def moved(coded: Coded, names: Sequence[str]) -> Counts:
    """The same values by their places among other names."""
    places = {name: at for at, name in enumerate(names)}
    moves = np.array([places.get(name, -1) for name in coded.names] + [-1], dtype=np.int64)
    return moves[coded.codes]


def _scored(
    column: str,
    values: Floats,
    actual: Counts,
    is_true: np.ndarray,
    names: Sequence[str],
    weights: Floats,
    *,
    is_exact: bool,
) -> Scores | None:
    there = is_true & np.isfinite(values)
    if not there.any():
        return None
    truth: Counts = actual[there]
    if column.startswith(PROBABILITY):
        name = column.removeprefix(PROBABILITY)
        at = names.index(name) if name in names else -1
        # What else was true does not matter, and "" is no class.
        truth, names = (truth == at).astype(np.int64), ("", name)
    return Scores.of(values[there], truth, names, weights[there], is_exact=is_exact)


def f1(hit: float, true: float, chosen: float, thin: float) -> Figure | None:
    """Twice the hits by all that was true or chosen, by the delta method (Takahashi et al., 2022):
    the share of hits among what was either."""
    either = true + chosen - hit
    if either <= 0:
        return None
    part = hit / either
    value = 2 * part / (1 + part)
    # F1 rises with that share, so its limits are those of the share.
    low, high = wilson(part, either * thin)
    return Figure(value, 2 * low / (1 + low), 2 * high / (1 + high), true + chosen - hit)


def mean_of(figures: Sequence[Figure | None], *, or_zero: bool = False) -> Figure | None:
    """Of figures of different rows; one that cannot be told is left out, or a 0."""
    there = [figure for figure in figures if figure is not None]
    count = len(figures) if or_zero else len(there)
    if not there or not count:
        return None
    value = sum(figure.value for figure in there) / count
    n = sum(figure.n for figure in there)
    bound = sum(figure.bound for figure in there) / count
    if any(figure.low is None or figure.high is None for figure in there):
        return Figure(value, n=n, bound=bound)
    # Limits of a mean from limits of its parts (Zou and Donner, 2008).
    down = math.sqrt(sum((figure.value - (figure.low or 0.0)) ** 2 for figure in there)) / count
    up = math.sqrt(sum(((figure.high or 0.0) - figure.value) ** 2 for figure in there)) / count
    return Figure(value, max(value - down, 0.0), min(value + up, 1.0), n, bound)


def _of_scores(ranked: Ranked | None, of: str) -> dict[str, Figure]:
    if ranked is None:
        return {}
    found = {
        "roc_auc": ranked.roc_auc(),
        "average_precision": ranked.average_precision(),
    }
    if ranked.is_probability:
        found["log_loss"] = ranked.log_loss()
        found["brier"] = ranked.brier()
        found["calibration_error"] = ranked.calibration_error()
    return {name + of: figure for name, figure in found.items()}


def _of_mix(ranked: Sequence[Ranked]) -> dict[str, Figure]:
    """Of probabilities of all classes at once."""
    n = sum(each.of_yes.weight for each in ranked)
    worth = n * n / sum(each.of_yes.squares for each in ranked)
    loss = -sum(each.of_yes.log for each in ranked) / n
    squares = sum(each.of_yes.log_squared for each in ranked) / n
    found = {"log_loss": around(loss, max(squares - loss**2, 0.0) / worth, n, lowest=0.0)}
    briers = [each.brier() for each in ranked]
    # Of two classes it is that of one of them, as everybody has it.
    scale = 1 / TWO if len(ranked) == TWO else 1.0
    value = scale * sum(each.value for each in briers)
    # The parts of one row hang together; at worst wholly.
    half = scale * sum((each.high or each.value) - each.value for each in briers)
    found["brier"] = Figure(value, max(value - half, 0.0), value + half, n)
    return found


def pairs(classes: Classes) -> Iterator[tuple[str, str, float]]:
    """The matrix as it is shown: true, chosen, how many; those that are none are left out."""
    for i, j in zip(*np.nonzero(classes.counts), strict=True):
        yield classes.names[i], classes.names[j], float(classes.counts[i, j])
