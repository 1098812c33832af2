"""What holds for every method in the registry, and for the next one that is added."""

import dataclasses
import itertools
import subprocess
import sys

import numpy as np
import pytest
from drift_samples import mixes, pair, swapped, swapped_mix

from tidegauge.drift import (
    EMBEDDING_METHODS,
    KS,
    METHODS,
    MIX,
    ORDERED,
    ROW_METHODS,
    ROWS,
    AndersonDarling,
    CramerVonMises,
    Fisher,
    VarianceChange,
)
from tidegauge.drift.pair import Mix

TESTS = (AndersonDarling, CramerVonMises)
"""Their statistics are corrected for their mean, so equal profiles score a little below it."""
EVERY = pytest.mark.parametrize("method", METHODS, ids=lambda method: method().kind)
EVERY_ORDERED = pytest.mark.parametrize("method", ORDERED, ids=lambda method: method().kind)
EVERY_MIX = pytest.mark.parametrize("method", MIX, ids=lambda method: method().kind)


def read(method, found):
    """The scores of numeric columns, by whatever the method reads."""
    made = method()
    return made.score(Mix.of_bins(found, made.bins)) if method in MIX else made.score(found)


def columns(seed, shift=0.0):
    """Columns of several shapes; those of two values are what Fisher's test is for."""
    random = np.random.default_rng(seed)
    return [
        random.normal(shift, 1, 2_000),
        random.lognormal(shift, 2, 1_500),
        random.poisson(3 + shift, 800).astype(float),
        np.round(random.random(700) + shift / 10, 1),
        (random.random(900) < 0.3 + shift / 4).astype(float),
    ]


EVERY_WITH_P_VALUE = pytest.mark.parametrize(
    "method",
    [m for m in METHODS if read(m, pair([[1.0, 2.0]], [[2.0, 3.0]])).p_value is not None],
    ids=lambda method: method().kind,
)


def is_two_valued(method):
    return method is Fisher


class TestTheRegistry:
    def test_names_are_unique(self):
        kinds = [method().kind for method in (*METHODS, *ROWS)]
        assert len(kinds) == len(set(kinds))
        assert len(kinds) == len(MIX) + len(ORDERED) + len({*ROW_METHODS, *EMBEDDING_METHODS})

    @pytest.mark.parametrize("method", [*METHODS, *ROWS], ids=lambda method: method().kind)
    def test_a_method_says_what_its_numbers_mean(self, method):
        made = method()
        assert made.kind == made.kind.lower()
        assert made.title
        assert made.range
        assert made.default_threshold > 0
        assert isinstance(made.is_symmetric, bool)
        with pytest.raises(dataclasses.FrozenInstanceError):
            made.kind = "another"

    @EVERY_MIX
    def test_a_mix_method_asks_for_bins_that_nest(self, method):
        assert 200 % method().bins == 0

    def test_importing_it_loads_nothing_slow(self):
        code = (
            "import sys, tidegauge.drift\n"
            "print([name for name in ('sklearn', 'scipy.stats', 'pandas') if name in sys.modules])"
        )
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == "[]"


