"""Many records at once: a frame, a table, a dict of columns, a list of rows.

In the caller's thread the rows are cut into pieces and copied, where they could change; the worker
makes records of them.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tidegauge.client.foreign import pandas_values
from tidegauge.client.snapshot import copied, is_numpy, loaded, weight
from tidegauge.client.unfit import UnfitError
from tidegauge.record.fields import KINDS, Kind

if TYPE_CHECKING:
    from tidegauge.client.door import Frame

Column = tuple[str, Sequence[object]]

# The memory of a row whose size is not known.
_ROW: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some rows in the queue."""

    kind: str
    shared: dict[str, object]
    """Fields that all rows have."""
    data: Any
    renamed: Mapping[str, str | None]
    features: frozenset[str]
    count: int
    weight: int
    at: int

    @property
    def model_id(self) -> object:
        return self.shared.get("model_id")

    def rows(self) -> list[dict[str, object]]:
        kind = KINDS[self.kind]
        if isinstance(self.data, list):
            members = [_member_row(each) for each in self.data]  # pyright: ignore[reportUnknownVariableType]
            return [self._row(kind, row.items()) for row in members]
        columns = columns_of(self.data)
        names = [name for name, _ in columns]
        return [
            self._row(kind, zip(names, cells, strict=True))
            for cells in zip(*(values for _, values in columns), strict=True)
        ]

    def _row(self, kind: Kind, cells: Any) -> dict[str, object]:  # noqa: ANN401
        row = dict(self.shared)
        maps: dict[str, dict[str, object]] = {}
        for name, cell in cells:
            field, member = self._place(kind, name)
            if member is not None:
                maps.setdefault(field, {})[member] = cell
            elif field and cell is not None and cell == cell:  # noqa: PLR0124 - a gap in a frame is NaN
                row[field] = cell
        for field, members in maps.items():
            given = row.get(field)
            row[field] = {**given, **members} if isinstance(given, dict) else members
        return row

    def _place(self, kind: Kind, column: str) -> tuple[str, str | None]:
        """The field of a column, and the member of the field if it is a map."""
        target = self.renamed.get(column, column)
        if target is None:
            return "", None
        if column in self.features:
            return "features", target
        if target in kind.names:
            return target, None
        field, dot, member = target.partition(".")
        declared = kind.fields.get(field)
        if dot and declared is not None and declared.shape.is_map:
            return field, member
        if "features" in kind.fields:
            return "features", target
        raise UnfitError("invalid", f"no field for the column {column[:64]!r}")


