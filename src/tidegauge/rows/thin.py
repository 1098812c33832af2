"""A bounded number of rows, spread evenly over a source of any length."""

import numpy as np

from tidegauge.arrow import Chunked, pa
from tidegauge.rows import Rows
from tidegauge.rows.frame import Frame


def thinned(rows: Rows, columns: list[str], limit: int) -> Frame:
    """At most `limit` rows: one at a random place of each stretch of equal length."""
    if isinstance(rows, Frame):
        return rows if rows.count <= limit else rows.take(_spread(rows.count, limit))
    kept = Thinner(limit, rows.count)
    for chunk in rows.chunks(columns):
        kept.add(chunk)
    return kept.frame(rows.name, columns, nan_is_missing=rows.nan_is_missing)


def _spread(count: int, limit: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    # A random place in each stretch: a fixed step could fall in with a rhythm of the data.
    ends = np.linspace(0, count, limit + 1).astype(np.int64)
    return np.random.default_rng(0).integers(ends[:-1], np.maximum(ends[1:], ends[:-1] + 1))


class Thinner:
    """Keeps rows of a stream, ever fewer of each piece as the stream grows."""

    def __init__(self, limit: int, count: int | None) -> None:
        self._limit = limit
        self._stretch = max(1, (count or 0) // limit)
        self._offset = 0
        self._rng = np.random.default_rng(0)
        self._kept: list[Frame] = []

    def add(self, chunk: Frame) -> None:
        starts = np.arange(-self._offset % self._stretch, chunk.count, self._stretch)
        places = starts + self._rng.integers(0, self._stretch, len(starts))
        self._offset += chunk.count
        self._kept.append(chunk.take(np.minimum(places, chunk.count - 1)))
        while sum(piece.count for piece in self._kept) > 2 * self._limit:
            self._stretch *= 2
            self._kept = [piece.take(np.arange(0, piece.count, 2)) for piece in self._kept]

    def frame(self, name: str, columns: list[str], *, nan_is_missing: bool) -> Frame:
        if not self._kept:
            return Frame({}, name)
        joined = {
            column: pa.chunked_array(
                [part for piece in self._kept for part in _arrow(piece, column)]
            )
            for column in columns
        }
        whole = Frame(joined, name, nan_is_missing=nan_is_missing)
        return (
            whole if whole.count <= self._limit else whole.take(_spread(whole.count, self._limit))
        )


def _arrow(piece: Frame, column: str) -> list[Chunked]:
    values: Chunked = piece[column]
    return [pa.array(values)] if isinstance(values, np.ndarray) else values.chunks
