"""The value of a column, or of a declared segment of several, that each row has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.rows.values import codes
from tidegauge.schema import AND, segment_columns


class Values(NamedTuple):
    """Each row as the place of its value among the names."""

    codes: Counts
    names: list[str]


def values_of(table: Table, column: str) -> Values:
    """Each row's value as a number; rows without one have the empty name.

    Of a segment that is made of several columns, the values that come together.
    """
    columns = segment_columns(column)
    if len(columns) > 1:
        return _together([values_of(table, each) for each in columns])
    if column not in table.column_names:
        return Values(np.zeros(table.num_rows, dtype=np.int64), [""])
    found = codes(_filled(table[column]))
    return Values(found.codes, found.values)


def _together(several: Sequence[Values]) -> Values:
    codes = np.zeros(len(several[0].codes), dtype=np.int64)
    for each in several:
        codes = codes * len(each.names) + each.codes
    there, places = np.unique(codes, return_inverse=True)
    names: list[str] = []
    for code in there.tolist():
        parts: list[str] = []
        for each in reversed(several):
            code, own = divmod(code, len(each.names))  # noqa: PLW2901 - what is left of it
            parts.append(each.names[own])
        # Who did not say one of them is of no group.
        names.append(AND.join(reversed(parts)) if all(parts) else "")
    named = list(dict.fromkeys(names))
    which = np.array([named.index(name) for name in names], dtype=np.int64)
    return Values(which[places], named)


def _filled(column: Chunked) -> Chunked:
    if pa.types.is_string(column.type):
        return pc.fill_null(column, "")
    # By their text, in which 1 and 1.0 are one.
    texts = codes(column)
    names = pa.array([*texts.values, ""], pa.string())
    return pa.chunked_array(
        [names.take(pa.array(np.where(texts.codes < 0, len(names) - 1, texts.codes)))]
    )
