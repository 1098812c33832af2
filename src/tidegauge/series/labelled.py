"""Which rows count in a span, and what was said of them: as outcomes are measured of."""

from collections.abc import Iterator
from typing import Final

from tidegauge.arrow import Table
from tidegauge.outcome.join import DEEDS, NONE, TRUTHS, latest
from tidegauge.record.columns import place
from tidegauge.series.rows import Held
from tidegauge.store import Between, Filter, Missing, Not, Store, pieces
from tidegauge.store.part import AT, ID, RECEIVED
from tidegauge.store.source import PartSource
from tidegauge.store.unify import unify
from tidegauge.tail.decode import AHEAD
from tidegauge.window import DAY, SECOND

BEFORE: Final = 30 * DAY * SECOND
"""A label may come so long before its prediction."""
SAID: Final = {
    ID,
    AT,
    RECEIVED,
    AHEAD,
    "environment",
    "model_version",
    "prediction_label",
    "prediction_labels",
    "prediction_score",
    "probabilities",
    "outputs",
    "group_id",
    "rank",
    "weight",
}
"""The fields of a prediction that tell how good it is."""
_TOLD: Final = {*TRUTHS, *DEEDS, ID, AT, RECEIVED, "retract"}


def within(start: int, stop: int) -> Iterator[list[Filter]]:
    """Rows by when they happened, and by when they came where their clock was wrong."""
    yield [Between(AT, start, stop), Missing(AHEAD)]
    yield [Between(RECEIVED, start, stop), Not(Missing(AHEAD))]
    # In the future of their receipt, as `places` has it.
    yield [Between(AT, stop, None), Between(RECEIVED, start, stop), Missing(AHEAD)]


def columns_of(store: Store, held: Held) -> set[str]:
    found = {name for table in held.tail for name in table.column_names}
    for part in held.parts:
        found |= set(PartSource(store, 0, part).schema().names)
    return found


def told_of(store: Store, held: Held) -> Table:
    """Of labels or feedback, one for each id that has one."""
    names = [name for name in sorted(columns_of(store, held)) if place(name)[0] in _TOLD]
    found = [
        table for table in pieces(store, held.parts, held.tail, columns=names) if table.num_rows
    ]
    return latest(unify(found)) if found else NONE
