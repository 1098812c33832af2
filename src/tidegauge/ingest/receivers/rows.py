"""Rows of inputs and outputs of any model server, as fields of a prediction.

Nothing says what an output is, so its type decides: a text, a boolean or a whole number is a class,
a number is a score, and several numbers are probabilities if they are a mix, else outputs.
"""

from collections.abc import Sequence

from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.record import limits
from tidegauge.record.check import Record
from tidegauge.record.fields import PREDICTIONS


def features_of(row: object, names: Sequence[str] = ()) -> Record:
    """The inputs of one row: by name, by the names of the columns, or by place."""
    if isinstance(row, dict):
        return row
    values: list[object] = row if isinstance(row, list) else [row]
    return {
        names[place] if place < len(names) else f"feature_{place}": value
        for place, value in enumerate(values)
    }


def outputs_of(row: object) -> Record:
    """What the model said of one row."""
    if isinstance(row, dict):
        return _named(row)
    if isinstance(row, list):
        if len(row) == 1:
            return outputs_of(row[0])
        if not all(type(item) in {int, float} for item in row):
            return {"prediction_labels": [str(item) for item in row]}
        if is_mix(row):
            return {"probabilities": {str(place): value for place, value in enumerate(row)}}
        return {"outputs": {f"output_{place}": value for place, value in enumerate(row)}}
    if type(row) is float:
        return {"prediction_score": row}
    return {} if row is None else {"prediction_label": row}


def is_mix(values: Sequence[float]) -> bool:
    in_range = all(0 <= value <= 1 for value in values)
    return in_range and abs(sum(values) - 1) <= limits.PROBABILITY_SLACK


def _named(row: Record) -> Record:
    kept: Record = {}
    others: Record = {}
    for name, value in row.items():
        if name in PREDICTIONS.names:
            kept[name] = value
        elif type(value) in {int, float}:
            others[name] = value
    return kept | ({"outputs": others} if others else {})


def refused(pointer: str, code: str, detail: str) -> ProblemError:
    fault: Fault = {"pointer": pointer, "code": code, "detail": detail}
    return ProblemError("invalid-request", f"{pointer or 'the body'}: {detail}", [fault])
