"""Rows over the API: pages with filters, SQL, export; personal data for those who may see it."""

import csv
import io
import json
import random

import pyarrow.parquet as pq
import pytest
from series_api import HOURS, history, micros, moment
from worker_case import START, prediction


@pytest.fixture
def filled(api):
    """Rows in parts and in the log."""
    sent = history(api, hours=3, a_hour=40, tags=lambda c: {"region": c.choice(["eu", "us"])})
    api.case.write_parts()
    chance = random.Random(9)
    more = [
        prediction(chance, f"late-{n}", at=START + 3 * HOURS + n, tags={"region": "eu"})
        for n in range(30)
    ]
    api.case.send(more, START + 4 * HOURS)
    api.case.count()
    return api, sent + more


def ids(records):
    return [record["prediction_id"] for record in records]


def test_rows_are_given_newest_first_in_pages(filled):
    api, sent = filled
    met, cursor = [], None
    while True:
        page = api.get("models/m/records", limit=40, cursor=cursor)
        met += page["records"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(met) == len(sent)
    newest = sorted(sent, key=lambda record: record["timestamp"], reverse=True)
    assert [micros(each["timestamp"]) for each in met] == [r["timestamp"] for r in newest]
    assert sorted(ids(met)) == sorted(ids(sent))
    by_id = {record["prediction_id"]: record for record in sent}
    for record in met:
        own = by_id[record["prediction_id"]]
        told = {k: v for k, v in record["features"].items() if v is not None}
        assert told == own["features"]
        assert record["prediction_score"] == own["prediction_score"]


def test_rows_are_filtered(filled):
    api, sent = filled
    eu = api.get("models/m/records", **{"tag.region": "eu", "limit": 1000})["records"]
    assert sorted(ids(eu)) == sorted(ids(r for r in sent if r["tags"]["region"] == "eu"))
    found = api.get(
        "models/m/records", **{"feature.plan": "pro", "features.is_new": "true", "limit": 1000}
    )["records"]
    assert sorted(ids(found)) == sorted(
        ids(r for r in sent if r["features"]["plan"] == "pro" and r["features"]["is_new"])
    )
    age = next(r["features"]["age"] for r in sent if "age" in r["features"])
    found = api.get("models/m/records", **{"feature.age": age, "limit": 1000})["records"]
    assert sorted(ids(found)) == sorted(ids(r for r in sent if r["features"].get("age") == age))
    one = sent[50]["prediction_id"]
    assert ids(api.get("models/m/records", prediction_id=one)["records"]) == [one]
    span = api.between("models/m/records", START + HOURS, START + 2 * HOURS, limit=1000)
    assert len(span["records"]) == 40
    assert api.get("models/m/records", version="none")["records"] == []
    api.get("models/m/records", colour="red", status=422)
    api.get("models/m/records", cursor="bad", status=422)
    api.get("models/none/records", status=404)
    api.get("models/m/records", **{"feature.plan": "pro' or 1=1"})


def test_numbers_that_json_lacks_are_told_in_words(api):
    rows = [prediction(random.Random(n), n, at=START + n) for n in range(3)]
    for record, value in zip(rows, (float("nan"), float("inf"), -float("inf")), strict=True):
        record["features"]["amount"] = value
    api.case.send(rows, START + HOURS, as_arrow=True)
    api.case.count()
    told = api.get("models/m/records")["records"]
    assert [each["features"]["amount"] for each in told] == ["-Infinity", "Infinity", "NaN"]


def test_sql_reads_rows_and_nothing_else(filled):
    api, sent = filled

    def ask(sql, status=200, **more):
        body = {"model_id": "m", "sql": sql, **more}
        return api.ask("POST", "sql", role="read", status=status, json=body)

    told = ask('select "tags.region" r, count(*) n from predictions group by 1 order by 1')
    assert dict(told["rows"]) == {
        region: sum(r["tags"]["region"] == region for r in sent) for region in ("eu", "us")
    }
    assert [each["name"] for each in told["columns"]] == ["r", "n"]
    some = ask("select prediction_id from predictions order by 1", limit=5)
    assert some["is_truncated"]
    assert len(some["rows"]) == 5
    spanned = ask(
        "select count(*) from predictions",
        start_time=moment(START),
        end_time=moment(START + HOURS),
    )
    assert spanned["rows"] == [[40]]
    assert ask("select count(*) from labels")["rows"] == [[0]]
    told = ask("select 'nan'::double, timestamp from predictions limit 1")["rows"][0]
    assert told[0] == "NaN"
    for wrong in (
        "drop table predictions",
        "select * from read_csv('/etc/passwd')",
        "not sql",
    ):
        ask(wrong, status=422)
    ask("", status=422)
    ask("select 1", status=422, limit=0)
    api.ask("POST", "sql", status=404, json={"model_id": "none", "sql": "select 1"})


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_rows_are_exported(kind, filled):
    api, sent = filled
    more = [prediction(random.Random(n), f"x-{n}", at=START + 4 * HOURS) for n in range(4)]
    for record in more:
        record["features"]["age"] = "old"
    api.case.send(more, START + 5 * HOURS)
    api.case.count()
    sent = sent + more
    answer = api.key("read").get("export", params={"model_id": "m", "format": kind})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    if kind == "json":
        found = [json.loads(line) for line in answer.text.splitlines()]
        ages = [record["features"].get("age") for record in found]
    elif kind == "csv":
        found = list(csv.DictReader(io.StringIO(answer.text)))
        ages = [record["features@text.age"] or record["features.age"] for record in found]
    else:
        found = pq.read_table(io.BytesIO(answer.content)).to_pylist()
        ages = [record["features@text.age"] or record["features.age"] for record in found]
    assert sorted(ids(found)) == sorted(ids(sent))
    assert sum(age == "old" for age in ages) == 4
    known = [float(age) for age in ages if age not in (None, "", "old")]
    assert sum(known) == sum(r["features"]["age"] for r in sent[:-4] if "age" in r["features"])
    assert api.get("audit", role="admin")["entries"][0]["what"] == "rows.export"


def test_a_span_is_exported_alone(filled):
    api, _sent = filled
    params = {
        "model_id": "m",
        "format": "json",
        "start_time": moment(START + HOURS),
        "end_time": moment(START + 2 * HOURS),
    }
    assert len(api.key("read").get("export", params=params).text.splitlines()) == 40
    assert (
        api.key("read").get("export", params={"model_id": "m", "format": "xls"}).status_code == 422
    )
    api.get("export", model_id="none", status=404)
    for kind in ("labels", "feedback"):
        for form in ("json", "csv", "parquet"):
            answer = api.key("read").get(
                "export", params={"model_id": "m", "kind": kind, "format": form}
            )
            assert answer.status_code == 200


def test_personal_data_is_for_those_who_may_see_it(filled):
    api, _sent = filled
    api.ask(
        "PATCH",
        "models/m",
        json={"tags": {"pii": "features.age, prediction_label"}},
        headers={"If-Match": "*"},
    )
    (record,) = api.get("models/m/records", limit=1)["records"]
    assert "prediction_label" not in record
    assert "age" not in record["features"]
    api.get("models/m/records", **{"feature.age": 20, "status": 403})
    sql = {"model_id": "m", "sql": 'select max("features.age") from predictions'}
    api.ask("POST", "sql", role="read", status=422, json=sql)
    star = {"model_id": "m", "sql": "select * from predictions limit 1"}
    told = api.ask("POST", "sql", role="read", json=star)
    assert "features.age" not in {each["name"] for each in told["columns"]}
    text = api.key("read").get("export", params={"model_id": "m", "format": "csv"}).text
    assert "features.age" not in text.splitlines()[0]
    names = {
        each["name"]
        for path, part in (("profile", "features"), ("quality", "columns"))
        for each in api.between(f"models/m/{path}", START, START + 4 * HOURS)[part]
    }
    assert "features.amount" in names
    assert not names & {"features.age", "prediction_label"}
    trusted = api.key("read", pii=True)
    (record,) = trusted.get("models/m/records?limit=1").json()["records"]
    assert "prediction_label" in record
    assert trusted.post("sql", json=sql).status_code == 200
