"""Rows that are in memory: pandas, polars, Arrow, or a mapping of arrays.

Columns are taken as they lie; nothing is copied here that has a numeric or an Arrow layout.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tidegauge.arrow import Chunked, Table, pa
from tidegauge.errors import InputError
from tidegauge.rows.values import Values, is_vector

PIECE = 1 << 20
"""Rows handled at once: one piece for most data sets, and a bound on memory for the others."""


class Frame:
    """Named columns of one length."""

    def __init__(
        self,
        columns: Mapping[str, Values],
        name: str = "data",
        *,
        nan_is_missing: bool = False,
        rows: int = 0,
    ) -> None:
        """`rows` tells how many there are where no column does."""
        lengths = {key: len(values) for key, values in columns.items()}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{key!r}: {n}" for key, n in list(lengths.items())[:5])
            raise InputError(f"{name}: columns differ in length ({shown})")
        self.name = name
        self.nan_is_missing = nan_is_missing
        self.count = next(iter(lengths.values()), rows)
        self._columns = dict(columns)

    @property
    def columns(self) -> list[str]:
        return list(self._columns)

    def __getitem__(self, column: str) -> Values:
        return self._columns[column]

    def chunks(self, columns: list[str]) -> Iterator["Frame"]:
        for start in range(0, self.count, PIECE):
            if self.count <= PIECE:
                yield self
                return
            yield self._cut(columns, start, start + PIECE)

    def take(
        self, rows: np.ndarray[Any, np.dtype[np.int64]], columns: list[str] | None = None
    ) -> "Frame":
        """Some rows, of some columns."""
        picked = {key: _take(self._columns[key], rows) for key in columns or self.columns}
        return Frame(picked, self.name, nan_is_missing=self.nan_is_missing, rows=len(rows))

    def stretch(self, start: int, stop: int) -> "Frame":
        """Rows that follow one another, as they lie."""
        picked = {key: values[start:stop] for key, values in self._columns.items()}
        return Frame(picked, self.name, nan_is_missing=self.nan_is_missing, rows=stop - start)

    def head(self, rows: int) -> "Frame":
        return self._cut(self.columns, 0, rows)

    def _cut(self, columns: list[str], start: int, stop: int) -> "Frame":
        picked = {key: self._columns[key][start:stop] for key in columns}
        return Frame(picked, self.name, nan_is_missing=self.nan_is_missing)


def _take(values: Values, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Values:
    return values[rows] if isinstance(values, np.ndarray) else values.take(pa.array(rows))


def from_pandas(frame: Any, name: str) -> Frame:  # noqa: ANN401 - pandas is not imported
    names = _names(frame.columns, name)
    columns = {
        key: _pandas_column(series) for key, (_, series) in zip(names, frame.items(), strict=True)
    }
    return Frame(columns, name, nan_is_missing=True)


def from_arrow(table: Table, name: str) -> Frame:
    names = _names(table.column_names, name)
    return Frame(dict(zip(names, map(column_of, table.columns), strict=True)), name)


def from_mapping(data: Mapping[object, object], name: str) -> Frame:
    names = _names(list(data), name)
    return Frame({key: column_of(v) for key, v in zip(names, data.values(), strict=True)}, name)


def _names(names: Any, source: str) -> list[str]:  # noqa: ANN401 - pandas' Index or a list
    texts = [
        str(name) if not isinstance(name, tuple) else ".".join(map(str, name)) for name in names
    ]
    seen: set[str] = set()
    twice = [text for text in texts if text in seen or seen.add(text)]
    if twice:
        raise InputError(
            f"{source}: column {twice[0]!r} comes more than once; rename or drop one of them"
        )
    return texts


def _pandas_column(series: Any) -> Values:  # noqa: ANN401 - pandas is not imported
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiubM":
        return series.to_numpy()
    if series.dtype == object:
        return column_of(series.to_numpy())
    return column_of(pa.array(series, from_pandas=True))


def column_of(data: object) -> Values:
    """One column from an array, a list, or anything that numpy or Arrow can read."""
    if isinstance(data, (pa.Array, pa.ChunkedArray)):
        column: Chunked = pa.chunked_array([data]) if isinstance(data, pa.Array) else data
        # Arrow has no functions for its newest layout of texts yet.
        return column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column
    if isinstance(data, np.ndarray) and data.dtype.kind in "fiubM" and data.ndim in (1, 2):
        return data
    items = data if isinstance(data, (np.ndarray, list)) else _listed(data)
    try:
        # NaN among objects says "missing"; among numbers it is a number.
        array = pa.array(items, from_pandas=isinstance(items, np.ndarray))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _objects(items)
    if (
        pa.types.is_list(array.type)
        and not is_vector(array.type)
        and array.type.value_type != pa.null()
    ):
        return _objects(items)
    return pa.chunked_array([array])


def arrow_of(values: Values) -> Chunked:
    """A column as Arrow has it; values of several kinds as texts."""
    if not isinstance(values, np.ndarray):
        return values
    if values.ndim == 2:
        return pa.chunked_array([pa.array(list(values))])
    if values.dtype != object:
        return pa.chunked_array([pa.array(values)])
    return pa.chunked_array([[None if each is None else str(each) for each in values]], pa.string())


def _listed(data: object) -> Any:  # noqa: ANN401 - whatever the caller handed in
    if hasattr(data, "__array__"):
        return np.asarray(data)
    try:
        return list(data)  # type: ignore[call-overload]
    except TypeError:
        raise InputError(
            f"a column must be an array or a list, not {type(data).__name__}"
        ) from None


def _objects(items: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401 - a list or an array
    # Built by hand: numpy would make a matrix of lists of one length.
    objects = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        objects[i] = item
    return objects