class TestEveryMethod:
    @EVERY
    def test_a_window_has_not_moved_from_itself(self, method):
        found = read(method, pair(columns(0), columns(0))).value
        if is_two_valued(method):
            found = found[-1:]
        if method in TESTS:
            assert (np.abs(found - method.unmoved) < method.default_threshold / 2).all()
        else:
            np.testing.assert_allclose(found, method.unmoved, atol=1e-7)

    @EVERY
    def test_a_large_shift_passes_the_threshold(self, method):
        # Wider as well, for those that look at the spread.
        after = [values * 3 + 4 for values in columns(1)[:4]]
        after.append((np.random.default_rng(1).random(900) < 0.8).astype(float))
        found = read(method, pair(columns(0), after)).value
        if method is VarianceChange:
            found = found[:4]
        if is_two_valued(method):
            found = found[-1:]
        assert (np.abs(found - method.unmoved) > method.default_threshold).all()

    @EVERY
    def test_a_larger_move_scores_higher(self, method):
        random = np.random.default_rng(2)
        before = random.normal(size=5_000)
        if is_two_valued(method):
            moves = [(random.random(3_000) < share).astype(float) for share in (0.4, 0.5, 0.7)]
            before = (before > 0.5).astype(float)
        elif method is VarianceChange:
            moves = [random.normal(0, width, 3_000) for width in (1.2, 1.6, 3)]
        else:
            moves = [random.normal(shift, 1, 3_000) for shift in (0.3, 0.8, 2)]
        scores = [abs(read(method, pair([before], [m])).value[0] - method.unmoved) for m in moves]
        assert scores == sorted(scores)
        assert len(set(scores)) == 3

    @EVERY
    def test_the_order_of_the_sides_matters_only_where_it_says_so(self, method):
        found = pair(columns(0), columns(1, shift=0.7))
        there, back = read(method, found).value, read(method, swapped(found)).value
        if is_two_valued(method):
            there, back = there[-1:], back[-1:]
        if method.is_symmetric:
            np.testing.assert_allclose(there, back, rtol=1e-9)
        else:
            assert not np.allclose(there, back, rtol=1e-6)

    @EVERY
    def test_a_score_stays_in_its_range(self, method):
        cases = [pair(columns(0), columns(1, shift)) for shift in (0.0, 0.5, 3.0, -3.0)]
        for found in cases:
            value = read(method, found).value
            value = value[~np.isnan(value)]
            if method.range.startswith("0"):
                assert (value >= 0).all()
            if method.range.startswith("-1"):
                assert (value >= -1).all()
            if "to 1" in method.range:
                assert (value <= 1).all()

    @EVERY
    def test_the_same_profiles_give_the_same_bits(self, method):
        first, second = (read(method, pair(columns(0), columns(1))) for _ in range(2))
        for field in dataclasses.fields(first):
            one, other = getattr(first, field.name), getattr(second, field.name)
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_array_equal(one, other)

    @EVERY
    def test_columns_do_not_influence_each_other(self, method):
        before, after = columns(0), columns(1, shift=0.4)
        together = read(method, pair(before, after))
        for i in range(len(before)):
            alone = read(method, pair([before[i]], [after[i]]))
            for field in dataclasses.fields(alone):
                one, other = getattr(alone, field.name), getattr(together, field.name)
                if one is not None:
                    np.testing.assert_allclose(one[0], other[i], rtol=1e-12, atol=1e-300)

    @EVERY_WITH_P_VALUE
    def test_p_values_are_even_without_drift(self, method):
        random = np.random.default_rng(3)
        if is_two_valued(method):
            sides = [list((random.random((400, 600)) < 0.4).astype(float)) for _ in range(2)]
        else:
            sides = [list(random.normal(size=(400, 600))) for _ in range(2)]
        found = read(method, pair(*sides)).p_value
        assert np.isfinite(found).all()
        # Of 400, 20 should be below 0.05; 36 or more come once in a thousand.
        assert (found < 0.05).sum() < 36
        assert (found < 0.5).sum() > 100


NOTHING = np.array([])
MISSING = np.full(5, np.nan)
INFINITE = np.array([np.inf, -np.inf, np.inf])
DEGENERATE = {
    "nothing": NOTHING,
    "missing": MISSING,
    "infinite": INFINITE,
    "one": np.array([3.0]),
    "two": np.array([3.0, 5.0]),
    "constant": np.full(40, 3.0),
    "another constant": np.full(30, 7.0),
    "zero": np.zeros(20),
    "far below": np.full(25, -1e12),
    "far above": np.full(25, 1e12),
    "tiny": np.array([1e-300, 2e-300, 3e-300]),
    "large": np.array([-1e60, 0.0, 1e60]),
    "ordinary": np.random.default_rng(4).normal(size=300),
    "with all of it": np.array([np.nan, np.inf, -np.inf, 1e12, -1e12, 3.0, 3.0, 4.0]),
}
PAIRS = list(itertools.product(DEGENERATE, DEGENERATE))
DEGENERATE_PAIR = pair(
    [DEGENERATE[before] for before, _ in PAIRS], [DEGENERATE[after] for _, after in PAIRS]
)

NEED_FINITE = {"wasserstein", "wasserstein_normalised", "energy", "mean_change", "variance_change"}
"""Distances and moments; orders and shares do with infinite values."""


