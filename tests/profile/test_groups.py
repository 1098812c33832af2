"""Groups of rows that are counted at once hold what each holds that is counted by itself."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegauge as tg
from tidegauge.profile.bins import NumericBins, edges_of
from tidegauge.profile.codec import encode
from tidegauge.profile.columns import Columns
from tidegauge.profile.groups import Groups
from tidegauge.profile.matrix import Matrix
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.packed import Packed
from tidegauge.profile.table import Profile
from tidegauge.rows.frame import Frame, from_arrow, from_mapping

_START = datetime(2026, 1, 1)  # noqa: DTZ001 - a column without a zone
AWKWARD = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, -2e-310, 2.0**-1022, 1e-300, 1e9, 4.1e9),
    *(1e300, -1e300, 1.7976931348623157e308, -1.7976931348623157e308),
    *(np.nan, np.inf, -np.inf),
]
doubles = st.sampled_from(AWKWARD) | st.floats() | st.floats(-5, 5)


def same(one, other):
    """Also where a NaN or the sign of a zero would be lost in a comparison."""
    arrays = ("counts", "gone", "lowest", "highest")
    return [getattr(one, name).tobytes() for name in arrays] == [
        getattr(other, name).tobytes() for name in arrays
    ] and one.sums.tolist() == other.sums.tolist()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(doubles, max_size=30), min_size=1, max_size=4),
    st.lists(st.lists(st.tuples(doubles, doubles), min_size=1, max_size=9), max_size=8),
)
def test_a_matrix_counts_what_sorted_columns_do(references, groups):
    finite = [[value for value in values if np.isfinite(value)] for values in references]
    bins = NumericBins.of_edges([edges_of(np.sort(np.array(values))) for values in finite])
    rows = [row for group in groups for row in group]
    if not rows:
        return
    # Each of two columns of values by every column of bins.
    values = np.array(rows).T[np.arange(len(bins)) % 2]
    matrix = Matrix(bins, np.array([len(group) for group in groups]))
    matrix.add(list(range(len(bins))), values, [None] * len(bins))
    for number, group in enumerate(groups):
        expected = Numeric.empty(bins)
        for column in range(len(bins)):
            expected.add(column, np.array([row[column % 2] for row in group]))
        assert same(matrix.of(number), expected)


def test_sums_of_thousands_of_far_values_are_exact():
    """A column that came in another unit than the reference."""
    generator = np.random.default_rng(2)
    bins = NumericBins.of_edges([edges_of(np.sort(generator.normal(size=1_000)))])
    values = generator.normal(size=(1, 60_000)) * 10.0 ** generator.integers(0, 300, 60_000)
    matrix = Matrix(bins, np.array([59_000, 1_000]))
    matrix.add([0], values, [None])
    for number, own in enumerate((values[0, :59_000], values[0, 59_000:])):
        expected = Numeric.empty(bins)
        expected.add(0, own)
        assert same(matrix.of(number), expected)


rows = st.fixed_dictionaries(
    {
        "number": st.none() | doubles,
        "constant": st.just(7.0) | st.none(),
        "whole": st.none() | st.integers(-(2**62), 2**62),
        "word": st.none() | st.sampled_from("abcdefgh") | st.text(max_size=2),
        "flag": st.none() | st.booleans(),
        "at": st.none() | st.integers(0, 10**7).map(lambda s: _START + timedelta(seconds=s)),
        "time": st.none() | st.integers(0, 10**7).map(lambda s: _START + timedelta(seconds=s)),
        "text": st.none() | st.lists(st.sampled_from(["red", "blue,", "12"])).map(" ".join),
        "vector": st.none() | st.lists(st.floats(-9, 9, width=32), min_size=3, max_size=3),
        "customer_id": st.none() | st.integers(0, 5),
        "mixed": st.none() | st.integers(0, 3) | st.sampled_from(["x", ""]) | st.booleans(),
        "named": st.none() | st.integers(0, 3) | st.sampled_from(["x", ""]) | st.floats(),
        "weight": st.sampled_from([1, 1, 2, 10]),
    }
)
_TYPES = {
    "number": pa.float64(),
    "constant": pa.float64(),
    "whole": pa.int64(),
    "word": pa.string(),
    "flag": pa.bool_(),
    "at": pa.timestamp("us"),
    "time": pa.timestamp("us"),
    "text": pa.string(),
    "vector": pa.list_(pa.float32(), 3),
    "customer_id": pa.int64(),
}
_KINDS = {
    "number": "numeric",
    "constant": "numeric",
    "whole": "numeric",
    "word": "category",
    "flag": "boolean",
    "at": "datetime",
    "time": "time",
    "text": "text",
    "vector": "embedding",
    "customer_id": "id",
    "mixed": "numeric",
    "named": "category",
}


def frame(records):
    """Columns of Arrow, and two that only a list of objects can hold."""
    columns = {
        name: pa.chunked_array([pa.array([record[name] for record in records], kind)])
        for name, kind in _TYPES.items()
    }
    for name in ("mixed", "named"):
        columns[name] = np.array([record[name] for record in records] + [None], dtype=object)[:-1]
    columns["weight"] = np.array([record["weight"] for record in records], dtype=np.int64)
    return Frame(columns, "rows", rows=len(records))


def one_by_one(records, layout):
    """Each row by itself, with the columns only that it tells something of."""
    found = Profile.empty(layout)
    for record in records:
        whole = frame([record])
        told = {name: whole[name] for name in whole.columns if record[name] is not None}
        found = found.merge(Profile.of(Frame(told, "rows", rows=1), layout))
    return found


@pytest.mark.parametrize("is_weighted", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    st.lists(rows, min_size=1, max_size=25),
    st.lists(st.lists(rows, max_size=6), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_groups_hold_what_each_holds_by_itself(is_weighted, reference, groups, chance):
    kinds = _KINDS | ({"weight": "weight"} if is_weighted else {})
    schema = tg.Schema.of(kinds)
    layout = Profile.of(frame(reference), schema=schema).layout
    # The rows of all groups lie in any order.
    placed = [(number, record) for number, group in enumerate(groups) for record in group]
    chance.shuffle(placed)
    order = np.argsort(np.array([number for number, _record in placed]), kind="stable")
    cuts = np.cumsum([0, *(len(group) for group in groups)])
    columns = Columns(frame([record for _number, record in placed]), layout)
    found = list(columns.profiles(Groups(cuts, order.astype(np.int64))))
    assert len(found) == len(groups)
    for number, (profile, group) in enumerate(zip(found, groups, strict=True)):
        own = [record for at, record in placed if at == number]
        assert len(own) == len(group)
        expected = one_by_one(own, layout)
        assert encode(profile, with_layout=False) == encode(expected, with_layout=False)


def test_hundreds_of_groups_are_counted_as_a_few_are():
    generator = np.random.default_rng(4)
    names = [f"x{i}" for i in range(30)]
    table = {name: generator.standard_t(2, size=5_000) for name in names}
    table["plan"] = generator.choice(["a", "b", "c"], 5_000)
    layout = Profile.of({name: values[:2_000] for name, values in table.items()}).layout
    cuts = np.unique(np.append([0, 1_500, 5_000], generator.integers(1_500, 5_000, 900)))
    found = list(Columns(from_mapping(table, "rows"), layout).profiles(Groups(cuts)))
    for number, (start, stop) in enumerate(pairwise(cuts)):
        own = {name: values[start:stop] for name, values in table.items()}
        assert found[number] == Profile.of(own, layout)


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=10), st.lists(rows, max_size=10))
def test_a_profile_that_waits_in_few_bytes_is_the_same_again(reference, current):
    layout = Profile.of(frame(reference), schema=tg.Schema.of(_KINDS)).layout
    before = Profile.of(frame(current), layout)
    again = Packed.of(before).profile(layout)
    assert again == before
    assert encode(again) == encode(before)
    assert again.merge(before) == before.merge(before)


def test_a_column_of_time_that_is_absent_leaves_no_age():
    """Ages cannot be told without it; nothing else may suffer."""
    times = pa.array([_START + timedelta(hours=i) for i in range(50)])
    schema = tg.Schema.of({"time": "time", "born": "datetime", "x": "numeric"})
    whole = pa.table({"time": times, "born": times, "x": np.arange(50.0)})
    layout = Profile.of(whole, schema=schema).layout
    found = Profile.of(from_arrow(whole.drop_columns(["time"]), "rows"), layout)
    gone = dict(zip(layout.facets, found.numeric.gone[:, 0].tolist(), strict=True))
    assert {facet.name or facet.column: rows for facet, rows in gone.items() if rows} == {
        "day": 50,
        "age": 50,
    }
