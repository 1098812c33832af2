"""The generalised likelihood ratio: its limit, its shortcuts, its memory."""

from math import log

import numpy as np
import pytest
from scipy.special import rel_entr
from streams_made import errors, losses

from tidegauge.judge.streams import DDM, GLR, StreamDetector
from tidegauge.judge.streams.histogram import sizes_of, sums_of
from tidegauge.judge.streams.state import Level

BEFORE, SINCE = 20, 5


def divergence(p, q):
    return rel_entr(p, q) + rel_entr(1 - p, 1 - q)


def plain(values, limit, most=None):
    """The first alarm by the definition: at each label, every moment of the past is tried, or
    those between stretches where at most so many have one length."""
    ends, sizes = [], []
    sums = np.cumsum(values)
    for n in range(1, len(values) + 1):
        ends.append(n)
        sizes.append(1)
        size = 1
        while most and sizes.count(size) > most:
            at = sizes.index(size)
            del ends[at], sizes[at]
            size *= 2
            sizes[at] = size
        if n < BEFORE + SINCE:
            continue
        cuts = np.array(ends[:-1])
        cuts = cuts[(cuts >= BEFORE) & (n - cuts >= SINCE)]
        if not len(cuts):
            continue
        m1 = sums[cuts - 1] / cuts
        m2 = (sums[n - 1] - sums[cuts - 1]) / (n - cuts)
        m = sums[n - 1] / n
        with np.errstate(invalid="ignore"):
            apart = cuts * divergence(m1, m) + (n - cuts) * divergence(m2, m)
        if (apart[m2 > m1] >= limit).any():
            return n - 1
    return None


@pytest.mark.parametrize("made", [errors, losses], ids=["errors", "losses"])
@pytest.mark.parametrize("seed", range(6))
def test_looking_only_when_it_may_matter_changes_no_alarm(made, seed):
    values = made((0.04 + 0.05 * seed, 500), (0.4 + 0.06 * seed, 400), seed=seed)
    method = GLR(run_length=(100, 1_000, 20_000)[seed % 3], together=1)
    (first, *_) = [*StreamDetector(method).update_many(values), None]
    assert first == plain(values, log(method.run_length), most=6)
    assert first is not None


@pytest.mark.parametrize("made", [errors, losses], ids=["errors", "losses"])
def test_what_is_kept_between_labels_holds_at_each(made):
    state = GLR(run_length=1_000).start().learn([0.0, 1.0, 0.0, 0.0] * 10)
    drifts = 0
    for x in made((0.25, 150), (0.6, 150), (0.05, 150), (0.5, 150), seed=5).tolist():
        if state.update(x) is Level.DRIFT:
            state, _ = state.rearmed()
            drifts += 1
        assert state.bound >= state._evidence(state._moments())[0].max() - 1e-9
        assert state.n == state.past + sizes_of(state.levels).sum()
        assert state.total == pytest.approx(state.past_total + sums_of(state.levels).sum())
        if len(state.likeness.latest) == 32:
            assert state.likeness.near == pytest.approx(sum(state.likeness.latest[-8:]))
            assert state.likeness.far == pytest.approx(sum(state.likeness.latest[:8]))
    assert drifts


@pytest.mark.parametrize("seed", range(4))
def test_sums_that_double_in_length_cost_little_of_the_delay(seed):
    values = errors((0.1, 1_000), (0.3, 500), seed=seed)
    first = StreamDetector(GLR(together=1)).update_many(values)[0]
    exact = plain(values, log(100_000))
    assert exact <= first <= exact + 25


