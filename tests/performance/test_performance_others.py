"""Numbers, sets of labels, ranked lists and returns, held against scikit-learn and naive counts."""

import numpy as np
import pytest
from performance_worlds import regressed
from sklearn import metrics

from tidegauge.performance import Errors, Labels, Ranking, Returns
from tidegauge.performance.moments import Moments
from tidegauge.performance.regression import level_of
from tidegauge.performance.returns import position_of

ATOL = 1e-10


def pieced(make, count, pieces):
    """Of rows in so many pieces, put together in order."""
    whole = None
    for rows in np.array_split(np.arange(count), pieces):
        made = make(rows)
        whole = made if whole is None else whole.merge(made)
    return whole


@pytest.fixture(params=[1, 6])
def pieces(request):
    return request.param


class TestMoments:
    def test_are_those_of_all_numbers_however_they_are_split(self, pieces):
        draws = np.random.default_rng(1)
        values, weights = draws.gamma(2, 3, 500), draws.integers(1, 9, 500).astype(float)
        made = pieced(lambda rows: Moments.of(values[rows], weights[rows]), 500, pieces)
        every = np.repeat(values, weights.astype(int))
        assert made.n == len(every)
        assert made.mean == pytest.approx(every.mean())
        for k in (2, 3, 4):
            assert made.power(k) == pytest.approx((every**k).mean())
        assert made.worth == pytest.approx(weights.sum() ** 2 / (weights**2).sum())

    def test_large_numbers_close_together_keep_their_spread(self):
        values = 1e9 + np.arange(10.0)
        made = pieced(lambda rows: Moments.of(values[rows]), 10, 4)
        assert made.variance == pytest.approx(values.var(ddof=1))


class TestNumbers:
    def test_are_those_of_scikit_learn(self, pieces):
        true, said = regressed()
        made = pieced(lambda rows: Errors.of(true[rows], said[rows]), len(true), pieces)
        found = made.figures()
        wanted = {
            "mae": metrics.mean_absolute_error(true, said),
            "rmse": metrics.root_mean_squared_error(true, said),
            "r2": metrics.r2_score(true, said),
            "mape": metrics.mean_absolute_percentage_error(true, said),
            "bias": (said - true).mean(),
            "smape": (2 * abs(said - true) / (abs(said) + abs(true))).mean(),
        }
        assert {name: found[name].value for name in wanted} == pytest.approx(wanted, rel=1e-9)
        assert all(found[name].low < found[name].value < found[name].high for name in wanted)

    def test_a_true_value_of_zero_has_no_percentage_and_is_counted(self):
        made = Errors.of(np.array([0.0, 10.0, 0.0]), np.array([1.0, 11.0, 0.0]))
        found = made.figures()
        assert made.zeros == 2
        assert (found["mape"].value, found["mape"].n) == (pytest.approx(0.1), 1)
        # Nothing said of nothing is right.
        assert found["smape"].value == pytest.approx((2 + 2 / 21 + 0) / 3)

    def test_what_is_not_finite_is_left_out(self):
        true, said = np.array([1.0, np.nan, 3.0, np.inf]), np.array([1.5, 2.0, np.nan, 1.0])
        assert Errors.of(true, said).n == 1
        assert Errors.of(true[1:3], said[1:3]).figures() == {}

    def test_a_constant_truth_has_nothing_to_explain(self):
        assert "r2" not in Errors.of(np.full(5, 2.0), np.arange(5.0)).figures()

    def test_quantiles_and_intervals(self, pieces):
        true, said = regressed()
        outputs = {"p10": said - 60, "q0.9": said + 80, "lower": said - 70, "upper": said + 70}

        def make(rows):
            own = {name: values[rows] for name, values in outputs.items()}
            return Errors.of(true[rows], said[rows], own)

        found = pieced(make, len(true), pieces).figures()
        for name, level in (("p10", 0.1), ("q0.9", 0.9)):
            wanted = metrics.mean_pinball_loss(true, outputs[name], alpha=level)
            assert found[f"quantile_loss of {name}"].value == pytest.approx(wanted)
        inside = (outputs["lower"] <= true) & (true <= outputs["upper"])
        assert found["coverage"].value == pytest.approx(inside.mean())
        assert found["interval_width"].value == pytest.approx(140)

    @pytest.mark.parametrize(
        ("name", "level"),
        [
            ("p10", 0.1),
            ("P90", 0.9),
            ("q0.5", 0.5),
            ("q_2.5", 0.025),
            ("price", None),
            ("p0", None),
        ],
    )
    def test_a_quantile_says_so_by_its_name(self, name, level):
        assert level_of(name) == (None if level is None else pytest.approx(level))

    def test_intervals_hold_the_truth_about_as_often_as_they_say(self):
        draws = np.random.default_rng(3)
        size = 100_000
        true = draws.normal(50, 10, size)
        said = true + draws.standard_t(8, size) * 3
        whole = Errors.of(true, said).figures()
        names = ("mae", "rmse", "r2", "bias", "smape")
        held = dict.fromkeys(names, 0)
        for _trial in range(400):
            rows = draws.integers(0, size, 200)
            own = Errors.of(true[rows], said[rows]).figures()
            for name in names:
                held[name] += own[name].low <= whole[name].value <= own[name].high
        assert {name: count for name, count in held.items() if count < 0.92 * 400} == {}


