"""What holds of every sequential detector, found by listing."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams_made import METHODS, SIDED, errors, losses, name_of, rhythm

from tidegauge.errors import InputError
from tidegauge.judge.streams import STREAM_METHODS, StreamDetector

every_method = pytest.mark.parametrize("method", METHODS, ids=name_of)
labels = st.floats(0, 1) | st.sampled_from([0, 1, 0.5, True, False])
stretches = st.tuples(labels, st.integers(1, 120)).map(lambda run: [run[0]] * run[1])
streams = st.lists(stretches, max_size=6).map(lambda runs: [x for run in runs for x in run])


def after(detector, values):
    """The places of its alarms, taking one label at a time."""
    found = []
    for at, x in enumerate(values):
        detector.update(x)
        if detector.drift_detected:
            found.append(at)
    return found


@every_method
@settings(deadline=None, max_examples=30)
@given(values=streams)
def test_any_labels_are_taken_and_many_are_as_one_after_another(method, values):
    one, many = StreamDetector(method), StreamDetector(method)
    assert after(one, values) == many.update_many(values)
    assert one.encode() == many.encode()
    assert one.status in {"normal", "warning", "drift"}
    assert (one.error_rate is None) == (one.samples == 0)
    if one.change:
        assert -1e-9 <= one.change.before <= 1 + 1e-9
        assert -1e-9 <= one.change.after <= 1 + 1e-9


@every_method
@settings(deadline=None, max_examples=30)
@given(values=streams, cut=st.integers(0, 720))
def test_a_detector_read_again_goes_on_bit_for_bit(method, values, cut):
    whole, first = StreamDetector(method), StreamDetector(method)
    cut = min(cut, len(values))
    whole.update_many(values)
    first.update_many(values[:cut])
    second = StreamDetector.decode(first.encode())
    assert second.method == method
    assert (second.status, second.change) == (first.status, first.change)
    second.update_many(values[cut:])
    assert second.encode() == whole.encode()


@every_method
@pytest.mark.parametrize("made", [errors, losses], ids=["errors", "losses"])
def test_reading_it_again_around_an_alarm_changes_nothing(method, made):
    values = made((0.1, 600), (0.7, 300), (0.1, 600))
    alarms = StreamDetector(method).update_many(values)
    for cut in {0, 1, len(values), *(place + by for place in alarms[:2] for by in (-1, 0, 1, 2))}:
        first = StreamDetector(method)
        found = first.update_many(values[:cut])
        second = StreamDetector.decode(first.encode())
        found += [cut + place for place in second.update_many(values[cut:])]
        assert found == alarms


@every_method
@pytest.mark.parametrize(
    "wrong", [float("nan"), float("inf"), -0.01, 1.01, 7, None, "wrong", [0.5, 0.5], 1j]
)
def test_what_is_not_from_0_to_1_is_refused_and_nothing_is_taken(method, wrong):
    detector = StreamDetector(method)
    detector.update_many(errors((0.2, 70)))
    before = detector.encode()
    with pytest.raises(InputError, match="from 0"):
        detector.update(wrong)
    with pytest.raises(InputError, match=r"from 0|after another"):
        detector.update_many([0.0, 1.0, wrong])
    assert detector.encode() == before


@every_method
@pytest.mark.parametrize("value", [0.0, 1.0, 0.3, 1e-300])
def test_labels_that_are_all_alike_bring_no_alarm(method, value):
    assert StreamDetector(method).update_many(np.full(3_000, value)) == []


@pytest.mark.parametrize("method", STREAM_METHODS)
@pytest.mark.parametrize("made", [errors, losses], ids=["errors", "losses"])
def test_a_jump_is_found(method, made):
    values = made((0.3, 2_000), (0.8, 1_000))
    assert any(place >= 2_000 for place in StreamDetector(method()).update_many(values))


@pytest.mark.parametrize("method", STREAM_METHODS)
def test_it_is_armed_again_after_an_alarm(method):
    values = errors((0.05, 1_500), (0.6, 1_500), (0.05, 3_000), (0.6, 1_500))
    found = StreamDetector(method()).update_many(values)
    assert any(1_500 <= place < 3_000 for place in found)
    assert any(place >= 6_000 for place in found)


@every_method
def test_an_alarm_lasts_for_one_label(method):
    detector = StreamDetector(method)
    alarms = after(detector, errors((0.1, 1_000), (0.8, 400), (0.05, 600)))
    assert alarms
    assert all(later - sooner > 1 for sooner, later in pairwise(alarms))


@pytest.mark.parametrize("method", SIDED)
def test_falls_are_told_from_rises(method):
    values = np.concatenate([rhythm(2, 2_000), rhythm(10, 2_000)])
    assert StreamDetector(method()).update_many(values) == []
    for direction in ("down", "both"):
        detector = StreamDetector(method(direction=direction))
        falls = after(detector, values)
        assert falls
        assert min(falls) >= 2_000
    assert StreamDetector(method(direction="down")).update_many(1 - values) == []
    rises = StreamDetector(method(direction="both")).update_many(1 - values)
    assert rises
    assert min(rises) >= 2_000


@pytest.mark.parametrize("method", [m for m in METHODS if m.kind != "eddm"], ids=name_of)
def test_an_alarm_says_what_has_changed(method):
    falls = getattr(method, "direction", "up") == "down"
    values = rhythm(10, 2_000) if not falls else 1 - rhythm(10, 2_000)
    detector = StreamDetector(method)
    assert detector.update_many(values) == []
    age = 0
    while not detector.drift_detected:
        detector.update(1 - values[age])
        age += 1
    change = detector.change
    assert change.before == pytest.approx(0.9 if falls else 0.1, abs=0.12)
    assert abs(change.after - change.before) > 0.15
    assert 0 < change.since <= age + 40
    detector.update(0)
    assert detector.change is None


@every_method
def test_a_good_past_is_learned_without_an_alarm(method):
    past = errors((0.1, 3_000), (0.6, 500))
    detector = StreamDetector(method, past=past)
    assert detector.status == "normal"
    assert detector.samples == 0
    assert detector.encode() == StreamDetector(method, past=iter(past.tolist())).encode()


@pytest.mark.parametrize("method", STREAM_METHODS)
def test_only_some_warn(method):
    detector = StreamDetector(method())
    warned = False
    for x in errors((0.1, 1_000), (0.35, 1_000), seed=3):
        detector.update(x)
        warned |= detector.warning_detected
        assert not (detector.warning_detected and detector.drift_detected)
    assert warned == method.warns


@every_method
def test_the_rate_and_the_number_of_labels_start_again_after_an_alarm(method):
    detector = StreamDetector(method)
    values = errors((0.1, 500), (0.9, 500), (0.1, 500))
    last = after(detector, values)[-1]
    assert detector.samples == len(values) - last - 1
    assert detector.error_rate == pytest.approx(values[last + 1 :].mean())


@every_method
def test_settings_are_values(method):
    assert replace(method) == method
    assert hash(replace(method)) == hash(method)
