"""Predictions and labels in any order come to what a naive reading of them comes to."""

import random

import pyarrow as pa
import pytest

from tidegauge.outcome.join import joined, latest
from tidegauge.record.columns import to_table
from tidegauge.record.fields import LABELS
from tidegauge.store.unify import unify
from tidegauge.tail.decode import stamped

START = 1_790_000_000_000_000


def table(batches, kind=None):
    """Batches of records, each with the moment that it came."""
    made = [stamped(to_table(records, *([kind] if kind else [])), at) for at, records in batches]
    return unify(made)


def predicted(number, **more):
    return {"model_id": "m", "prediction_id": f"p{number}", "timestamp": START + number, **more}


def labelled(number, value, at=None, **more):
    told = {"model_id": "m", "prediction_id": f"p{number}", **more}
    if value is not None:
        told["actual_label"] = value
    return told if at is None else told | {"timestamp": at}


def known(predictions, labels):
    rows = joined(predictions, latest(labels)).to_pylist()
    return {row["prediction_id"]: row["actual_label"] for row in rows}


def naive(predictions, batches):
    best = {}
    for place, (at, records) in enumerate(batches):
        for row, each in enumerate(records):
            key = each.get("timestamp", at), at, place, row
            if each["prediction_id"] not in best or key > best[each["prediction_id"]][0]:
                best[each["prediction_id"]] = key, each
    said = {row["prediction_id"] for row in predictions.to_pylist()}
    return {
        name: each["actual_label"]
        for name, (_key, each) in best.items()
        if name in said and not each.get("retract")
    }


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_in_whatever_order(seed):
    """Corrected, repeated, withdrawn, of one time, of nobody's prediction, before or after."""
    chance = random.Random(seed)
    predictions = table([(START, [predicted(n, prediction_label="a") for n in range(40)])])
    batches = []
    for batch in range(12):
        records = []
        for _row in range(chance.randrange(1, 12)):
            at = chance.choice([None, START + chance.randrange(50)])
            label = labelled(chance.randrange(60), chance.choice("abc"), at)
            if chance.random() < 0.15:
                label["retract"] = True
            records.append(label)
        batches.append((START + 100 * batch, records))
    labels = table(batches, LABELS)
    # Parts hold rows by time, not as they came.
    order = labels["timestamp"].cast(pa.int64()).to_numpy().argsort(kind="stable")
    assert known(predictions, labels.take(order)) == naive(predictions, batches)


def test_a_truth_that_came_with_the_prediction_counts_until_there_is_a_label():
    predictions = table(
        [(START, [predicted(1, actual_label="x"), predicted(2, actual_label="x"), predicted(3)])]
    )
    labels = table([(START + 9, [labelled(2, "y")])], LABELS)
    assert known(predictions, labels) == {"p1": "x", "p2": "y"}


def test_a_label_of_a_repeated_id_is_of_each_of_its_rows():
    predictions = table([(START, [predicted(1)]), (START + 5, [predicted(1)])])
    labels = table([(START + 9, [labelled(1, "y")])], LABELS)
    assert joined(predictions, latest(labels)).num_rows == 2


def test_without_labels_nothing_is_known():
    predictions = table([(START, [predicted(1)])])
    labels = table([(START, [labelled(1, "y")])], LABELS).slice(0, 0)
    assert joined(predictions, latest(labels)).num_rows == 0
