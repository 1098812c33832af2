"""A number that is compared must be further away than chance takes it."""

import numpy as np
import pytest
from scipy.stats import binom, poisson

from tidegauge.monitor.chance import Count, Mean, Share, Together
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.measures import OF_TRAFFIC, of_column
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import COUNTS, TIMINGS, Traffic


def traffic(**counts):
    return Traffic({**dict.fromkeys(COUNTS, 0), **counts})


class TestACondition:
    RISE = Condition(absolute_change=0.02, direction="up", severity="high")

    def test_one_error_in_forty_calls_is_no_rise(self):
        assert self.RISE.judge(1 / 39, 0.0035, by_chance=Share(39).explains) is None
        assert self.RISE.judge(1 / 39, 0.0035) is not None

    def test_six_are_one_and_so_are_two_in_forty_of_many(self):
        assert self.RISE.judge(6 / 39, 0.0035, by_chance=Share(39).explains) is not None
        assert self.RISE.judge(2 / 39, 0.0035, by_chance=Share(39_000).explains) is not None

    def test_a_limit_is_a_limit(self):
        limit = Condition(max=0.02, severity="high")
        assert limit.judge(1 / 39, None, by_chance=Share(39).explains) is not None

    def test_nothing_is_certain_of_no_rows(self):
        assert self.RISE.judge(1.0, 0.0, by_chance=Share(0).explains) is None


