"""Our numbers against scipy's: exactly on what bins tell, within the stated bound on raw values."""

import numpy as np
import pytest
from drift_samples import mix, pair, swapped
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import datasets

from tidegauge.drift import (
    KS,
    PSI,
    AndersonDarling,
    ChiSquared,
    CramerVonMises,
    Energy,
    Fisher,
    GTest,
    JensenShannon,
    MannWhitney,
    MeanChange,
    VarianceChange,
    Wasserstein,
    WassersteinNormalised,
)
from tidegauge.drift.anderson_darling import law as anderson_law
from tidegauge.drift.cramer_von_mises import law as cramer_law
from tidegauge.drift.ks import chance
from tidegauge.drift.line import Line, Tails
from tidegauge.drift.pair import Mix
from tidegauge.drift.wasserstein import area

# Ties and point masses as in counts, smooth values, heavy tails, and values from anywhere.
values = st.one_of(
    st.integers(-3, 12).map(float),
    st.floats(-100, 100),
    st.floats(-12, 12).map(lambda x: float(np.sign(x) * np.exp(abs(x)))),
)
samples = st.one_of(
    st.lists(values, min_size=2, max_size=60),
    st.tuples(st.integers(0, 2**31), st.integers(30, 900), st.sampled_from(["normal", "lognormal"]))
    .map(lambda how: getattr(np.random.default_rng(how[0]), how[2])(0, 1.5, how[1]))
    .map(lambda found: np.round(found, 2).tolist()),
)


def bundled():
    """Each numeric column of scikit-learn's data sets, two classes of it against each other."""
    for load in (
        datasets.load_breast_cancer,
        datasets.load_wine,
        datasets.load_iris,
        datasets.load_diabetes,
    ):
        data = load()
        classes = data.target <= np.median(data.target)
        if classes.all():
            classes = data.target < np.median(data.target)
        for column in range(data.data.shape[1]):
            yield data.data[classes, column], data.data[~classes, column]


BUNDLED = list(bundled())


def ranks(found):
    """One number a row: that of its cell."""
    cells = np.arange(found.reference.counts.shape[1], dtype=np.float64)
    return [np.repeat(cells, side.counts[0]) for side in (found.reference, found.current)]


def agrees(ours, theirs, digits=1e-9):
    assert ours == pytest.approx(theirs, rel=digits, abs=digits)


class TestOnRanks:
    """Scipy is given the number of the bin in place of the value."""

    @given(samples, samples)
    @settings(max_examples=60, deadline=None)
    def test_ks(self, before, after):
        found = pair([before], [after])
        expected = stats.ks_2samp(*ranks(found), method="asymp")
        agrees(KS().score(found).value[0], expected.statistic)

    @given(samples, samples)
    @settings(max_examples=60, deadline=None)
    def test_cramer_von_mises(self, before, after):
        found = pair([before], [after])
        scores = CramerVonMises().score(found)
        expected = stats.cramervonmises_2samp(*ranks(found), method="asymptotic")
        agrees(scores.value[0], expected.statistic)
        # Scipy's is 1 - cdf, whose series ends at terms of 1e-7: far out it is noise.
        agrees(scores.p_value[0], min(expected.pvalue, 1.0), 1e-5)

    @given(samples, samples)
    @settings(max_examples=60, deadline=None)
    def test_anderson_darling(self, before, after):
        found = pair([before], [after])
        before, after = ranks(found)
        # Scipy refuses these; the laws say what we do.
        assume(len(before) + len(after) >= 4 and len({*before, *after}) >= 2)
        expected = stats.anderson_ksamp([before, after], variant="midrank", method=UNCLIPPED)
        agrees(AndersonDarling().score(found).value[0], expected.statistic)

    @given(samples, samples)
    @settings(max_examples=60, deadline=None)
    def test_mann_whitney(self, before, after):
        found = pair([before], [after])
        before, after = ranks(found)
        scores = MannWhitney().score(found)
        if len({*before, *after}) < 2:
            assert scores.p_value[0] == 1
            return
        expected = stats.mannwhitneyu(after, before, method="asymptotic")
        agrees(scores.value[0], expected.statistic / (len(before) * len(after)))
        agrees(scores.p_value[0], expected.pvalue)

    @given(samples, samples, st.sampled_from([10, 20, 50]))
    @settings(max_examples=60, deadline=None)
    def test_chi_squared_and_g(self, before, after, bins):
        found = Mix.of_bins(pair([before], [after]), bins)
        table = np.concatenate([found.reference, found.current])[:, found.occupied[0]]
        for method, name in ((ChiSquared, "pearson"), (GTest, "log-likelihood")):
            scores = method().score(found)
            expected = stats.chi2_contingency(table, correction=False, lambda_=name)
            agrees(scores.value[0], expected.statistic)
            agrees(scores.p_value[0], expected.pvalue)

    @pytest.mark.parametrize("column", range(0, len(BUNDLED), 7))
    def test_real_columns(self, column):
        found = pair(*([side] for side in BUNDLED[column]))
        before, after = ranks(found)
        agrees(
            CramerVonMises().score(found).value[0],
            stats.cramervonmises_2samp(before, after, method="asymptotic").statistic,
        )
        agrees(
            MannWhitney().score(found).p_value[0],
            stats.mannwhitneyu(after, before, method="asymptotic").pvalue,
        )


