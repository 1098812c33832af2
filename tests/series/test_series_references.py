"""References and schemas that people give: the worker counts by them from then on."""

import io
import os
import random
import signal
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from series_api import HOURS, history, moment
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from worker_case import START, prediction

from tidegauge.catalog import baselines
from tidegauge.errors import InputError
from tidegauge.series import outcome
from tidegauge.series.apart import made_apart

END = START + 6 * HOURS


@pytest.fixture
def filled(api):
    return api, history(api, hours=6, a_hour=60)


def span(start, stop, **more):
    return {"start_time": moment(start), "end_time": moment(stop), "name": "calm", **more}


def test_a_span_of_rows_becomes_the_reference(filled):
    api, sent = filled
    api.case.write_parts()
    wanted = span(START + HOURS, START + 3 * HOURS, why="after the release")
    made = api.ask("POST", "models/m/references", status=201, json=wanted)
    assert (made["number"], made["source"], made["rows"]) == (2, "range", 120)
    assert (made["is_current"], made["version"]) == (True, None)
    listed = api.get("models/m/references")
    assert [(each["number"], each["is_current"]) for each in listed] == [(2, True), (1, False)]
    told = api.between("models/m/profile", START, END)
    assert (told["rows"], told["other_rows"]) == (360, 360)
    # The worker looks for what has changed with its next commit.
    api.case.send([prediction(random.Random(0), "next", at=END)], END)
    api.case.count()
    told = api.between("models/m/profile", START, END, feature="amount")
    assert (told["rows"], told["other_rows"]) == (360, 0)
    own = [r["features"]["amount"] for r in sent]
    (only,) = told["features"]
    assert only["current"]["mean"] == pytest.approx(np.mean(own))
    inside = [
        r["features"]["amount"] for r in sent if START + HOURS <= r["timestamp"] < START + 3 * HOURS
    ]
    assert only["reference"]["mean"] == pytest.approx(np.mean(inside))
    assert told["baseline"]["name"] == "calm"
    entry = api.get("audit", role="admin")["entries"][0]
    assert (entry["what"], entry["detail"]["number"]) == ("reference.make", 2)


def test_a_wrong_span_makes_none(filled):
    api, _sent = filled
    path = "models/m/references"
    api.ask("POST", path, status=422, json=span(END, START))
    api.ask("POST", path, status=422, json=span(END + HOURS, END + 2 * HOURS))
    api.ask("POST", path, status=422, json={"start_time": moment(START)})
    api.ask("POST", path, status=422, json=span(START, END, colour="red"))
    api.ask("POST", path, status=422, json=span(START, END, version="none"))
    api.ask("POST", path, status=400, content="{", headers={"Content-Type": "application/json"})
    api.ask("POST", path, status=415, content="x", headers={"Content-Type": "text/plain"})
    api.ask("POST", path, role="read", status=403, json=span(START, END))
    api.ask("POST", "models/none/references", status=404, json=span(START, END))
    assert len(api.get(path)) == 1


def training(rows=500):
    chance = np.random.default_rng(4)
    return pa.table(
        {
            "amount": chance.lognormal(3, 1, rows).round(2),
            "plan": chance.choice(["free", "pro"], rows),
            "age": chance.integers(18, 90, rows),
            "y_pred": chance.choice(["yes", "no"], rows),
            "prediction_score": chance.random(rows),
            "target": chance.choice(["yes", "no"], rows),
            "prediction_id": [f"t-{n}" for n in range(rows)],
        }
    )


