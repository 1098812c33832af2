"""Input that is wrong or merely odd gets a clear error or a state, never a bare traceback."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import tidegauge as tg

OK = {"x": np.arange(100.0)}


@pytest.mark.parametrize(
    ("reference", "current", "words"),
    [
        ({}, OK, "no columns"),
        (pd.DataFrame(), OK, "no columns"),
        (OK, {"y": [1.0]}, "no column in common"),
        (OK, 7, "cannot read rows from int"),
        (OK, None, "cannot read rows from NoneType"),
        (OK, "nowhere.parquet", "no file 'nowhere.parquet'"),
        (OK, {"x": [1.0], "y": [1.0, 2.0]}, "differ in length"),
        (OK, {"x": 3}, "must be an array or a list"),
        (np.zeros((2, 2, 2)), OK, "3-dimensional"),
        (pd.DataFrame([[1.0, 2.0]], columns=["x", "x"]), OK, "'x' comes more than once"),
        (pa.table([[1], [2]], names=["x", "x"]), OK, "'x' comes more than once"),
        ({f"c{i}": [0.0] for i in range(10_001)}, OK, "10,001 columns"),
    ],
)
def test_what_cannot_be_compared_is_a_clear_error(reference, current, words):
    with pytest.raises(tg.InputError, match=words):
        tg.compare(reference, current)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.parquet", b"", "0 bytes"),
        ("a.parquet", b"x,y\n1,2\n", "does not start as a Parquet file"),
        ("a.parquet", b"PAR1" + b"\0" * 100, "cannot be read as Parquet"),
        ("a.csv", b"\x80\x04\x95", "neither Parquet nor CSV"),
        ("a.csv", b"PK\x03\x04", "neither Parquet nor CSV"),
        ("a.csv", b"x,y\n1,2\n1,2,3\n", "cannot be read as CSV"),
        ("a.csv", b"x,x\n1,2\n", "comes more than once"),
        ("a.csv", b"x\n\xff\xfe\xfd\n", "cannot be read as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(name, content, words, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(tg.InputError, match=words) as caught:
        tg.compare(OK, path)
    assert name in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(tg.UnreadableError, match="folder"):
        tg.compare(OK, tmp_path)


def test_a_misspelt_column_is_met_with_the_likely_one():
    with pytest.raises(tg.InputError, match="did you mean 'income'"):
        tg.compare({"income": [1.0]}, {"income": [1.0]}, columns=["incom"])


def test_a_misspelt_kind_is_met_with_the_likely_one():
    with pytest.raises(tg.InputError, match="did you mean 'category'"):
        tg.compare(OK, OK, schema={"x": "categori"})


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, float("nan")])
def test_a_rate_of_false_discoveries_is_between_zero_and_one(rate):
    with pytest.raises(tg.InputError, match="between 0 and 1"):
        tg.compare(OK, OK, false_discoveries=rate)


ODD = {
    "no rows": ({"x": [1.0] * 50}, {"x": []}),
    "no reference rows": ({"x": []}, {"x": [1.0] * 50}),
    "no rows at all": ({"x": []}, {"x": []}),
    "one row": ({"x": [1.0]}, {"x": [2.0]}),
    "all missing": ({"x": [None] * 100}, {"x": [None] * 100}),
    "all missing later": ({"x": range(100)}, {"x": [None] * 100}),
    "all missing before": ({"x": [None] * 100}, {"x": range(100)}),
    "all NaN": ({"x": np.full(100, np.nan)}, {"x": np.full(100, np.nan)}),
    "all infinite": ({"x": np.full(100, np.inf)}, {"x": np.full(100, -np.inf)}),
    "infinite later": ({"x": np.arange(100.0)}, {"x": np.full(100, np.inf)}),
    "constant": ({"x": [3.0] * 100}, {"x": [3.0] * 100}),
    "another constant": ({"x": [3.0] * 100}, {"x": [4.0] * 100}),
    "huge integers": ({"x": [2**62 + i for i in range(99)]}, {"x": [2**63 - 1] * 99}),
    "integers beyond 64 bits": ({"x": [10**30 + i for i in range(99)]}, {"x": [10**30] * 99}),
    "extremes": ({"x": [1.7e308, -1.7e308] * 50}, {"x": [5e-324] * 100}),
    "tiny": ({"x": [1e-320 * i for i in range(100)]}, {"x": [0.0] * 100}),
    "mixed types": ({"x": [1, "a", None, 2.5, b"z"] * 20}, {"x": [True, (1, 2), {}, 3, "a"] * 20}),
    "numbers become texts": ({"x": range(100)}, {"x": ["a"] * 100}),
    "texts become numbers": ({"x": ["a", "b"] * 50}, {"x": range(100)}),
    "booleans become texts": ({"x": [True, False] * 50}, {"x": ["yes", "no"] * 50}),
    "a million categories": (
        {"x": [f"v{i}" for i in range(30_000)]},
        {"x": [f"w{i}" for i in range(30_000)]},
    ),
    "one category": ({"x": ["a"] * 100}, {"x": ["a"] * 100}),
    "empty texts": ({"x": [""] * 100}, {"x": [" "] * 100}),
    "emoji and marks in names": (
        {"🌊 <b>'\"&\n\u202e": range(100)},
        {"🌊 <b>'\"&\n\u202e": range(100, 200)},
    ),
    "an empty name": ({"": range(100)}, {"": range(100)}),
    "names that are numbers": ({1: range(100)}, {1: range(100)}),
    "vectors of several sizes": (
        {"x": [[1.0, 2.0]] * 50 + [[1.0]] * 50},
        {"x": [[1.0, 2.0, 3.0]] * 50 + [[]] * 50},
    ),
    "vectors of nothing": ({"x": [[], []] * 30}, {"x": [[1.0]] * 60}),
    "nested values": (
        {"x": [{"a": 1}] * 60, "y": range(60)},
        {"x": [{"a": 2}] * 60, "y": range(60)},
    ),
    "times far away": (
        {"t": np.array(["0001-01-01", "9999-12-31"] * 50, "datetime64[us]")},
        {"t": np.array(["1970-01-01", "NaT"] * 50, "datetime64[us]")},
    ),
    "complex numbers": ({"x": [1j] * 60, "y": range(60)}, {"x": [2j] * 60, "y": range(60)}),
    "durations": (
        {"x": pa.array([1, 2] * 50, pa.duration("s")), "y": range(100)},
        {"x": pa.array([3, 4] * 50, pa.duration("s")), "y": range(100)},
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_input_gives_a_state_and_finite_numbers(case):
    reference, current = ODD[case]
    report = tg.compare(reference, current)
    # Neither raises: no NaN or infinity is in the JSON, and the page can be drawn.
    assert report.to_json()
    assert report.to_html()
    assert str(report)
    for feature in report.features:
        assert feature.status in ("ok", "breach", "insufficient_data", "not_applicable")
        assert feature.status in ("ok", "breach") or feature.reason


@pytest.mark.parametrize(
    "case",
    [
        "all missing later",
        "infinite later",
        "another constant",
        "a million categories",
        "empty texts",
    ],
)
def test_odd_input_that_moved_is_a_breach(case):
    if case == "a million categories":
        # As inferred these are ids, which are not judged.
        report = tg.compare(*ODD[case], schema={"x": "category"})
    else:
        report = tg.compare(*ODD[case])
    assert report["x"].status == "breach"


@pytest.mark.parametrize(
    "case", ["constant", "one category", "no rows", "no rows at all", "one row"]
)
def test_odd_input_that_did_not_move_or_cannot_tell_is_no_breach(case):
    assert not tg.compare(*ODD[case]).drifted


def test_too_little_data_is_a_state_not_a_zero():
    report = tg.compare(*ODD["no rows"])
    assert report.status == "insufficient_data"
    assert all(m.value is None and m.reason for m in report["x"].measurements)
