"""Tensors of the Open Inference Protocol (v2) as rows.

Their data is row-major, nested or flat.  One tensor of two dimensions holds all inputs, or each
input has a tensor of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tidegauge.ingest.receivers.rows import is_mix, refused
from tidegauge.record import limits
from tidegauge.record.check import Record


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    rows: list[list[object]]
    is_number: bool


def tensors_of(items: object, at: str) -> list[Tensor]:
    if not isinstance(items, list) or not items:
        raise refused(at, "wrong-type", "must be an array of tensors")
    found = [_tensor(item, f"{at}/{place}") for place, item in enumerate(items)]
    if len({len(tensor.rows) for tensor in found}) > 1:
        raise refused(at, "wrong-type", "the tensors differ in their first dimension")
    return found


def _tensor(item: object, at: str) -> Tensor:
    if not isinstance(item, dict):
        raise refused(at, "wrong-type", "must be a tensor with name, shape, datatype and data")
    name, shape, kind = item.get("name"), item.get("shape"), item.get("datatype")
    if type(name) is not str or type(kind) is not str:
        raise refused(at, "required", "a tensor needs a name and a datatype")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise refused(at + "/shape", "wrong-type", "must be an array of sizes")
    flat = _flat(item.get("data"), at)
    if len(flat) != math.prod(shape):
        detail = f"holds {len(flat)} values, where the shape says {math.prod(shape)}"
        raise refused(at + "/data", "wrong-type", detail)
    count = shape[0] if shape else 1
    if count > limits.RECORDS:
        raise refused(at + "/shape", "too-many", f"{count} rows, of {limits.RECORDS} at most")
    width = len(flat) // count if count else 0
    rows = [flat[start : start + width] for start in range(0, len(flat), width or 1)][:count]
    return Tensor(name, rows, kind.startswith("FP"))


def _flat(data: object, at: str) -> list[object]:
    if not isinstance(data, list):
        raise refused(at + "/data", "wrong-type", "must be an array")
    flat: list[object] = data
    while any(isinstance(item, list) for item in flat):
        flat = [inside for item in flat for inside in (item if isinstance(item, list) else [item])]
    return flat


def inputs_of(tensors: Sequence[Tensor]) -> list[Record]:
    """The features of each row."""
    rows: list[Record] = [{} for _ in tensors[0].rows]
    for tensor in tensors:
        for record, values in zip(rows, tensor.rows, strict=True):
            if len(values) == 1:
                record[tensor.name] = values[0]
            else:
                alone = "feature" if len(tensors) == 1 else tensor.name
                record.update((f"{alone}_{place}", value) for place, value in enumerate(values))
    return rows


def outputs_of(tensors: Sequence[Tensor]) -> list[Record]:
    """What the model said of each row: the first class, the first score, and the rest."""
    rows: list[Record] = [{} for _ in tensors[0].rows]
    for tensor in tensors:
        for record, values in zip(rows, tensor.rows, strict=True):
            _say(record, tensor, values)
    return rows


def _say(record: Record, tensor: Tensor, values: list[object]) -> None:
    numbers = [float(value) for value in values if type(value) in {int, float}]  # pyright: ignore[reportArgumentType]
    if not tensor.is_number and len(values) == 1:
        record.setdefault("prediction_label", values[0])
    elif len(values) == 1:
        record.setdefault("prediction_score", values[0])
    elif tensor.is_number and len(numbers) == len(values) and is_mix(numbers):
        record.setdefault("probabilities", {str(n): each for n, each in enumerate(numbers)})
    elif len(numbers) == len(values):
        outputs = {f"{tensor.name}_{n}": each for n, each in enumerate(numbers)}
        record.setdefault("outputs", {}).update(outputs)  # pyright: ignore[reportAttributeAccessIssue]
    else:
        record.setdefault("prediction_labels", [str(value) for value in values])
