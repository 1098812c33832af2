"""Methods over rows."""

import itertools

import numpy as np
import pytest
from drift_samples import pair, sample
from scipy import stats
from sklearn import datasets
from sklearn.metrics import roc_auc_score

from tidegauge.drift import (
    KS,
    MMD,
    PCAKS,
    ROWS,
    Centroid,
    DomainClassifier,
    ExactKS,
    PCAReconstruction,
)
from tidegauge.drift.method import Sample
from tidegauge.drift.rows.domain_classifier import _auc

EVERY = pytest.mark.parametrize("method", ROWS, ids=lambda method: method().kind)


def normal(seed, rows, columns, shift=0.0):
    """Columns that hang together, all of them moved."""
    random = np.random.default_rng(seed)
    return shift + random.normal(size=(rows, columns)) + random.normal(size=(rows, 1))


def scored(method, before, after, categories=()):
    return method().score(sample(before, categories), sample(after, categories))


class TestEveryRowMethod:
    @EVERY
    def test_samples_of_one_source_are_within_the_threshold(self, method):
        found = scored(method, normal(0, 900, 6), normal(1, 800, 6))
        assert abs(found.value - method.unmoved) < method.default_threshold
        assert found.p_value is None or found.p_value > 0.001

    @EVERY
    def test_samples_far_apart_pass_the_threshold(self, method):
        after = normal(1, 600, 6)
        # Moved, and no longer hanging together.
        after[:, :3] = 2.5 - 2 * after[:, :3]
        found = scored(method, normal(0, 600, 6), after)
        assert abs(found.value - method.unmoved) > method.default_threshold
        assert found.p_value is None or found.p_value < 0.01

    @EVERY
    def test_the_same_samples_give_the_same_numbers(self, method):
        before, after = normal(0, 1_200, 4), normal(1, 300, 4, 0.1)
        assert scored(method, before, after) == scored(method, before, after)

    @EVERY
    def test_the_sides_are_alike_where_it_says_so(self, method):
        before, after = normal(0, 400, 4), normal(1, 300, 4, 0.4) * 1.3
        there, back = scored(method, before, after), scored(method, after, before)
        assert (there.value == pytest.approx(back.value, rel=1e-9)) == method.is_symmetric

    @EVERY
    def test_contributions_are_shares_of_columns(self, method):
        found = scored(method, normal(0, 400, 4), normal(1, 300, 4, 0.8) * [-1, 1, 1, 1])
        if method in (Centroid, PCAReconstruction, DomainClassifier):
            assert set(found.contributions) == {"c0", "c1", "c2", "c3"}
            assert sum(found.contributions.values()) == pytest.approx(1)
            assert min(found.contributions.values()) >= 0
        else:
            assert found.contributions is None

    @EVERY
    def test_no_rows_cannot_be_scored(self, method):
        none, some = np.empty((0, 3)), normal(0, 50, 3)
        assert scored(method, none, some) is None
        assert scored(method, some, none) is None
        assert scored(method, none, none) is None

    @EVERY
    def test_no_columns_cannot_be_scored(self, method):
        assert scored(method, np.empty((50, 0)), np.empty((50, 0))) is None

    @EVERY
    def test_columns_of_nothing_do_not_disturb_the_others(self, method):
        before, after = normal(0, 300, 4), normal(1, 300, 4, 0.3)
        gaps = np.full((300, 1), np.nan)
        plain = scored(method, before, after)
        found = scored(method, np.hstack([before, gaps]), np.hstack([after, gaps]))
        assert found.value == pytest.approx(plain.value, abs=0.02)

    @EVERY
    def test_all_samples_have_finite_scores_or_none(self, method):
        sides = {
            "missing": np.full((12, 3), np.nan),
            "infinite": np.full((12, 3), np.inf),
            "constant": np.full((12, 3), 4.0),
            "another constant": np.full((12, 3), 1e9),
            "one row": np.arange(3.0)[None, :],
            "fewer rows than columns": normal(0, 2, 3),
            "ordinary": normal(1, 40, 3),
            "huge": normal(2, 20, 3) * 1e300,
            "huge and small": np.where(normal(3, 20, 3) > 0, 1e308, 1e-308),
            "holes": np.where(normal(4, 40, 3) > 1, np.nan, normal(5, 40, 3)),
            "dependent": normal(6, 40, 1) @ np.ones((1, 3)),
        }
        scores = 0
        for before, after in itertools.product(sides.values(), repeat=2):
            found = scored(method, before, after)
            if found is not None:
                scores += 1
                numbers = [found.value, *(found.detail or {}).values()]
                numbers += (found.contributions or {}).values()
                assert np.isfinite(numbers).all()
                assert found.p_value is None or 0 <= found.p_value <= 1
        assert scores > 40

    @EVERY
    def test_many_more_columns_than_rows_are_no_drift(self, method):
        random = np.random.default_rng(0)
        before, after = random.normal(size=(2, 60, 200))
        found = scored(method, before, after)
        if method is not Centroid:
            assert found.p_value is None or found.p_value > 0.01
        if method is PCAReconstruction:
            assert abs(found.value) < method.default_threshold


