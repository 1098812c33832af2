"""A candidate is kept only where it is surely better, by the figure that its owner names."""

import random
from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tidegauge.performance import Classes, Coded, Errors
from tidegauge.retrain.gate import BLOCKS, Gate, blocks, improvement, proven

OFTEN = 200


def errors(true, said, cuts):
    return [{"": Errors.of(true[a:b], said[a:b])} for a, b in pairwise(cuts)]


def held(true, first, second, gate=None, better_by=0.1, metric="mae", of=errors):
    cuts = blocks(len(true))
    return proven(
        gate or Gate(),
        better_by,
        metric,
        None,
        of(true, first, cuts),
        of(true, second, cuts),
        len(true),
    )


def numbers(seed, rows=2_000, noise=1.0, other=1.0):
    chance = np.random.default_rng(seed)
    true = chance.normal(size=rows)
    return true, true + noise * chance.normal(size=rows), true + other * chance.normal(size=rows)


def test_much_better_is_better_and_the_figures_are_those_of_all_rows():
    true, first, second = numbers(1, other=0.5)
    found = held(true, first, second)
    assert found.verdict == "better"
    assert found.champion == pytest.approx(np.abs(first - true).mean())
    assert found.candidate == pytest.approx(np.abs(second - true).mean())
    assert found.improvement == pytest.approx(1 - found.candidate / found.champion)
    assert found.low < found.improvement < found.high


def test_equal_is_never_better():
    true, first, _ = numbers(2)
    found = held(true, first, first, better_by=0.0)
    assert (found.verdict, found.improvement) == ("not-better", 0.0)


def test_better_by_less_than_is_wanted_is_not_enough():
    true, first, second = numbers(3, rows=20_000, other=0.95)
    assert held(true, first, second, better_by=0.0).verdict == "better"
    assert held(true, first, second, better_by=0.1).verdict == "not-better"


def test_worse_is_said_to_be_worse():
    true, first, second = numbers(4, other=2.0)
    assert held(true, first, second).verdict == "worse"


def test_too_few_rows_say_nothing():
    true, first, second = numbers(5, rows=90, other=0.1)
    assert held(true, first, second).verdict == "insufficient-data"


def test_of_candidates_that_are_no_better_few_are_taken_for_better():
    """Two hundred times, of rows that hang together in time: 2.5 % and some chance."""
    taken = 0
    for seed in range(OFTEN):
        chance = np.random.default_rng(seed)
        true = chance.normal(size=1_200)
        drift = np.repeat(chance.normal(size=(2, 60)), 20, axis=1) * 0.5
        first, second = (true + chance.normal(size=1_200) + each for each in drift)
        taken += held(true, first, second, better_by=0.0).verdict == "better"
    assert taken <= 0.05 * OFTEN


def test_the_interval_holds_what_is_true_nearly_always():
    """The mean error of the candidate is three quarters of the champion's."""
    inside = 0
    for seed in range(OFTEN):
        true, first, second = numbers(seed, rows=800, other=0.75)
        found = held(true, first, second)
        inside += found.low <= 0.25 <= found.high
    assert inside >= 0.9 * OFTEN


def scored(true, said, cuts):
    return [
        {
            "": Classes.of(
                Coded(true[a:b], ["no", "yes"]),
                Coded((said[a:b] > 0.5).astype(np.int64), ["no", "yes"]),
                {"prediction_score": said[a:b]},
                is_exact=True,
            )
        }
        for a, b in pairwise(cuts)
    ]


def test_a_ranking_that_is_better_is_told_as_what_was_missing():
    chance = np.random.default_rng(7)
    true = chance.integers(0, 2, 3_000)
    first, second = (
        1 / (1 + np.exp(-(2 * true - 1) - spread * chance.normal(size=3_000)))
        for spread in (1.5, 0.8)
    )
    cuts = blocks(3_000)
    found = proven(
        Gate(metric="roc_auc"),
        0.1,
        "roc_auc",
        "yes",
        scored(true, first, cuts),
        scored(true, second, cuts),
        3_000,
    )
    before, after = (roc_auc_score(true, each) for each in (first, second))
    assert (found.champion, found.candidate) == pytest.approx((before, after))
    assert found.improvement == pytest.approx((after - before) / (1 - before))
    assert found.verdict == "better"


@pytest.mark.parametrize(
    ("of", "metric", "a", "b", "gained"),
    [
        ("shortfall", "accuracy", 0.9, 0.95, 0.5),
        ("metric", "accuracy", 0.9, 0.99, 0.1),
        ("absolute", "accuracy", 0.9, 0.95, 0.05),
        ("shortfall", "mae", 10, 8, 0.2),
        ("metric", "mae", 10, 12, -0.2),
        ("absolute", "mae", 10, 8, 2),
        ("shortfall", "accuracy", 1.0, 1.0, 0.0),
        ("metric", "mae", 0.0, 0.0, 0.0),
    ],
)
def test_above_nothing_is_better_whatever_the_figure(of, metric, a, b, gained):
    assert improvement(Gate(of=of), metric, a, b) == pytest.approx(gained)


def test_blocks_are_of_one_size_and_of_all_rows():
    chance = random.Random(1)
    for _ in range(50):
        rows = chance.randrange(1, 5_000)
        sizes = np.diff(blocks(rows))
        assert sizes.sum() == rows
        assert len(sizes) <= BLOCKS
        assert sizes.max() - sizes.min() <= 1
