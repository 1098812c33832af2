"""Labelled rows of a span, as who trains a model needs them: predictions with their truths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.outcome.join import LABELLED, TRUTHS, is_truth, joined
from tidegauge.series import sampling
from tidegauge.series.labelled import BEFORE, told_of
from tidegauge.series.rows import Source
from tidegauge.store import Store
from tidegauge.window import DAY, SECOND

_DAY: Final = DAY * SECOND


@dataclass(frozen=True)
class Labelled:
    source: Source
    store: Store
    model: Model

    def rows(
        self, start: int, stop: int, *, features: bool = True, segments: Sequence[str] = ()
    ) -> Iterator[Table]:
        """In pieces, each as its rows were kept; without features the columns of these segments."""
        told = self.source.held(self.model, "labels", first_at=start - BEFORE)
        labels = told_of(self.store, told)
        held = self.source.held(self.model, first_at=start - _DAY, last_at=stop + _DAY)
        wanted = None if features else ()
        names = sampling.columns(self.store, held, more=TRUTHS, features=wanted, segments=segments)
        for table in sampling.heaped(sampling.read(self.store, held, names, [(start, stop)])):
            found = joined(table, labels)
            found = found.filter(found[LABELLED].is_valid())
            if found.num_rows:
                yield found


def without_truth(table: Table) -> Table:
    """As a model would see them."""
    names = [name for name in table.column_names if not is_truth(name) and name != LABELLED]
    return table.select(names)
