"""The likelihood ratio in batches: alarms, changes and bytes are as with one label at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams_made import errors, losses

from tidegauge.judge.streams import GLR, StreamDetector
from tidegauge.judge.streams.histogram import add, add_many, forget
from tidegauge.judge.streams.likeness import FAR, Likeness

RATES = [0.0, 0.001, 0.02, 0.1, 0.3, 0.5, 0.9, 1.0]
METHODS = [
    GLR(),
    GLR(run_length=20),
    GLR(run_length=500, together=1),
    GLR(ever=0.3, together=2.5),
    GLR(run_length=200, direction="down"),
    GLR(run_length=200, direction="both"),
]


def runs(rate, count, seed):
    return errors((rate, count // 4 + 1), seed=seed).repeat(4)[:count]


def mean_of(rate, count, seed):
    return losses((min(max(rate, 0.01), 0.99), count), seed=seed)


def alone(rate, count, seed):
    return errors((rate, count), seed=seed)


stretches = st.tuples(
    st.sampled_from([alone, alone, runs, mean_of]),
    st.sampled_from(RATES),
    st.integers(1, 4_000),
    st.integers(0, 2**32 - 1),
)


@settings(deadline=None, max_examples=25)
@given(
    made=st.lists(stretches, min_size=1, max_size=4),
    method=st.sampled_from(METHODS),
    past=st.integers(0, 300),
    sizes=st.lists(st.sampled_from([1, 60, 101, 700, 1_530, 1_531, 5_000]), min_size=1),
)
def test_batches_of_any_length_are_as_one_label_after_another(made, method, past, sizes):
    values = np.concatenate([of(rate, count, seed) for of, rate, count, seed in made])
    one = StreamDetector(method, past=values[:past])
    many = StreamDetector(method, past=values[:past])
    found = []
    for at, x in enumerate(values.tolist()):
        one.update(x)
        if one.drift_detected:
            found.append(at)
    at, took, changes = 0, [], 0
    while at < len(values):
        size = sizes[changes % len(sizes)]
        took += [at + place for place in many.update_many(values[at : at + size])]
        at, changes = at + size, changes + 1
    assert took == found
    assert many.change == one.change
    assert many.encode() == one.encode()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(METHODS.index(method)))
def test_each_alarm_of_a_batch_has_the_change_that_it_has_alone(method):
    values = errors((0.1, 3_000), (0.6, 3_000), (0.05, 4_000), (0.4, 3_000), seed=2)
    alarms = StreamDetector(method).update_many(values)
    assert alarms
    one = StreamDetector(method)
    for x in values[: alarms[-1] + 1].tolist():
        one.update(x)
    many = StreamDetector(method)
    assert many.update_many(values[: alarms[-1] + 1]) == alarms
    assert many.change == one.change is not None


@given(
    values=st.lists(st.floats(0, 1), max_size=400),
    cut=st.integers(0, 400),
    gone=st.integers(0, 8),
    most=st.integers(2, 7),
)
def test_stretches_are_joined_in_bulk_as_one_by_one(values, cut, gone, most):
    one, many = [[]], [[]]
    for x in values[:cut]:
        add(one, x, most)
        add(many, x, most)
    stretches = sum(map(len, one))
    forget(one, min(gone, stretches))
    forget(many, min(gone, stretches))
    for x in values[cut:]:
        add(one, x, most)
    add_many(many, np.array(values[cut:]), most)
    assert many == one


@given(values=st.lists(st.floats(0, 1), min_size=FAR, max_size=200), cut=st.integers(FAR, 200))
def test_likeness_is_found_in_bulk_as_one_by_one(values, cut):
    means = (np.cumsum(values) / np.arange(1, len(values) + 1)).tolist()
    one, many, each = Likeness(), Likeness(), []
    for x, mean in zip(values[:cut], means[:cut], strict=True):
        one.add(x, mean)
        many.add(x, mean)
    for x, mean in zip(values[cut:], means[cut:], strict=True):
        one.add(x, mean)
        each.append(one.together)
    together = many.add_many(np.array(values[cut:]), np.array(means[cut:]))
    assert many == one
    assert together.tolist() == pytest.approx(each)
