"""A candidate held against the champion, on labelled rows that it did not learn from."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from tidegauge.arrow import Table, pa, pc
from tidegauge.catalog.models import Model
from tidegauge.outcome.measure import Rows
from tidegauge.record.columns import place
from tidegauge.retrain.fair import unfair
from tidegauge.retrain.gate import Gate, Proof, blocks, main_metric, proven
from tidegauge.store.part import ID, in_order
from tidegauge.store.unify import unify

ANSWERS: Final = (
    *("prediction_label", "prediction_labels", "prediction_score"),
    *("probabilities", "outputs", "rank"),
)
"""The fields by which a row is answered."""
MOST: Final = 200_000
"""Rows that are held out, at the most: the newest."""


@dataclass(frozen=True)
class Pair:
    """The same rows, with the answers of each."""

    champion: Table
    candidate: Table


def proof(
    model: Model, gate: Gate, better_by: float, held: Iterable[Table], answers: Table
) -> Proof | None:
    """None where no row has an answer of both."""
    pair = together(held, answers)
    if pair is None:
        return None
    rows = pair.champion.num_rows
    task = model.task or model.likely_task
    cuts, every = blocks(rows), np.arange(rows)
    champion, candidate = (
        Rows(each, task).measure(every, cuts) for each in (pair.champion, pair.candidate)
    )
    metric = gate.metric or main_metric(champion, model.positive)
    if metric is None:
        return None
    found = proven(gate, better_by, metric, model.positive, champion, candidate, rows)
    if gate.fairness is None or found.verdict != "better":
        return found
    wrong = unfair(gate.fairness, model, pair.champion, pair.candidate)
    return replace(found, verdict="unfair", unfair=wrong) if wrong else found


def together(held: Iterable[Table], answers: Table) -> Pair | None:
    """Of rows that were held out those that are answered, in order."""
    ids = answers[ID].combine_chunks()
    found = [table.filter(pc.index_in(table[ID], value_set=ids).is_valid()) for table in held]
    found = [each for each in found if each.num_rows]
    if not found:
        return None
    rows = in_order(unify(found))
    rows = rows.slice(max(rows.num_rows - MOST, 0))
    return Pair(rows, _answered(rows, answers, ids))


def _answered(rows: Table, answers: Table, ids: Any) -> Table:  # noqa: ANN401 - an array
    """The same rows with the candidate's answers in the place of the champion's."""
    order = pc.index_in(rows[ID], value_set=ids)
    kept = [name for name in rows.column_names if place(name)[0] not in ANSWERS]
    table = rows.select(kept)
    for name in answers.column_names:
        if place(name)[0] in ANSWERS:
            table = table.append_column(name, answers[name].take(order))
    return table


def told(found: Proof) -> Mapping[str, Any]:
    return asdict(found)


def read_answers(bodies: Iterable[bytes]) -> Table | None:
    """Of an id that was answered twice the last counts."""
    tables = [pa.ipc.open_stream(body).read_all() for body in bodies]
    if not tables:
        return None
    table = unify(tables)
    last = {name: at for at, name in enumerate(table[ID].to_pylist())}
    return table.take(pa.array(sorted(last.values())))


_SAYS: Final = {
    "better": "is better",
    "not-better": "is not better by enough",
    "worse": "is worse",
    "unclear": "is not surely better",
    "unfair": "is better, and treats groups of people less alike than is allowed",
    "insufficient-data": "cannot be told from the champion: there are too few rows",
}


def said(found: Proof) -> str:
    """In a sentence."""
    text = f"the candidate {_SAYS[found.verdict]}"
    if found.champion is None or found.candidate is None:
        return f"{text} ({found.n:,} rows held out)"
    text += f": {found.metric} {found.candidate:.4g} against {found.champion:.4g}"
    if found.improvement is not None and found.low is not None and found.high is not None:
        text += f", {found.improvement:+.1%} ({found.low:+.1%} to {found.high:+.1%})"
    text += f", of {found.n:,} rows held out"
    if found.unfair:
        one = found.unfair[0]
        between = f" between {' and '.join(one.groups)}" if one.groups else ""
        text += f"; {one.criterion} of {one.attribute}{between}: {one.candidate:.3g}"
    return text