def rises(metric, rate, calls, records):
    """How often calls that err so seldom are told to err more."""
    rng = np.random.default_rng(1)
    condition = Condition(absolute_change=0.02, direction="up", severity="high")
    found = 0
    for errors in rng.binomial(records, rate, 2_000) * (calls // records):
        counts = {"records": records, "predictions": calls, "with_status": calls}
        measured = OF_TRAFFIC[metric](traffic(**counts, errors=int(errors)), 300.0)
        found += (
            condition.judge(measured.value, 0.005, by_chance=measured.chance.explains) is not None
        )
    return found


@pytest.mark.parametrize(("calls", "records"), [(30, 30), (300, 300), (300, 30), (30_000, 30)])
def test_a_rate_that_has_not_risen_is_not_told_whatever_rows_stand_for(calls, records):
    assert rises("error_rate", 0.005, calls, records) <= 2
    assert rises("error_rate", 0.3, calls, records) > 1_500


def test_few_calls_come_and_go_by_themselves():
    fewer = Condition(change="20 %", direction="down", severity="low")
    told = {}
    for usual in (50, 5_000):
        rng = np.random.default_rng(2)
        measured = [
            OF_TRAFFIC["throughput_per_minute"](
                traffic(records=int(n), predictions=10 * int(n)), 3_600.0
            )
            for n in rng.poisson(usual, 1_000)
        ]
        before = usual * 10 / 60
        found = [
            fewer.judge(each.value, before, by_chance=each.chance.explains) for each in measured
        ]
        told[usual] = sum(why is not None for why in found)
    assert told == {50: 0, 5_000: 0}
    half = OF_TRAFFIC["throughput_per_minute"](traffic(records=2_500, predictions=25_000), 3_600.0)
    assert fewer.judge(half.value, 5_000 / 6, by_chance=half.chance.explains) is not None


def test_one_slow_call_is_not_a_slow_service():
    slower = Condition(absolute_change=50, direction="up", severity="medium")
    durations = np.array([20.0] * 30 + [4_000.0])
    timing = Timing.of(durations, np.ones(31, dtype=np.int64))
    counts = {**dict.fromkeys(COUNTS, 0), "records": 31, "predictions": 31}
    found = OF_TRAFFIC["latency_avg_ms"](
        Traffic(counts, (timing, *(Timing(),) * (len(TIMINGS) - 1))), 300.0
    )
    assert found.value == pytest.approx(durations.mean(), rel=1e-6)
    assert slower.judge(found.value, 20.0, by_chance=found.chance.explains) is None
    assert found.chance.deviation == pytest.approx(durations.std(), rel=0.03)


def test_a_mean_of_a_column_knows_its_rows():
    rng = np.random.default_rng(3)
    reference = Profile.of({"x": rng.normal(size=5_000)})
    own = Profile.of({"x": rng.normal(size=100)}, reference.layout)
    few, weighted = (of_column(each, "mean", "x") for each in (own, own.times(1_000)))
    assert few.chance.rows == 100
    assert few.chance.deviation == pytest.approx(1, rel=0.2)
    assert weighted.chance.rows == pytest.approx(100)
    assert weighted.chance.deviation == pytest.approx(few.chance.deviation, rel=0.01)


LIST = 8


def lists(rng, rate, windows=576, a_window=90):
    """Windows of five minutes of rows that come in lists: all of one err, or none."""
    rows = rng.poisson(a_window, windows)
    return [
        (float(errors / n), Share(float(n * LIST)))
        for n, errors in zip(rows, rng.binomial(rows, rate), strict=True)
    ]


class TestWhatAPastSays:
    @pytest.mark.parametrize("rate", [0.003, 0.02, 0.3])
    def test_rows_of_one_list_are_told_to_be_one(self, rate):
        found = Together.of(lists(np.random.default_rng(4), rate))
        assert found.effect == pytest.approx(LIST, rel=0.25)

    @pytest.mark.parametrize("rate", [0.003, 0.02, 0.3])
    def test_independent_rows_are_not_told_to_come_together(self, rate):
        rng = np.random.default_rng(5)
        told = [
            Together.of([(float(x) / 500, Share(500.0)) for x in rng.binomial(500, rate, 576)])
            for _ in range(200)
        ]
        assert sum(each.effect > 1 for each in told) <= 4

    def test_lists_are_seen_in_means_of_one_list_too(self):
        rng = np.random.default_rng(6)
        past = [(float(x), Mean(float(LIST), 0.0)) for x in rng.normal(30, 5, 576)]
        found = Together.of(past)
        assert found.effect >= LIST * 0.8
        assert found.variance == pytest.approx(25, rel=0.5)

    def test_lists_are_seen_in_calls_and_an_empty_window_is_one(self):
        rng = np.random.default_rng(7)
        # Of a sample, of which each row stands for a hundred.
        past = [
            (100.0 * LIST * n, Count(0.01) if n else None) for n in rng.poisson(2, 576).tolist()
        ]
        assert Together.of(past).effect == pytest.approx(LIST, rel=0.25)

    def test_the_turn_of_the_day_is_no_list(self):
        rng = np.random.default_rng(8)
        rates = 0.2 + 0.15 * np.sin(np.arange(576) / 288 * 2 * np.pi)
        counts = rng.binomial(500, rates)
        assert Together.of([(float(x) / 500, Share(500.0)) for x in counts]).effect == 1

    def test_an_hour_of_trouble_is_no_list(self):
        rng = np.random.default_rng(9)
        rates = np.where(np.arange(576) // 12 == 30, 0.5, 0.003)
        counts = rng.binomial(500, rates)
        assert Together.of([(float(x) / 500, Share(500.0)) for x in counts]).effect < 2.5

    def test_a_past_without_an_event_says_nothing(self):
        assert not Together.of([(0.0, Share(500.0))] * 576).is_known


def test_a_list_that_fails_is_no_rise_and_many_are():
    rng = np.random.default_rng(10)
    condition = Condition(absolute_change=0.02, direction="up", severity="high")
    past = Together.of(lists(rng, 0.003))

    def told(rate):
        return sum(
            condition.judge(value, 0.003, by_chance=chance.wider(past).explains) is not None
            for value, chance in lists(rng, rate, 2_000)
        )

    assert told(0.003) == 0
    assert told(0.01) <= 20
    assert told(0.3) == 2_000


def test_one_of_three_that_fails_is_no_rate():
    assert Share(3.0).explains(1 / 3, 0.022)
    assert not Share(300.0).explains(1 / 3, 0.022)
    assert Share(3.0).explains(0.0, 0.5)
    assert not Share(300.0).explains(0.0, 0.5)


def test_chance_is_as_the_exact_distributions_have_it():
    for count in range(40):
        share, exact = Share(40.0), binom(40, 0.2)
        tail = exact.sf(count - 1) if count > 8 else exact.cdf(count)
        assert share.explains(count / 40, 0.2) == (count == 8 or tail >= 0.00135)
        few = poisson(12)
        tail = few.sf(count - 1) if count > 12 else few.cdf(count)
        assert Count(1.0).explains(float(count), 12.0) == (count == 12 or tail >= 0.00135)
