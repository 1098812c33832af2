"""Whoever is looked for is among those that may be it, and few others are."""

import uuid

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.outcome.sought import Sought

texts = st.lists(st.one_of(st.none(), st.text(max_size=40), st.sampled_from(["", "a", "b"])))


def chunked(*pieces):
    return pa.chunked_array([pa.array(piece, pa.string()) for piece in pieces], pa.string())


@settings(deadline=None)
@given(texts, texts, texts)
def test_none_that_is_looked_for_is_passed_over(sought, head, tail):
    ids = chunked(head, tail)
    rows = Sought.of(chunked([one for one in sought if one is not None])).rows(ids).tolist()
    assert rows == sorted(set(rows))
    every = head + tail
    assert {at for at, one in enumerate(every) if one is not None and one in sought} <= {*rows}


@settings(deadline=None)
@given(texts, st.data())
def test_a_slice_is_read_as_itself(ids, data):
    start = data.draw(st.integers(0, len(ids)))
    whole = chunked(ids)
    sought = Sought.of(chunked(["a", "b", "abcdefghij"]))
    rows = sought.rows(whole)
    assert sought.rows(whole.slice(start)).tolist() == (rows[rows >= start] - start).tolist()


def test_few_others_pass():
    rng = np.random.default_rng(1)
    ids = [str(uuid.UUID(bytes=rng.bytes(16))) for _row in range(20_000)]
    sought = Sought.of(chunked(ids[:1000]))
    assert sought.rows(chunked(ids)).tolist() == list(range(1000))


def test_numbered_ids_are_told_apart_by_any_of_their_words():
    for form in ("{:08}-of-some-shop", "order-of-some-shop-{:08}", "order-00-{:08}-00-shop-1"):
        ids = [form.format(number) for number in range(0, 200_000, 10)]
        rows = Sought.of(chunked(ids[:200])).rows(chunked(ids))
        assert rows[:200].tolist() == list(range(200))
        assert len(rows) < 2000
