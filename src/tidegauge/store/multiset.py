"""A number for what rows say, whatever their order and the types of their columns.

Two tables with one number hold the same rows, as often each: a merge is believed for that.  Each
value is hashed with its name (without the kind in it: `features@text.a` is `features.a`), a row is
the sum of its values, mixed, and rows are added up; all modulo 2**64.  A null counts as absent.  It
tells errors from none, not attackers from friends.

>>> multiset(pa.table({"a": [1, 2], "b": ["x", None]})) == multiset(pa.table({"a": [2.0, 1.0]}))
False
>>> multiset(pa.table({"a": [1, 2]})) == multiset(pa.table({"a": [2.0, 1.0], "b": [None, None]}))
True
"""

import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tidegauge.arrow import Chunked, DataType, Table, pa
from tidegauge.record.columns import TIME
from tidegauge.store.unify import base_of

Hashes = npt.NDArray[np.uint64]
WRAP: Final = 2**64
_PRIME: Final = np.uint64(0x100000001B3)
_ONE: Final = np.uint64(0x9E3779B97F4A7C15)
_TWO: Final = np.uint64(0xBF58476D1CE4E5B9)
_THREE: Final = np.uint64(0x94D049BB133111EB)


def multiset(table: Table) -> int:
    """Numbers of tables are added, modulo `WRAP`, for the table of all their rows."""
    rows = np.zeros(table.num_rows, np.uint64)
    for name, column in zip(table.column_names, table.columns, strict=True):
        seed = np.array([zlib.crc32(base_of(name).encode())], np.uint64)
        array = column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0)
        hashes = _mixed(_of(array) + _mixed(seed * _ONE))
        hashes[np.asarray(array.is_null())] = 0
        rows += hashes
    return int(_mixed(rows).sum())


def _of(array: Chunked) -> Hashes:
    of: DataType = array.type
    if pa.types.is_dictionary(of) or pa.types.is_large_string(of):
        return _of(array.cast(pa.string()))
    if pa.types.is_null(of):
        return np.zeros(len(array), np.uint64)
    if pa.types.is_boolean(of):
        return _values(array.cast(pa.uint8())).astype(np.uint64) + np.uint64(2)
    if pa.types.is_timestamp(of):
        return _mixed(_values(array.cast(TIME, safe=False).cast(pa.int64())).view(np.uint64))
    if pa.types.is_integer(of):
        return _whole(_values(array))
    if pa.types.is_floating(of):
        return _mixed(_values(array.cast(pa.float64())).view(np.uint64))
    offsets = np.frombuffer(array.buffers()[1], np.int32)[
        array.offset : array.offset + len(array) + 1
    ]
    if pa.types.is_string(of) or pa.types.is_binary(of):
        body = np.frombuffer(array.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
        return _folded(body.astype(np.uint64) + np.uint64(1), offsets - offsets[0])
    items = array.values.slice(offsets[0], offsets[-1] - offsets[0])
    return _folded(_mixed(_of(items) + np.asarray(items.is_null()) * _TWO), offsets - offsets[0])


def _values(array: Chunked) -> npt.NDArray[Any]:
    return array.fill_null(0).to_numpy(zero_copy_only=False)


def _whole(values: npt.NDArray[Any]) -> Hashes:
    """As the decimal number that is the same, where there is one."""
    near = values.astype(np.float64)
    low, high = (0.0, 2.0**64) if values.dtype.kind == "u" else (-(2.0**63), 2.0**63)
    inside = (near >= low) & (near < high)
    back = np.where(inside, near, 0).astype(values.dtype if inside.any() else np.int64)
    is_same = inside & (back == values)
    return _mixed(np.where(is_same, near.view(np.uint64), values.astype(np.uint64) ^ _THREE))


def _folded(items: Hashes, offsets: npt.NDArray[np.int32]) -> Hashes:
    """One hash for each run of items, which knows their order and number."""
    lengths = np.diff(offsets)
    powers = np.cumprod(np.full(int(lengths.max(initial=0)) + 1, _PRIME), dtype=np.uint64)
    places = np.arange(len(items)) - np.repeat(offsets[:-1], lengths)
    sums = np.concatenate([[np.uint64(0)], np.cumsum(items * powers[places], dtype=np.uint64)])
    return _mixed(sums[offsets[1:]] - sums[offsets[:-1]] + lengths.astype(np.uint64) * _THREE)


def _mixed(value: Any) -> Any:  # noqa: ANN401 - one number or many
    """The finalizer of SplitMix64."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint64(30))) * _TWO
        value = (value ^ (value >> np.uint64(27))) * _THREE
        return value ^ (value >> np.uint64(31))
