"""The laws that every profile keeps, for rows of every kind."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegauge as tg
from tidegauge.profile.bins import NumericBins, edges_of
from tidegauge.profile.numeric import Numeric

_START = datetime(2026, 1, 1)  # noqa: DTZ001 - a column without a zone is one of the cases

rows = st.fixed_dictionaries(
    {
        "number": st.none() | st.floats() | st.sampled_from([0.0, 1.0, 1e300, -1e-300]),
        "whole": st.integers(-(2**62), 2**62),
        "word": st.none() | st.text(max_size=3),
        "flag": st.none() | st.booleans(),
        "at": st.none() | st.integers(0, 10**7).map(lambda s: _START + timedelta(seconds=s)),
        "text": st.none() | st.lists(st.sampled_from(["red", "blue,", "12"])).map(" ".join),
        "vector": st.none() | st.lists(st.floats(-9, 9, width=32), min_size=3, max_size=3),
        "customer_id": st.integers(0, 50),
    }
)
_TYPES = pa.schema(
    {
        "number": pa.float64(),
        "whole": pa.int64(),
        "word": pa.string(),
        "flag": pa.bool_(),
        "at": pa.timestamp("us"),
        "text": pa.string(),
        "vector": pa.list_(pa.float32()),
        "customer_id": pa.int64(),
    }
)
_KINDS = {
    "number": "numeric",
    "whole": "numeric",
    "word": "category",
    "flag": "boolean",
    "at": "datetime",
    "text": "text",
    "vector": "embedding",
    "customer_id": "id",
}


def table(records):
    return pa.Table.from_pylist(records, schema=_TYPES)


def profile(records, layout=None):
    return tg.Profile.of(table(records), layout, tg.Schema.of(_KINDS) if layout is None else None)


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=30), st.lists(rows, max_size=40), st.data())
def test_any_split_in_any_order_merges_to_the_whole(reference, current, data):
    layout = profile(reference).layout
    shuffled = data.draw(st.permutations(current))
    cut = data.draw(st.integers(0, len(current)))
    head, tail = profile(shuffled[:cut], layout), profile(shuffled[cut:], layout)
    assert head.merge(tail) == tail.merge(head) == profile(current, layout)


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, max_size=30))
def test_a_profile_survives_encoding(records):
    before = profile(records)
    assert tg.decode(tg.encode(before)) == before
    assert tg.decode(tg.encode(before, with_layout=False), before.layout) == before


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=30))
def test_the_reference_counted_again_is_the_reference(records):
    before = profile(records)
    assert profile(records, before.layout) == before


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, max_size=30), st.lists(rows, max_size=30))
def test_every_row_is_counted_once_in_every_column(reference, current):
    found = profile(current, profile(reference).layout)
    assert (found.numeric.rows == len(current)).all()
    assert (found.categories.rows == len(current)).all()
    assert found.repeats.counts.sum() == len(current)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50),
    st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=200),
)
def test_moments_agree_with_numpy(reference, current):
    bins = NumericBins.of_edges([edges_of(np.sort(np.array(reference)))])
    found = Numeric.empty(bins)
    values = np.array(current)
    found.add(0, values)
    # Numbers are rounded to 36 digits of a unit as wide as the reference, or of their own size.
    size = max(float(bins.unit[0]), np.abs(values - bins.centre[0]).max())
    assert found.mean[0] == pytest.approx(values.mean(), rel=1e-9, abs=1e-9 * size)
    assert found.deviation[0] == pytest.approx(values.std(ddof=1), rel=1e-3, abs=1e-4 * size)
    assert found.lowest[0] == values.min()
    assert found.highest[0] == values.max()


def test_moments_of_a_million_rows_are_those_of_numpy():
    values = np.random.default_rng(0).lognormal(size=1_000_000)
    found = tg.Profile.of({"x": values}).numeric
    assert found.mean[0] == pytest.approx(values.mean(), rel=1e-12)
    assert found.deviation[0] == pytest.approx(values.std(ddof=1), rel=1e-9)


def test_sums_do_not_depend_on_the_order_where_plain_ones_do():
    values = np.random.default_rng(0).normal(size=100_000) * 10.0 ** (np.arange(100_000) % 7)
    layout = tg.Profile.of({"x": values}).layout
    assert values.sum() != values[::-1].sum()
    backwards = tg.Profile.of({"x": values[::-1].copy()}, layout)
    assert backwards.numeric == tg.Profile.of({"x": values}, layout).numeric


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=300))
def test_coarse_edges_are_numpys_quantiles(values):
    edges = edges_of(np.sort(np.array(values)))
    assert (np.diff(edges) >= 0).all()
    for bins in (10, 20, 50):
        with np.errstate(over="ignore", invalid="ignore"):
            expected = np.quantile(values, np.arange(bins + 1) / bins)
        # Where numpy overflows between two huge values, ours stays between them.
        finite = np.isfinite(expected)
        found = edges[:: 200 // bins]
        assert found[finite] == pytest.approx(expected[finite], rel=1e-12, abs=1e-300)


def test_a_value_that_many_rows_share_has_a_bin_of_its_own():
    values = np.concatenate([np.zeros(300), np.random.default_rng(0).normal(size=700)])
    layout = tg.Profile.of({"x": values}).layout
    at_zero = tg.Profile.of({"x": np.zeros(10)}, layout).numeric.counts
    beside = tg.Profile.of({"x": np.full(10, 1e-9)}, layout).numeric.counts
    assert not (at_zero & beside).any()


def test_profiles_of_two_layouts_do_not_merge():
    one, other = tg.Profile.of({"x": [1.0, 2.0]}), tg.Profile.of({"x": [1.0, 3.0]})
    with pytest.raises(tg.InputError, match="one layout"):
        one.merge(other)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a tidegauge profile"),
        (b"TG\x09rest", "of version 9"),
        (b"TG\x02rest", "damaged"),
    ],
)
def test_bytes_that_are_no_profile_are_refused(data, words):
    with pytest.raises(tg.UnreadableError, match=words):
        tg.decode(data)


@given(st.data())
@settings(deadline=None)
def test_damaged_bytes_are_refused_or_decode_to_a_profile(data):
    good = bytearray(tg.encode(tg.Profile.of({"x": [1.0, 2.0, 3.0], "w": ["a", "b", "b"]})))
    at = data.draw(st.integers(2, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    try:
        found = tg.decode(bytes(good[: data.draw(st.integers(at, len(good)))]))
    except tg.UnreadableError:
        return
    assert isinstance(found, tg.Profile)


def test_a_window_of_fifty_features_packs_to_a_few_kilobytes():
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=2_000) for i in range(50)}
    layout = tg.Profile.of(columns).layout
    window = tg.Profile.of({name: values[:200] for name, values in columns.items()}, layout)

    bare = replace(window, repeats=type(window.repeats).empty(0))
    assert len(tg.encode(bare, with_layout=False)) < 12_000
    assert math.isfinite(bare.numeric.mean.sum())