UNCLIPPED = stats.PermutationMethod(n_resamples=1)
"""Only the statistic is wanted; without this scipy warns that its p-value is clipped."""


class TestWithinTheBound:
    """Scipy is given the raw values."""

    @staticmethod
    def check(before, after):
        found = pair([before], [after])
        unit = float(found.reference.bins.unit[0])
        # What the sums' last digit is worth.
        digit = unit * 1e-9
        ks = KS().score(found)
        exact = stats.ks_2samp(before, after, method="asymp").statistic
        assert ks.value[0] <= exact + 1e-12
        assert exact <= ks.value[0] + ks.bound[0] + 1e-12
        order = MannWhitney().score(found)
        larger = stats.mannwhitneyu(after, before, method="asymptotic").statistic
        assert abs(order.value[0] - larger / len(before) / len(after)) <= order.bound[0] + 1e-12
        area = Wasserstein().score(found)
        exact = stats.wasserstein_distance(before, after)
        assert abs(area.value[0] - exact) <= area.bound[0] + digit + 1e-9 * exact
        energy = Energy().score(found)
        exact = stats.energy_distance(before, after)
        assert abs(energy.value[0] - exact) <= energy.bound[0] + np.sqrt(digit) + 1e-7 * exact

    @given(samples, samples)
    @settings(max_examples=250, deadline=None)
    def test_any_values(self, before, after):
        self.check(before, after)

    @pytest.mark.parametrize("column", range(len(BUNDLED)))
    def test_real_columns_both_ways(self, column):
        before, after = BUNDLED[column]
        self.check(before, after)
        self.check(after, before)

    def test_a_profile_whose_bins_are_anothers(self):
        # The reference of a pair may be a window of its own, with values outside the bins.
        random = np.random.default_rng(0)
        widest = random.normal(size=2_000)
        for shift in (0.0, 2.0, -4.0):
            before = random.normal(1, 3, 800)
            after = random.normal(shift, 2, 900)
            second, third = (pair([widest], [side]).current for side in (before, after))
            found = type(pair([widest], [widest]))(second, third)
            area = Wasserstein().score(found)
            exact = stats.wasserstein_distance(before, after)
            assert abs(area.value[0] - exact) <= area.bound[0] + 1e-9
            ks = KS().score(found)
            exact = stats.ks_2samp(before, after).statistic
            assert ks.value[0] <= exact <= ks.value[0] + ks.bound[0] + 1e-12
            energy = Energy().score(found)
            exact = stats.energy_distance(before, after)
            assert abs(energy.value[0] - exact) <= energy.bound[0] + 1e-9

    def test_the_bounds_are_small_for_large_samples(self):
        random = np.random.default_rng(1)
        found = pair([random.normal(size=50_000)], [random.normal(0.3, 1, 20_000)])
        assert KS().score(found).bound[0] < 0.01
        assert MannWhitney().score(found).bound[0] < 0.005
        assert WassersteinNormalised().score(found).bound[0] < 0.05

    @pytest.mark.parametrize("method", [Wasserstein, Energy])
    def test_point_masses_are_exact(self, method):
        exact = {Wasserstein: stats.wasserstein_distance, Energy: stats.energy_distance}[method]
        masses = [
            ([5.0] * 40, [9.5] * 30),
            ([0.0] * 90 + [10.0] * 10, [0.0] * 50 + [10.0] * 50),
            ([1.0] * 50 + [2.0] * 50, [1.0] * 20 + [2.0] * 30 + [7.0] * 50),
            ([1.0] * 50 + [2.0] * 50, [-3.0] * 20 + [2.0] * 80),
            ([0.0, 1.0] * 30, [0.0, 1.0, 1.0] * 30),
        ]
        for before, after in masses:
            for found in (pair([before], [after]), swapped(pair([before], [after]))):
                agrees(method().score(found).value[0], exact(before, after), 1e-6)

    @pytest.mark.parametrize("method", [Wasserstein, WassersteinNormalised, Energy, MeanChange])
    def test_infinities_are_left_out(self, method):
        random = np.random.default_rng(4)
        before, after = random.normal(size=400), random.normal(1, 2, 300)
        plain = method().score(pair([before], [after])).value
        before = np.append(before, [np.inf, -np.inf])
        after = np.append(after, [np.inf] * 5 + [-np.inf] * 9)
        np.testing.assert_array_equal(method().score(pair([before], [after])).value, plain)

    def test_a_gap_that_changes_its_sign_inside_a_bin_has_two_triangles(self):
        one, none, tail = np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 4))
        tails = Tails(tail, tail, tail, tail, tail, tail)
        line = Line(widths=4 * one, left=0.3 * one, right=-0.1 * one, p=none, q=none, tails=tails)
        # They are 3 and 1 wide.
        assert area(line)[0] == pytest.approx(3 * 0.3 / 2 + 1 * 0.1 / 2)

    def test_nothing_hides_in_a_column_of_few_values(self):
        random = np.random.default_rng(5)
        before, after = random.integers(0, 12, 4_000), random.integers(-1, 15, 3_000)
        found = pair([before], [after])
        # Two of the new values lie above the range, where only one side has rows.
        assert KS().score(found).bound[0] == 0
        assert MannWhitney().score(found).bound[0] == 0
        exact = stats.ks_2samp(before, after).statistic
        assert KS().score(found).value[0] == pytest.approx(exact, abs=1e-12)

    @pytest.mark.parametrize("method", [WassersteinNormalised, MeanChange])
    def test_a_constant_is_measured_in_the_spread_of_both_sides(self, method):
        for before, after, expected in (
            ([3.0] * 20, [7.0] * 500, 2.0),
            ([7e9] * 20, [3e9] * 5, 2.0 if method is WassersteinNormalised else -2.0),
            ([3.0] * 20, [3.0] * 9, 0.0),
            ([0.0] * 20, [-1.0, 1.0] * 50, np.sqrt(2) if method is WassersteinNormalised else 0.0),
        ):
            assert method().score(pair([before], [after])).value[0] == pytest.approx(expected)

    def test_heavy_tails_are_as_far_as_they_are(self):
        random = np.random.default_rng(2)
        before, after = random.lognormal(0, 3, 4_000), random.lognormal(0.5, 3, 3_000)
        found = pair([before], [after])
        exact = stats.wasserstein_distance(before, after)
        assert Wasserstein().score(found).value[0] == pytest.approx(exact, rel=0.03)
        exact = stats.energy_distance(before, after)
        assert Energy().score(found).value[0] == pytest.approx(exact, rel=0.05)

    def test_the_normalised_distance_is_in_deviations(self):
        before, after = BUNDLED[0]
        expected = stats.wasserstein_distance(before, after) / np.std(before, ddof=1)
        scores = WassersteinNormalised().score(pair([before], [after]))
        assert abs(scores.value[0] - expected) <= scores.bound[0]
        assert scores.value[0] == pytest.approx(expected, rel=0.02)


