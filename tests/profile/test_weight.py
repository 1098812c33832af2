"""A row of a sample counts as many times as it stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tidegauge as tg
from tidegauge.drift import KS, METHODS
from tidegauge.drift.measure import scores
from tidegauge.errors import InputError
from tidegauge.profile.codec import decode, encode
from tidegauge.profile.table import Profile
from tidegauge.schema import Schema

KINDS = {"x": "numeric", "plan": "category", "w": "weight"}
SCHEMA = Schema.of(KINDS)


def rows(x, plan, w):
    return {"x": np.array(x, float), "plan": list(plan), "w": np.array(w)}


REFERENCE = Profile.of(
    rows(np.random.default_rng(1).normal(size=500), ["a", "b", "c", "d"] * 125, [1] * 500),
    schema=SCHEMA,
)
some = st.lists(
    st.tuples(st.floats(-3, 3), st.sampled_from("abcz"), st.integers(1, 5)),
    min_size=1,
    max_size=30,
)


@given(some)
def test_a_weight_is_as_many_equal_rows(sample):
    weighted = Profile.of(rows(*zip(*sample, strict=True)), REFERENCE.layout)
    repeated = [(x, plan, 1) for x, plan, w in sample for _ in range(w)]
    plain = Profile.of(rows(*zip(*repeated, strict=True)), REFERENCE.layout)
    assert weighted.rows == plain.rows
    assert weighted.numeric == plain.numeric
    assert weighted.categories == plain.categories
    assert weighted.squares == sum(w * w for _x, _plan, w in sample)


@given(some, some)
def test_weighted_profiles_add_up_and_travel(head, tail):
    one, two, both = (
        Profile.of(rows(*zip(*part, strict=True)), REFERENCE.layout)
        for part in (head, tail, head + tail)
    )
    assert one.merge(two) == both == two.merge(one)
    assert decode(encode(both)) == both


def sampled(values, k, generator):
    kept = values[generator.random(len(values)) < 1 / k]
    return rows(kept, ["a"] * len(kept), [k] * len(kept))


def test_a_sample_is_as_uncertain_as_the_rows_it_has():
    """Else one in a hundred of a healthy million would be a certain drift."""
    generator = np.random.default_rng(7)
    layout = REFERENCE.layout
    p_values = []
    for _ in range(40):
        before, after = (
            Profile.of(sampled(generator.normal(size=40_000), 100, generator), layout)
            for _ in range(2)
        )
        (found,) = scores(before, after, [KS()])
        p_values.append(found.scores.p_value[0])
    # Uniform without drift; with the weighted counts taken for rows all would be near zero.
    assert np.mean(np.array(p_values) < 0.5) < 0.8
    assert min(p_values) > 1e-4


def test_strata_kept_whole_do_not_distort():
    """All of the low scores and one in ten of the others say what all rows would have said."""
    generator = np.random.default_rng(3)
    before, after = generator.random(20_000), generator.random(20_000)
    low = after < 0.3
    kept = low | (generator.random(20_000) < 0.1)
    weights = np.where(low, 1, 10)[kept]
    schema = Schema.of({"score": "numeric", "w": "weight"})
    reference = {"score": before, "w": np.ones(20_000)}
    honest = tg.compare(reference, {"score": after[kept], "w": weights}, schema=schema)
    blind = tg.compare({"score": before}, {"score": after[kept]})
    assert not honest.drifted
    assert blind.drifted


def test_every_method_is_finite_or_silent_on_a_sample():
    generator = np.random.default_rng(5)
    sample = sampled(generator.normal(size=2000), 10, generator)
    current = Profile.of(sample, REFERENCE.layout)
    for found in scores(REFERENCE, current, [method() for method in METHODS]):
        assert not np.isinf(found.scores.value).any()


@pytest.mark.parametrize("bad", [[0.0], [np.nan], [-1.0], [0.4]])
def test_what_is_no_weight_is_refused(bad):
    with pytest.raises(InputError, match="weight of 1 or more"):
        Profile.of(rows([1.0], "a", bad), REFERENCE.layout)


def test_thousands_of_different_weights_are_refused():
    count = 1500
    with pytest.raises(InputError, match="different weights"):
        Profile.of(rows([1.0] * count, "a" * count, range(1, count + 1)), REFERENCE.layout)