class TestSets:
    NAMES = "abcd"

    @pytest.fixture
    def world(self):
        draws = np.random.default_rng(2)
        true = draws.random((300, 4)) < 0.4
        return true, true ^ (draws.random((300, 4)) < 0.2)

    def sets(self, table):
        return [[self.NAMES[at] for at in np.flatnonzero(row)] for row in table]

    def test_are_those_of_scikit_learn(self, world, pieces):
        true, said = world
        made = pieced(
            lambda rows: Labels.of(self.sets(true[rows]), self.sets(said[rows])), 300, pieces
        )
        found = made.figures()
        wanted = {
            "exact_match": metrics.accuracy_score(true, said),
            "hamming_loss": metrics.hamming_loss(true, said),
            "jaccard": metrics.jaccard_score(true, said, average="samples", zero_division=1.0),
            "precision": metrics.precision_score(true, said, average="micro"),
            "f1": metrics.f1_score(true, said, average="micro"),
            "macro_f1": metrics.f1_score(true, said, average="macro"),
            "macro_recall": metrics.recall_score(true, said, average="macro"),
            "recall of b": metrics.recall_score(true[:, 1], said[:, 1]),
        }
        assert {name: found[name].value for name in wanted} == pytest.approx(wanted, abs=ATOL)

    def test_nothing_chosen_of_nothing_true_is_right(self):
        found = Labels.of([[]], [[]]).figures()
        assert (found["exact_match"].value, found["jaccard"].value) == (1.0, 1.0)
        assert "precision" not in found
        assert Labels().figures() == {}


class TestLists:
    @pytest.fixture
    def world(self):
        draws = np.random.default_rng(4)
        relevance = draws.choice([0.0, 0.0, 0.0, 1.0, 2.0], (60, 12))
        relevance[:5] = 0.0
        return relevance

    def made(self, relevance, pieces=1):
        def make(rows):
            lists = np.repeat(rows, relevance.shape[1])
            rank = np.tile(np.arange(1.0, relevance.shape[1] + 1), len(rows))
            order = np.random.default_rng(1).permutation(len(lists))
            return Ranking.of(lists[order], rank[order], relevance[rows].ravel()[order])

        return pieced(make, len(relevance), pieces).figures()

    def test_gain_is_that_of_scikit_learn(self, world, pieces):
        found = self.made(world, pieces)
        some = world[world.any(axis=1)]
        score = -np.tile(np.arange(12.0), (len(some), 1))
        assert found["ndcg"].value == pytest.approx(metrics.ndcg_score(some, score))
        for k in (1, 3, 5, 10):
            wanted = metrics.ndcg_score(some, score, k=k)
            assert found[f"ndcg_at_{k}"].value == pytest.approx(wanted)

    def test_precision_is_that_of_scikit_learn(self, world, pieces):
        found = self.made(world, pieces)
        some = world[world.any(axis=1)] > 0
        each = [metrics.average_precision_score(row, -np.arange(12.0)) for row in some]
        assert found["map"].value == pytest.approx(np.mean(each))

    def test_the_rest_is_as_naively_counted(self, world, pieces):
        found = self.made(world, pieces)
        hits = world > 0
        first = [1 / (np.argmax(row) + 1) if row.any() else 0.0 for row in hits]
        assert found["mrr"].value == pytest.approx(np.mean(first))
        for k in (1, 3, 5, 10):
            top = hits[:, :k].sum(axis=1)
            assert found[f"precision_at_{k}"].value == pytest.approx((top / k).mean())
            assert found[f"hit_rate_at_{k}"].value == pytest.approx((top > 0).mean())
            some = hits.any(axis=1)
            recall = (top / np.maximum(hits.sum(axis=1), 1))[some].mean()
            assert found[f"recall_at_{k}"].value == pytest.approx(recall)

    def test_an_item_that_nobody_judged_takes_its_place_and_is_no_hit(self):
        found = self.made(np.array([[np.nan, 1.0]]))
        assert found["mrr"].value == 0.5
        assert found["precision_at_1"].value == 0.0

    def test_no_lists(self):
        none = np.zeros(0)
        assert Ranking.of(none.astype(np.int64), none, none).figures() == {}


class TestReturns:
    def test_are_as_naively_counted_in_whatever_spans(self, pieces):
        draws = np.random.default_rng(6)
        position, change = draws.choice([-1.0, 0.0, 1.0], 500), draws.normal(0.001, 0.01, 500)
        made = pieced(lambda rows: Returns.of(position[rows], change[rows]), 500, pieces)
        earned = (position * change)[position != 0]
        path = np.cumsum(np.r_[0.0, earned])
        wanted = {
            "win_rate": (earned > 0).mean(),
            "mean_return": earned.mean(),
            "total_return": earned.sum(),
            "max_drawdown": max(path[: i + 1].max() - path[i] for i in range(len(path))),
            "profit_factor": earned[earned > 0].sum() / -earned[earned < 0].sum(),
            "sharpe_ratio": earned.mean() / earned.std(ddof=1) * np.sqrt(len(earned) / 0.5),
        }
        found = made.figures(years=0.5)
        assert {name: found[name].value for name in wanted} == pytest.approx(wanted)

    def test_no_loss_is_no_factor_and_one_trade_no_ratio(self):
        assert "profit_factor" not in Returns.of(np.ones(3), np.full(3, 0.1)).figures()
        assert "sharpe_ratio" not in Returns.of(np.ones(1), np.ones(1)).figures()
        assert Returns.of(np.zeros(3), np.ones(3)).figures() == {}

    @pytest.mark.parametrize(
        ("label", "position"), [("Buy", 1), ("SHORT", -1), ("hold", 0), ("-1", -1), ("flat", 0)]
    )
    def test_a_signal_is_a_position(self, label, position):
        assert position_of(label) == position
