"""What a prediction is known by (its id), and what it says (its content), as 64 bits each.

The content does not depend on how a row was sent: JSON or Arrow, whatever the order of the
columns, with or without the columns that hold nothing.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Floats, Hashes
from tidegauge.arrow import Chunked, DataType, Table, pa, pc
from tidegauge.profile.hashing import bits_of, hash_texts, mixed
from tidegauge.record.columns import place
from tidegauge.tail.decode import AHEAD, RECEIVED

_ID: Final = "prediction_id"
_ZERO: Final = np.uint64(0)
_LOOK: Final = 1_024
_BLOCK: Final = 1 << 17
"""Numbers that are hashed at once: what stays in the processor's cache."""


def keys_of(table: Table, model: int) -> Hashes:
    """Of the prediction ids of a model."""
    return mixed(_texts(table[_ID]) ^ _salt(f"model {model}"))


def contents_of(table: Table) -> Hashes:
    total = np.zeros(table.num_rows, dtype=np.uint64)
    numbers: list[_Column] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name in (_ID, RECEIVED, AHEAD) or column.null_count == len(column):
            continue
        field, _variant, member = place(name)
        salt = _salt(f"{field}.{member}")
        if _is_number(column.type):
            numbers.append(_Column(column, salt))
            if len(numbers) * len(column) >= _BLOCK:
                total += _of_numbers(numbers)
                numbers = []
            continue
        bits = mixed(_bits(column) ^ salt)
        if name == "timestamp":
            # The time of receipt that stands in for none is another one the next time.
            untold = pc.equal(column, table[RECEIVED]).to_numpy()
            bits[untold] = _ZERO
        elif column.null_count:
            bits[pc.is_null(column).to_numpy()] = _ZERO
        total += bits
    if numbers:
        total += _of_numbers(numbers)
    return mixed(total)


class _Column(NamedTuple):
    values: Chunked
    salt: np.uint64


def _is_number(kind: DataType) -> bool:
    types = pa.types
    return types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind)


def _of_numbers(columns: Sequence[_Column]) -> Hashes:
    """What columns of numbers and flags add to the content of each row, all of them at once."""
    values = np.array([_doubles(column.values) for column in columns])
    # The two zeros are one number.
    values += 0.0
    salts = np.array([column.salt for column in columns])
    bits = mixed(values.view(np.uint64) ^ salts[:, None])
    for own, column in zip(bits, columns, strict=True):
        if column.values.null_count:
            own[pc.is_null(column.values).to_numpy()] = _ZERO
    return bits.sum(axis=0, dtype=np.uint64)


def _doubles(column: Chunked) -> Floats:
    if pa.types.is_boolean(column.type) and column.null_count:
        column = column.cast(pa.uint8())
    return column.to_numpy().astype(np.float64, copy=False)


def _bits(column: Chunked) -> Hashes:
    return _texts(column) if pa.types.is_string(column.type) else bits_of(column)


def _texts(column: Chunked) -> Hashes:
    whole = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in column.chunks])
    if _repeats(whole):
        # Each value once: rows then only look it up.
        encoded = whole.dictionary_encode()
        named = hash_texts(encoded.dictionary)
        # Rows without a value are left to the caller: whatever they find here is not used.
        return named[pc.fill_null(encoded.indices, 0).to_numpy()]
    return hash_texts(whole)


def _repeats(texts: Chunked) -> bool:
    head = texts.slice(0, _LOOK)
    return len(texts) > _LOOK and pc.count_distinct(head).as_py() < _LOOK // 4


@lru_cache(100_000)
def _salt(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()))
