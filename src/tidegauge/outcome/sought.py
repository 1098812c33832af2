"""Ids that are looked for among many more: which rows may have one of them.

Three words of eight bytes of each text, its last, its first and its middle, are looked up in a
table of flags: what is not there is none of them, and few others pass.  Those that pass have to be
compared as a whole by the caller.  That is ten times as fast as to look all of them up (measured),
and needs nothing on disk; ids that differ in none of the three words all pass, and are only as
slow as before.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts, Flags, Hashes
from tidegauge.arrow import Chunked, pa

_WORD: Final = 8
_WORDS: Final = 3
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_ROOM: Final = 8
"""Flags for each id, at the least."""
_FEWEST: Final = 1 << 16


@dataclass(frozen=True, eq=False)
class Sought:
    flags: tuple[Flags, ...]
    """By word."""

    @classmethod
    def of(cls, ids: Chunked) -> Self:
        size = 1 << max(_ROOM * len(ids), _FEWEST).bit_length()
        flags = tuple(np.zeros(size, dtype=np.bool_) for _word in range(_WORDS))
        for texts in map(_Texts, ids.cast(pa.large_string()).chunks):
            for word, own in enumerate(flags):
                own[_place(texts.word(word), own)] = True
        return cls(flags)

    def rows(self, ids: Chunked) -> Counts:
        """Those that may have one of them, in order; each that has is among them."""
        found: list[Counts] = []
        start = 0
        for texts in map(_Texts, ids.cast(pa.large_string()).chunks):
            left = None
            for word, own in enumerate(self.flags):
                passes = own[_place(texts.word(word, left), own)]
                left = np.flatnonzero(passes) if left is None else left[passes]
            if left is not None:
                found.append(left + start)
            start += texts.count
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


class _Texts:
    """The bytes of an Arrow array of large strings, in which a missing one is an empty one."""

    def __init__(self, texts: Chunked) -> None:
        self.count = len(texts)
        _valid, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64, count=len(texts) + 1 + texts.offset)
        self._ends = ends[texts.offset :]
        octets = np.frombuffer(data if data is not None else b"", dtype=np.uint8)
        if len(octets) < _WORD:
            octets = np.concatenate([octets, np.zeros(_WORD, dtype=np.uint8)])
        # A word at each byte: they overlap.
        count = len(octets) - _WORD + 1
        self._words = np.ndarray((count,), np.dtype("<u8"), buffer=octets.data, strides=(1,))

    def word(self, which: int, rows: Counts | None = None) -> Hashes:
        """Of each text, or of some, its last word, its first or its middle one; of a short text the
        whole."""
        if rows is None:
            starts, ends = self._ends[:-1], self._ends[1:]
        else:
            starts, ends = self._ends[rows], self._ends[rows + 1]
        sizes = ends - starts
        if which:
            ends = starts + (_WORD if which == 1 else (sizes + _WORD) // 2)
        places = ends - _WORD
        if len(sizes) and sizes.min() >= _WORD:
            return self._words[places]
        return self._short(starts, np.where(sizes < _WORD, starts + sizes, ends))

    def _short(self, starts: Counts, ends: Counts) -> Hashes:
        """Words that end there, without the bytes that lie before the text."""
        sizes = np.minimum(ends - starts, _WORD)
        places = np.clip(ends - _WORD, 0, len(self._words) - 1)
        before = (ends - sizes - places).astype(np.uint64) * np.uint64(8)
        kept = np.where(sizes > 0, np.uint64(64) - sizes.astype(np.uint64) * np.uint64(8), 0)
        found = self._words[places] >> np.minimum(before, np.uint64(63))
        return np.where(sizes > 0, found << kept.astype(np.uint64), np.uint64(0))


def _place(words: Hashes, flags: Flags) -> Counts:
    """The upper bits of a product depend on all bits of the word."""
    # Places with a sign are looked up twice as fast.
    return ((words * _ODD) >> np.uint64(64 - (len(flags).bit_length() - 1))).view(np.int64)
