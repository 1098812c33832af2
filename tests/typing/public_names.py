"""The public names as a user's own code has them: checked by pyright, never run."""

from pathlib import Path
from typing import assert_type

import tidegauge as tg


def compares() -> None:
    report = tg.compare("a.parquet", Path("b.csv"), schema={"zip": "category"}, joint=True)
    assert_type(report, tg.Report)
    assert_type(report.drifted, bool)
    assert_type(report.drifted_features, list[str])
    assert_type(report["age"].score, float)
    assert_type(report.to_html(), str)


def profiles() -> None:
    reference = tg.Profile.of({"x": [1.0]})
    assert_type(reference.merge(tg.Profile.of({"x": [2.0]}, reference.layout)), tg.Profile)
    assert_type(tg.decode(tg.encode(reference)), tg.Profile)
    assert_type(tg.schema_of({"x": [1.0]}).edit(x="category"), tg.Schema)
    assert_type(tg.Detector(reference).add_sample({"x": 1.0}) is None, bool)


def steers() -> None:
    with tg.Server("http://localhost:8712", "k") as server:
        assert_type(server.add_suppression_rule("drift", None, 3, 3600), list[str])
        server.set_alert_threshold("error_rate", "max", 0.02, "critical")
        server.set_alert_threshold("error_rate", "above", 0.02)  # pyright: ignore[reportArgumentType]


def logs() -> None:
    client = tg.Client("http://localhost:8712", api_key="k")
    assert_type(client.log(model_id="m", features={"a": 1}), str)
    client.log_actual(model_id="m", prediction_id="p", actual_label="ok")
    client.log_metric("cache", 0.5, {"region": "eu"})
    assert_type(client.stats().calls, int)
    assert_type(client.flush(timeout=1.0), bool)
    client.log(modle_id="m")  # pyright: ignore[reportCallIssue]
