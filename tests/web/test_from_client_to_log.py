"""The whole of the first half: a client in a service, a server, and what the worker will read."""

import time

import numpy as np
import orjson
import pyarrow as pa
from serving import Server

from tidegauge.client import Client
from tidegauge.profile.table import Profile
from tidegauge.record.columns import from_stream, to_records, to_table
from tidegauge.schema import Schema


def logged(server, kind):
    records = []
    for batch in server.batches():
        for piece in batch.pieces:
            if piece.kind == kind:
                found = (
                    orjson.loads(piece.body)
                    if piece.encoding == "json"
                    else to_records(from_stream(piece.body))
                )
                assert len(found) == piece.rows
                records += found
    return records


def test_everything_that_can_be_logged_arrives_as_it_was(tmp_path):
    with Server(tmp_path / "data") as server:
        with Client(server.url, server.admin, flush_interval=0.05) as client:
            client.log(
                model_id="fraud",
                model_version="2",
                prediction_id="p1",
                features={"amount": 12.5, "country": "NL", "vip": True, "age": None},
                prediction_label="ok",
                prediction_score=0.9,
                probabilities={"ok": 0.9, "fraud": 0.1},
                tags={"region": "eu"},
                embeddings={"text": np.array([0.5, 0.25], np.float32)},
            )
            client.log_actual(model_id="fraud", prediction_id="p1", actual_label="fraud")
            client.log_feedback(model_id="fraud", prediction_id="p1", engagement_score=0.5)
            client.log_explanation(
                model_id="fraud", prediction_id="p1", shap_values={"amount": 0.25}
            )
            client.log_metric("cache", 0.75, {"region": "eu"})
            assert client.flush(20)
            stats = client.stats()
            assert (stats.calls, stats.acked) == (5, 5)
        server.stop()
        (prediction,) = logged(server, "predictions")
        (label,) = logged(server, "labels")
        (feedback,) = logged(server, "feedback")
        (explanation,) = logged(server, "explanations")
        (metric,) = logged(server, "metrics")
    assert prediction["features"] == {"amount": 12.5, "country": "NL", "vip": True, "age": None}
    assert prediction["embeddings"] == {"text": [0.5, 0.25]}
    assert prediction["probabilities"] == {"ok": 0.9, "fraud": 0.1}
    assert prediction["tags"] == {"region": "eu"}
    assert label["actual_label"] == "fraud"
    assert feedback["engagement_score"] == 0.5
    assert explanation["shap_values"] == {"amount": 0.25}
    assert (metric["metric_name"], metric["value"]) == ("cache", 0.75)


def test_a_server_that_is_killed_under_the_client_costs_nothing(tmp_path):
    server = Server(tmp_path / "data", "--port", "0").start()
    port = server.port
    client = Client(server.url, server.admin, flush_interval=0.02, batch_rows=100)
    ids = []
    for _round in range(4):
        ids += [client.log(model_id="m", features={"x": 1.5}) for _ in range(500)]
        server.kill()
        server = Server(tmp_path / "data", "--port", str(port)).start()
    assert client.flush(60)
    stats = client.stats()
    client.close()
    server.stop()
    found = [record["prediction_id"] for record in logged(server, "predictions")]
    assert stats.calls == stats.acked == len(ids)
    assert len(set(found)) == len(found)
    assert set(found) == set(ids)


def test_a_sample_says_what_all_predictions_would_have_said(tmp_path):
    generator = np.random.default_rng(1)
    scores = generator.random(20_000)
    with Server(tmp_path / "data") as server:
        with Client(server.url, server.admin, sample=0.1) as client:
            for score in scores.tolist():
                client.log(model_id="m", prediction_score=score)
                if client.stats().queued > 5_000:
                    client.flush(30)
            assert client.flush(60)
            stats = client.stats()
        server.stop()
        records = logged(server, "predictions")
    assert stats.sampled_out + len(records) == len(scores)
    table = to_table(records)
    rows = pa.table({name: table[name] for name in ("prediction_score", "weight")})
    schema = Schema.of({"prediction_score": "numeric", "weight": "weight"})
    profile = Profile.of(rows, schema=schema)
    # Each kept row stands for ten: five standard errors of a tenth of the rows.
    assert abs(profile.rows - len(scores)) < 5 * np.sqrt(len(scores) * 10)
    assert abs(profile.numeric.mean[0] - scores.mean()) < 5 * scores.std() / np.sqrt(len(records))


def test_a_sender_whose_clock_is_wrong_is_known_by_name(tmp_path):
    hour = 3_600_000_000
    path = "/api/v1/predictions?generate_ids=true"
    record = {"model_id": "m", "features": {"x": 1.0}}
    with Server(tmp_path / "data") as server:
        with server.client() as http:
            for off in (0, 30_000_000, -hour, 2 * hour):
                now = time.time_ns() // 1000
                told = {"Tidegauge-Sender": f"pod/{off}", "Tidegauge-Sent-At": str(now + off)}
                answer = http.post(path, json=record, headers=told)
                assert answer.status_code == 200
            for odd in ("", "soon", "9" * 40, "-", "1e9", "\u00b2"):
                told = {"Tidegauge-Sent-At": odd.encode("latin-1")}
                answer = http.post(path, json=record, headers=told)
                assert answer.status_code == 200
        with Client(server.url, server.admin) as client:
            client.log(model_id="m", features={"x": 1.0})
            assert client.flush(20)
        server.stop()
        clocks = [batch.clock for batch in server.batches()]
    assert clocks[:2] == [None, None]
    assert [clock.sender for clock in clocks[2:4]] == [f"pod/{-hour}", f"pod/{2 * hour}"]
    assert abs(clocks[2].ahead + hour) < 60_000_000
    assert clocks[4:] == [None] * 7