class TestDegenerateColumns:
    """All pairs at once: 196 columns, under warnings as errors."""

    @EVERY
    def test_no_score_is_infinite(self, method):
        scores = read(method, DEGENERATE_PAIR)
        for field in dataclasses.fields(scores):
            numbers = getattr(scores, field.name)
            if numbers is not None:
                assert not np.isinf(numbers).any(), field.name

    @EVERY
    def test_a_score_is_missing_only_where_there_is_nothing_to_score(self, method):
        value = read(method, DEGENERATE_PAIR).value
        finite = method().kind in NEED_FINITE
        for score, (before, after) in zip(value.tolist(), PAIRS, strict=True):
            empty = {"nothing", "missing"} | ({"infinite"} if finite else set())
            if empty & {before, after}:
                assert np.isnan(score), (before, after)
            elif not is_two_valued(method):
                assert not np.isnan(score), (before, after)

    @EVERY_WITH_P_VALUE
    def test_p_values_are_between_zero_and_one(self, method):
        p_value = read(method, DEGENERATE_PAIR).p_value
        there = p_value[~np.isnan(p_value)]
        assert len(there) > 10
        assert ((there >= 0) & (there <= 1)).all()

    @EVERY
    def test_equal_constants_have_not_moved(self, method):
        value = read(method, DEGENERATE_PAIR).value[PAIRS.index(("constant", "constant"))]
        if method in TESTS:
            assert abs(value - method.unmoved) < method.default_threshold / 2
        else:
            assert value == pytest.approx(method.unmoved, abs=1e-12)

    @pytest.mark.parametrize("method", [m for m in METHODS if m is not VarianceChange])
    def test_another_constant_has_moved(self, method):
        value = read(method, DEGENERATE_PAIR).value[PAIRS.index(("constant", "another constant"))]
        assert abs(value - method.unmoved) > method.default_threshold


@EVERY_MIX
class TestDegenerateMixes:
    def test_a_single_category_has_not_moved(self, method):
        assert method().score(mixes([[40]], [[7]])).value[0] == pytest.approx(0, abs=1e-12)

    def test_an_empty_side_cannot_be_scored(self, method):
        found = method().score(mixes([[0, 0], [3, 4], [0, 0]], [[3, 4], [0, 0], [0, 0]]))
        assert np.isnan(found.value).all()
        assert found.p_value is None or np.isnan(found.p_value).all()

    def test_padding_changes_nothing(self, method):
        plain = method().score(mixes([[30, 12]], [[8, 19]]))
        padded = method().score(mixes([[30, 0, 12, 0, 0]], [[8, 0, 19, 0, 0]]))
        assert padded.value[0] == pytest.approx(plain.value[0], rel=1e-12)

    def test_no_category_in_common_is_finite_and_large(self, method):
        score = method().score(mixes([[500, 0]], [[0, 400]])).value[0]
        assert np.isfinite(score)
        assert score > 0.9

    def test_the_order_of_categories_does_not_matter(self, method):
        found = method().score(mixes([[30, 12, 5]], [[8, 19, 7]])).value[0]
        other = method().score(mixes([[5, 30, 12]], [[7, 8, 19]])).value[0]
        assert found == pytest.approx(other, rel=1e-12, nan_ok=is_two_valued(method))

    def test_symmetry_holds_for_categories_too(self, method):
        found = mixes([[30, 12]], [[8, 19]])
        there, back = method().score(found), method().score(swapped_mix(found))
        assert (there.value[0] == pytest.approx(back.value[0], rel=1e-12)) == method.is_symmetric


@pytest.mark.parametrize("kind", ["psi", "ks", "kl", "wasserstein", "energy"])
def test_values_far_outside_the_range_score_high(kind):
    # Equal-width bins over the reference's range drop them, and score 0.0018.
    method = next(method for method in METHODS if method().kind == kind)
    random = np.random.default_rng(5)
    before, after = random.lognormal(size=10_000), random.lognormal(size=10_000)
    after[:6_000] = 1e6
    least = {"psi": 1.0, "ks": 0.55, "kl": 1.0, "wasserstein": 5.9e5, "energy": 800.0}
    assert read(method, pair([before], [after])).value[0] > least[kind]


def test_numbers_near_the_largest_stay_finite():
    random = np.random.default_rng(6)
    huge = [random.normal(size=200) * 1e307, np.array([-1.7e308, 0.0, 1.7e308])]
    small = [random.normal(size=100), np.array([1.0, 2.0])]
    # Where the square of a deviation is no number, nothing can be measured in it.
    in_deviations = {"mean_change", "variance_change", "wasserstein_normalised"}
    for found in (pair(huge, small), pair(small, huge), pair(huge, huge[::-1])):
        for method in METHODS:
            value = read(method, found).value
            assert not np.isinf(value).any()
            if method().kind not in in_deviations and not is_two_valued(method):
                assert not np.isnan(value).any()


def test_the_gap_between_functions_is_found_where_the_mass_has_gone():
    # Half of the zeros have become 0.001: both fill a bin of their own.
    before = np.concatenate([np.zeros(500), np.random.default_rng(7).random(500) + 1])
    after = before.copy()
    after[:250] = 0.001
    assert KS().score(pair([before], [after])).value[0] == pytest.approx(0.25)
