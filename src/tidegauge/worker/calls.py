"""The traffic of some rows: what is counted of calls, whatever the model."""

from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags
from tidegauge.arrow import Table, pa, pc
from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import TIMINGS, Traffic

_GOOD: Final = ("ok", "success", "200")


class Calls:
    """The columns of a table that traffic is counted from, read once for all its windows."""

    def __init__(self, table: Table, late: Flags, skewed: Flags) -> None:
        rows = table.num_rows
        self._weights: Counts = _weights(table)
        self._flags = {
            "records": np.ones(rows, dtype=np.bool_),
            "late": late,
            "skewed": skewed,
        }
        columns = set(table.column_names)
        error = pc.is_valid(table["error"]).to_numpy() if "error" in columns else None
        if "status" in columns:
            told = pc.is_valid(table["status"]).to_numpy()
            good = pc.is_in(pc.utf8_lower(table["status"]), pa.array(_GOOD)).to_numpy()
            self._flags["with_status"] = told if error is None else told | error
            self._flags["errors"] = (told & ~good) if error is None else (told & ~good) | error
        elif error is not None:
            # Who tells of errors tells of all of them.
            self._flags["with_status"] = np.ones(rows, dtype=np.bool_)
            self._flags["errors"] = error
        for column, among, yes, wanted in (
            ("cache_hit", "with_cache", "cache_hits", True),
            ("input_validation_passed", "with_validation", "invalid", False),
        ):
            if column in columns:
                told = pc.is_valid(table[column]).to_numpy()
                self._flags[among] = told
                found = pc.fill_null(table[column], not wanted).to_numpy()
                self._flags[yes] = told & (found == wanted)
        self._times = [
            table[name].cast(pa.float64()).to_numpy() if name in columns else None
            for name in TIMINGS
        ]

    def of(self, rows: Counts | slice) -> Traffic:
        weights = self._weights[rows]
        none = Traffic()
        counts = dict(none.counts)
        for name, flags in self._flags.items():
            counts[name] = int(weights[flags[rows]].sum())
        counts["records"] = len(weights)
        counts["predictions"] = int(weights.sum())
        timings: list[Timing] = []
        for times, empty in zip(self._times, none.timings, strict=True):
            if times is None:
                timings.append(empty)
                continue
            found = times[rows]
            there = np.isfinite(found)
            timings.append(Timing.of(found[there], weights[there]))
        return Traffic(counts, tuple(timings))


def _weights(table: Table) -> Counts:
    if "weight" not in table.column_names:
        return np.ones(table.num_rows, dtype=np.int64)
    told = pc.fill_null(table["weight"].cast(pa.float64()), 1.0).to_numpy()
    return np.rint(told).astype(np.int64)