@pytest.mark.parametrize("rate", [0.005, 0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("alike", [1, 2, 10])
def test_false_alarms_are_no_more_often_than_the_run_length_says(rate, alike):
    """Each label comes so many times: as of visitors with ten clicks each."""
    labels, run_length = 100_000, 1_000
    values = errors((rate, labels // alike), seed=7).repeat(alike)
    assert len(StreamDetector(GLR(run_length=run_length)).update_many(values)) <= 60


def test_false_alarms_ever_are_at_most_as_likely_as_asked():
    method = GLR(ever=0.05)
    alarmed = [
        bool(StreamDetector(method).update_many(errors((0.3, 3_000), seed=seed)))
        for seed in range(60)
    ]
    assert sum(alarmed) <= 5


def test_losses_bring_no_more_false_alarms_than_errors():
    values = losses((0.3, 50_000), seed=1)
    assert len(StreamDetector(GLR(run_length=1_000)).update_many(values)) <= 5


@pytest.mark.parametrize("together", [4, None])
def test_labels_that_come_together_count_once(together):
    values = errors((0.1, 20_000), (0.5, 500), seed=3).repeat(4)
    alone = StreamDetector(GLR(run_length=1_000, together=1))
    assert len(alone.update_many(values[:80_000])) > 300
    found = StreamDetector(GLR(run_length=1_000, together=together)).update_many(values)
    assert len([at for at in found if at < 80_000]) <= 40
    assert any(80_000 <= at < 80_400 for at in found)


@pytest.mark.parametrize("sticky", [0.2, 0.5, 0.8])
def test_runs_of_errors_are_noticed_without_being_told(sticky):
    values = errors((0.2, 30_000), seed=8)
    for at in np.flatnonzero(np.random.default_rng(9).random(len(values)) < sticky)[1:]:
        values[at] = values[at - 1]
    told = StreamDetector(GLR(run_length=1_000, together=1)).update_many(values)
    found = StreamDetector(GLR(run_length=1_000)).update_many(values)
    assert len(found) <= 30 < len(told)


def test_independent_labels_are_not_held_for_alike():
    values = [errors((0.1, 2_000), (0.2, 1_000), seed=seed) for seed in range(20)]
    for method in (GLR(), GLR(together=1)):
        first = [next(iter(StreamDetector(method).update_many(each)), 3_000) for each in values]
        delays = [at - 2_000 for at in first if at >= 2_000]
        assert len(delays) >= 18
        assert np.mean(delays) < 330


def test_labels_of_the_past_make_a_change_at_once_visible():
    worse = errors((0.3, 200), seed=1)
    assert StreamDetector().update_many(worse) == []
    detector = StreamDetector(past=errors((0.1, 2_000)))
    alarms = detector.update_many(worse)
    assert alarms
    assert alarms[0] < 100
    counts = StreamDetector(past=[0] * 1_800 + [1] * 200)
    assert counts.update_many(worse)[0] == pytest.approx(alarms[0], abs=20)


def test_no_change_is_looked_for_within_the_past():
    past = errors((0.02, 1_000), (0.4, 1_000))
    assert StreamDetector(past=past).update_many(errors((0.2, 1_000))) == []
    assert StreamDetector().update_many(past)


def test_the_change_is_where_it_was():
    detector = StreamDetector()
    values = errors((0.1, 5_000), (0.3, 2_000), seed=4)
    at = -1
    while not detector.drift_detected:
        at += 1
        detector.update(values[at])
    assert detector.change.before == pytest.approx(0.1, abs=0.02)
    assert detector.change.after == pytest.approx(0.35, abs=0.12)
    assert abs(at + 1 - detector.change.since - 5_000) < 40


def test_after_an_alarm_the_new_rate_is_the_usual_one():
    detector = StreamDetector()
    values = errors((0.05, 3_000), (0.25, 6_000), (0.5, 500), seed=2)
    alarms = detector.update_many(values)
    assert len(alarms) == 2
    assert 3_000 <= alarms[0] < 3_200
    assert 9_000 <= alarms[1] < 9_200


def test_a_hundred_thousand_labels_are_a_few_dozen_numbers():
    detector = StreamDetector()
    detector.update_many(errors((0.2, 100_000), seed=11))
    assert len(detector.encode()) < 2_000
    detector = StreamDetector()
    detector.update_many(losses((0.2, 100_000), seed=11))
    assert len(detector.encode()) < 3_500


def test_the_threshold_is_the_rate_from_which_ddm_alarms():
    detector = StreamDetector(DDM())
    detector.update_many(errors((0.2, 400), seed=5))
    n, limit = detector.samples, detector.threshold
    assert StreamDetector().threshold is None
    while not detector.drift_detected:
        assert detector.error_rate < limit
        detector.update(1)
        n += 1
    reach = detector.error_rate + (detector.error_rate * (1 - detector.error_rate) / n) ** 0.5
    assert reach > limit
