"""Records and columns are two forms of the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.arrow import pa
from tidegauge.record.check import Checker, Terms
from tidegauge.record.columns import from_stream, to_records, to_stream, to_table
from tidegauge.record.fields import KINDS, Kind, Shape

names = st.text("abcé./@ ", min_size=1, max_size=6)
numbers = st.one_of(
    st.floats(allow_nan=False, width=64), st.integers(-(2**53), 2**53), st.booleans()
)
inputs = st.one_of(numbers, st.text(max_size=5).filter(lambda text: text not in WORDS), st.none())
WORDS = {"NaN", "Infinity", "-Infinity"}


def strategy(shape):
    plain = {
        Shape.NAME: st.from_regex(r"[a-z]{1,4}", fullmatch=True),
        Shape.KEY: st.text(min_size=1, max_size=5),
        Shape.TEXT: st.text(max_size=5),
        Shape.TIME: st.integers(0, 2**50),
        Shape.NUMBER: st.floats(allow_nan=False),
        Shape.FLAG: st.booleans(),
        Shape.VALUE: numbers | st.text(max_size=5).filter(lambda text: text not in WORDS),
        Shape.LABELS: st.lists(st.text(max_size=3), max_size=3),
        Shape.NUMBERS: st.dictionaries(names, st.floats(allow_nan=False), min_size=1, max_size=3),
        Shape.VALUES: st.dictionaries(names, inputs, min_size=1, max_size=4),
        Shape.TEXTS: st.dictionaries(names, st.text(max_size=5), min_size=1, max_size=3),
        Shape.VECTORS: st.dictionaries(
            names,
            st.lists(st.floats(width=32, allow_nan=False), max_size=3),
            min_size=1,
            max_size=2,
        ),
    }
    return plain[shape]


def records(kind: Kind):
    fields = {name: strategy(field.shape) for name, field in kind.fields.items()}
    return st.lists(st.fixed_dictionaries({}, optional=fields), min_size=1, max_size=5)


def present(record):
    """A missing input is told by its absence as well as by null."""
    kept = {}
    for name, value in record.items():
        kept[name] = value
        if isinstance(value, dict):
            kept[name] = {key: item for key, item in value.items() if item is not None}
            if not kept[name]:
                del kept[name]
    return kept


def typed(value):
    """1, 1.0 and True are equal to Python, and not to us."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return (isinstance(value, bool), value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@given(data=st.data())
def test_columns_hold_what_the_records_held(kind, data):
    given_records = data.draw(records(kind))
    table = from_stream(to_stream(to_table(given_records, kind)))
    found = to_records(table)
    assert [typed(present(each)) for each in found] == [
        typed(present(each)) for each in given_records
    ]


def test_values_of_several_kinds_keep_their_kind():
    rows = [{"features": {"a": value}} for value in (1, "1", True, None)]
    table = to_table(rows)
    assert table.column_names == ["features@number.a", "features@text.a", "features@boolean.a"]
    assert [present(each).get("features") for each in to_records(table)] == [
        {"a": 1},
        {"a": "1"},
        {"a": True},
        None,
    ]


def test_words_for_what_json_cannot_say_are_numbers_among_numbers():
    rows = [{"features": {"a": value}} for value in (1.5, "NaN", "-Infinity")]
    assert to_table(rows)["features.a"].type == pa.float64()
    rows = [{"features": {"a": value}} for value in ("NaN", "red")]
    assert to_table(rows)["features.a"].to_pylist() == ["NaN", "red"]


def test_whole_numbers_stay_exact():
    rows = [{"features": {"a": value, "b": -1}} for value in (2**63, 2**64 - 1)]
    table = to_table(rows)
    assert table["features.a"].to_pylist() == [2**63, 2**64 - 1]
    assert table["features.b"].type == pa.int64()


def test_what_is_checked_can_be_written():
    """Whatever passes the rules has a place in the columns."""
    checker = Checker(KINDS["predictions"], Terms(now=0))
    kept, _problems = checker.check(
        {"model_id": "m", "prediction_id": "p", "features": {"a": 2**64 - 1, "b": -(2**63)}}
    )
    mixed = [kept, {"features": {"a": -1, "b": 1.5}}]
    assert to_table(mixed)["features.a"].type == pa.float64()


@pytest.mark.parametrize("whole", [2**53 + 1, -(2**53) - 1, 2**64 - 1])
@pytest.mark.parametrize("field", ["prediction_score", "prediction_latency_ms"])
def test_a_whole_number_that_no_double_holds_becomes_the_nearest(field, whole):
    (told,) = to_records(to_table([{"model_id": "m", field: whole}]))
    assert told[field] == float(whole)
