"""Our numbers against those of scipy, scikit-learn and numpy on real data."""

import json
from pathlib import Path

import numpy as np
import pytest
from drift_samples import counts_of, mix, pair, sample

from tidegauge.drift import (
    KL,
    KS,
    MMD,
    PSI,
    AndersonDarling,
    ChiSquared,
    CramerVonMises,
    Energy,
    GTest,
    Hellinger,
    JensenShannon,
    LInfinity,
    MannWhitney,
    MeanChange,
    PCAReconstruction,
    TotalVariation,
    Wasserstein,
)
from tidegauge.drift.pair import Mix

CASES = json.loads((Path(__file__).parent / "golden" / "scores.json").read_text(encoding="utf-8"))
NUMERIC = ("num_shift", "num_same", "counts_ties")
NAMED = ("cat", "cat_unseen")


def numbers(case):
    return pair([CASES[case]["reference"]], [CASES[case]["current"]])


def bins10(case, added=0.0):
    found = Mix.of_bins(numbers(case), 10)
    return Mix(found.reference + added * found.real, found.current + added * found.real, found.real)


def names(case):
    return mix(*counts_of(CASES[case]["reference"], CASES[case]["current"]))


@pytest.mark.parametrize("case", NUMERIC)
class TestNumericColumns:
    @pytest.mark.parametrize(
        ("method", "name"),
        [(KS, "ks_statistic"), (Wasserstein, "wasserstein_1"), (Energy, "energy_distance")],
    )
    def test_a_distance_is_within_its_bound_of_scipys(self, case, method, name):
        scores = method().score(numbers(case))
        assert abs(scores.value[0] - CASES[case]["values"][name]) <= scores.bound[0] + 1e-9

    @pytest.mark.parametrize(
        ("method", "name"),
        [(KS, "ks_statistic"), (Wasserstein, "wasserstein_1"), (Energy, "energy_distance")],
    )
    def test_a_distance_is_close_to_scipys(self, case, method, name):
        expected = CASES[case]["values"][name]
        assert method().score(numbers(case)).value[0] == pytest.approx(expected, rel=0.05)

    def test_the_order_of_values_is_within_its_bound_of_scipys_u(self, case):
        scores = MannWhitney().score(numbers(case))
        pairs = len(CASES[case]["reference"]) * len(CASES[case]["current"])
        expected = CASES[case]["values"]["mannwhitney_u_of_current"] / pairs
        assert abs(scores.value[0] - expected) <= scores.bound[0] + 1e-12

    def test_the_p_value_of_the_mean_is_welchs(self, case):
        scores = MeanChange().score(numbers(case))
        expected = CASES[case]["values"]["welch_t_pvalue"]
        assert scores.p_value[0] == pytest.approx(expected, rel=1e-6)

    def test_ten_bins_hold_what_numpy_counts(self, case):
        found = Mix.of_bins(numbers(case), 10)
        kept = found.real[0]
        assert found.reference[0][kept].tolist() == CASES[case]["values"]["bins10_ref_counts"]
        assert found.current[0][kept].tolist() == CASES[case]["values"]["bins10_cur_counts"]

    @pytest.mark.parametrize(
        ("method", "name"),
        [
            (PSI(), "psi_bins10_smoothed"),
            (KL(), "kl_cur_ref_bins10"),
            (JensenShannon(smoothed=True), "js_distance_base2_bins10"),
        ],
    )
    def test_smoothed_scores_of_ten_bins_are_the_same(self, case, method, name):
        expected = CASES[case]["values"][name]
        assert method.score(bins10(case)).value[0] == pytest.approx(expected, rel=1e-10)

    @pytest.mark.parametrize(
        ("method", "name"),
        [
            (Hellinger, "hellinger_bins10"),
            (TotalVariation, "tvd_bins10"),
            (LInfinity, "linf_bins10"),
            (JensenShannon, "js_distance_base2_bins10"),
        ],
    )
    def test_plain_scores_of_counts_with_half_a_row_added_are_the_same(self, case, method, name):
        expected = CASES[case]["values"][name]
        assert method().score(bins10(case, added=0.5)).value[0] == pytest.approx(expected, rel=1e-9)

    def test_chi_squared_of_ten_bins_is_the_same(self, case):
        scores = ChiSquared().score(bins10(case))
        statistic, p_value, _ = CASES[case]["values"]["chi2_bins10"]
        assert scores.value[0] == pytest.approx(statistic, rel=1e-10)
        assert scores.p_value[0] == pytest.approx(p_value, rel=1e-8)


def test_a_column_of_counts_has_nearly_the_rank_statistics_of_scipy():
    # Its large values are rare enough to share bins, so the last digits differ.
    found, values = numbers("counts_ties"), CASES["counts_ties"]["values"]
    for method, name, p_name in (
        (CramerVonMises, "cvm_statistic", "cvm_pvalue"),
        (AndersonDarling, "ad_statistic_midrank", None),
        (MannWhitney, None, "mannwhitney_pvalue"),
        (KS, "ks_statistic", "ks_pvalue_asymp"),
    ):
        scores = method().score(found)
        if name:
            assert scores.value[0] == pytest.approx(values[name], rel=1e-4)
        if p_name:
            assert scores.p_value[0] == pytest.approx(values[p_name], rel=0.04)


@pytest.mark.parametrize("case", NAMED)
@pytest.mark.parametrize(
    ("method", "name"),
    [
        (PSI(), "psi_smoothed"),
        (JensenShannon(), "js_distance_base2"),
        (TotalVariation(), "tvd"),
        (LInfinity(), "linf"),
        (Hellinger(), "hellinger"),
    ],
)
def test_scores_of_categories_are_the_same(case, method, name):
    expected = CASES[case]["values"][name]
    assert method.score(names(case)).value[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("case", NAMED)
@pytest.mark.parametrize(("method", "name"), [(ChiSquared, "chi2"), (GTest, "g_test")])
def test_tests_of_categories_are_the_same(case, method, name):
    scores = method().score(names(case))
    statistic, p_value, _ = CASES[case]["values"][name]
    assert scores.value[0] == pytest.approx(statistic, rel=1e-10)
    assert scores.p_value[0] == pytest.approx(p_value, rel=1e-8)


def test_the_jensen_shannon_distance_in_nats_is_the_same():
    nats = JensenShannon().score(names("cat")).value[0] * np.sqrt(np.log(2))
    assert nats == pytest.approx(CASES["cat"]["values"]["js_distance_nats"], rel=1e-9)


def test_the_discrepancy_of_rows_is_scikit_learns():
    case = CASES["multi"]
    found = MMD(standardised=False).score(sample(case["reference"]), sample(case["current"]))
    assert found.value == pytest.approx(case["values"]["mmd2_unbiased_rbf"], rel=1e-9)
    assert found.detail["gamma"] == pytest.approx(case["values"]["mmd_gamma"], rel=1e-9)


def test_the_reconstruction_errors_are_scikit_learns():
    case = CASES["multi"]
    found = PCAReconstruction().score(sample(case["reference"]), sample(case["current"]))
    expected = case["values"]["pca_reconstruction_error"]
    assert found.detail["components"] == expected["components"]
    assert found.detail["reference"] == pytest.approx(expected["ref"], rel=1e-9)
    assert found.detail["current"] == pytest.approx(expected["cur"], rel=1e-9)
