"""Rows from anywhere: frames of pandas and polars, Arrow, arrays, Parquet and CSV files."""

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from tidegauge.arrow import pa
from tidegauge.errors import InputError
from tidegauge.rows.file import Csv, Parquet, open_file
from tidegauge.rows.frame import Frame, from_arrow, from_mapping, from_pandas

MOST_COLUMNS = 10_000


class Rows(Protocol):
    """Named columns that are read piece by piece."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> list[str]: ...

    @property
    def count(self) -> int | None: ...

    @property
    def nan_is_missing(self) -> bool:
        """Whether NaN is how this source says "missing", as pandas does."""
        ...

    def head(self, rows: int) -> Frame: ...

    def chunks(self, columns: list[str]) -> Iterator[Frame]: ...


def open_rows(data: object, name: str = "data") -> Rows:
    """Whatever the user handed in, as rows; an error that says what would do, where it is none."""
    rows = _opened(data, name)
    if not rows.columns:
        raise InputError(f"{rows.name} has no columns")
    if len(rows.columns) > MOST_COLUMNS:
        raise InputError(
            f"{rows.name} has {len(rows.columns):,} columns; at most {MOST_COLUMNS:,} are read. "
            "Choose some, or put vectors into one embedding column"
        )
    return rows


def _opened(data: object, name: str) -> Rows:
    if isinstance(data, (Frame, Parquet, Csv)):
        return data
    if isinstance(data, (str, PathLike)):
        return open_file(Path(data))
    if isinstance(data, Mapping):
        return from_mapping(cast("Mapping[object, object]", data), name)
    if isinstance(data, np.ndarray):
        return _from_array(data, name)
    origin = type(data).__module__.partition(".")[0]
    if origin == "pandas" and hasattr(data, "iloc"):
        frame: Any = data
        return from_pandas(frame if hasattr(frame, "columns") else frame.to_frame(), name)
    if origin == "polars" and hasattr(data, "collect"):
        lazy: Any = data
        data = lazy.collect()
    if origin == "polars" and hasattr(data, "to_frame"):
        series: Any = data
        data = series.to_frame()
    if isinstance(data, list) and data and all(isinstance(row, Mapping) for row in data):
        return _from_records(cast("list[Mapping[str, object]]", data), name)
    if isinstance(data, pa.RecordBatch):
        return from_arrow(pa.Table.from_batches([data]), name)
    if isinstance(data, pa.Table):
        return from_arrow(data, name)
    if hasattr(data, "__arrow_c_stream__"):
        return from_arrow(pa.table(data), name)
    raise InputError(
        f"{name}: cannot read rows from {type(data).__name__}; give a pandas, polars or Arrow "
        "frame, a dict of arrays, or the path of a Parquet or CSV file"
    )


def _from_array(data: np.ndarray[Any, Any], name: str) -> Frame:
    if data.dtype.names:
        return Frame({key: data[key] for key in data.dtype.names}, name)
    if data.ndim == 1:
        return from_mapping({"feature_0": data}, name)
    if data.ndim != 2:
        raise InputError(
            f"{name}: an array must be of rows and columns, not {data.ndim}-dimensional"
        )
    return from_mapping({f"feature_{i}": data[:, i] for i in range(data.shape[1])}, name)


def _from_records(records: list[Mapping[str, object]], name: str) -> Frame:
    names = list(dict.fromkeys(key for record in records for key in record))
    return from_mapping({key: [record.get(key) for record in records] for key in names}, name)
