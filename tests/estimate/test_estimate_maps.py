"""What scores have meant: a curve, or steps where these are the better."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tidegauge.estimate.curve import curve, learned, logarithm_of_odds, logistic
from tidegauge.estimate.maps import Map, steps

PAIRS = st.lists(st.tuples(st.integers(0, 25), st.booleans()), min_size=1)


def drawn(seed, count, meaning):
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 2, count)
    return scores, (rng.random(count) < meaning(scores)).astype(float)


def overconfident(scores):
    return logistic(logarithm_of_odds(scores)[None], np.array([0.5]), -0.3)


def stepped(scores):
    return np.where(scores > 0.4, 0.7, 0.1)


@settings(deadline=None)
@given(PAIRS)
def test_steps_are_isotonic_regression(pairs):
    scores, at = np.unique([2.0**-at for at, _ in pairs], return_inverse=True)
    true = np.array([float(is_true) for _, is_true in pairs])
    found = steps(np.bincount(at).astype(float), np.bincount(at, true))
    fitted = IsotonicRegression().fit(scores[at], true)
    assert found == pytest.approx(fitted.predict(scores))


def test_a_curve_is_logistic_regression():
    scores, true = drawn(1, 3_000, overconfident)
    inputs = np.stack([np.log(scores), -np.log1p(-scores)])
    theirs = LogisticRegression(C=1e6, tol=1e-8, max_iter=5_000).fit(inputs.T, true)
    ours = curve(scores, np.ones(3_000), true)
    assert ours == pytest.approx(theirs.predict_proba(inputs.T)[:, 1], abs=0.003)


def test_what_is_learned_has_no_slope_left():
    scores, true = drawn(2, 500, overconfident)
    inputs = np.stack([np.log(scores), -np.log1p(-scores)])
    by = learned(inputs, np.ones(500), true, np.ones(2), 0.4)
    pull = inputs @ (true - logistic(inputs, by, 0.4)) - (by - 1)
    assert pull == pytest.approx(np.zeros(2), abs=1e-6)


def test_a_smooth_meaning_is_told_better_than_by_steps():
    """Steps make a score look better than it is: they follow the chance of the reference."""
    ahead: list[float] = []
    off: list[float] = []
    for seed in range(10):
        scores, true = drawn(10 + seed, 2_000, overconfident)
        said = Map.of(scores, true, np.ones(2_000)).of_scores(scores)
        their = IsotonicRegression().fit(scores, true).predict(scores)
        share = overconfident(scores)
        ahead.append(np.mean((their - share) ** 2) - np.mean((said - share) ** 2))
        off.append(area(scores, said) - roc_auc_score(true, scores))
    assert min(ahead) > 0
    assert abs(np.mean(off)) < 0.005


def area(scores, share):
    both = np.concatenate([np.ones(len(scores)), np.zeros(len(scores))])
    return roc_auc_score(both, np.tile(scores, 2), sample_weight=np.concatenate([share, 1 - share]))


def test_a_meaning_that_leaps_is_told_by_steps():
    scores, true = drawn(3, 20_000, stepped)
    said = Map.of(scores, true, np.ones(20_000)).of_scores(scores)
    assert np.mean(np.abs(said - stepped(scores))) < 0.02


@pytest.mark.parametrize("scale", [1.0, 1_000.0, -3.0])
def test_scores_of_any_scale_have_a_meaning(scale):
    rng = np.random.default_rng(4)
    scores = scale * rng.normal(size=4_000)
    true = (rng.random(4_000) < np.where(scores > 0, 0.8, 0.3)).astype(float)
    said = Map.of(scores, true, np.ones(4_000)).of_scores(scores)
    assert np.mean(np.abs(said - np.where(scores > 0, 0.8, 0.3))) < 0.06


@settings(deadline=None)
@given(PAIRS, st.floats(0.01, 100))
def test_a_map_never_falls_and_holds_shares(pairs, weight):
    scores = np.array([2.0**-at for at, _ in pairs])
    true = np.array([float(is_true) for _, is_true in pairs])
    said = Map.of(scores, true, np.full(len(true), weight)).of_scores(np.sort(scores))
    assert (np.diff(said) >= -1e-12).all()
    assert ((said >= 0) & (said <= 1)).all()