class TestExactKS:
    def test_it_is_scipys(self):
        data = datasets.load_wine()
        before, after = data.data[data.target == 0], data.data[data.target == 1]
        found = scored(ExactKS, before, after)
        exact = [stats.ks_2samp(before[:, i], after[:, i]).statistic for i in range(13)]
        assert list(found.detail.values()) == pytest.approx(exact)
        assert found.value == pytest.approx(max(exact))

    def test_the_p_value_is_corrected_for_the_number_of_columns(self):
        random = np.random.default_rng(0)
        hits = sum(
            scored(ExactKS, *random.normal(size=(2, 60, 20))).p_value < 0.1 for _ in range(100)
        )
        assert hits <= 20

    def test_missing_values_are_left_out_and_categories_too(self):
        before, after = normal(0, 50, 3), normal(1, 50, 3)
        before[:20, 0] = np.nan
        found = scored(ExactKS, before, after, categories=(2,))
        assert list(found.detail) == ["c0", "c1"]
        assert found.detail["c0"] == pytest.approx(
            stats.ks_2samp(before[20:, 0], after[:, 0]).statistic
        )

    def test_the_binned_distance_is_never_larger(self):
        before, after = normal(0, 700, 1), normal(1, 500, 1, 0.3)
        binned = KS().score(pair([before[:, 0]], [after[:, 0]]))
        exact = scored(ExactKS, before, after).value
        assert binned.value[0] <= exact <= binned.value[0] + binned.bound[0] + 1e-12


class TestPCAReconstruction:
    def test_it_sees_a_correlation_that_breaks_while_no_column_changes(self):
        random = np.random.default_rng(0)
        one = random.normal(size=(800, 1))
        before = np.hstack([one + 0.2 * random.normal(size=(800, 1)) for _ in range(4)])
        after = random.permuted(before, axis=0)
        found = scored(PCAReconstruction, before, after)
        assert found.value > 3 * PCAReconstruction.default_threshold
        assert scored(ExactKS, before, after).value == 0

    def test_it_names_the_columns_that_are_rebuilt_worse(self):
        before, after = normal(0, 800, 5), normal(1, 800, 5)
        after[:, 3] *= -1
        found = scored(PCAReconstruction, before, after)
        assert max(found.contributions, key=found.contributions.get) == "c3"

    def test_a_single_column_cannot_be_scored(self):
        assert scored(PCAReconstruction, normal(0, 50, 1), normal(1, 50, 1)) is None


class TestMMD:
    def test_features_come_close_to_all_pairs(self):
        before, after = normal(0, 3_000, 5), normal(1, 3_000, 5, 0.5)
        by_features = scored(MMD, before, after).value
        by_pairs = scored(MMD, before[:1_000], after[:1_000]).value
        assert by_features == pytest.approx(by_pairs, rel=0.15)

    @pytest.mark.parametrize("rows", [60, 1_001])
    def test_p_values_are_even_without_drift(self, rows):
        random = np.random.default_rng(0)
        found = np.array(
            [scored(MMD, *random.normal(size=(2, rows, 3))).p_value for _ in range(40)]
        )
        assert (found < 0.1).sum() <= 10
        assert 9 <= (found < 0.5).sum() <= 31

    @pytest.mark.parametrize("rows", [100, 1_001])
    def test_without_drift_it_is_about_zero_and_not_always_above(self, rows):
        random = np.random.default_rng(1)
        found = [scored(MMD, *random.normal(size=(2, rows, 3))).value for _ in range(20)]
        assert min(found) < 0 < max(found)
        # A biased estimate would be larger by two over the number of rows.
        assert abs(np.mean(found)) < 0.5 / rows

    def test_it_sees_what_no_single_column_shows(self):
        random = np.random.default_rng(2)
        before = random.normal(size=(800, 2))
        after = random.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 800)
        assert scored(MMD, before, after).p_value < 0.01
        assert scored(ExactKS, before, after).p_value > 0.01


