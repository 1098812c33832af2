"""Hashes of values and rows: the same on every machine, for a whole column at a time."""

import numpy as np

from tidegauge.arrays import Flags, Hashes
from tidegauge.arrow import Chunked, pa, pc
from tidegauge.profile.exact import BLOCK
from tidegauge.rows.values import Codes, Values, is_number, is_text

_WORD = 64
# A random number for each byte at each place of a word (Zobrist's tabulation hashing).
_TABLE = np.random.default_rng(8712).integers(0, 1 << 64, size=(_WORD, 256), dtype=np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ABSENT = np.uint64(0x5851F42D4C957F2D)


def hash_texts(texts: Chunked) -> Hashes:
    """A hash for each text; null has one of its own."""
    filled = pc.fill_null(texts, "").cast(pa.large_binary())
    if not len(filled):
        return np.empty(0, dtype=np.uint64)
    _, offsets_buffer, data = filled.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)
    offsets = offsets[filled.offset : filled.offset + len(filled) + 1]
    octets = np.frombuffer(data or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    starts = offsets[:-1] - offsets[0]
    sizes = np.diff(offsets)
    place = np.arange(len(octets)) - np.repeat(starts, sizes)
    parts = _TABLE[place % _WORD, octets]
    # Bytes of later words count differently from those of earlier ones.
    parts *= (place // _WORD).astype(np.uint64) * np.uint64(2) + np.uint64(1)
    totals = np.concatenate([[np.uint64(0)], np.cumsum(parts, dtype=np.uint64)])
    hashes = mixed(totals[starts + sizes] - totals[starts] + sizes.astype(np.uint64) * _ODD)
    if texts.null_count:
        hashes[pc.is_null(texts).to_numpy(zero_copy_only=False)] = _ABSENT
    return hashes


def mixed(hashes: Hashes) -> Hashes:
    """Spread every bit over all (the last steps of splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def _next(factor: Hashes) -> Hashes:
    return mixed(factor) | np.uint64(1)


class RowHashes:
    """Hashes of whole rows, taken up column by column.

    The columns are told apart by the order in which they are added.
    """

    def __init__(self, rows: int) -> None:
        self._totals = np.zeros(rows, dtype=np.uint64)
        self._factor = np.array([_ODD])
        """One for all rows, or one for each, where they did not take up the same columns."""

    def add(self, bits: Hashes, rows: Flags | None = None) -> None:
        """Take a column up, into all rows or some."""
        if rows is not None and not rows.all():
            own = np.where(rows, self._factor, np.uint64(0))
            self._totals += ((bits >> np.uint64(32)) ^ bits) * own
            self._factor = np.where(rows, _next(self._factor), self._factor)
            return
        # In pieces that stay in the processor's cache; four passes over them are then cheap.
        for start in range(0, len(bits), BLOCK):
            piece = bits[start : start + BLOCK]
            # Doubles of small whole numbers differ in their upper bits only: bring those down.
            folded = piece >> np.uint64(32)
            folded ^= piece
            folded *= self._factor[start : start + BLOCK] if len(self._factor) > 1 else self._factor
            self._totals[start : start + BLOCK] += folded
        self._factor = _next(self._factor)

    def hashes(self) -> Hashes:
        return mixed(self._totals)


def bits_of(values: Values, coded: Codes | None = None) -> Hashes:
    """64 bits for each row of a column: equal values have equal bits."""
    if coded is not None:
        named = hash_texts(pa.array(coded.values, pa.large_string()))
        return np.append(named, _ABSENT)[coded.codes]
    if isinstance(values, np.ndarray):
        if values.ndim == 2:
            return _bits_of_matrix(values)
        if values.dtype.kind in "fiub":
            return np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
        if values.dtype.kind == "M":
            return np.ascontiguousarray(values).view(np.uint64)
        return hash_texts(pa.array([repr(value) for value in values], pa.large_string()))
    kind = values.type
    if is_number(kind) or pa.types.is_boolean(kind):
        plain = values.cast(pa.uint8()) if pa.types.is_boolean(kind) else values
        filled = pc.fill_null(plain.cast(pa.float64(), safe=False), float("nan"))
        return np.ascontiguousarray(filled.to_numpy()).view(np.uint64)
    if is_text(kind):
        parts = [hash_texts(chunk.cast(pa.large_string())) for chunk in values.chunks]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        instants = values.cast(pa.timestamp("us"), safe=False) if pa.types.is_date(kind) else values
        filled = pc.fill_null(instants.cast(pa.int64()), -1)
        return filled.to_numpy().view(np.uint64)
    texts = [repr(value) for value in values.to_pylist()]
    return hash_texts(pa.array(texts, pa.large_string()))


def _bits_of_matrix(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Hashes:
    rows = RowHashes(len(values))
    for column in values.T:
        rows.add(bits_of(column))
    return rows.hashes()
