"""What a prediction says, as 64 bits: against the same sums in plain whole numbers."""

import hashlib
import math
import struct

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.worker.content import contents_of

_ALL = (1 << 64) - 1
numbers = st.sampled_from([0.0, -0.0, 1e300, -5e-324, math.inf, -math.inf]) | st.floats(
    allow_nan=False
)
rows = st.lists(
    st.tuples(
        st.none() | numbers,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.integers(0, 2**64 - 1),
        st.none() | st.booleans(),
    ),
    max_size=20,
)
COLUMNS = {
    "features.amount": pa.float64(),
    "features.count": pa.int64(),
    "features@number.large": pa.uint64(),
    "cache_hit": pa.bool_(),
}
SALTS = ("features.amount", "features.count", "features.large", "cache_hit.None")


def spread(bits):
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _ALL
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _ALL
    return bits ^ bits >> 31


def content(row):
    total = 0
    for value, salt in zip(row, SALTS, strict=True):
        if value is not None:
            (bits,) = struct.unpack("<Q", struct.pack("<d", float(value) + 0.0))
            salted = bits ^ int.from_bytes(hashlib.blake2b(salt.encode(), digest_size=8).digest())
            total += spread(salted)
    return spread(total & _ALL)


def table(found):
    columns = zip(*found, strict=True) if found else [()] * len(COLUMNS)
    return pa.table(
        {
            name: pa.chunked_array([pa.array(values, kind)])
            for (name, kind), values in zip(COLUMNS.items(), columns, strict=True)
        }
    )


@settings(max_examples=200, deadline=None)
@given(rows, rows)
def test_a_row_says_the_sum_of_its_columns(head, tail):
    expected = [content(row) for row in (*head, *tail)]
    whole = pa.concat_tables([table(head), table(tail)])
    assert contents_of(whole).tolist() == expected
    turned = whole.select(whole.column_names[::-1]).combine_chunks()
    assert contents_of(turned).tolist() == expected


def test_a_table_of_more_than_is_hashed_at_once_says_what_its_rows_do():
    generator = np.random.default_rng(5)
    wide = pa.table({f"features.x{i}": generator.normal(size=3_000) for i in range(100)})
    found = contents_of(wide)
    assert len(np.unique(found)) == 3_000
    for start in range(0, 3_000, 500):
        assert (contents_of(wide.slice(start, 500)) == found[start : start + 500]).all()
