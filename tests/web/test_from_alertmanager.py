"""What Prometheus' Alertmanager tells of a model, by the real one and by hand."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from series_api import Api

from alertmanager_server import Alertmanager, binary
from tidegauge.catalog import models

CONFIG = """
route:
  receiver: tidegauge
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: tidegauge
    webhook_configs:
      - url: {url}/api/v1/receivers/alertmanager
        http_config: {{authorization: {{credentials: {token}}}}}
"""


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path / "case", alerts={"group_wait_s": 0})
    made.case.catalog.write(lambda c: models.ensure(c, "default", ["fraud"], 1))
    yield made
    made.close()


def alert(status="firing", **labels):
    return {
        "status": status,
        "labels": {"alertname": "HighErrorRate", "model": "fraud", **labels},
        "annotations": {"summary": "more errors than usual", "description": "6 % of calls fail"},
        "startsAt": "2026-11-22T06:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "c0ffee",
    }


def told(*alerts, **more):
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tidegauge",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
        "alerts": list(alerts),
        **more,
    }


def send(api, *alerts, status=200, path="receivers/alertmanager", role="write", **more):
    return api.ask("POST", path, json=told(*alerts, **more), status=status, role=role)


def all_of(api):
    return {each["title"]: each for each in api.get("incidents")["incidents"]}


def test_an_alert_is_an_incident_until_it_is_resolved(api):
    came = send(api, alert(severity="critical", job="api"))
    (incident,) = all_of(api).values()
    assert came == {"raised": [incident["incident_id"]], "ended": 0, "skipped": []}
    assert incident["title"] == "fraud: HighErrorRate (job=api)"
    assert (incident["state"], incident["severity"]) == ("open", "critical")
    # Told again, as it is every few hours, it is the same.
    assert send(api, alert(severity="critical", job="api"))["raised"] == came["raised"]
    whole = api.get(f"incidents/{incident['incident_id']}")
    assert [each["kind"] for each in whole["timeline"]].count("raise") == 1
    assert whole["findings"][0]["what"].startswith("more errors than usual")
    assert send(api, alert("resolved", severity="critical", job="api"))["ended"] == 1
    (incident,) = all_of(api).values()
    assert (incident["state"], incident["reason"]) == ("resolved", "cleared")


def test_each_set_of_labels_is_one_of_its_own(api):
    long = "x" * 300
    send(api, alert(job="a"), alert(job="b"), alert(job=long + "1"), alert(job=long + "2"))
    assert len(all_of(api)) == 4
    send(api, alert("resolved", job=long + "1"), alert("resolved", job="b"), alert(job="a"))
    assert sorted(each["state"] for each in all_of(api).values()) == [
        "open",
        "open",
        "resolved",
        "resolved",
    ]


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("warning", "medium"),
        ("page", "critical"),
        ("info", "low"),
        ("P1", "medium"),
        ("", "medium"),
    ],
)
def test_severities_of_others_are_ours(api, label, severity):
    send(api, alert(severity=label))
    (incident,) = all_of(api).values()
    assert incident["severity"] == severity


def test_what_is_of_no_model_is_said_and_the_rest_is_taken(api):
    without = alert()
    del without["labels"]["model"]
    came = send(api, without, alert(model="none"), alert())
    assert len(came["raised"]) == 1
    assert [(each["pointer"], each["code"]) for each in came["skipped"]] == [
        ("/alerts/0/labels", "required"),
        ("/alerts/1/labels", "unknown-model"),
    ]
    problem = send(api, without, status=422)
    assert problem["errors"][0]["pointer"] == "/alerts/0/labels"
    assert len(send(api, without, path="receivers/alertmanager?model_id=fraud")["raised"]) == 1
    send(api, alert(), status=422, version="3")
    send(api, {"status": "odd"}, status=422)
    send(api, alert(job="x\x00"), status=422)
    send(api, alert(), status=403, role="read")


@pytest.mark.skipif(binary() is None, reason="scripts/install-alertmanager installs it")
def test_the_real_alertmanager_is_understood(api):
    token = api.key("write").headers["Authorization"].removeprefix("Bearer ")
    server = Alertmanager(CONFIG.format(url=api.url, token=token))
    try:
        labels = {"alertname": "Down", "model_id": "fraud", "severity": "critical"}
        now = datetime.now(UTC)
        server.http.post(
            "/api/v2/alerts", json=[{"labels": labels, "startsAt": now.isoformat()}]
        ).raise_for_status()
        until(api, lambda found: found.get("fraud: Down", {}).get("state") == "open")
        ended = {"labels": labels, "endsAt": (now + timedelta(seconds=0.1)).isoformat()}
        server.http.post("/api/v2/alerts", json=[ended]).raise_for_status()
        until(api, lambda found: found["fraud: Down"]["state"] == "resolved")
    finally:
        server.stop()


def until(api, look):
    end = time.monotonic() + 60
    while not look(found := all_of(api)):
        assert time.monotonic() < end, found
        time.sleep(0.05)
