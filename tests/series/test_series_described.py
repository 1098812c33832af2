"""What the API says of its queries is what it does, with a model that has rows."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from series_api import Api, history

EXAMPLES = int(os.environ.get("TIDEGAUGE_EXAMPLES", "25"))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
OF_A_MODEL = [
    *("", "/status", "/watermark", "/versions", "/segments", "/schema", "/references"),
    *("/profile", "/drift", "/drift/overall", "/traffic", "/quality", "/records"),
]
PATHS = [
    *(f"/api/v1/models/{{model_id}}{rest}" for rest in OF_A_MODEL),
    *("/api/v1/models", "/api/v1/export", "/api/v1/audit"),
    *("/api/v1/dashboard/model/{model_id}", "/api/v1/dashboard/trends/{model_id}"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    api = Api(tmp_path_factory.mktemp("described") / "case")
    history(api, hours=3, a_hour=30)
    yield api
    api.close()


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_as_described(path, filled):
    client = filled.key("admin")
    document = client.get("openapi.json").json()
    described = schemathesis.openapi.from_dict(document)
    for method in document["paths"][path]:
        if method == "delete":
            continue
        operation = described[path][method.upper()]

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy())
        def ask(case):
            if case.path_parameters:
                case.path_parameters["model_id"] = "m"
            if "model_id" in (case.query or {}):
                case.query["model_id"] = "m"
            headers = {"Authorization": client.headers["Authorization"]}
            answer = case.call(base_url=filled.url, headers=headers, timeout=30)
            assert answer.status_code < 500, answer.text
            case.validate_response(answer, checks=CHECKS)

        ask()