class TestDomainClassifier:
    def test_it_names_the_columns_that_moved(self):
        before, after = normal(0, 2_000, 6), normal(1, 2_000, 6)
        after[:, 4] += 1
        found = scored(DomainClassifier, before, after)
        assert found.value > 0.7
        assert found.p_value < 1e-6
        assert max(found.contributions, key=found.contributions.get) == "c4"

    def test_it_sees_what_no_single_column_shows(self):
        random = np.random.default_rng(0)
        before = random.normal(size=(2_000, 2))
        after = random.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 2_000)
        assert scored(DomainClassifier, before, after).p_value < 1e-6

    def test_it_takes_categories_and_gaps(self):
        random = np.random.default_rng(1)
        before = np.column_stack([random.integers(0, 5, 800), random.normal(size=800)])
        after = np.column_stack([random.integers(3, 8, 800), random.normal(size=800)])
        found = scored(DomainClassifier, before, after, categories=(0,))
        assert found.value > 0.8
        assert found.contributions["c0"] > 0.9
        after[:, 0] = random.integers(0, 5, 800)
        after[:400, 1] = np.nan
        found = scored(DomainClassifier, before, after, categories=(0,))
        assert found.contributions["c1"] > 0.9

    @pytest.mark.parametrize(
        ("column", "categories"),
        [
            ((np.full(200, 2023.0), np.full(200, 2024.0)), ()),
            ((np.arange(200.0), np.arange(200.0, 400.0)), ()),
            ((np.full(200, np.nan), np.arange(200.0)), ()),
            ((np.arange(0, 400, 2.0), np.arange(1, 401, 2.0)), (1,)),
        ],
        ids=["year", "id", "never filled before", "values of its own"],
    )
    def test_a_column_that_separates_is_named_and_left_out(self, column, categories):
        before, after = normal(0, 200, 1), normal(1, 200, 1)
        found = scored(
            DomainClassifier,
            np.column_stack([before, column[0]]),
            np.column_stack([after, column[1]]),
            categories,
        )
        assert found.detail == {"separates: c1": 1.0}
        assert found.value < 0.65

    def test_where_every_column_separates_nothing_is_left_to_guess(self):
        found = scored(DomainClassifier, normal(0, 100, 2), normal(1, 100, 2, 90))
        assert found.value == 1
        assert found.p_value < 1e-9
        assert set(found.detail) == {"separates: c0", "separates: c1"}

    def test_the_p_value_holds_without_drift(self):
        random = np.random.default_rng(2)
        found = np.array(
            [scored(DomainClassifier, *random.normal(size=(2, 60, 3))).p_value for _ in range(20)]
        )
        assert (found < 0.1).sum() <= 5

    def test_fewer_than_ten_rows_cannot_be_scored(self):
        assert scored(DomainClassifier, normal(0, 9, 2), normal(1, 400, 2)) is None

    def test_its_area_is_scikit_learns(self):
        random = np.random.default_rng(3)
        sides = random.random(200) < 0.4
        scores = np.round(random.normal(size=200) + sides, 1)
        area, chance = _auc(scores, sides)
        assert area == pytest.approx(roc_auc_score(sides, scores))
        exact = stats.mannwhitneyu(
            scores[sides], scores[~sides], alternative="greater", method="asymptotic"
        )
        assert chance == pytest.approx(exact.pvalue)


class TestPCAKS:
    def test_the_p_value_holds_where_columns_outnumber_rows(self):
        random = np.random.default_rng(0)
        found = [scored(PCAKS, *random.normal(size=(2, 40, 80))).p_value for _ in range(40)]
        assert sum(p < 0.1 for p in found) <= 9

    def test_it_sees_a_small_move_of_many_columns(self):
        # They have much in common, and each alone moves by an eighth of its deviation.
        random = np.random.default_rng(1)
        shared = random.normal(size=(2, 4_000, 1))
        before, after = shared + 3 * random.normal(size=(2, 4_000, 40))
        after += 0.4
        found = scored(PCAKS, before, after)
        assert found.value > 1.5 * scored(ExactKS, before, after).value
        assert len(found.detail) == 10


class TestCentroid:
    def test_it_is_the_distance_in_radii(self):
        before = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        found = scored(Centroid, before + np.array([3, 0]), before + np.array([3, 4]))
        assert found.value == pytest.approx(4)
        assert found.detail["distance"] == pytest.approx(4)
        assert found.detail["cosine_distance"] == pytest.approx(1 - 3 / 5)
        assert found.contributions == pytest.approx({"c0": 0, "c1": 1}, abs=1e-12)

    def test_two_different_points_are_two_radii_apart(self):
        found = scored(Centroid, np.full((5, 2), 1.0), np.full((7, 2), 4.0))
        assert found.value == pytest.approx(2)


def test_a_sample_may_have_categories_only():
    rows = np.random.default_rng(0).integers(0, 3, (50, 2)).astype(float)
    named = Sample(("a", "b"), rows, np.array([True, True]))
    for method in ROWS:
        found = method().score(named, named)
        assert (found is None) == (method is not DomainClassifier)
