"""The ingest paths in the API's description, made from the table of fields.

They are no routes of the framework, so they describe themselves here.
"""

from collections.abc import Mapping
from typing import Any, Final

from tidegauge.ingest.problem import SLUGS
from tidegauge.ingest.receivers import RECEIVERS
from tidegauge.record import limits
from tidegauge.record.fields import KINDS, PREDICTIONS, Field, Kind, Shape

Schema = dict[str, Any]

_SHAPES: Final[Mapping[Shape, Schema]] = {
    Shape.NAME: {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    Shape.KEY: {"type": "string", "minLength": 1, "maxLength": limits.KEY},
    Shape.TEXT: {"type": "string", "maxLength": limits.TEXT},
    Shape.TIME: {"type": "string", "format": "date-time"},
    Shape.NUMBER: {"type": "number"},
    Shape.FLAG: {"type": "boolean"},
    Shape.VALUE: {"type": ["string", "number", "boolean"]},
    Shape.LABELS: {"type": "array", "items": {"type": "string"}},
}
_INSIDE: Final[Mapping[Shape, Schema]] = {
    Shape.NUMBERS: {"type": ["number", "null"]},
    Shape.VALUES: {"type": ["string", "number", "boolean", "null"]},
    Shape.TEXTS: {"type": ["string", "null"]},
    Shape.VECTORS: {"type": ["array", "null"], "items": {"type": "number"}},
}
_PROBLEM: Final[Schema] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
        "errors_truncated": {"type": "integer"},
        "retry_after_s": {"type": "integer"},
    },
}
_FAULT: Final[Schema] = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "index": {"type": "integer"},
        "pointer": {"type": "string"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}
_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["status", "accepted", "duplicate", "rejected", "ingested_at"],
    "properties": {
        "status": {"enum": ["accepted", "partial"]},
        "accepted": {"type": "integer"},
        "duplicate": {"type": "integer"},
        "rejected": {"type": "integer"},
        "ingested_at": {"type": "string", "format": "date-time"},
        "batch_id": {"type": "string"},
        "prediction_id": {"type": "string"},
        "prediction_ids": {"type": "array", "items": {"type": "string"}},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
        "errors_truncated": {"type": "integer"},
        "warnings": {"type": "array", "items": {"type": "object"}},
    },
}
_DURABLE: Final[Schema] = {
    "description": "Durable: what is counted as accepted is not lost any more.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}},
}
_STATUSES: Final = (400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 428, 429, 503, 507)


def describe(document: Schema) -> Schema:
    """Add what is in front of the framework to what it says of itself."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    own = {"Problem": _PROBLEM, "Fault": _FAULT, "Accepted": _ANSWER}
    own |= {kind.name.capitalize(): _record(kind) for kind in KINDS.values()}
    if taken := own.keys() & schemas.keys():
        raise ValueError(f"answers of routes have these names of records: {sorted(taken)}")
    schemas |= own
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for kind in KINDS.values():
        name = kind.name.capitalize()
        document["paths"][f"/api/v1/{kind.name}"] = {"post": _operation(kind, name)}
    for name, receiver in RECEIVERS.items():
        document["paths"][f"/api/v1/receivers/{name}"] = {"post": _received(name, receiver.about)}
    for path in document["paths"].values():
        for operation in path.values():
            for status in _STATUSES:
                operation["responses"].setdefault(str(status), _refused(status))
            # The framework describes its own form of a refusal, which we never send.
            operation["responses"]["422"] = _refused(422)
            operation.setdefault("security", [{"key": []}])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _operation(kind: Kind, name: str) -> Schema:
    one = {"$ref": f"#/components/schemas/{name}"}
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": limits.RECORDS}
    batch: Schema = {
        "type": "object",
        "required": ["records"],
        "properties": {
            "records": many,
            "batch_id": {"type": "string", "minLength": 1, "maxLength": limits.KEY},
            "atomic": {"type": "boolean"},
            "generate_ids": {"type": "boolean"},
        },
    }
    columns: Schema = {
        "type": "object",
        "required": ["columns"],
        "properties": {"columns": {"type": "object"}},
    }
    return {
        "tags": ["ingest"],
        "summary": f"Send {kind.name}",
        "description": kind.about,
        "operationId": f"send_{kind.name}",
        "parameters": [
            _parameter("batch_id", {"type": "string", "minLength": 1, "maxLength": limits.KEY}),
            _parameter("atomic", {"enum": ["true", "false"]}),
            _parameter("generate_ids", {"enum": ["true", "false"]}),
            *([_parameter("history", {"enum": ["true", "false"]})] if kind is PREDICTIONS else []),
            _parameter("model_id", _SHAPES[Shape.NAME]),
            _parameter("model_version", _SHAPES[Shape.NAME]),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"anyOf": [one, many, batch, columns]}},
                "application/x-ndjson": {"schema": {"type": "string"}},
                "application/vnd.apache.arrow.stream": {
                    "schema": {"type": "string", "format": "binary"}
                },
            },
        },
        "responses": {"200": _DURABLE},
    }


def _received(name: str, about: str) -> Schema:
    return {
        "tags": ["ingest"],
        "summary": f"Receive from {name}",
        "description": about,
        "operationId": f"receive_{name}",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": ["object", "array"]}}},
        },
        "responses": {"200": _DURABLE},
    }


def _parameter(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _refused(status: int) -> Schema:
    titles = sorted(slug for slug, told in SLUGS.items() if told.status == status)
    return {
        "description": ", ".join(titles),
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


def _record(kind: Kind) -> Schema:
    return {
        "type": "object",
        "description": kind.about,
        "required": [field.name for field in kind.fields.values() if field.required],
        "properties": {field.name: _field(field) for field in kind.fields.values()},
    }


def _field(field: Field) -> Schema:
    if field.shape.is_map:
        schema: Schema = {
            "type": "object",
            "additionalProperties": _INSIDE[field.shape],
            "propertyNames": {"minLength": 1, "maxLength": 64},
        }
    else:
        schema = dict(_SHAPES[field.shape])
    for name, bound in (("minimum", field.low), ("maximum", field.high)):
        if bound is not None and not field.shape.is_map:
            schema[name] = bound
    return schema | {"description": field.about}
