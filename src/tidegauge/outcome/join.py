"""Predictions with their labels, and with what people did who were served them.

Of several labels of one prediction the one with the latest time counts, and of one time the one
that came last; one that withdraws leaves none.  Every row of that id has it.
"""

from typing import Final

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.record.columns import TIME, place
from tidegauge.store.part import AT, ID, RECEIVED, micros

TRUTHS: Final = ("actual_label", "actual_labels", "actual_score", "actual_outputs", "relevance")
"""The fields of a label that say what was true."""
LABELLED: Final = "labelled_at"
"""When the truth was established."""
FEEDBACK: Final = "feedback."
"""Before what a person did."""
DEEDS: Final = (
    "session_duration",
    "interactions_count",
    "scroll_depth",
    "bounce_rate",
    "page_views",
    "user_satisfaction_rating",
    "engagement_score",
    "design_effectiveness",
)
"""The numbers of a feedback record."""
_RETRACT: Final = "retract"
NONE: Final = pa.table({ID: pa.array([], pa.string()), AT: pa.array([], TIME)})
"""No labels."""


def is_truth(column: str) -> bool:
    return place(column)[0] in TRUTHS


def latest(labels: Table) -> Table:
    """One row for each id that has a label now."""
    if not labels.num_rows:
        return NONE
    ids = _codes(labels[ID])
    order = np.lexsort((micros(labels[RECEIVED]), micros(labels[AT])))
    last = np.zeros(int(ids.max()) + 1, dtype=np.int64)
    # Of several the one that is put there last stays.
    last[ids[order]] = order
    found = labels.take(pa.array(last))
    if _RETRACT in found.column_names:
        stays = pc.invert(pc.fill_null(found[_RETRACT], fill_value=False))
        found = found.filter(stays)
    return found


def joined(predictions: Table, labels: Table, feedback: Table = NONE) -> Table:
    """The predictions of which something is known, with it; the others have one row for each id.

    A truth that came with the prediction itself counts where there is no label.  `LABELLED` is
    null of those whose truth is not known.
    """
    where: Chunked = pc.index_in(predictions[ID], value_set=labels[ID].combine_chunks())
    is_true = where.is_valid()
    own = [name for name in predictions.column_names if is_truth(name)]
    for name in own:
        is_true = pc.or_(is_true, predictions[name].is_valid())
    done: Chunked = pc.index_in(predictions[ID], value_set=feedback[ID].combine_chunks())
    has = pc.or_(is_true, done.is_valid())
    rows = predictions.filter(has)
    places, done, is_true = where.filter(has), done.filter(has), is_true.filter(has)
    told = {name: labels[name].take(places) for name in labels.column_names if is_truth(name)}
    is_told = places.is_valid()
    for name in own:
        # A label says all that is true: what it leaves out is not known any more.
        alone = pc.if_else(is_told, pa.scalar(None, rows[name].type), rows[name])
        told[name] = _either(told[name], alone) if name in told else alone
    at = pc.coalesce(labels[AT].take(places), rows[AT])
    at = pc.if_else(is_true, at, pa.scalar(None, at.type))
    rows = rows.drop_columns(own).append_column(LABELLED, at)
    for name in feedback.column_names:
        if name in DEEDS:
            told[FEEDBACK + name] = feedback[name].take(done)
    for name, values in told.items():
        rows = rows.append_column(name, values)
    return rows


def _either(label: Chunked, own: Chunked) -> Chunked:
    if label.type != own.type:
        # What two senders mean by one name differs: the label's is meant for it.
        return label
    return pc.coalesce(label, own)


def _codes(ids: Chunked) -> Counts:
    encoded = ids.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return encoded.indices.to_numpy().astype(np.int64)
