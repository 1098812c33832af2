"""MLflow scoring bodies with their answers, alone or as rows of an inference table.

`{"request": {"dataframe_split": ...}, "response": {"predictions": [...]}}`, where both may also be
texts that hold JSON.  Beside them may stand what an inference table knows of the call.
"""

from collections.abc import Mapping
from typing import Final

from tidegauge.ingest import document
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.receivers import rows
from tidegauge.ingest.receivers.rows import refused
from tidegauge.record import limits
from tidegauge.record.check import Record
from tidegauge.record.fields import PREDICTIONS

_IDS: Final = (
    "prediction_id",
    "client_request_id",
    "databricks_request_id",
    "request_id",
    "invocation_id",
)
_OWN: Final = frozenset({"request", "response", "sampling_fraction", "status_code", *_IDS})


def read(parsed: object, attributes: Mapping[str, str]) -> list[Record]:
    del attributes
    calls = parsed if isinstance(parsed, list) else [parsed]
    found: list[Record] = []
    for place, call in enumerate(calls):
        at = f"/{place}" if isinstance(parsed, list) else ""
        found += _call(call, at)
        if len(found) > limits.RECORDS:
            raise ProblemError("too-many-records", f"over {limits.RECORDS} rows in all")
    return found


def _call(call: object, at: str) -> list[Record]:
    if not isinstance(call, dict) or "request" not in call:
        raise refused(at, "required", "must be an object with 'request' and 'response'")
    inputs = _inputs(_opened(call["request"], at + "/request"), at + "/request")
    outputs = _outputs(_opened(call.get("response"), at + "/response"), len(inputs), at)
    shared: Record = {
        name: call[name] for name in call if name not in _OWN and name in PREDICTIONS.names
    }
    fraction = call.get("sampling_fraction")
    if isinstance(fraction, int | float) and 0 < fraction <= 1:
        shared["weight"] = 1 / fraction
    status = call.get("status_code")
    if type(status) is int:
        shared["status"] = "ok" if status == 200 else f"http-{status}"
    identity = next((call[name] for name in _IDS if call.get(name) is not None), None)
    return [
        {
            **shared,
            "features": features,
            **output,
            **({} if identity is None else {"prediction_id": f"{identity}-{place}"}),
        }
        for place, (features, output) in enumerate(zip(inputs, outputs, strict=True))
    ]


def _opened(body: object, at: str) -> object:
    if type(body) is not str:
        return body
    try:
        return document.parse(body.encode("utf-8", "surrogatepass"))
    except ProblemError as error:
        raise refused(at, "bad-format", error.detail) from None


def _inputs(body: object, at: str) -> list[Record]:
    if not isinstance(body, dict):
        raise refused(at, "wrong-type", "must be a scoring body")
    split = body.get("dataframe_split")
    if isinstance(split, dict) and isinstance(split.get("data"), list):
        names = [str(name) for name in split.get("columns") or []]
        return [rows.features_of(row, names) for row in split["data"]]
    for name in ("dataframe_records", "instances", "inputs"):
        items = body.get(name)
        if isinstance(items, list):
            return [rows.features_of(row) for row in items]
        if isinstance(items, dict):
            return _columns(items, f"{at}/{name}")
    detail = "needs dataframe_split, dataframe_records, instances or inputs"
    raise refused(at, "required", detail)


def _columns(columns: Record, at: str) -> list[Record]:
    """Inputs by name, an array each."""
    arrays = {
        name: values if isinstance(values, list) else [values] for name, values in columns.items()
    }
    if len({len(values) for values in arrays.values()}) > 1:
        raise refused(at, "wrong-type", "the arrays differ in length")
    return [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]


def _outputs(body: object, count: int, at: str) -> list[Record]:
    if body is None:
        return [{}] * count
    items = body.get("predictions") if isinstance(body, dict) else body
    if isinstance(items, dict):
        items = _columns(items, at + "/response/predictions")
    if not isinstance(items, list):
        items = [items]
    if len(items) != count:
        detail = f"has {len(items)} predictions for {count} rows"
        raise refused(at + "/response", "wrong-type", detail)
    return [rows.outputs_of(row) for row in items]