def packed(table, kind):
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, sink)
        return sink.getvalue(), "application/vnd.apache.parquet"
    if kind == "csv":
        pyarrow.csv.write_csv(table, sink)
        return sink.getvalue(), "text/csv"
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue(), "application/vnd.apache.arrow.stream"


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_a_file_becomes_the_reference(kind, filled):
    api, _sent = filled
    body, media = packed(training(), kind)
    headers = {"Content-Type": media}
    path = "models/m/baseline?name=training-7&why=retrained"
    made = api.ask("POST", path, status=201, content=body, headers=headers)
    assert (made["source"], made["rows"], made["name"]) == ("upload", 500, "training-7")
    assert made["has_file"]
    kept = [name for name in api.case.store.names() if name.startswith("references/")]
    assert len(kept) == 1
    assert (api.case.store.directory / kept[0]).read_bytes() == body
    columns = {each["name"]: each for each in api.get("models/m/schema")["columns"]}
    assert columns.keys() == {
        "features.amount",
        "features.plan",
        "features.age",
        "prediction_label",
        "prediction_score",
    }
    assert columns["prediction_label"]["role"] == "prediction"
    api.case.send([prediction(random.Random(0), "next", at=END)], END)
    api.case.count()
    told = api.between("models/m/quality", START, END)
    assert told["other_rows"] == 0
    plan = next(each for each in told["columns"] if each["name"] == "features.plan")
    assert plan["new_values"] == ["team"]
    assert not list((api.case.folder / "uploads").iterdir())


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_labels_of_a_file_are_a_baseline(kind, filled):
    api, _sent = filled
    table = training()
    # Of some rows the truth is not known.
    true = [None if n % 5 == 0 else each for n, each in enumerate(table["target"].to_pylist())]
    body, media = packed(table.set_column(5, "target", pa.array(true)), kind)
    path = "models/m/baseline"
    made = api.ask("POST", path, status=201, content=body, headers={"Content-Type": media})
    assert made["labelled"] == 400
    with api.case.catalog.read() as connection:
        kept = baselines.latest(connection, [1])[1]
        point = outcome.of_baseline(connection, None, [], kept)
    figures = point.figures("yes")
    known = [n for n in range(500) if true[n] is not None]
    said, score = (table[name].to_pylist() for name in ("y_pred", "prediction_score"))
    pairs = [true[n] for n in known], [said[n] for n in known]
    expected = accuracy_score(*pairs)
    assert figures["accuracy"].value == pytest.approx(expected)
    assert figures["accuracy"].low < expected < figures["accuracy"].high
    assert figures["f1"].value == pytest.approx(f1_score(*pairs, pos_label="yes"))
    auc = roc_auc_score([true[n] == "yes" for n in known], [score[n] for n in known])
    assert figures["roc_auc"].value == pytest.approx(auc, abs=figures["roc_auc"].bound + 1e-9)
    assert "label_delay" not in figures


def test_numbers_of_a_file_are_a_baseline_of_a_regression(filled):
    api, _sent = filled
    chance = np.random.default_rng(2)
    said, true = chance.normal(5, 2, 300), chance.normal(5, 2, 300)
    table = pa.table({"x": said + 1, "prediction_score": said, "actual_score": true})
    body, media = packed(table, "parquet")
    path = "models/m/references"
    made = api.ask("POST", path, status=201, content=body, headers={"Content-Type": media})
    assert made["labelled"] == 300
    with api.case.catalog.read() as connection:
        point = outcome.of_baseline(connection, None, [], baselines.latest(connection, [1])[1])
    figures = point.figures(None)
    assert figures["mae"].value == pytest.approx(np.abs(said - true).mean())
    assert figures["rmse"].value == pytest.approx(np.sqrt(((said - true) ** 2).mean()))


def test_a_file_without_labels_is_none(filled):
    api, _sent = filled
    body, media = packed(training().drop_columns(["target"]), "parquet")
    path = "models/m/baseline"
    made = api.ask("POST", path, status=201, content=body, headers={"Content-Type": media})
    assert made["labelled"] == 0


def test_a_forged_file_is_refused(filled):
    api, _sent = filled
    # An offset of a text that points far outside of the texts: what reads it unseen dies.
    sink = pa.BufferOutputStream()
    texts = pa.array([f"value-{n:03}" for n in range(200)])
    table = pa.table({"plan": texts, "x": [float(n) for n in range(200)]})
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    body = bytearray(sink.getvalue().to_pybytes())
    offset = struct.pack("<ii", 100 * 9, 101 * 9)
    at = body.index(offset)
    body[at : at + 4] = struct.pack("<i", 1 << 30)
    arrow = {"Content-Type": "application/vnd.apache.arrow.stream"}
    told = api.ask("POST", "models/m/references", status=422, content=bytes(body), headers=arrow)
    assert "the file" in told["detail"] or "Arrow" in told["detail"]
    assert len(api.get("models/m/references")) == 1


def test_only_the_process_that_reads_a_file_dies_of_it(tmp_path):
    # Nobody writes into this pipe: its reader waits until it is killed.
    path = tmp_path / "endless.csv"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(made_apart, path, None, START)
        while not (found := readers(path)):
            assert not asked.done()
        os.kill(found.pop(), signal.SIGKILL)
        with pytest.raises(InputError, match="memory and time"):
            asked.result()


