"""In which window each row belongs, and which rows belong in none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags
from tidegauge.arrow import Table, pa, pc
from tidegauge.tail.decode import AHEAD as SENDER_AHEAD
from tidegauge.tail.decode import RECEIVED
from tidegauge.window import DAY, MINUTE, SECOND

AHEAD: Final = MINUTE * SECOND
"""Clocks differ by this much; a row from further in the future has a clock that is wrong."""
LATE: Final = 5 * MINUTE * SECOND
TOO_LATE: Final = DAY * SECOND
"""Rows that come later than this say nothing of what is now: they are kept, and not counted."""
_NOT_LIVE: Final = ("training", "validation")


@dataclass(frozen=True)
class Places:
    minute: Counts
    """The start of each row's minute."""
    live: Flags
    """Those that are no training or validation."""
    counted: Flags
    late: Flags
    skewed: Flags
    """By receipt: the sender's clock is wrong."""
    is_told: Flags
    """Those whose sender's clock is known to be wrong."""
    too_late: Flags


def places(table: Table) -> Places:
    happened, received = micros(table, "timestamp"), micros(table, RECEIVED)
    is_told = _is_told(table)
    skewed = is_told | (happened > received + AHEAD)
    at = np.where(skewed, received, happened)
    too_late = received - at > TOO_LATE
    is_live = _is_live(table)
    return Places(
        minute=at - at % (MINUTE * SECOND),
        live=is_live,
        counted=is_live & ~too_late,
        late=received - at > LATE,
        skewed=skewed,
        is_told=is_told,
        too_late=too_late,
    )


def floor_all(at: Counts, resolution: int) -> Counts:
    return at - at % (resolution * SECOND)


def days_of(table: Table) -> Sequence[int]:
    """The days that rows are counted in."""
    where = places(table)
    return np.unique(floor_all(where.minute[where.live], DAY)).tolist()


def micros(table: Table, column: str) -> Counts:
    return table[column].cast(pa.int64()).to_numpy()


def _is_told(table: Table) -> Flags:
    if SENDER_AHEAD not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.bool_)
    return pc.is_valid(table[SENDER_AHEAD]).to_numpy()


def _is_live(table: Table) -> Flags:
    if "environment" not in table.column_names:
        return np.ones(table.num_rows, dtype=np.bool_)
    other = pc.is_in(table["environment"], pa.array(_NOT_LIVE))
    return ~other.to_numpy(zero_copy_only=False)