class TestPValues:
    @pytest.mark.parametrize("n", [10, 30, 200, 5_000])
    def test_of_ks_is_close_where_it_matters_and_safe_below(self, n):
        gaps = np.linspace(0.2, 6, 60) / np.sqrt(n)
        gaps = gaps[gaps <= 1]
        exact = stats.kstwo.sf(gaps, n)
        ours = chance(gaps, np.full(len(gaps), float(n)))
        near = exact > (0.05 if n < 200 else 0.001)
        np.testing.assert_allclose(ours[near], exact[near], rtol=0.02)
        assert (ours >= 0.99 * exact).all()
        assert near.sum() > 10

    @pytest.mark.parametrize(
        ("statistic", "expected"), [(0.34730, 0.1), (0.46136, 0.05), (0.74346, 0.01)]
    )
    def test_of_cramer_von_mises_is_that_of_the_tables(self, statistic, expected):
        # Anderson & Darling (1952), table 1.
        found = cramer_law().chance(np.array([statistic]), 0.003)
        assert found[0] == pytest.approx(expected, rel=1e-4)

    @pytest.mark.parametrize(
        ("statistic", "expected"), [(1.933, 0.1), (2.492, 0.05), (3.070, 0.025), (3.857, 0.01)]
    )
    def test_of_anderson_darling_is_that_of_the_tables(self, statistic, expected):
        # Lewis (1961), as in Stephens (1974).
        found = anderson_law().chance(np.array([statistic]), 0.05)
        assert found[0] == pytest.approx(expected, rel=0.025)

    def test_of_both_keep_their_digits_in_the_tail(self):
        # The largest term of the sum rules alone: a squared normal variable, times a constant.
        far = np.array([20.0, 40.0, 80.0])
        single = stats.chi2.sf(far * np.pi**2, 1) * np.sqrt(2)
        np.testing.assert_allclose(cramer_law().chance(far, 0.003), single, rtol=0.01)
        single = stats.chi2.sf(far * 2, 1) * np.sqrt(3)
        np.testing.assert_allclose(anderson_law().chance(far, 0.05), single, rtol=0.05)

    def test_of_psi_and_jensen_shannon_have_one_freedom_less_than_cells(self):
        found = mix([300, 200, 100, 50], [280, 230, 90, 70])
        effective = 650 * 670 / (650 + 670)
        scores = PSI().score(found)
        agrees(scores.p_value[0], stats.chi2.sf(scores.value[0] * effective, 3))
        scores = JensenShannon().score(found)
        nats = scores.value[0] ** 2 * np.log(2)
        agrees(scores.p_value[0], stats.chi2.sf(8 * effective * nats, 3))

    @given(samples, samples)
    @settings(max_examples=60, deadline=None)
    def test_of_the_mean_is_welchs(self, before, after):
        scores = MeanChange().score(pair([before], [after]))
        # Scipy warns of sides that are constant, and of those that all but are.
        least = min(float(np.ptp(side)) / (1 + max(map(abs, side))) for side in (before, after))
        assume(least > 1e-3)
        expected = stats.ttest_ind(after, before, equal_var=False)
        assert scores.p_value[0] == pytest.approx(expected.pvalue, rel=1e-3, abs=1e-9)

    @given(*[st.integers(0, 60)] * 4)
    @settings(max_examples=150, deadline=None)
    def test_of_fisher_is_scipys(self, a, b, c, d):
        assume(a + b and c + d)
        scores = Fisher().score(mix([a, b], [c, d]))
        expected = stats.fisher_exact([[a, b], [c, d]]).pvalue
        assert scores.p_value[0] == pytest.approx(expected, rel=1e-9)
        if a + c and b + d:
            assert scores.value[0] == pytest.approx(d / (c + d) - b / (a + b), abs=1e-12)

    def test_of_fisher_is_scipys_for_millions_of_rows(self):
        table = [[700_000, 300_000], [351_000, 149_000]]
        expected = stats.fisher_exact(table).pvalue
        assert Fisher().score(mix(*table)).p_value[0] == pytest.approx(expected, rel=1e-4)

    def test_of_the_variance_holds_where_the_f_test_does_not(self):
        random = np.random.default_rng(3)
        sides = [list(random.standard_t(9, size=(300, 1_500))) for _ in range(2)]
        found = VarianceChange().score(pair(*sides)).p_value
        ratio = [
            np.var(after, ddof=1) / np.var(before, ddof=1)
            for before, after in zip(*sides, strict=True)
        ]
        below = stats.f.cdf(ratio, 1_499, 1_499)
        by_f = 2 * np.minimum(below, 1 - below)
        assert (found < 0.05).mean() < 0.085
        assert (by_f < 0.05).mean() > 0.1


@given(*[st.lists(st.integers(0, 50), min_size=3, max_size=3)] * 2)
@settings(max_examples=60, deadline=None)
def test_jensen_shannon_is_scipys(before, after):
    assume(sum(before) and sum(after))
    expected = jensenshannon(before, after, base=2)
    assert JensenShannon().score(mix(before, after)).value[0] == pytest.approx(expected, abs=1e-6)
