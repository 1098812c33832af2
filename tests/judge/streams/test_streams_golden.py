"""Our alarms against those of independent implementations.

`alarms.json` holds a real stream, whether a classifier of visits to doctors was wrong, whose
answers are turned round from label 3,000 on, with the places where river 0.26.1 and, for STEPD and
CUSUM, frouros 0.9.0 alarm.  Where river is asked itself, streams are drawn.  river looks both ways
where we look one way unless told to, and its FHDDM takes 1 for right.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from river import drift
from river.drift import binary
from scipy.stats import ks_2samp
from streams_made import errors, losses

from tidegauge.judge.streams import (
    ADWIN,
    CUSUM,
    DDM,
    EDDM,
    FHDDM,
    HDDMA,
    HDDMW,
    KSWIN,
    STEPD,
    PageHinkley,
    StreamDetector,
)
from tidegauge.judge.streams.kswin import _least_gap

GOLDEN = json.loads((Path(__file__).parent / "alarms.json").read_text())
ERRORS = np.array([float(bit) for bit in GOLDEN["errors"]])
SEEDS = range(4)


@pytest.mark.parametrize(
    "method",
    [
        KSWIN(seed=1),
        PageHinkley(direction="both"),
        DDM(),
        EDDM(),
        HDDMA(),
        HDDMW(),
        STEPD(direction="both"),
        CUSUM(),
    ],
    ids=lambda method: method.kind,
)
def test_a_real_stream(method):
    assert StreamDetector(method).update_many(ERRORS) == GOLDEN["alarms"][method.kind]


def test_a_real_stream_with_right_and_wrong_exchanged():
    found = StreamDetector(FHDDM(delta=1e-6)).update_many(1 - ERRORS)
    assert found == GOLDEN["alarms"]["fhddm"]


def test_a_real_stream_in_a_window_that_starts_anew_after_each_alarm():
    """As river does; ours keeps what came since the change."""
    assert anew(ADWIN(), ERRORS) == GOLDEN["alarms"]["adwin"]


def anew(method, values):
    found, at = [], 0
    while at < len(values):
        detector = StreamDetector(method)
        while at < len(values) and not detector.drift_detected:
            detector.update(values[at])
            at += 1
        if detector.drift_detected:
            found.append(at - 1)
    return found


def theirs(detector, values):
    """Of river's: the places of alarms and of warnings."""
    alarms, warnings = [], []
    for at, x in enumerate(values):
        detector.update(x)
        if detector.drift_detected:
            alarms.append(at)
        elif getattr(detector, "warning_detected", False):
            warnings.append(at)
    return alarms, warnings


def ours(method, values):
    detector = StreamDetector(method)
    alarms, warnings = [], []
    for at, x in enumerate(values):
        detector.update(x)
        if detector.drift_detected:
            alarms.append(at)
        elif detector.warning_detected:
            warnings.append(at)
    return alarms, warnings


def drawn(seed):
    """Errors, seldom and often, more and fewer, in stretches long and short."""
    return errors(
        (0.02, 900), (0.3, 400), (0.1, 900), (0.15, 700), (0.6, 200), (0.01, 900), seed=seed
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("method", "river"),
    [
        (DDM(), binary.DDM),
        (DDM(warm_up=100, warning=1.0, drift=2.0), lambda: binary.DDM(100, 1.0, 2.0)),
        (EDDM(), binary.EDDM),
        (HDDMA(), binary.HDDMA),
        (HDDMA(direction="both"), lambda: binary.HDDMA(two_sided_test=True)),
        (HDDMW(), binary.HDDMW),
        (HDDMW(weight=0.01), lambda: binary.HDDMW(lambda_val=0.01)),
        (PageHinkley(), lambda: drift.PageHinkley(mode="up")),
        (PageHinkley(threshold=5, direction="both"), lambda: drift.PageHinkley(threshold=5)),
        (PageHinkley(direction="down"), lambda: drift.PageHinkley(mode="down")),
    ],
    ids=lambda each: each.kind if hasattr(each, "kind") else "",
)
def test_errors_as_river_judges_them(method, river, seed):
    values = drawn(seed)
    alarms, warnings = theirs(river(), values)
    assert alarms
    assert ours(method, values) == (alarms, warnings)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window", [50, 100])
def test_what_is_right_as_river_judges_it(window, seed):
    values = drawn(seed)
    river = binary.FHDDM(sliding_window_size=window, confidence_level=1e-4)
    found = StreamDetector(FHDDM(window=window, delta=1e-4)).update_many(values)
    assert found
    assert found == theirs(river, (1 - values).astype(int).tolist())[0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("delta", [0.002, 0.2])
def test_windows_as_river_has_them(delta, seed):
    for values in (drawn(seed), losses((0.2, 900), (0.3, 600), (0.1, 700), seed=seed)):
        found = anew(ADWIN(delta=delta, clock=8), values)
        assert found
        assert found == theirs(drift.ADWIN(delta=delta, clock=8), values.tolist())[0]


def test_a_window_without_a_change_is_as_long_and_has_the_mean_that_river_says():
    values = losses((0.3, 1_237), seed=2)
    river, detector = drift.ADWIN(), StreamDetector(ADWIN())
    assert theirs(river, values.tolist())[0] == detector.update_many(values) == []
    assert detector._state.n == river.width
    assert detector._state.total / detector._state.n == pytest.approx(river.estimation)


@pytest.mark.parametrize("seed", [1, 5])
def test_losses_as_river_judges_them(seed):
    values = losses((0.2, 700), (0.35, 500), (0.1, 400), seed=seed)
    river = drift.KSWIN(seed=seed, alpha=0.001)
    found = StreamDetector(KSWIN(seed=seed, alpha=0.001)).update_many(values)
    assert found
    assert found == theirs(river, values.tolist())[0]


@pytest.mark.parametrize("alpha", [0.05, 0.005, 1e-6])
@pytest.mark.parametrize("count", [15, 30, 80])
def test_the_least_gap_is_where_scipys_exact_p_value_passes_alpha(alpha, count):
    gap = _least_gap(alpha, count)
    values = np.arange(count)
    p_values = [ks_2samp(values, values + shift - 0.5).pvalue for shift in (gap - 1, gap)]
    assert p_values[0] > alpha >= p_values[1]


def test_a_small_gap_is_no_alarm_however_sure_it_is():
    assert _least_gap(0.05, 1_000) == 101


def test_a_window_is_cut_where_the_rate_changed():
    detector = StreamDetector(ADWIN(clock=1))
    age = 0
    detector.update_many([0.0] * 1_000)
    while not detector.drift_detected:
        detector.update(1.0)
        age += 1
    assert detector.change.before == 0.0
    assert age <= detector.change.since <= age + 1
    assert detector.update_many([1.0] * 500) == []
