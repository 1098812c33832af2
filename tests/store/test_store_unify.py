"""Columns that change their types come together without a value changed."""

import pytest

from tidegauge.arrow import pa
from tidegauge.store.multiset import WRAP, multiset
from tidegauge.store.unify import unify


def column(*pieces, name="features.a"):
    tables = [
        pa.table({"n": range(len(values)), name: pa.array(values, of)}) for of, values in pieces
    ]
    whole = unify(tables)
    total = sum(map(multiset, tables)) % WRAP
    assert multiset(whole) == total, "a value has changed"
    return {
        field.name: (str(field.type), whole[field.name].to_pylist())
        for field in whole.schema
        if field.name != "n"
    }


INT, UINT, FLOAT, TEXT, FLAG = pa.int64(), pa.uint64(), pa.float64(), pa.string(), pa.bool_()


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ([(INT, [1]), (FLOAT, [1.5])], {"features.a": ("double", [1.0, 1.5])}),
        ([(INT, [1]), (UINT, [2])], {"features.a": ("int64", [1, 2])}),
        ([(INT, [1]), (UINT, [2**64 - 1])], {"features.a": ("uint64", [1, 2**64 - 1])}),
        ([(pa.int8(), [1]), (pa.float32(), [0.5])], {"features.a": ("double", [1.0, 0.5])}),
        ([(pa.null(), [None]), (FLAG, [True])], {"features.a": ("bool", [None, True])}),
        (
            [(pa.dictionary(pa.int8(), TEXT), ["x"]), (TEXT, ["y"])],
            {"features.a": ("string", ["x", "y"])},
        ),
        (
            [(INT, [2**53 + 1]), (FLOAT, [1.5, 2.5])],
            {
                "features.a": ("double", [None, 1.5, 2.5]),
                "features@whole.a": ("int64", [2**53 + 1, None, None]),
            },
        ),
        (
            [(INT, [-1]), (UINT, [2**63 + 1])],
            {
                "features.a": ("int64", [-1, None]),
                "features@large.a": ("uint64", [None, 2**63 + 1]),
            },
        ),
        (
            [(TEXT, ["x"]), (FLOAT, [1.5, 2.5]), (FLAG, [True])],
            {
                "features.a": ("double", [None, 1.5, 2.5, None]),
                "features@text.a": ("string", ["x", None, None, None]),
                "features@boolean.a": ("bool", [None, None, None, True]),
            },
        ),
    ],
)
def test_each_value_has_one_place(pieces, found):
    assert column(*pieces) == found


def test_a_kind_that_has_a_column_already_goes_there():
    mixed = pa.table({"features@number.a": [1.5, None], "features@text.a": [None, "x"]})
    texts = pa.table({"features.a": ["y"]})
    numbers = pa.table({"features.a": [2.5, 3.5]})
    whole = unify([mixed, texts, numbers])
    assert whole.to_pydict() == {
        "features@number.a": [1.5, None, None, None, None],
        "features@text.a": [None, "x", "y", None, None],
        "features.a": [None, None, None, 2.5, 3.5],
    }


def test_the_columns_asked_for_are_there_in_order():
    whole = unify([pa.table({"a": [1], "b": [2]}), pa.table({"b": ["x", "y"]})], ["c", "b"])
    assert whole.column_names == ["c", "b", "b@number"]
    assert unify([], ["a"]).to_pydict() == {"a": []}
    assert unify([]).num_rows == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": [1, 2]}, {"a": [1, 3]}),
        ({"a": [1]}, {"a": [-1]}),
        ({"a": [0.0]}, {"a": [-0.0]}),
        ({"a": ["x", "y"]}, {"a": ["x", "x"]}),
        ({"a": ["ab", "c"]}, {"a": ["a", "bc"]}),
        ({"a": [1], "b": [2]}, {"a": [2], "b": [1]}),
        ({"a": [1, 2], "b": [1, 2]}, {"a": [1, 2], "b": [2, 1]}),
        ({"a": [None]}, {"a": [0]}),
        ({"a": [True]}, {"a": [1]}),
        ({"a": ["1"]}, {"a": [1]}),
        ({"a": [[1.0, 2.0]]}, {"a": [[2.0, 1.0]]}),
        ({"a": [[]]}, {"a": [None]}),
        ({"a": [2**53]}, {"a": [2**53 + 1]}),
        ({"a": [1, 1, 2]}, {"a": [1, 2]}),
        ({"a": [""]}, {"a": ["\0"]}),
    ],
)
def test_other_rows_have_another_multiset(one, other):
    assert multiset(pa.table(one)) != multiset(pa.table(other))


def test_the_order_of_rows_and_columns_does_not_count():
    table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [[1.5], [], None]})
    turned = table.take([2, 0, 1]).select(["c", "a", "b"])
    assert multiset(turned) == multiset(table)
    assert (multiset(table[:1]) + multiset(table[1:])) % WRAP == multiset(table)
