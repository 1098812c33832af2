"""Can a classifier tell current rows from the reference's? (Lopez-Paz & Oquab, 2017)

Gradient-boosted trees are trained to do it and asked about rows that they have not seen.  The value
is the area under the ROC curve: 0.5 is guessing, 1 is every row told apart; what is below 0.5 is
luck, and given as 0.5.  It takes numbers, categories and gaps alike, sees any change of the joint
distribution, and `contributions` says by which columns: how much the area loses when a column is
shuffled.  Choose it when you ask *what* is different.

A column that alone separates the two sides, as an id or a year does, would answer at once and hide
the rest.  It is left out of the training and named in `detail`; if nothing else is left, the value
is 1.  At least ten rows a side are needed, and at most 10,000, drawn by `seed`, are used.

Each of three models is tested by Mann-Whitney on rows it did not see.  The models share rows, so
their p-values are not independent; twice their mean is valid all the same (Vovk & Wang, 2020).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import ndtr

from tidegauge.arrays import Flags, Floats
from tidegauge.drift.method import RowScore, Sample

_FEWEST, _MOST = 10, 10_000
_FOLDS = 3
_ASKED = 2_000
"""Rows that a column's contribution is measured on, for each model."""


@dataclass(frozen=True, kw_only=True)
class DomainClassifier:
    kind: Literal["domain_classifier"] = "domain_classifier"
    seed: int = 0
    title: ClassVar[str] = "Domain classifier"
    unmoved: ClassVar[float] = 0.5
    default_threshold: ClassVar[float] = 0.05
    range: ClassVar[str] = "0.5 to 1"
    is_symmetric: ClassVar[bool] = False

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        if min(len(reference.values), len(current.values)) < _FEWEST or not reference.columns:
            return None
        random = np.random.default_rng(self.seed)
        sides = [_some(side.values, random) for side in (reference, current)]
        rows = _ranked(np.concatenate(sides))
        is_current = np.repeat([False, True], [len(side) for side in sides])
        gives_away = _separating(rows, is_current, reference.is_category)
        told = {
            f"separates: {name}": 1.0
            for name, alone in zip(reference.columns, gives_away.tolist(), strict=True)
            if alone
        }
        if gives_away.all():
            chance = _auc(is_current.astype(np.float64), is_current)[1]
            shares = dict.fromkeys(reference.columns, 1 / len(reference.columns))
            return RowScore(value=1.0, p_value=chance, contributions=shares, detail=told)
        # What is missing is a rank of its own: scikit-learn fails on a column without values.
        rows = np.nan_to_num(rows[:, ~gives_away], nan=-1.0)
        # Slow to import, and only needed here.
        from threadpoolctl import threadpool_limits  # noqa: PLC0415

        # On a busy machine many threads wait for each other, and take ten times as long as one.
        with threadpool_limits(1):
            areas, chances, losses = _cross_fitted(rows, is_current, random)
        # A guess owes nothing to any column.
        total = float(losses.sum()) if np.mean(areas) > 0.5 else 0.0
        names = np.array(reference.columns, dtype=object)[~gives_away].tolist()
        return RowScore(
            value=max(0.5, float(np.mean(areas))),
            p_value=min(1.0, 2 * float(np.mean(chances))),
            contributions=dict(zip(names, (losses / total).tolist(), strict=True))
            if total > 0
            else None,
            detail=told or None,
        )


def _some(values: Floats, random: np.random.Generator) -> Floats:
    if len(values) <= _MOST:
        return values
    return values[np.sort(random.choice(len(values), _MOST, replace=False))]


def _ranked(values: Floats) -> Floats:
    """Ranks are all that trees look at, and cannot be infinite or too large."""
    ranks = np.full(values.shape, np.nan)
    for i in range(values.shape[1]):
        there = ~np.isnan(values[:, i])
        ranks[there, i] = np.unique(values[there, i], return_inverse=True)[1]
    return ranks


def _separating(rows: Floats, is_current: Flags, is_category: Flags) -> Flags:
    """Which columns alone tell every row's side: by a threshold, or by values of their own."""
    found: list[bool] = []
    for column, named in zip(rows.T, is_category.tolist(), strict=True):
        before, after = column[~is_current], column[is_current]
        was, is_ = before[~np.isnan(before)], after[~np.isnan(after)]
        if len(was) < len(before) and len(is_) < len(after):
            found.append(False)
        elif not len(was) or not len(is_):
            found.append(True)
        elif named:
            found.append(not np.isin(was, is_).any())
        else:
            found.append(bool(was.max() < is_.min() or is_.max() < was.min()))
    return np.array(found)


def _cross_fitted(
    rows: Floats, is_current: Flags, random: np.random.Generator
) -> tuple[list[float], list[float], Floats]:
    """For each model the area and its p-value; for each column what the area loses without it."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    fold = np.empty(len(rows), dtype=np.int64)
    for side in (is_current, ~is_current):
        fold[side] = random.permutation(int(side.sum())) % _FOLDS
    areas: list[float] = []
    chances: list[float] = []
    losses = np.zeros(rows.shape[1])
    for k in range(_FOLDS):
        unseen = fold == k
        model = HistGradientBoostingClassifier(
            max_iter=60,
            max_leaf_nodes=15,
            min_samples_leaf=min(20, max(1, len(rows) // 20)),
            early_stopping=False,  # pyright: ignore[reportArgumentType]  # its default is a string
            random_state=int(random.integers(2**31)),
        ).fit(rows[~unseen], is_current[~unseen])
        area, chance = _auc(model.predict_proba(rows[unseen])[:, 1], is_current[unseen])
        areas.append(area)
        chances.append(chance)

        asked = random.permutation(np.flatnonzero(unseen))[:_ASKED]
        sides = is_current[asked]
        if sides.all() or not sides.any():
            continue
        known = _auc(model.predict_proba(rows[asked])[:, 1], sides)[0]
        for column in range(rows.shape[1]):
            shuffled = rows[asked]
            shuffled[:, column] = random.permutation(shuffled[:, column])
            losses[column] += known - _auc(model.predict_proba(shuffled)[:, 1], sides)[0]
    return areas, chances, np.maximum(losses, 0.0)


def _auc(scores: Floats, is_current: Flags) -> tuple[float, float]:
    """How often a current row has the higher score, and how likely as much is by chance."""
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    n = int(is_current.sum())
    m = len(scores) - n
    larger = float(ranks[is_current].sum()) - n * (n + 1) / 2
    rows = n + m
    tied = float((ties.astype(np.float64) ** 3 - ties).sum()) / (rows * (rows - 1))
    deviation = np.sqrt(max(n * m / 12 * (rows + 1 - tied), 0.0))
    z = (larger - n * m / 2 - 0.5) / deviation if deviation > 0 else -np.inf
    return larger / (n * m), float(ndtr(-z))
