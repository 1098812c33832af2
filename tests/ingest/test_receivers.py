"""What other systems send becomes predictions of ours."""

import orjson
import pytest

from tidegauge.ingest.accept import accept
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.request import JSON, Options, Request
from tidegauge.record.halves import Halves

NOW = 1_800_000_000_000_000
CALL = {
    "id": "call",
    "time": "2026-11-21T12:00:00Z",
    "inferenceservicename": "fraud",
    "namespace": "prod",
    "endpoint": "canary",
}
REQUEST = {"type": "org.kubeflow.serving.inference.request", **CALL}
RESPONSE = {"type": "org.kubeflow.serving.inference.response", **CALL}


def received(receiver, body, attributes=None, **options):
    request = Request(
        kind="predictions",
        media=JSON,
        body=orjson.dumps(body),
        receiver=receiver,
        attributes=attributes or {},
        now=NOW,
        options=Options(generate_ids=bool(options.pop("generate_ids", False)), defaults=options),
    )
    verdict = accept(request, {})
    return verdict, [record for piece in verdict.pieces for record in orjson.loads(piece.body)]


class TestKServe:
    def test_both_halves_carry_the_call_and_the_row(self):
        verdict, asked = received("kserve", {"instances": [[1.5, "a"], [2.5, "b"]]}, REQUEST)
        assert [piece.kind for piece in verdict.pieces] == ["halves"]
        assert asked[1] == {
            "model_id": "fraud",
            "half": "request",
            "timestamp": 1_795_262_400_000_000,
            "tags": {"namespace": "prod", "endpoint": "canary"},
            "features": {"feature_0": 2.5, "feature_1": "b"},
            "prediction_id": "call-1",
        }
        _verdict, told = received("kserve", {"predictions": ["ok", "fraud"]}, RESPONSE)
        assert told[1]["prediction_id"] == "call-1"
        assert told[1]["prediction_label"] == "fraud"

    @pytest.mark.parametrize(
        ("body", "rows"),
        [
            ({"instances": [{"a": 1}, {"a": 2}]}, [{"a": 1}, {"a": 2}]),
            ({"instances": [1, 2]}, [{"feature_0": 1}, {"feature_0": 2}]),
            (
                {
                    "inputs": [
                        {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}
                    ]
                },
                [{"feature_0": 1, "feature_1": 2}, {"feature_0": 3, "feature_1": 4}],
            ),
            (
                {
                    "inputs": [
                        {"name": "a", "shape": [2, 1], "datatype": "FP32", "data": [[1.5], [2.5]]},
                        {"name": "b", "shape": [2], "datatype": "BYTES", "data": ["x", "y"]},
                    ]
                },
                [{"a": 1.5, "b": "x"}, {"a": 2.5, "b": "y"}],
            ),
            ({"data": {"names": ["a"], "ndarray": [[1], [2]]}}, [{"a": 1}, {"a": 2}]),
            (
                {"data": {"names": ["a"], "tensor": {"shape": [2, 1], "values": [1, 2]}}},
                [{"a": 1}, {"a": 2}],
            ),
        ],
    )
    def test_inputs_of_every_form(self, body, rows):
        _verdict, records = received("kserve", body, REQUEST)
        assert [record["features"] for record in records] == rows

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"predictions": [0.7]}, {"prediction_score": 0.7}),
            ({"predictions": [1]}, {"prediction_label": 1}),
            ({"predictions": [[0.2, 0.8]]}, {"probabilities": {"0": 0.2, "1": 0.8}}),
            ({"predictions": [[3.5, 4.5]]}, {"outputs": {"output_0": 3.5, "output_1": 4.5}}),
            ({"predictions": [["a", "b"]]}, {"prediction_labels": ["a", "b"]}),
            (
                {"predictions": [{"prediction_label": "a", "margin": 2.5}]},
                {"prediction_label": "a", "outputs": {"margin": 2.5}},
            ),
            (
                {
                    "model_name": "fraud",
                    "model_version": "7",
                    "id": "x",
                    "outputs": [
                        {"name": "label", "shape": [1], "datatype": "INT64", "data": [1]},
                        {"name": "p", "shape": [1, 2], "datatype": "FP32", "data": [0.1, 0.9]},
                        {"name": "score", "shape": [1], "datatype": "FP32", "data": [0.9]},
                        {"name": "raw", "shape": [1, 2], "datatype": "FP32", "data": [-3.0, 3.0]},
                    ],
                },
                {
                    "model_version": "7",
                    "prediction_label": 1,
                    "probabilities": {"0": 0.1, "1": 0.9},
                    "prediction_score": 0.9,
                    "outputs": {"raw_0": -3.0, "raw_1": 3.0},
                },
            ),
        ],
    )
    def test_outputs_of_every_form(self, body, said):
        _verdict, (record,) = received("kserve", body, RESPONSE)
        assert {name: record[name] for name in said} == said

    def test_seldon_joins_by_its_own_header(self):
        attributes = {
            "type": "io.seldon.serving.inference.request",
            "id": "differs",
            "requestid": "call",
            "modelid": "m",
        }
        _verdict, (record,) = received("kserve", {"data": {"ndarray": [[1]]}}, attributes)
        assert (record["prediction_id"], record["model_id"]) == ("call-0", "m")

    @pytest.mark.parametrize(
        ("attributes", "body", "pointer"),
        [
            ({**REQUEST, "type": "other"}, {"instances": [[1]]}, "/ce-type"),
            ({**REQUEST, "id": ""}, {"instances": [[1]]}, "/ce-id"),
            (REQUEST, [1], ""),
            (REQUEST, {"nothing": 1}, "/instances"),
            (RESPONSE, {"nothing": 1}, "/predictions"),
            (REQUEST, {"inputs": []}, "/inputs"),
            (REQUEST, {"inputs": [{"name": "x"}]}, "/inputs/0"),
            (
                REQUEST,
                {"inputs": [{"name": "x", "shape": [3], "datatype": "FP32", "data": [1]}]},
                "/inputs/0/data",
            ),
            (
                REQUEST,
                {"inputs": [{"name": "x", "shape": [10**9, 0], "datatype": "FP32", "data": []}]},
                "/inputs/0/shape",
            ),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, attributes, body, pointer):
        with pytest.raises(ProblemError) as caught:
            received("kserve", body, attributes)
        assert caught.value.errors[0]["pointer"] == pointer


class TestHalves:
    @pytest.mark.parametrize("first", ["request", "response"])
    def test_either_may_come_first(self, first):
        _v, (asked,) = received("kserve", {"instances": [[1.5]]}, REQUEST)
        _v, (told,) = received("kserve", {"predictions": [0.5]}, {**RESPONSE, "component": "p"})
        order = [asked, told] if first == "request" else [told, asked]
        halves = Halves(patience=60)
        assert halves.add(order[0], now=0) is None
        whole = halves.add(order[1], now=1)
        assert whole["features"] == {"feature_0": 1.5}
        assert whole["prediction_score"] == 0.5
        assert whole["tags"] == {"namespace": "prod", "endpoint": "canary", "component": "p"}
        assert "half" not in whole
        assert not len(halves)

    def test_those_that_never_meet_are_given_up_in_time(self):
        halves = Halves(patience=60)
        for place in range(3):
            halves.add({"prediction_id": str(place), "half": "request"}, now=place * 30)
        assert halves.given_up(now=59) == []
        assert halves.given_up(now=90) == [{"prediction_id": "0"}, {"prediction_id": "1"}]
        assert len(halves) == 1

    def test_the_same_half_again_changes_nothing(self):
        halves = Halves(patience=60)
        half = {"prediction_id": "1", "half": "request", "features": {}}
        assert halves.add(half, now=0) is None
        assert halves.add(half, now=1) is None
        assert halves.add({"prediction_id": "1", "half": "response"}, now=2) is not None


SPLIT = {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]}}


