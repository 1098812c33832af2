"""What the API says of itself is what it does: schemathesis asks everything it describes."""

import os

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tidegauge.ingest.problem import SLUGS
from tidegauge.ingest.receivers import RECEIVERS
from tidegauge.record.fields import KINDS

# More of them run at night.
EXAMPLES = int(os.environ.get("TIDEGAUGE_EXAMPLES", "40"))


@pytest.fixture(scope="module")
def document(server):
    return httpx.get(f"{server.url}/api/v1/openapi.json", timeout=60).json()


# What a schema cannot say (that mixes add up to 1, that a time is not in the future) is left out.
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
OF_A_MODEL = [
    *("status", "watermark", "versions", "segments", "schema", "references", "baseline"),
    *("profile", "drift", "drift/overall", "traffic", "metrics", "quality", "records"),
    *("performance", "performance/errors", "performance/groups", "labels/coverage"),
    *("fairness", "compare", "segments/where", "explanations"),
    *("diagnosis", "estimates", "report"),
    *("drift/summary", "drift/report", "readings", "monitor"),
    *("monitor/run", "monitor/backtest", "training", "alert-rules", "alert-rules/{rule_id}"),
    "alert-rules/{rule_id}/test",
]
OF_AN_INCIDENT = ["ack", "unack", "resolve", "snooze", "comment", "assign", "feedback"]
PATHS = [
    *(f"/api/v1/{name}" for name in KINDS),
    *(f"/api/v1/receivers/{name}" for name in RECEIVERS),
    *(
        "/livez",
        "/readyz",
        "/readyz/ingest",
        "/health",
        "/metrics",
        "/api/v1/keys",
        "/api/v1/keys/{key_id}",
        "/api/v1/session",
        "/api/v1/session/password",
        "/api/v1/session/provider",
        *(f"/api/v1/session/provider/{name}" for name in ("begin", "return", "end")),
        "/api/v1/members",
        "/api/v1/members/{email}",
    ),
    *("/api/v1/fleet", "/api/v1/fleet/performance"),
    *("/api/v1/models", "/api/v1/models/{model_id}"),
    *("/api/v1/monitors", "/api/v1/monitors/schema", "/api/v1/monitors/{name}"),
    *(f"/api/v1/models/{{model_id}}/{name}" for name in OF_A_MODEL),
    *("/api/v1/incidents", "/api/v1/incidents/bulk", "/api/v1/incidents/{incident_id}"),
    *(f"/api/v1/incidents/{{incident_id}}/{name}" for name in OF_AN_INCIDENT),
    *("/api/v1/alerts", "/api/v1/alerts/summary", "/api/v1/receivers/alertmanager"),
    *("/api/v1/silences", "/api/v1/silences/{number}"),
    *("/api/v1/maintenance-windows", "/api/v1/maintenance-windows/{number}"),
    *("/api/v1/channels", "/api/v1/channels/{name}", "/api/v1/channels/{name}/test"),
    *("/api/v1/channels/{name}/notices", "/api/v1/notices/{notice_id}/resend"),
    *("/api/v1/reports", "/api/v1/reports/{name}", "/api/v1/reports/{name}/send"),
    *("/api/v1/escalations", "/api/v1/escalations/{name}"),
    "/api/v1/retraining/config",
    "/api/v1/retraining/policies",
    "/api/v1/retraining/policies/{name}",
    "/api/v1/retraining/summary",
    "/api/v1/retraining/manual",
    "/api/v1/retraining/claim",
    "/api/v1/retraining/jobs",
    *(
        f"/api/v1/retraining/jobs/{{job_id}}{end}"
        for end in ("", "/log", "/status", "/answers", "/rows", "/promote", "/roll-back")
    ),
    *("/api/v1/artifacts", "/api/v1/models/{model_id}/artifacts"),
    *(f"/api/v1/models/{{model_id}}/artifacts/{{version}}{end}" for end in ("", "/remove")),
    *("/api/v1/sql", "/api/v1/export", "/api/v1/jobs", "/api/v1/jobs/{job_id}"),
    *("/api/v1/dead-letters", "/api/v1/audit", "/api/v1/dashboard/system"),
    *("/api/v1/dashboard/model/{model_id}", "/api/v1/dashboard/trends/{model_id}"),
]
# Of no end: see test_live.
ENDLESS = ["/api/v1/live"]


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_as_described(path, document, server):
    described = schemathesis.openapi.from_dict(document)
    for method in document["paths"][path]:
        operation = described[path][method.upper()]

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy())
        def ask(case):
            headers = {"Authorization": f"Bearer {server.admin}"}
            answer = case.call(base_url=server.url, headers=headers, timeout=30)
            assert answer.status_code < 500
            case.validate_response(answer, checks=CHECKS)

        ask()


def test_every_path_is_asked(document):
    assert sorted(document["paths"]) == sorted([*PATHS, *ENDLESS])


def test_every_kind_of_record_is_described_field_by_field(document):
    for kind in KINDS.values():
        assert f"/api/v1/{kind.name}" in document["paths"]
        described = document["components"]["schemas"][kind.name.capitalize()]
        assert described["properties"].keys() == kind.fields.keys()


def test_every_problem_is_described(document):
    text = str(document)
    told = {slug for slug in SLUGS if slug in text}
    # These come from outside of what an API's description covers.
    assert set(SLUGS) - told <= {
        "internal",
        "uri-too-long",
        "header-too-large",
        "method-not-allowed",
        "not-acceptable",
        "not-found",
    }
