"""A reference of what a candidate says of rows that it did not learn from: from when it serves, its
model is compared with these, and how good it was there is what it has to hold."""

from collections.abc import Iterable

from tidegauge.arrow import Table, pa
from tidegauge.catalog.models import Model
from tidegauge.outcome.join import LABELLED, is_truth
from tidegauge.reference.fit import profile_of_table, sample_of
from tidegauge.retrain.proof import together
from tidegauge.schema import Schema
from tidegauge.series.measured import truth_of
from tidegauge.series.reference import Made


def retrained(
    model: Model, held: Iterable[Table], answers: Table, schema: Schema | None
) -> Made | None:
    """None where none of the rows has an answer."""
    pair = together(held, answers)
    if pair is None:
        return None
    rows = sample_of(pair.candidate)
    told = [name for name in rows.column_names if not is_truth(name) and name != LABELLED]
    times = rows["timestamp"].cast(pa.int64()).to_numpy()
    truth = truth_of(rows.drop_columns([LABELLED]), model.task or model.likely_task)
    profile = profile_of_table(rows.select(told), schema)
    return Made(profile, int(times.min()), int(times.max()), truth=truth)
