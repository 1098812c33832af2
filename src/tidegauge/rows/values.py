"""The values of one column, turned into what is counted: numbers, codes, times, texts, vectors.

A column comes as a numpy array or as an Arrow array, whole or a piece of it, and is not copied
unless its type must change.  What does not fit the kind that the schema gives is counted as of
the wrong type; nothing is parsed by guess.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.arrow import Chunked, DataType, pa, pc

Values = np.ndarray[Any, Any] | Chunked
"""Of numpy: one dimension, or two for embeddings; `object` only where Arrow has no type for it."""

SECONDS_A_DAY = 86_400.0
_DOUBLE = pa.float64()

THERE, MISSING, WRONG = range(3)
Gone = npt.NDArray[np.uint8]
"""Of each row: whether it holds what is looked for, nothing, or something of another type."""


@dataclass(frozen=True, eq=False)
class Numbers:
    values: Floats
    """NaN where a row holds NaN; rows without a number are left out."""
    gone: Gone | None = None
    """Of all rows, where some are left out."""

    @property
    def missing(self) -> int:
        return 0 if self.gone is None else int(np.count_nonzero(self.gone == MISSING))

    @property
    def wrong(self) -> int:
        return 0 if self.gone is None else int(np.count_nonzero(self.gone == WRONG))

    @property
    def of_rows(self) -> Floats:
        """A number a row: NaN where there is none."""
        return self.values if self.gone is None else spread(self.values, self.gone)


def spread(values: Floats, gone: Gone) -> Floats:
    """What the rows that are there hold, a number a row."""
    rows = np.full(len(gone), np.nan)
    rows[gone == THERE] = values
    return rows


def _none_of(values: Values) -> Numbers:
    """No number in any of these, which are of another type."""
    return Numbers(np.empty(0), _gone(values, WRONG))


def _gone(values: Values, otherwise: int = THERE) -> Gone | None:
    if isinstance(values, np.ndarray):
        return np.full(len(values), otherwise, dtype=np.uint8) if otherwise else None
    if not values.null_count and not otherwise:
        return None
    gone = np.full(len(values), otherwise, dtype=np.uint8)
    gone[pc.is_null(values).to_numpy()] = MISSING
    return gone


@dataclass(frozen=True, eq=False)
class Codes:
    """Each row as the number of its value; -1 where there is none."""

    codes: Counts
    values: list[str]

    @property
    def missing(self) -> int:
        return int((self.codes < 0).sum())

    def counts(self) -> Counts:
        return np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:]


def numbers(values: Values) -> Numbers:
    """Numbers and booleans as doubles."""
    if isinstance(values, np.ndarray):
        if values.dtype == object:
            return _mixed_numbers(values)
        if values.ndim != 1 or values.dtype.kind not in "fiub":
            return _none_of(values)
        return Numbers(values.astype(np.float64, copy=False))
    column: Chunked = values
    kind = column.type
    if kind == _DOUBLE and not column.null_count:
        return Numbers(column.to_numpy())
    if pa.types.is_dictionary(kind):
        return numbers(column.cast(kind.value_type))
    if not (is_number(kind) or pa.types.is_boolean(kind)):
        return _none_of(column)
    gone = _gone(column)
    if gone is not None:
        column = column.drop_null()
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    return Numbers(column.to_numpy().astype(np.float64, copy=False), gone)


def is_there(values: Values) -> Flags:
    """Which rows hold a value; NaN is one."""
    if not isinstance(values, np.ndarray):
        return pc.is_valid(values).to_numpy()
    if values.dtype.kind == "M":
        return ~np.isnat(values)
    if values.dtype == object:
        return np.array([value is not None and value == value for value in values], dtype=bool)  # noqa: PLR0124
    return np.ones(len(values), dtype=bool)


def is_number(kind: DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)


def is_text(kind: DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def is_vector(kind: DataType) -> bool:
    lists = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    return lists and is_number(kind.value_type)


def _mixed_numbers(values: np.ndarray[Any, Any]) -> Numbers:
    found: list[float] = []
    gone = np.zeros(len(values), dtype=np.uint8)
    for row, value in enumerate(values):
        if value is None or (value != value and not isinstance(value, (float, np.floating))):  # noqa: PLR0124 - NaT and pandas' NA differ
            gone[row] = MISSING
        elif isinstance(value, (int, float, np.number, np.bool_)):
            # A number beyond the largest double is infinite as a double.
            try:
                found.append(float(value))
            except OverflowError:
                found.append(np.inf if value > 0 else -np.inf)
        else:
            gone[row] = WRONG
    return Numbers(np.array(found, dtype=np.float64), gone)


def codes(values: Values) -> Codes:
    """Any values as categories, named by their canonical text."""
    if isinstance(values, np.ndarray):
        if values.dtype == np.bool_:
            return Codes(values.astype(np.int64), ["false", "true"])
        if values.dtype == object or values.ndim != 1:
            values = pa.chunked_array([pa.array([_text(value) for value in values], pa.string())])
        else:
            values = pa.chunked_array([pa.array(values, from_pandas=True)])
    column: Chunked = values
    kind = column.type
    if pa.types.is_boolean(kind):
        numbers_ = pc.fill_null(column.cast(pa.int8()), -1).to_numpy()
        return Codes(numbers_.astype(np.int64), ["false", "true"])
    if pa.types.is_nested(kind) or pa.types.is_null(kind):
        column = pa.chunked_array([pa.array([_text(v) for v in column.to_pylist()], pa.string())])
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    # Pieces of a column may each have their own dictionary.
    unified = column.unify_dictionaries().combine_chunks()
    chunks = unified.chunks if isinstance(unified, pa.ChunkedArray) else [unified]
    if not chunks:
        return Codes(np.empty(0, dtype=np.int64), [])
    indices = np.concatenate(
        [pc.fill_null(chunk.indices.cast(pa.int64()), -1).to_numpy() for chunk in chunks]
    )
    return _canonical(indices, chunks[0].dictionary)


def _canonical(indices: Counts, dictionary: Chunked) -> Codes:
    """Name the values, and put those of one name together."""
    if is_text(dictionary.type) and not dictionary.null_count:
        return Codes(indices, dictionary.to_pylist())
    names = [_text(value) for value in dictionary.to_pylist()]
    known = {name: i for i, name in enumerate(dict.fromkeys(n for n in names if n is not None))}
    # The last entry is what -1 finds.
    remap = np.array([-1 if name is None else known[name] for name in names] + [-1])
    return Codes(remap[indices], list(known))


def _text(value: object) -> str | None:
    """The name of a category: 1 and 1.0 are one, for a missing value turns integers to floats."""
    if value is None or value != value:  # noqa: PLR0124 - NaN, NaT and pandas' NA differ
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def days(values: Values) -> Numbers:
    """Times as days since 1970 (UTC); a time without a zone is taken as UTC."""
    if isinstance(values, np.ndarray):
        if values.dtype == object:
            found, gone = texts(values)
            return _days(*_parsed(found, gone))
        if values.dtype.kind != "M":
            return _none_of(values)
        # Arrow takes "not a time" for missing.
        values = pa.chunked_array([pa.array(values.astype("datetime64[us]"))])
    column: Chunked = values
    kind = column.type
    gone = _gone(column)
    if is_text(kind):
        return _days(*_parsed(column.drop_null(), gone))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _days(column, gone)
    return _none_of(column)


def _parsed(texts: Chunked, gone: Gone | None) -> tuple[Chunked, Gone | None]:
    """The times that the texts which are there tell, and what the rows without one hold."""
    found = parsed(texts)
    if not found.null_count:
        return found, gone
    gone = np.zeros(len(texts), dtype=np.uint8) if gone is None else gone.copy()
    gone[np.flatnonzero(gone == THERE)[pc.is_null(found).to_numpy(zero_copy_only=False)]] = WRONG
    return found, gone


def parsed(texts: Chunked) -> Chunked:
    """ISO 8601 texts as times; null where a text is none."""
    trimmed = pc.utf8_trim_whitespace(texts)
    is_iso = pc.match_substring_regex(
        trimmed,
        r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
        r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$",
    )
    kept = pc.if_else(is_iso, trimmed, pa.scalar(None, texts.type))
    zoned = pc.match_substring_regex(kept, r"[T ].*(Z|[+-]\d\d:?\d\d)$")
    naive = pc.if_else(pc.fill_null(zoned, fill_value=False), pa.scalar(None, texts.type), kept)
    aware = pc.if_else(zoned, kept, pa.scalar(None, texts.type))
    try:
        return pc.coalesce(
            naive.cast(pa.timestamp("us")),
            aware.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")),
        )
    except pa.ArrowInvalid:
        # The 30th of February: a day that the pattern lets through.
        return pa.chunked_array([pa.array([_instant(text) for text in kept.to_pylist()])])


def _instant(text: str | None) -> np.datetime64 | None:
    if text is None:
        return None
    try:
        parsed_ = pa.scalar(text).cast(pa.timestamp("us", "UTC" if text[-1] == "Z" else None))
    except pa.ArrowInvalid:
        return None
    return np.datetime64(parsed_.value, "us")


def _days(values: Chunked, gone: Gone | None) -> Numbers:
    values = values.drop_null() if values.null_count else values
    if not pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("s"))
    micros = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    found = micros.cast(pa.int64()).to_numpy() / (SECONDS_A_DAY * 1e6)
    return Numbers(found, gone)


def days_of_rows(values: Values) -> Floats:
    """The same, a number a row: NaN where a row has no time."""
    return days(values).of_rows


def texts(values: Values) -> tuple[Chunked, Gone | None]:
    """Texts that are there, and which rows have none, where some have."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in "UO":
            return pa.chunked_array([], pa.large_string()), _gone(values, WRONG)
        gone = np.zeros(len(values), dtype=np.uint8)
        found: list[str] = []
        for row, item in enumerate(values.tolist()):
            if isinstance(item, str):
                found.append(item)
            else:
                gone[row] = MISSING if item is None or item != item else WRONG  # noqa: PLR0124
        return pa.chunked_array([pa.array(found, pa.large_string())]), gone
    column: Chunked = values
    if pa.types.is_dictionary(column.type):
        return texts(column.cast(column.type.value_type))
    if not is_text(column.type):
        return pa.chunked_array([], pa.large_string()), _gone(column, WRONG)
    return column.drop_null().cast(pa.large_string()), _gone(column)


