"""A number that is compared must be further away than chance takes it."""

import numpy as np
import pytest

from tidegauge.monitor.condition import Condition
from tidegauge.monitor.measures import OF_TRAFFIC, of_column, of_share
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import COUNTS, TIMINGS, Traffic


def traffic(**counts):
    return Traffic({**dict.fromkeys(COUNTS, 0), **counts})


class TestACondition:
    RISE = Condition(absolute_change=0.02, direction="up", severity="high")

    def test_one_error_in_forty_calls_is_no_rise(self):
        assert self.RISE.judge(1 / 39, 0.0035, error=of_share(39)) is None
        assert self.RISE.judge(1 / 39, 0.0035) is not None

    def test_six_are_one_and_so_are_two_in_forty_of_many(self):
        assert self.RISE.judge(6 / 39, 0.0035, error=of_share(39)) is not None
        assert self.RISE.judge(2 / 39, 0.0035, error=of_share(39_000)) is not None

    def test_a_limit_is_a_limit(self):
        limit = Condition(max=0.02, severity="high")
        assert limit.judge(1 / 39, None, error=of_share(39)) is not None

    def test_nothing_is_certain_of_no_rows(self):
        assert self.RISE.judge(1.0, 0.0, error=of_share(0)) is None


def rises(metric, rate, calls, records):
    """How often calls that err so seldom are told to err more."""
    rng = np.random.default_rng(1)
    condition = Condition(absolute_change=0.02, direction="up", severity="high")
    found = 0
    for errors in rng.binomial(records, rate, 2_000) * (calls // records):
        counts = {"records": records, "predictions": calls, "with_status": calls}
        measured = OF_TRAFFIC[metric](traffic(**counts, errors=int(errors)), 300.0)
        found += condition.judge(measured.value, 0.005, error=measured.error) is not None
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
        found = [fewer.judge(each.value, before, error=each.error) for each in measured]
        told[usual] = sum(why is not None for why in found)
    assert told == {50: 0, 5_000: 0}
    half = OF_TRAFFIC["throughput_per_minute"](traffic(records=2_500, predictions=25_000), 3_600.0)
    assert fewer.judge(half.value, 5_000 / 6, error=half.error) is not None


def test_one_slow_call_is_not_a_slow_service():
    slower = Condition(absolute_change=50, direction="up", severity="medium")
    durations = np.array([20.0] * 30 + [4_000.0])
    timing = Timing.of(durations, np.ones(31, dtype=np.int64))
    counts = {**dict.fromkeys(COUNTS, 0), "records": 31, "predictions": 31}
    found = OF_TRAFFIC["latency_avg_ms"](
        Traffic(counts, (timing, *(Timing(),) * (len(TIMINGS) - 1))), 300.0
    )
    assert found.value == pytest.approx(durations.mean(), rel=1e-6)
    assert slower.judge(found.value, 20.0, error=found.error) is None
    assert found.error(20.0) == pytest.approx(durations.std() / np.sqrt(31), rel=0.03)


def test_a_mean_of_a_column_knows_its_rows():
    rng = np.random.default_rng(3)
    reference = Profile.of({"x": rng.normal(size=5_000)})
    own = Profile.of({"x": rng.normal(size=100)}, reference.layout)
    few, weighted = (of_column(each, "mean", "x") for each in (own, own.times(1_000)))
    assert few.error(0.0) == pytest.approx(0.1, rel=0.2)
    assert weighted.error(0.0) == pytest.approx(few.error(0.0), rel=0.01)