class TestMLflow:
    @pytest.mark.parametrize(
        "request_",
        [
            SPLIT,
            {"dataframe_records": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
            {"instances": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
            {"inputs": {"a": [1, 2], "b": ["x", "y"]}},
            orjson.dumps(SPLIT).decode(),
        ],
    )
    def test_scoring_bodies_of_every_form(self, request_):
        call = {"request": request_, "response": {"predictions": [0.5, 0.25]}, "request_id": "r"}
        verdict, records = received("mlflow", call, model_id="m")
        assert verdict.accepted == 2
        assert records[1] == {
            "features": {"a": 2, "b": "y"},
            "prediction_score": 0.25,
            "prediction_id": "r-1",
            "model_id": "m",
        }

    def test_an_inference_table_says_more(self):
        row = {
            "databricks_request_id": "d",
            "timestamp_ms": NOW // 1000,
            "status_code": 200,
            "execution_time_ms": 12,
            "sampling_fraction": 0.25,
            "request": orjson.dumps({"inputs": [[1.5]]}).decode(),
            "response": orjson.dumps({"predictions": ["ok"]}).decode(),
        }
        _verdict, (record,) = received("mlflow", [row], model_id="m")
        assert record == {
            "timestamp": NOW,
            "prediction_latency_ms": 12,
            "weight": 4.0,
            "status": "ok",
            "features": {"feature_0": 1.5},
            "prediction_label": "ok",
            "prediction_id": "d-0",
            "model_id": "m",
        }

    @pytest.mark.parametrize(
        ("call", "pointer"),
        [
            ([], None),
            ({"response": 1}, ""),
            ({"request": "{"}, "/request"),
            ({"request": {"x": 1}}, "/request"),
            ({"request": SPLIT, "response": {"predictions": [1]}}, "/response"),
            ({"request": {"inputs": {"a": [1], "b": [1, 2]}}}, "/request/inputs"),
        ],
    )
    def test_what_is_wrong_is_told(self, call, pointer):
        with pytest.raises(ProblemError) as caught:
            received("mlflow", call, model_id="m", generate_ids=True)
        if pointer is not None:
            assert caught.value.errors[0]["pointer"] == pointer