def vectors(values: Values, size: int | None) -> tuple[Floats, int, int]:
    """Embeddings [rows, size]; how many rows have none; how many have another size or type."""
    found, gone = vectors_and_gone(values, size)
    told = Numbers(np.empty(0), gone)
    return found, told.missing, told.wrong


def vectors_and_gone(values: Values, size: int | None) -> tuple[Floats, Gone | None]:
    """Embeddings of rows that have one of that size, and which rows have none."""
    if isinstance(values, np.ndarray):
        if values.ndim == 2 and values.dtype.kind in "fiu":
            found = values.astype(np.float64, copy=False)
            if size in (None, found.shape[1]):
                return found, None
        return np.empty((0, size or 0)), _gone(values, WRONG)
    column: Chunked = values
    if not is_vector(column.type):
        return np.empty((0, size or 0)), _gone(column, WRONG)
    gone = _gone(column)
    column = column.drop_null()
    sizes = pc.list_value_length(column).to_numpy()
    if size is None:
        size = int(np.bincount(sizes).argmax()) if len(sizes) else 0
    if not len(column) or not size:
        return np.empty((0, size)), _gone(values, WRONG)
    fits = sizes == size
    if not fits.all():
        gone = np.zeros(len(values), dtype=np.uint8) if gone is None else gone
        gone[np.flatnonzero(gone == THERE)[~fits]] = WRONG
        column = column.filter(pa.array(fits))
    flat = pc.list_flatten(column).cast(pa.float64())
    return cast("Floats", flat.fill_null(np.nan).to_numpy()).reshape(-1, size), gone