def readers(path):
    """The processes whose command line names it."""
    return [
        int(each.parent.name)
        for each in Path("/proc").glob("[0-9]*/cmdline")
        if path.name.encode() in _read(each)
    ]


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_file_that_is_none_makes_none(filled):
    api, _sent = filled
    for media in ("application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"):
        told = api.ask(
            "POST",
            "models/m/references",
            status=422,
            content=b"PAR1 not at all",
            headers={"Content-Type": media},
        )
        assert "upload-" not in told["detail"]
    body, media = packed(training(5), "parquet")
    api.ask(
        "POST", "models/m/references", status=422, content=body, headers={"Content-Type": media}
    )
    assert not [name for name in api.case.store.names() if name.startswith("references/")]
    assert len(api.get("models/m/references")) == 1


def test_a_schema_is_edited_and_counted_by(api):
    history(api, hours=6, a_hour=60, pin=False, tags=lambda c: {"region": c.choice(["eu", "us"])})
    before = api.get("models/m/schema")
    kinds = {each["name"]: each["kind"] for each in before["columns"]}
    assert kinds["features.age"] == "numeric"
    wanted = {
        "columns": {"features.age": {"kind": "category"}, "features.is_new": {"role": "ignore"}},
        "segments": ["tags.region"],
        "why": "age groups",
    }
    after = api.ask("PUT", "models/m/schema", json=wanted)
    assert after["number"] == before["number"] + 1
    assert after["segments"] == ["tags.region"]
    assert after["why"] == "age groups"
    columns = {each["name"]: each for each in after["columns"]}
    assert columns["features.age"]["kind"] == "category"
    assert columns["features.age"]["why"] == "set by you"
    assert columns["features.is_new"]["role"] == "ignore"
    chance = random.Random(0)
    more = [prediction(chance, f"next-{n}", at=END, tags={"region": "eu"}) for n in range(5)]
    api.case.send(more, END)
    api.case.count()
    told = api.between("models/m/profile", START, END, feature="age")
    assert told["other_rows"] == 0
    assert told["features"][0]["kind"] == "category"
    assert [each["segment"] for each in api.get("models/m/segments")] == [
        "tags.region=eu",
        "tags.region=us",
    ]


def test_what_people_said_of_columns_holds_for_the_next_reference(filled):
    api, _sent = filled
    wanted = {"columns": {"features.age": {"kind": "category"}}}
    api.ask("POST", "models/m/references", status=201, json=span(START, END))
    api.ask("PUT", "models/m/schema", json=wanted)
    api.ask("POST", "models/m/references", status=201, json=span(START, START + 3 * HOURS))
    columns = {each["name"]: each for each in api.get("models/m/schema")["columns"]}
    assert columns["features.age"]["kind"] == "category"


def test_a_schema_that_somebody_else_changed_is_not_written_over(api):
    history(api, hours=2, a_hour=60, pin=False)
    seen = api.get("models/m/schema")["revision"]
    stale = {"If-Match": f'"{seen}"'}
    api.ask("PATCH", "models/m", headers=stale, json={"owner": "ada"})
    wanted = {"columns": {"features.age": {"kind": "category"}}}
    told = api.ask("PUT", "models/m/schema", status=412, headers=stale, json=wanted)
    assert "read it again" in told["detail"]
    fresh = {"If-Match": f'"{api.get("models/m/schema")["revision"]}"'}
    after = api.ask("PUT", "models/m/schema", headers=fresh, json=wanted)
    assert after["revision"] > seen + 1


def test_a_wrong_schema_changes_nothing(filled):
    api, _sent = filled
    path = "models/m/schema"
    for wrong in (
        {"columns": {"features.none": {"kind": "category"}}},
        {"columns": {"features.age": {"kind": "colour"}}},
        {"columns": {"features.age": {"shape": "round"}}},
        {"segments": ["features.amount"]},
        {"segments": ["nothing"]},
        {"more": 1},
    ):
        api.ask("PUT", path, status=422, json=wrong)
    api.ask("PUT", path, role="read", status=403, json={"segments": []})
    # The rows that the reference was made of by hand are not kept anywhere.
    api.ask("PUT", path, status=409, json={"columns": {"features.age": {"kind": "category"}}})
    api.ask("POST", "models", status=201, json={"model_id": "bare"})
    api.ask("PUT", "models/bare/schema", status=409, json={"columns": {"x": {"kind": "text"}}})
    assert api.get(path)["number"] == 1
