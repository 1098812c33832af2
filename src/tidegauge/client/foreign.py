"""Values of numpy, pandas, polars and the libraries of tensors, if the program has loaded them.

None of them is loaded here.  A type is known by being one of theirs, so nothing is asked of an
object that only looks like one.
"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tidegauge.client.snapshot import loaded, static
from tidegauge.client.unfit import UnfitError
from tidegauge.record import limits

NOT_KNOWN: Final = object()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The longest that is worth a look: of features by place, and of a vector.
MOST_VALUES: Final = max(limits.VECTOR, limits.FEATURES)


def scalar_of(item: Any, kind: type) -> object:  # noqa: ANN401
    """A scalar of numpy, pandas or a library of tensors."""
    numpy: Any = loaded("numpy")
    if numpy is not None:
        masked: Any = loaded("numpy.ma.core")
        if masked is not None and kind is masked.MaskedConstant:
            return None
        if issubclass(kind, numpy.generic):
            return _from_numpy(item, kind, numpy)
        if kind is numpy.ndarray:
            if item.shape:
                raise UnfitError("invalid", f"an array of {item.ndim} dimensions as one value")
            return _zero(item[()], numpy)
    pandas: Any = loaded("pandas")
    if pandas is not None and (item is pandas.NA or item is pandas.NaT):
        return None
    root = type.__getattribute__(kind, "__module__")
    package = root.partition(".")[0] if type(root) is str else ""
    if package in _TENSORS:
        return _TENSORS[package](item, kind)
    return NOT_KNOWN


def _from_numpy(item: Any, kind: type, numpy: Any) -> object:  # noqa: ANN401
    if issubclass(kind, numpy.datetime64):
        return None if numpy.isnat(item) else numpy_time(item).isoformat() + "+00:00"
    if issubclass(kind, numpy.timedelta64):
        return None if numpy.isnat(item) else float(item / numpy.timedelta64(1, "s"))
    if issubclass(kind, numpy.floating):
        return float(item)
    if issubclass(kind, numpy.bool_ | numpy.integer | numpy.str_):
        return item.item()
    raise UnfitError("serialize", f"a numpy value of the type {name_of(kind)}")


def _zero(item: Any, numpy: Any) -> object:  # noqa: ANN401
    """What an array of no dimension holds."""
    if issubclass(type(item), numpy.generic):
        return _from_numpy(item, type(item), numpy)
    raise UnfitError("serialize", "a numpy array of objects as one value")


def _torch(item: Any, kind: type) -> object:  # noqa: ANN401
    torch: Any = loaded("torch")
    if torch is None or not issubclass(kind, torch.Tensor):
        return NOT_KNOWN
    return _tensor(item, item.device.type == "cpu", len(item.shape))


def _tensorflow(item: Any, kind: type) -> object:  # noqa: ANN401
    if kind.__name__ != "EagerTensor":
        return NOT_KNOWN
    return _tensor(item.numpy, "CPU" in item.device, len(item.shape))


def _jax(item: Any, kind: type) -> object:  # noqa: ANN401
    if kind.__name__ != "ArrayImpl":
        return NOT_KNOWN
    return _tensor(item, all(each.platform == "cpu" for each in item.devices()), len(item.shape))


def _tensor(item: Any, is_near: bool, dimensions: int) -> object:  # noqa: ANN401, FBT001
    if not is_near:
        raise UnfitError("serialize", "a tensor on a device: reading it would wait for the device")
    if dimensions:
        raise UnfitError("serialize", f"a tensor of {dimensions} dimensions as one value")
    plain: Any = item() if callable(item) else item
    return plain.item()


_TENSORS: Final[dict[str, Any]] = {
    "torch": _torch,
    "tensorflow": _tensorflow,
    "jax": _jax,
    "jaxlib": _jax,
}


def row_of(item: Any, kind: type) -> dict[object, object] | None:  # noqa: ANN401
    """One row of pandas or polars."""
    pandas: Any = loaded("pandas")
    if pandas is not None and kind is pandas.Series:
        return dict(zip(item.index.tolist(), pandas_values(item), strict=True))
    polars: Any = loaded("polars")
    is_polars = polars is not None and kind is polars.DataFrame
    if is_polars or (pandas is not None and kind is pandas.DataFrame):
        if len(item) != 1:
            raise UnfitError("invalid", "a frame of several rows as one record; use log_batch")
        if is_polars:
            return item.row(0, named=True)
        columns = enumerate(item.columns.tolist())
        return {name: pandas_values(item.iloc[:, place])[0] for place, name in columns}
    return None


def pandas_values(column: Any) -> list[object]:  # noqa: ANN401
    """Python values: to pandas what is not a number is missing."""
    values: list[object] = column.tolist()
    missing = column.isna()
    if not missing.any():
        return values
    pairs = zip(values, missing.tolist(), strict=True)
    return [None if is_missing else value for value, is_missing in pairs]


def list_of(item: Any, kind: type) -> list[object] | None:  # noqa: ANN401
    numpy: Any = loaded("numpy")
    if numpy is not None and issubclass(kind, numpy.ndarray):
        rows = item.shape[0] if item.ndim == 2 else 0
        if item.ndim != 1 and rows != 1:
            raise UnfitError("invalid", f"an array of {item.ndim} dimensions as one record")
        if item.size > MOST_VALUES:
            raise UnfitError("too_large", f"more than {limits.VECTOR} values")
        flat = item.reshape(-1)
        return flat.tolist() if flat.dtype.kind in "biufOU" else list(flat)
    for package, names in (("pandas", ("Series", "Index")), ("polars", ("Series",))):
        module: Any = loaded(package)
        if module is not None and kind in [getattr(module, name) for name in names]:
            return item.to_list()
    torch: Any = loaded("torch")
    if torch is not None and issubclass(kind, torch.Tensor):
        if item.device.type != "cpu" or len(item.shape) != 1:
            raise UnfitError("serialize", "a tensor that is not a vector in main memory")
        return item.tolist()
    return None


def plain_datetime(item: Any) -> datetime:  # noqa: ANN401
    kind = type(item)
    if kind is datetime:
        return item
    pandas: Any = loaded("pandas")
    if pandas is not None and kind is pandas.Timestamp:
        return item.to_pydatetime(warn=False)
    parts = [
        static(datetime, name).__get__(item)
        for name in ("year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo")
    ]
    return datetime(*parts)  # noqa: DTZ001 - with the zone that it has


def numpy_time(item: Any) -> datetime:  # noqa: ANN401
    numpy: Any = sys.modules["numpy"]
    if numpy.isnat(item):
        raise UnfitError("invalid", "a timestamp that is not a time")
    micros = int(item.astype("datetime64[us]").astype("int64"))
    return (_EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None)


def is_nat(item: object) -> bool:
    pandas: Any = loaded("pandas")
    return pandas is not None and item is pandas.NaT


def name_of(kind: type) -> str:
    name = type.__getattribute__(kind, "__name__")
    return name[:64] if type(name) is str else "unknown"
