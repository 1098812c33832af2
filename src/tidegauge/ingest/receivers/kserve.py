"""KServe's inference logger, and Seldon's: CloudEvents, a request or a response each.

Both halves of a call carry one id; the index of a row is appended to it.  Either half may come
first, so each is kept as it comes, and the worker joins them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tidegauge.ingest.receivers import rows, tensors
from tidegauge.ingest.receivers.rows import refused
from tidegauge.record.check import Record

_TYPES: Final = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
    "io.seldon.serving.inference.request": "request",
    "io.seldon.serving.inference.response": "response",
}
_TAGS: Final = ("namespace", "component", "endpoint", "predictor")


def read(parsed: object, attributes: Mapping[str, str]) -> list[Record]:
    half = _TYPES.get(attributes.get("type", ""))
    if half is None:
        detail = f"must be one of {', '.join(_TYPES)}"
        raise refused("/ce-type", "bad-enum", detail)
    # Seldon gives each event an id of its own, and the call another.
    call = attributes.get("requestid") or attributes.get("id")
    if not call:
        raise refused("/ce-id", "required", "is missing: it joins a request and its response")
    if not isinstance(parsed, dict):
        raise refused("", "wrong-type", "must be an object")
    body: Record = parsed
    model = (
        attributes.get("inferenceservicename")
        or attributes.get("modelid")
        or body.get("model_name")
    )
    found = _inputs(body) if half == "request" else _outputs(body)
    shared: Record = {"model_id": model, "half": half}
    if attributes.get("time"):
        shared["timestamp"] = attributes["time"]
    if body.get("model_version"):
        shared["model_version"] = body["model_version"]
    tags = {name: attributes[name] for name in _TAGS if attributes.get(name)}
    if tags:
        shared["tags"] = tags
    return [
        {**shared, **record, "prediction_id": f"{call}-{place}"}
        for place, record in enumerate(found)
    ]


def _inputs(body: Record) -> Sequence[Record]:
    if "inputs" in body:
        found = tensors.inputs_of(tensors.tensors_of(body["inputs"], "/inputs"))
        return [{"features": features} for features in found]
    names, items = _array(body, "instances")
    return [{"features": rows.features_of(row, names)} for row in items]


def _outputs(body: Record) -> Sequence[Record]:
    if "outputs" in body:
        return tensors.outputs_of(tensors.tensors_of(body["outputs"], "/outputs"))
    _names, items = _array(body, "predictions")
    return [rows.outputs_of(row) for row in items]


def _array(body: Record, name: str) -> tuple[list[str], Sequence[object]]:
    """The rows under their v1 name, or in Seldon's `data`."""
    data = body.get("data")
    names: list[str] = []
    items = body.get(name)
    if items is None and isinstance(data, dict):
        given = data.get("names")
        names = [str(each) for each in given] if isinstance(given, list) else []
        items = data.get("ndarray")
        tensor = data.get("tensor")
        if isinstance(tensor, dict):
            whole = {"name": "t", "datatype": "FP64", "shape": tensor.get("shape")}
            (found,) = tensors.tensors_of([whole | {"data": tensor.get("values")}], "/data/tensor")
            items = found.rows
    if not isinstance(items, list):
        raise refused("/" + name, "required", f"no rows: send '{name}', v2 tensors, or 'data'")
    return names, items
