"""Asking a Parquet file's Bloom filter, which pyarrow writes and cannot ask.

Blocks of eight words of 32 bits; a value sets one bit in each word of one block, as its XXH64
says (https://github.com/apache/parquet-format/blob/master/BloomFilter.md).  A random id is so
found among 10,000 row groups by reading 32 bytes of each, not the ids.
"""

import struct
from collections.abc import Iterable
from typing import Final

from tidegauge.store.verified import Verified

_MASK: Final = 2**64 - 1
_P1: Final = 0x9E3779B185EBCA87
_P2: Final = 0xC2B2AE3D27D4EB4F
_P3: Final = 0x165667B19E3779F9
_P4: Final = 0x85EBCA77C2B2AE63
_P5: Final = 0x27D4EB2F165667C5
_SALTS: Final = (
    0x47B6137B,
    0x44974D91,
    0x8824AD5B,
    0xA2B7289D,
    0x705495C7,
    0x2DF1424B,
    0x9EFC4947,
    0x5C6BFB31,
)


def excludes(file: Verified, offset: int, values: Iterable[object]) -> bool:
    """Whether the filter at an offset says that the column holds none of these texts."""
    file.seek(offset)
    size, header = _header(file.read(64))
    for value in values:
        if not isinstance(value, str):
            return False
        hashed = xxh64(value.encode("utf-8", "surrogatepass"))
        block = ((hashed >> 32) * (size // 32)) >> 32
        file.seek(offset + header + 32 * block)
        words = struct.unpack("<8I", file.read(32))
        if all(
            word >> ((hashed * salt & 0xFFFFFFFF) >> 27) & 1
            for word, salt in zip(words, _SALTS, strict=True)
        ):
            return False
    return True


def _header(data: bytes) -> tuple[int, int]:
    """Bytes of the bits, and of the header before them: Thrift's compact protocol, whose first
    field is the number (0x15: field 1, i32), then three empty unions and an end."""
    if data[0] != 0x15:
        raise ValueError("no Bloom filter header")
    value = shift = 0
    at = 1
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            break
    # Each union is `1C 1C 00 00`: a struct field, in it a struct field, an end and an end.
    if data[at : at + 13] != b"\x1c\x1c\x00\x00" * 3 + b"\x00":
        raise ValueError("a Bloom filter of an unknown kind")
    return (value >> 1) ^ -(value & 1), at + 13


def xxh64(data: bytes) -> int:
    """https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, seed 0.

    >>> hex(xxh64(b"")), hex(xxh64(b"a")), hex(xxh64(b"abc"))
    ('0xef46db3751d8e999', '0xd24ec4f1a98c6e5b', '0x44bc2cf5ad770999')
    """
    at = 0
    if len(data) >= 32:
        lanes = [_P1 + _P2 & _MASK, _P2, 0, -_P1 & _MASK]
        while at <= len(data) - 32:
            words = struct.unpack_from("<4Q", data, at)
            lanes = [_round(lane, word) for lane, word in zip(lanes, words, strict=True)]
            at += 32
        turns = (1, 7, 12, 18)
        hashed = sum(_left(lane, turn) for lane, turn in zip(lanes, turns, strict=True)) & _MASK
        for lane in lanes:
            hashed = (hashed ^ _round(0, lane)) * _P1 + _P4 & _MASK
    else:
        hashed = _P5
    hashed = hashed + len(data) & _MASK
    while at <= len(data) - 8:
        hashed ^= _round(0, struct.unpack_from("<Q", data, at)[0])
        hashed = _left(hashed, 27) * _P1 + _P4 & _MASK
        at += 8
    if at <= len(data) - 4:
        hashed ^= struct.unpack_from("<I", data, at)[0] * _P1 & _MASK
        hashed = _left(hashed, 23) * _P2 + _P3 & _MASK
        at += 4
    for byte in data[at:]:
        hashed = _left(hashed ^ byte * _P5 & _MASK, 11) * _P1 & _MASK
    for shift, factor in ((33, _P2), (29, _P3), (32, 1)):
        hashed = (hashed ^ hashed >> shift) * factor & _MASK
    return hashed


def _round(lane: int, word: int) -> int:
    return _left(lane + word * _P2 & _MASK, 31) * _P1 & _MASK


def _left(value: int, turn: int) -> int:
    return (value << turn | value >> 64 - turn) & _MASK
