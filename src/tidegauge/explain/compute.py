"""Attributions where nobody logs them: Shapley's values, of any function or of trees.

A value is what a feature adds to an answer when features are given one after another, on average
over the orders in which they may be given; one that is not given yet has the value of a row of the
background (Shapley, 1953; Strumbelj and Kononenko, 2014).  The values of a row and the base, the
mean answer for the background, add up to the answer for the row.

`shapley` draws orders, each with its reverse, for any function that takes rows and returns numbers.
`of_trees` is exact and quick, for models of trees, and needs the package shap.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tidegauge.arrays import Counts, Floats
from tidegauge.errors import InputError

Rows = npt.NDArray[Any]
Predict = Callable[[Rows], npt.ArrayLike]
_AT_ONCE = 20_000
"""Rows that the function is asked for in one call, about."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Of rows and outputs; a model with one output has one column of it."""

    values: Floats
    """[rows, features, outputs]"""
    base: Floats
    """[outputs]"""


def shapley(
    predict: Predict, rows: Rows, background: Rows, *, walks: int = 32, seed: int = 0
) -> Explanation:
    """For each row the function is asked for about `walks` times as many rows as there are
    features.  Of the background, no more than one row a walk is used."""
    if rows.ndim != 2 or background.ndim != 2 or rows.shape[1] != background.shape[1]:
        raise InputError(
            f"rows and background are [rows, features]; these are {list(rows.shape)} and "
            f"{list(background.shape)}"
        )
    if not len(background) or not rows.shape[1] or walks < 1:
        raise InputError(
            "attributions need at least one row of background, one feature and one walk; there "
            f"are {len(background)}, {rows.shape[1]} and {walks}"
        )
    random = np.random.default_rng(seed)
    starts = background[_chosen(random, len(background), walks)]
    base = _asked(predict, starts)
    features = rows.shape[1]
    values = np.zeros((len(rows), features, base.shape[1]))
    step = max(_AT_ONCE // (walks * (features + 1)), 1)
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        orders = _orders(random, len(part), walks, features)
        values[first : first + step] = _walked(predict, part, starts, base, orders)
    return Explanation(values, base.mean(axis=0))


def of_trees(model: object, rows: Rows, background: Rows | None = None) -> Explanation:
    """Without a background, against the rows that the model was trained on, as the trees tell
    them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from shap import TreeExplainer  # pyright: ignore[reportMissingTypeStubs, reportMissingImports, reportUnknownVariableType] # noqa: PLC0415 - seconds to import
    except ImportError as error:
        raise InputError(
            "attributions of trees need the package shap: pip install 'tidegauge[shap]', or use "
            "shapley(), which takes any function"
        ) from error
    try:
        found: Any = TreeExplainer(model, background)(rows, check_additivity=False)
    except Exception as error:  # shap raises Exception itself for a model that it does not know
        raise InputError(f"shap cannot explain this model as trees: {error}") from error
    values, base = np.asarray(found.values, np.float64), np.asarray(found.base_values, np.float64)
    if values.ndim == 2:
        values, base = values[:, :, None], base.reshape(len(base), -1)[:, :1]
    return Explanation(values, base.mean(axis=0) if len(base) else np.zeros(values.shape[2]))


def _chosen(random: np.random.Generator, size: int, walks: int) -> Counts:
    """A row of background for each walk, none more than once oftener than another."""
    rounds = [random.permutation(size) for _ in range(-(-walks // size))]
    return np.concatenate(rounds)[:walks]


def _orders(random: np.random.Generator, rows: int, walks: int, features: int) -> Counts:
    """[rows, walks, features]: every second is the one before, reversed."""
    drawn = random.permuted(
        np.broadcast_to(np.arange(features), (rows, -(-walks // 2), features)), axis=2
    )
    both = np.stack([drawn, drawn[:, :, ::-1]], axis=2)
    return both.reshape(rows, -1, features)[:, :walks]


def _walked(predict: Predict, rows: Rows, starts: Rows, base: Floats, orders: Counts) -> Floats:
    """From a row of background to the row, one feature after another; the mean of what each
    step adds."""
    count, walks, features = orders.shape
    given_at = np.argsort(orders, axis=2)
    # [rows, walks, steps, features]: after a step, the features up to it are given.
    given = given_at[:, :, None, :] < np.arange(1, features + 1)[:, None]
    mixed = np.where(given, rows[:, None, None, :], starts[None, :, None, :])
    answers = _asked(predict, mixed.reshape(-1, features)).reshape(count, walks, features, -1)
    begun = np.broadcast_to(base[None, :, None, :], (count, walks, 1, base.shape[1]))
    added = np.diff(np.concatenate([begun, answers], axis=2), axis=2)
    by_feature = np.take_along_axis(added, given_at[..., None], axis=2)
    return by_feature.mean(axis=1)


def _asked(predict: Predict, rows: Rows) -> Floats:
    """[rows, outputs]"""
    answers = np.asarray(predict(rows), dtype=np.float64)
    if answers.ndim not in {1, 2} or len(answers) != len(rows):
        raise InputError(
            f"the function was asked about {len(rows)} rows and answered {list(answers.shape)}; "
            "it has to return a number a row, or one for each output"
        )
    if not np.isfinite(answers).all():
        raise InputError("the function answered with NaN or an infinity, which nothing adds up to")
    return answers.reshape(len(rows), -1)
