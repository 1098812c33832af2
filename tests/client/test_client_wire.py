"""What reaches the server, for each call."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tidegauge.client import Client, fields
from tidegauge.record.fields import KINDS


def test_a_prediction_arrives_as_it_was_logged(server, make):
    client = make(server.url)
    at = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
    told = client.log(
        model_id="fraud",
        model_version="2.1.0",
        prediction_id="p1",
        features={"amount": 12.5, "items": 3, "country": "DE", "new": True, "age": None},
        prediction_label="fraud",
        prediction_score=0.87,
        probabilities={"fraud": 0.87, "fine": 0.13},
        tags={"region": "eu", "shard": 3},
        timestamp=at,
        embeddings={"text": [0.5, 0.25]},
        user_id=7,
        input_validation_passed=True,
    )
    assert told == "p1"
    assert client.flush()
    assert server.records() == [
        {
            "model_id": "fraud",
            "model_version": "2.1.0",
            "prediction_id": "p1",
            "features": {"amount": 12.5, "items": 3, "country": "DE", "new": True, "age": None},
            "prediction_label": "fraud",
            "prediction_score": 0.87,
            "probabilities": {"fraud": 0.87, "fine": 0.13},
            "tags": {"region": "eu", "shard": "3"},
            "timestamp": int(at.timestamp() * 1e6),
            "embeddings": {"text": [0.5, 0.25]},
            "user_id": "7",
            "input_validation_passed": True,
        }
    ]
    request = server.requests[0]
    assert request.headers["authorization"] == "Bearer key"
    assert request.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert request.metadata[b"tidegauge.client"]


def test_every_kind_has_its_own_way(server, make):
    client = make(server.url)
    client.log(model_id="m", prediction_id="p")
    client.log_actual(model_id="m", prediction_id="p", actual_label=False)
    client.log_feedback(model_id="m", prediction_id="p", scroll_depth=0.5)
    client.log_explanation(model_id="m", prediction_id="p", shap_values={"a": 0.25})
    client.log_metric("revenue", 12.5, {"shop": "x"})
    assert client.flush()
    assert [server.records(kind)[0].get("prediction_id") for kind in KINDS] == [*["p"] * 4, None]
    assert server.records("metrics")[0]["tags"] == {"shop": "x"}
    assert client.stats().acked == 5


def test_the_fields_that_editors_know_are_those_that_there_are():
    declared = {
        "predictions": fields.PredictionFields,
        "labels": fields.LabelFields,
        "feedback": fields.FeedbackFields,
        "explanations": fields.ExplanationFields,
        "metrics": fields.MetricFields,
    }
    for name, kind in KINDS.items():
        missing = {"metric_name", "value"} if name == "metrics" else set()
        assert set(declared[name].__annotations__) == set(kind.fields) - missing


def test_a_prediction_without_an_id_is_given_one(server, make):
    client = make(server.url)
    told = [client.log(model_id="m", prediction_id=each) for each in (None, "")]
    told.append(client.log(model_id="m"))
    assert client.flush()
    assert server.ids() == told
    assert len(set(told)) == 3


def test_the_time_of_the_call_is_the_time_of_the_record(server, make):
    client = make(server.url, flush_interval=0.2)
    before = dt.datetime.now(dt.UTC).timestamp()
    client.log(model_id="m")
    after = dt.datetime.now(dt.UTC).timestamp()
    assert client.flush()
    assert before * 1e6 - 1 <= server.records()[0]["timestamp"] <= after * 1e6 + 1


def test_names_from_other_tools_are_understood(server, make):
    client = make(server.url)
    told = client.log(model_name="m", request_id="r", y_pred="a", inference_time=0.5)
    assert client.flush()
    assert told == "r"
    record = server.records()[0]
    assert record["prediction_label"] == "a"
    assert record["prediction_latency_ms"] == 500


def test_the_short_forms(server, make):
    client = make(server.url, model_id="m", model_version="3")
    client.log_prediction("p1", {"a": 1}, "yes", 0.9, 0.25, ground_truth="no")
    client.track_prediction("other", "4", {"a": 2}, "no", "yes", 0.5)
    client.log_dataframe(pd.DataFrame({"id": ["p3"], "a": [3]}), {"id": "prediction_id"})
    assert client.flush()
    first, other, frame = sorted(server.records(), key=lambda each: each["features"]["a"])
    assert first["model_id"] == "m"
    assert first["model_version"] == "3"
    assert first["prediction_latency_ms"] == 250
    assert first["actual_label"] == "no"
    assert other["model_id"] == "other"
    assert other["confidence"] == 0.5
    assert frame["prediction_id"] == "p3"


FRAMES = {
    "pandas": pd.DataFrame(
        {"age": [1.5, None], "city": ["a", None], "prediction_score": [0.1, 0.9]}
    ),
    "polars": pl.DataFrame(
        {"age": [1.5, None], "city": ["a", None], "prediction_score": [0.1, 0.9]}
    ),
    "arrow": pa.table({"age": [1.5, None], "city": ["a", None], "prediction_score": [0.1, 0.9]}),
    "columns": {"age": [1.5, None], "city": ["a", None], "prediction_score": np.array([0.1, 0.9])},
    "rows": [
        {"age": 1.5, "city": "a", "prediction_score": 0.1},
        {"age": None, "city": None, "prediction_score": 0.9},
    ],
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_logged_row_by_row(name, server, make):
    client = make(server.url)
    assert client.log_batch(FRAMES[name], model_id="m", tags={"run": "1"}) == 2
    assert client.flush()
    found = sorted(server.records(), key=lambda each: each["prediction_score"])
    assert [each["features"] for each in found] == [
        {"age": 1.5, "city": "a"},
        {"age": None, "city": None},
    ]
    assert all(each["tags"] == {"run": "1"} for each in found)
    assert client.stats().calls == 2


def test_columns_are_renamed_left_out_and_put_into_maps(server, make):
    client = make(server.url)
    frame = pd.DataFrame({"proba": [0.5], "where": ["eu"], "junk": [1], "score": [7.0]})
    client.log_batch(
        data=frame,
        model_id="m",
        columns={"proba": "prediction_score", "where": "tags.region", "junk": None},
        feature_columns=["score"],
    )
    assert client.flush()
    record = server.records()[0]
    assert record["features"] == {"score": 7.0}
    assert record["tags"] == {"region": "eu"}
    assert record["prediction_score"] == 0.5


def test_a_table_of_numbers_has_features_by_place(server, make):
    client = make(server.url)
    client.log_batch(np.array([[1, 2], [3, 4]]), model_id="m")
    assert client.flush()
    assert server.records()[1]["features"] == {"feature_0": 3, "feature_1": 4}


def test_labels_come_as_a_frame_too(server, make):
    client = make(server.url)
    frame = pd.DataFrame({"prediction_id": ["a", "b"], "actual_label": [1, 0]})
    client.log_batch(frame, kind="labels", model_id="m")
    assert client.flush()
    assert [each["actual_label"] for each in server.records("labels")] == [1, 0]


def test_a_frame_that_does_not_fit_is_dropped_unless_one_waits(server, make):
    frame = pd.DataFrame({"a": range(500)})
    server.first.append("silent")
    client = make(server.url, max_records=100, timeout=0.3)
    taken = client.log_batch(frame, model_id="m")
    assert 0 < taken <= 100
    assert client.stats().dropped == {"queue_full": 500 - taken}
    assert client.log_batch(frame, model_id="m", wait=20) == 500
    assert client.flush(10)
    assert client.stats().acked == taken + 500


def test_a_frame_may_be_changed_right_after(server, make):
    client = make(server.url, flush_interval=5)
    frame, array, row = pd.DataFrame({"a": [1.0]}), np.array([[1.0]]), {"a": 1.0}
    for data in (frame, array, [row], {"a": array[:, 0]}):
        client.log_batch(data, model_id="m")
    frame.loc[0, "a"] = array[0, 0] = row["a"] = 2.0
    assert client.flush()
    told = [set(each["features"].values()) - {None} for each in server.records()]
    assert told == [{1.0}] * 4


def test_rows_of_columns_that_differ_are_one_fault(server, make):
    client = make(server.url)
    assert client.log_batch({"a": [1, 2], "b": [1]}, model_id="m") == 0
    assert client.log_batch(object(), model_id="m") == 0
    stats = client.stats()
    assert stats.calls == 2
    assert stats.dropped == {"invalid": 1, "serialize": 1}


def test_batches_hold_so_many_rows(server, make):
    client = make(server.url, batch_rows=100, compression="zstd")
    for _ in range(250):
        client.log(model_id="m")
    assert client.flush()
    assert sum(len(each.records) for each in server.requests) == 250
    assert max(len(each.records) for each in server.requests) == 100


def test_models_do_not_share_a_batch(server, make):
    client = make(server.url, flush_interval=0.2)
    for place in range(30):
        client.log(model_id=f"m{place % 3}", features={f"only{place % 3}": place})
    assert client.flush()
    for request in server.requests:
        assert len({record["model_id"] for record in request.records}) == 1


def test_a_client_is_a_context(server):
    with Client(server.url, "key") as client:
        client.log(model_id="m")
    assert len(server.records()) == 1
    client.log(model_id="m")
    assert client.stats().dropped == {"shutdown": 1}


def test_the_server_hears_what_was_dropped(server, make):
    client = make(server.url)
    client.log(model_id="m", features={"a": object()})
    client.log(model_id="n", typo=1)
    client.log(model_id="m")
    assert client.flush()
    assert server.losses() == {("m", "serialize"): 1, ("n", "invalid"): 1}


def test_what_was_dropped_is_told_again_if_its_batch_was_refused(server, make):
    server.first.append("400")
    client = make(server.url)
    client.log(model_id="m", typo=1)
    client.log(model_id="m")
    assert client.flush()
    client.log(model_id="m")
    assert client.flush()
    assert server.losses() == {("m", "invalid"): 1, ("m", "rejected"): 1}
    told = [json.loads(each.metadata.get(b"tidegauge.drops", b"[]")) for each in server.requests]
    assert [len(each) for each in told] == [1, 2]


def test_the_environment_names_the_server(server, monkeypatch):
    monkeypatch.setenv("TIDEGAUGE_URL", server.url)
    monkeypatch.setenv("TIDEGAUGE_API_KEY", "from-environment")
    with Client() as client:
        client.log(model_id="m")
    assert server.requests[0].headers["authorization"] == "Bearer from-environment"


async def _async_use(url):
    async with Client(url, "key") as client:
        told = client.log(model_id="m")
        assert await client.aflush()
        return told


def test_it_works_with_asyncio(server):
    import asyncio

    assert asyncio.run(_async_use(server.url)) == server.ids()[0]
