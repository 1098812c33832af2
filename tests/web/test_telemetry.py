"""What the server says of itself: log lines, health, counts."""

import json

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import Server

from tidegauge.errors import InputError
from tidegauge.web.server import check_clock


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("telemetry")
    environment = {"TIDEGAUGE_LOGGING_FILE": str(folder / "web.log")}
    with Server(folder / "data", environment=environment) as server:
        server.file = folder / "web.log"
        yield server


def samples(server):
    with server.client() as client:
        text = client.get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_line_is_json_with_the_fields_that_are_promised(own):
    lines = [json.loads(line) for line in own.said().splitlines()]
    assert lines
    for line in lines:
        assert {"timestamp", "level", "logger", "message", "module", "function", "line"} <= set(
            line
        )
    assert own.file.read_text(encoding="utf-8").splitlines()


def test_it_is_alive_and_ready(own):
    assert httpx.get(f"{own.url}/livez").json() == {"status": "alive"}
    ready = httpx.get(f"{own.url}/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


def test_what_becomes_of_records_is_counted(own):
    before = samples(own)
    good = {"model_id": "m", "prediction_id": "1"}
    with own.client() as client:
        client.post("/api/v1/predictions", json=[good, good, {"model_id": "m"}])
        client.post("/api/v1/predictions", content=b"{")
        for _ in range(2):
            client.post("/api/v1/predictions?batch_id=b", json=good)
    after = samples(own)

    def grown(*name):
        return after.get(name, 0) - before.get(name, 0)

    assert grown("tidegauge_ingest_records_total", "predictions", "accepted") == 2
    assert grown("tidegauge_ingest_records_total", "predictions", "duplicate") == 1
    assert grown("tidegauge_ingest_records_total", "predictions", "rejected") == 1
    assert grown("tidegauge_ingest_records_total", "predictions", "retried") == 1
    assert grown("tidegauge_ingest_refused_total", "unsupported-media-type") == 1
    assert grown("tidegauge_ingest_answer_seconds_count", "predictions") == 4
    assert grown("tidegauge_ingest_bytes_total") > 0
    assert grown("tidegauge_log_lag_bytes") > 0


def test_a_request_leads_to_its_line(own):
    """A refusal that is our fault is in the log under the id that was answered."""
    with own.client() as client:
        answer = client.post("/api/v1/predictions", json={"model_id": "m"})
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_the_file_is_followed_when_it_is_moved_away(tmp_path):
    """Into a folder that did not exist, too."""
    file = tmp_path / "logs" / "web.log"
    environment = {"TIDEGAUGE_LOGGING_FILE": str(file)}
    with Server(tmp_path / "data", environment=environment) as server:
        file.rename(file.with_suffix(".1"))
        server.stop()
    assert "started" in file.with_suffix(".1").read_text(encoding="utf-8")
    assert "stopped" in file.read_text(encoding="utf-8")


def test_a_log_file_that_cannot_be_written_stops_nothing(tmp_path):
    environment = {"TIDEGAUGE_LOGGING_FILE": "/dev/full"}
    with Server(tmp_path / "data", environment=environment) as server:
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_sender_that_leaves_early_stores_nothing(tmp_path):
    """Its body is shorter than it said."""
    with Server(tmp_path / "data", dev=True) as server:
        head = "POST /api/v1/metrics HTTP/1.1\r\nHost: localhost\r\n"
        head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        server.raw(head.encode() + b'{"metric_name": "x", "value": 1}')
        server.stop()
        assert not server.batches()
        assert "left before its body was whole" in server.said()


@pytest.mark.parametrize("now", [0.0, 4_102_444_800.0])
def test_a_clock_that_is_wrong_is_told(now):
    with pytest.raises(InputError, match="--allow-clock"):
        check_clock(now)