def _member_row(item: object) -> Mapping[str, object]:
    if isinstance(item, dict):
        return {str(key): value for key, value in item.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(item, list | tuple):
        values: Sequence[object] = item  # pyright: ignore[reportUnknownVariableType]
        return {f"feature_{place}": value for place, value in enumerate(values)}
    raise UnfitError("invalid", "a row must be a dict or a list")


def columns_of(data: Any) -> list[Column]:  # noqa: ANN401
    """Names and Python values.  Columns without a name are `feature_0` and on."""
    kind = type(data)
    if is_of(kind, "pandas", "DataFrame"):
        return [
            (str(name), pandas_values(data.iloc[:, place]))
            for place, name in enumerate(data.columns.tolist())
        ]
    if is_of(kind, "polars", "DataFrame"):
        return [(column.name, column.to_list()) for column in data.get_columns()]
    if is_of(kind, "pyarrow", "Table", "RecordBatch"):
        return [
            (name, column.to_pylist())
            for name, column in zip(data.schema.names, data.columns, strict=True)
        ]
    if is_numpy(kind):
        if data.dtype.names:
            return [(name, data[name].tolist()) for name in data.dtype.names]
        if data.ndim != 2:
            raise UnfitError("invalid", f"an array of {data.ndim} dimensions as rows")
        return [(f"feature_{place}", column) for place, column in enumerate(data.T.tolist())]
    if isinstance(data, dict):
        return [(str(name), values_of(column)) for name, column in data.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise UnfitError("serialize", "rows of a type that is not known")


def values_of(column: Any) -> Sequence[object]:  # noqa: ANN401
    """Python values of one column, with a list for a row of several."""
    kind = type(column)
    if is_of(kind, "pandas", "Series"):
        return pandas_values(column)
    if is_numpy(kind):
        return column.tolist() if column.dtype.kind != "M" else list(column)
    if is_of(kind, "polars", "Series"):
        return column.to_list()
    if is_of(kind, "pyarrow", "Array", "ChunkedArray") or kind.__module__ == "pyarrow.lib":
        return column.to_pylist()
    if isinstance(column, list | tuple):
        return column  # pyright: ignore[reportUnknownVariableType]
    raise UnfitError("serialize", "a column of a type that is not known")


def is_of(kind: type, package: str, *names: str) -> bool:
    module: Any = loaded(package)
    return module is not None and kind in [getattr(module, name, None) for name in names]


def piece(frame: "Frame", start: int, count: int) -> Piece:
    """Some of the rows, cut loose from what the caller may still change."""
    own = sliced(frame.data, start, start + count)
    return Piece(
        kind=frame.kind,
        shared={name: copied(item) for name, item in frame.shared.items()},
        data=own,
        renamed=frame.renamed,
        features=frame.features,
        count=count,
        weight=weight_of(own, count),
        at=time.time_ns(),
    )


def length(data: Any) -> int:  # noqa: ANN401
    """How many rows there are."""
    kind = type(data)
    if kind is list or is_numpy(kind) or is_of(kind, "pandas", "DataFrame"):
        return len(data)
    if is_of(kind, "polars", "DataFrame") or is_of(kind, "pyarrow", "Table", "RecordBatch"):
        return len(data) if hasattr(data, "__len__") else data.num_rows
    if issubclass(kind, dict):
        lengths = {len(column) for column in dict.values(data) if _is_column(column)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if len(lengths) > 1:
            raise UnfitError("invalid", "columns differ in length")
        return lengths.pop() if lengths else 0
    raise UnfitError("serialize", "rows of a type that is not known")


def _is_column(column: Any) -> bool:  # noqa: ANN401
    kind = type(column)
    known = (
        kind in {list, tuple}
        or is_numpy(kind)
        or is_of(kind, "pandas", "Series")
        or is_of(kind, "polars", "Series")
        or kind.__module__ == "pyarrow.lib"
    )
    if not known:
        raise UnfitError("serialize", "a column of a type that is not known")
    return True


def sliced(data: Any, start: int, stop: int) -> Any:  # noqa: ANN401
    kind = type(data)
    if kind is list:
        return [copied(each) for each in data[start:stop]]
    if is_numpy(kind):
        return data[start:stop].copy()
    if is_of(kind, "pandas", "DataFrame", "Series"):
        return data.iloc[start:stop].copy()
    if issubclass(kind, dict):
        return {name: sliced(column, start, stop) for name, column in dict.items(data)}  # pyright: ignore[reportUnknownVariableType]
    if kind is tuple:
        return data[start:stop]
    # polars and Arrow: nobody can change what they hold.
    return data.slice(start, stop - start)


def weight_of(piece: Any, rows: int) -> int:  # noqa: ANN401
    """About how many bytes of memory the rows take."""
    kind = type(piece)
    if is_numpy(kind):
        return piece.nbytes
    if is_of(kind, "pyarrow", "Table", "RecordBatch"):
        return piece.nbytes
    if is_of(kind, "polars", "DataFrame"):
        return piece.estimated_size()
    if is_of(kind, "pandas", "DataFrame"):
        # Without a look at each text: `deep` would take as long as the copy.
        return int(piece.memory_usage(index=False).sum()) + 64 * rows
    if isinstance(piece, list):
        return sum(weight(each) if isinstance(each, dict) else _ROW for each in piece)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _ROW * rows
