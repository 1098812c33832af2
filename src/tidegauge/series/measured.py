"""What the labels of a file say of the predictions beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.outcome.join import LABELLED, is_truth
from tidegauge.outcome.measure import DELAY, Rows
from tidegauge.performance import Measured
from tidegauge.record.columns import TIME
from tidegauge.store.part import AT


@dataclass(frozen=True)
class Truth:
    labelled: int
    measured: Mapping[str, Measured]


def truth_of(table: Table, task: str | None) -> Truth | None:
    """By the names of a record, in the order of the file; None where nothing can be told."""
    own = [name for name in table.column_names if is_truth(name)]
    if not own or not table.num_rows:
        return None
    known = known_of(table)
    # When a row of a file happened is not asked: nothing that is measured here rests on it.
    at = pa.array(np.zeros(table.num_rows, dtype=np.int64)).cast(TIME)
    told = pc.if_else(known, pa.scalar(0, pa.int64()).cast(TIME), pa.scalar(None, TIME))
    dated = table.drop_columns([name for name in (AT,) if name in table.column_names])
    rows = Rows(dated.append_column(AT, at).append_column(LABELLED, told), task)
    every, cuts = np.arange(table.num_rows), np.array([0, table.num_rows])
    (measured,) = rows.measure(every, cuts)
    measured = {name: each for name, each in measured.items() if name != DELAY}
    return Truth(rows.count(every, cuts)[0], measured) if measured else None


def known_of(table: Table) -> Chunked:
    """Whether the truth of a row is known."""
    own = [table[name].is_valid() for name in table.column_names if is_truth(name)]
    return reduce(pc.or_, own)