def families(values: Values) -> set[str]:
    """What a column came as, in words that do not depend on the library it came from."""
    if not isinstance(values, np.ndarray):
        return {_family(values.type)}
    if values.ndim == 2:
        return {"vector"}
    if values.dtype != object:
        kinds = {"f": "number", "i": "number", "u": "number", "b": "boolean", "M": "time"}
        return {kinds.get(values.dtype.kind, "mixed")}
    # Row by row, so that parts of a mixed column together tell what the whole does.
    return {_family_of(value) for value in values if value is not None} or {"empty"}


def families_of_rows(values: Values) -> Codes:
    """What each row came as; -1 is a row that was sent without a value."""
    if isinstance(values, np.ndarray) and values.dtype == object:
        named = [None if value is None else _family_of(value) for value in values]
        known = {name: i for i, name in enumerate(dict.fromkeys(n for n in named if n))}
        places = [-1 if name is None else known[name] for name in named]
        return Codes(np.array(places, dtype=np.int64), list(known))
    places = np.zeros(len(values), dtype=np.int64)
    if not isinstance(values, np.ndarray) and values.null_count:
        places[pc.is_null(values).to_numpy()] = -1
    return Codes(places, list(families(values)))


def _family_of(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, (int, float, np.number)):
        return "number"
    return "text" if isinstance(value, str) else "mixed"


@lru_cache(100)
def _family(kind: DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _family(kind.value_type)
    if pa.types.is_null(kind):
        return "empty"
    if pa.types.is_boolean(kind):
        return "boolean"
    if is_number(kind):
        return "number"
    if is_text(kind):
        return "text"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "time"
    return "vector" if is_vector(kind) else str(kind)
