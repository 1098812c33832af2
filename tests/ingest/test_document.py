"""The quick way says what the strict one says, or nothing."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegauge.ingest import document
from tidegauge.ingest.problem import ProblemError
from tidegauge.record.values import BEYOND

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**70), 2**70),
    st.text(max_size=8),
    st.sampled_from([":", '"', "{", "[1, 2", "\\", 'a":', "1e400", "9" * 30, "\ud800", "é"]),
)
trees = st.recursive(
    leaves,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["a", ":", '"']), inside, max_size=3
        )
    ),
    max_leaves=12,
)


def strict(body):
    try:
        return "ok", document._strict(body)
    except ProblemError as problem:
        return problem.slug, None


def agree(body):
    quick = document._quick(body) if body else None
    if quick is not None:
        assert repr(("ok", quick)) == repr(strict(body))


@given(trees, st.sampled_from([None, 1]), st.booleans())
def test_on_documents(tree, indent, ascii_):
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_)
    agree(text.encode("utf-8", "surrogatepass"))


@given(st.text(alphabet='{}[]":,\\ 0123456789.eE+-truefalsn\n', max_size=60))
@example('{"a":1,"a":2}')
@example('{"a" :1,"a":2,"b":":"}')
@example('{"a":18446744073709551616}')
@example('{"a":-9223372036854775809}')
@example("20000000000000000000")
@example('{"a":1e400}')
@example('{"a":1E+400}')
@example('{"a":' + "1" * 400 + ".5}")
@example('{"a":0.0001234567890123456789}')
def test_on_what_looks_like_one(text):
    agree(text.encode())


@given(st.binary(max_size=40))
def test_on_bytes(body):
    agree(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"records": [{"a": 1.5, "t": "2026-11-21T12:00:00Z", "x": 0.00012345678901234567}]}',
        b'[{"features": {"a": 1e-05, "b": -0.25, "c": true, "d": null, "e": "text: {signs}"}}]',
    ],
)
def test_what_is_usual_is_quick(body):
    assert document._quick(body) is not None


def test_a_number_that_is_too_large_is_marked_and_not_changed():
    body = b"[1e400, -1e400, 18446744073709551616, 18446744073709551615, 1e308]" + b" " * 5000
    found = document.parse(body)
    assert found[:3] == [BEYOND] * 3
    assert found[3:] == [2**64 - 1, 1e308]
    assert math.isfinite(found[4])


def test_names_given_twice_are_found_in_large_documents_too():
    body = b'{"a": [' + b"1," * 5000 + b'1], "b": 1, "b": 2}'
    with pytest.raises(ProblemError, match="duplicate member"):
        document.parse(body)
