"""Trees of shared cuts, and features as places."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from tidegauge.estimate.correction import crossed
from tidegauge.estimate.features import BINS, Encoder
from tidegauge.estimate.rows import Rows
from tidegauge.estimate.trees import ODDS, SIZE, SUM, grown
from tidegauge.performance import Coded


def drawn(seed, count=4_000, columns=5):
    rng = np.random.default_rng(seed)
    places = rng.integers(0, BINS + 1, (columns, count)).astype(np.uint8)
    share = 1 / (1 + np.exp(-np.where((places[0] > 16) ^ (places[1] > 10), 1.2, -1.2)))
    return places, share, (rng.random(count) < share).astype(float)


def usual(true):
    return lambda some: np.full(len(true), true[some].mean())


def test_a_total_is_the_sum_over_a_walk_of_each_tree():
    places, _, true = drawn(1)
    trees = grown(places, true, np.full(4_000, 0.5), np.ones(4_000), ODDS, count=12)
    total = trees.total(places)
    for row in range(0, 4_000, 97):
        found = 0.0
        for columns, cuts, values in zip(trees.columns, trees.cuts, trees.values, strict=True):
            bits = [places[c, row] > cut for c, cut in zip(columns, cuts, strict=True)]
            found += values[sum(int(bit) << level for level, bit in enumerate(bits))]
        assert total[row] == pytest.approx(found)
    assert list(trees.stages(places))[-1] == pytest.approx(total)


def test_trees_find_what_two_columns_tell_together_as_well_as_others_do():
    places, _, true = drawn(2)
    unseen, _, later = drawn(3)
    start = np.full(4_000, 0.5)
    trees = grown(places, true, start, np.ones(4_000), ODDS, count=60)
    ours = log_loss(later, ODDS.corrected(start, trees.total(unseen)))
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(places.T, true)
    assert ours < log_loss(later, model.predict_proba(unseen.T)[:, 1]) + 0.005
    assert ours < log_loss(later, start) - 0.05


@pytest.mark.parametrize("link", [SIZE, SUM])
def test_means_are_learned_with_every_link(link):
    places, share, _ = drawn(4)
    true = (1 + share) * np.random.default_rng(5).uniform(0.5, 1.5, 4_000)
    start = np.full(4_000, true.mean())
    trees = grown(places, true, start, np.ones(4_000), link, count=60)
    off = link.corrected(start, trees.total(places)) - (1 + share)
    assert np.mean(off**2) < np.mean((start - 1 - share) ** 2) / 4


def test_rows_without_weight_teach_nothing():
    places, _, true = drawn(6)
    half = (np.arange(4_000) % 2).astype(float)
    own = half == 1
    a = grown(places, true, np.full(4_000, 0.5), half, ODDS, count=5)
    b = grown(places[:, own], true[own], np.full(2_000, 0.5), half[own], ODDS, count=5)
    assert a.values == pytest.approx(b.values)


def test_nothing_to_learn_leaves_no_trees():
    places, _, _ = drawn(7)
    noise = (np.random.default_rng(8).random(4_000) < 0.3).astype(float)
    found = crossed(places, noise, np.ones(4_000), usual(noise), ODDS)
    assert found.trees is None
    places, _, true = drawn(9)
    found = crossed(places, true, np.ones(4_000), usual(true), ODDS)
    assert found.trees is not None
    assert log_loss(true, found.said) < log_loss(true, found.start)


def test_places_rise_with_numbers_and_with_what_is_usual_of_categories():
    rng = np.random.default_rng(10)
    values = rng.normal(size=500)
    values[:5] = np.nan
    towns = rng.integers(-1, 50, 500)
    guide = np.where(towns % 2 == 0, 0.9, 0.1)
    named = {"t": Coded(towns, [f"t{i}" for i in range(50)])}
    rows = Rows(500, numbers={"n": values}, categories=named)
    encoder = Encoder.of(rows, guide)
    number, town = encoder.places(rows)
    there = ~np.isnan(values)
    assert (np.diff(number[there][np.argsort(values[there])].astype(int)) >= 0).all()
    assert not number[:5].any()
    assert number.max() <= BINS
    assert not town[towns < 0].any()
    even, odd = town[(towns >= 0) & (towns % 2 == 0)], town[(towns >= 0) & (towns % 2 == 1)]
    assert odd.max() <= even.min()
    new = {"t": Coded(np.array([0, 0]), ["new"])}
    unseen = Rows(2, numbers={"n": np.array([1e9, -np.inf])}, categories=new)
    high, low = encoder.places(unseen)[0]
    assert (high, low) == (number.max(), 1)
    assert not encoder.places(unseen)[1].any()
