"""Estimates go quiet once labels have shown them wrong, and speak again once they are right."""

import numpy as np
import pytest

from estimate.estimate_worlds import rows, unlabelled
from tidegauge.estimate import Pair, fit, read, trust
from tidegauge.performance import Classes, Figure


@pytest.fixture(scope="module")
def estimator():
    return fit(rows(1, 6_000))


def pair(estimator, seed, wrong=0.0):
    window = rows(seed, 800, wrong=wrong)
    told = estimator.figures(estimator.estimate(read(unlabelled(window))), "yes")
    of = read(window)
    return Pair(told["accuracy"], Classes.of(of.true, of.chosen, of.scores).figures()["accuracy"])


def test_good_estimates_are_trusted(estimator):
    wrong = 0
    for seed in range(8):
        pairs = [pair(estimator, 100 * seed + at) for at in range(4)]
        wrong += not trust(pairs).is_trusted
    assert wrong <= 1


def test_a_truth_that_turned_makes_them_quiet_until_it_turns_back(estimator):
    good = [pair(estimator, 1_000 + at) for at in range(6)]
    bad = [pair(estimator, 2_000 + at, wrong=0.25) for at in range(3)]
    told = trust([*good, *bad])
    assert not told.is_trusted
    assert "missed by" in told.reason
    assert told.error > 0.02
    after = [pair(estimator, 3_000 + at) for at in range(8)]
    assert trust([*good, *bad, *after]).is_trusted


def test_nothing_is_held_against_what_has_no_labels():
    assert trust([]).is_trusted
    assert trust([]).error is None
    alone = Pair(Figure(0.9), Figure(0.1))
    assert trust([alone]).is_trusted


def test_the_tracked_error_is_the_mean_distance():
    pairs = [Pair(Figure(0.8, 0.7, 0.9), Figure(0.8 + off)) for off in (0.01, -0.03, 0.02)]
    assert trust(pairs).error == pytest.approx(np.mean([0.01, 0.03, 0.02]))
