"""Models over the API: listed by pages, made, changed by who saw them, archived, erased."""

import random

import httpx
import pytest
from series_api import DAYS, HOURS, history, micros, moment
from worker_case import START, prediction

from tidegauge.catalog import parts
from tidegauge.window import SECOND


@pytest.fixture
def models(api):
    for name in ("beta", "alpha", "gamma-1", "gamma-2"):
        api.ask("POST", "models", status=201, json={"model_id": name})
    return api


def test_a_list_is_given_in_pages(models):
    met, cursor = [], None
    while True:
        page = models.get("models", limit=3, cursor=cursor)
        met += [each["model_id"] for each in page["models"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert met == ["alpha", "beta", "gamma-1", "gamma-2"]
    found = models.get("models", search="AMMA")["models"]
    assert [each["model_id"] for each in found] == ["gamma-1", "gamma-2"]
    assert {each["state"] for each in found} == {"empty"}
    models.get("models", limit=0, status=422)
    models.get("models", limit=1001, status=422)
    for cursor in ("x", "W10", "WzFd", "!!"):
        models.get("models", cursor=cursor, status=422)


def test_a_tenant_sees_its_own(models):
    assert models.get("models", tenant="other")["models"] == []
    models.get("models/alpha", tenant="other", status=404)
    models.ask("DELETE", "models/alpha", tenant="other", status=404)


def test_roles_are_enough_or_refused(models):
    models.ask("POST", "models", role="read", status=403, json={"model_id": "x"})
    models.ask("DELETE", "models/alpha", role="read", status=403)
    models.ask("DELETE", "models/alpha?erase=true", role="write", status=403)
    models.ask("GET", "models", role="ingest", status=403)
    models.get("audit", role="write", status=403)
    assert httpx.get(f"{models.url}/api/v1/models").status_code == 401


def test_a_model_is_made_once(models):
    models.ask("POST", "models", status=409, json={"model_id": "alpha"})
    models.ask("POST", "models", status=422, json={"model_id": "no spaces"})
    models.ask("POST", "models", status=422, json={"model_id": "x", "colour": "red"})
    models.get("models/none", status=404)


def test_a_change_names_what_it_saw(models):
    etag = models.key("read").get("models/alpha").headers["etag"]
    path, wanted = "models/alpha", {"owner": "ann", "tags": {"team": "risk"}, "hot_days": 30}
    models.ask("PATCH", path, status=428, json=wanted)
    models.ask("PATCH", path, status=412, json=wanted, headers={"If-Match": '"99"'})
    changed = models.ask("PATCH", path, json=wanted, headers={"If-Match": etag})
    assert (changed["owner"], changed["tags"], changed["hot_days"]) == ("ann", {"team": "risk"}, 30)
    models.ask("PATCH", path, status=412, json={"owner": "bob"}, headers={"If-Match": etag})
    shown = models.get(path)
    assert shown["owner"] == "ann"
    assert shown["description"] == ""
    (entry,) = [
        each
        for each in models.get("audit", role="admin")["entries"]
        if each["what"] == "model.change"
    ]
    assert entry["subject"] == "default/alpha"
    assert entry["detail"]["owner"] == "ann"
    assert entry["who"].startswith("write (")


def test_an_archived_model_is_out_of_the_list_and_can_come_back(models):
    models.ask("DELETE", "models/beta", status=204)
    names = [each["model_id"] for each in models.get("models")["models"]]
    assert names == ["alpha", "gamma-1", "gamma-2"]
    assert len(models.get("models", archived="true")["models"]) == 4
    assert models.get("models/beta")["archived_at"] is not None
    models.ask("PATCH", "models/beta", json={"archived": False}, headers={"If-Match": "*"})
    assert len(models.get("models")["models"]) == 4


def test_an_erased_model_leaves_nothing(api):
    history(api, hours=2)
    api.case.write_parts()
    with api.case.catalog.read() as connection:
        (model,) = [api.case.model("m")]
        files = [part.file for part in parts.live(connection, model.id, "predictions")]
    assert files
    assert set(files) <= set(api.case.store.names())
    api.ask("DELETE", "models/m?erase=true", role="admin", status=204)
    api.get("models/m", status=404)
    assert not set(files) & set(api.case.store.names())
    assert api.get("audit", role="admin")["entries"][0]["what"] == "model.erase"
    # What comes later is of another model of that name; the worker may have to start again.
    api.case.restart()
    api.case.send([prediction(random.Random(0), "again", at=START + 2 * HOURS)], START + 2 * HOURS)
    api.case.count()
    assert api.get("models/m")["rows"] == 1


def test_a_list_tells_how_each_model_does(api):
    sent = history(api, hours=3, a_hour=50)
    api.case.send([prediction(random.Random(0), 1, model="new")], START + 3 * HOURS)
    api.case.count()
    told = {each["model_id"]: each for each in api.get("models")["models"]}
    assert told["m"]["state"] == "watched"
    assert told["new"]["state"] == "learning"
    assert told["m"]["rows"] == len(sent)
    last = max(record["timestamp"] for record in sent)
    assert micros(told["m"]["last_seen"]) == last - last % (60 * SECOND)
    api.case.write_parts()
    assert api.get("models/m")["rows"] == len(sent)


def test_the_rate_of_the_last_day_is_counted_by_the_hour(api):
    import time

    now = time.time_ns() // 1000
    chance = random.Random(3)
    rows = [prediction(chance, n, at=now - n * 30 * 60 * SECOND) for n in range(40)]
    api.case.send(rows, now)
    api.case.count()
    rate = api.get("models/m")["rate_24h"]
    assert sum(rate) == 40
    assert len(rate) == 24
    assert rate[0] == rate[1] == 0
    status = api.get("models/m/status")
    assert status["drift_status"] == "learning"
    assert status["overall_status"] in {"healthy", "warning"}
    assert status["traffic"]["total_predictions"] == 40
    system = api.get("dashboard/system")
    assert (system["models"], system["active_models"], system["rows"]) == (1, 1, 40)
    assert system["predictions_24h"] == 40
    assert system["system_health"]["disk_bytes"] > 0
    assert system["alerts_summary"] == {"low": 0, "medium": 0, "high": 0, "critical": 0}
    page = api.get("dashboard/model/m")
    assert page["current_performance"]["total_predictions"] == 40
    assert page["model_info"]["model_id"] == "m"
    trends = api.get("dashboard/trends/m", days=1)
    assert trends["period_days"] == 1
    assert trends["data_points"] == len(trends["timestamps"]) in {24, 25}
    known = [each for each in trends["confidence_trend"] if each is not None]
    assert known
    assert all(0 <= each <= 1 for each in known)
    minutes = sum(
        rate * (60 if n < trends["data_points"] - 1 else (now % HOURS) / 60e6)
        for n, rate in enumerate(trends["throughput_trend"])
    )
    assert minutes == pytest.approx(40, rel=0.2)
    api.get("dashboard/trends/m", days=0, status=422)
    api.get("dashboard/model/none", status=404)


def test_the_watermark_tells_what_waits(api):
    history(api, hours=2, a_hour=20)
    told = api.get("models/m/watermark")
    assert (told["waiting_rows"], told["lag_seconds"]) == (0, 0)
    assert micros(told["counted_at"]) == START + 2 * HOURS
    rows = [prediction(random.Random(1), f"w-{n}") for n in range(7)]
    api.case.send(rows, START + 2 * HOURS + 1)
    told = api.get("models/m/watermark")
    assert told["waiting_rows"] == 7
    assert told["lag_seconds"] > 3600
    health = api.ask("GET", f"{api.url}/health", role="read")
    assert health["status"] == "warning"
    assert "worker" in health["recommendations"][0]
    api.case.count()
    assert api.get("models/m/watermark")["waiting_rows"] == 0
    assert api.ask("GET", f"{api.url}/health", role="read")["status"] == "healthy"


SPANNED = ("profile", "drift", "drift/overall", "traffic", "quality")


@pytest.mark.parametrize("path", SPANNED)
def test_a_wrong_span_is_refused_and_an_empty_one_answered(path, api):
    history(api, hours=1, a_hour=5)
    path = f"models/m/{path}"
    api.between(path, START + HOURS, START, status=422)
    api.get(path, start_time="yesterday", status=422)
    api.get(path, start_time="2026-09-21T10:00:00", status=422)
    api.get(path, start_time="0001-01-01T00:00:00Z", status=422)
    api.get(path, end_time="9999-12-31T23:59:59Z", status=422)
    api.between(path.replace("/m/", "/none/"), START, START + HOURS, status=404)
    api.between(path, START + 10 * DAYS, START + 11 * DAYS)
    api.get(path, version="none", status=422)


def test_a_model_without_rows_is_answered(api):
    api.ask("POST", "models", status=201, json={"model_id": "bare"})
    for path in (*SPANNED, "status", "watermark", "versions", "segments", "schema", "references"):
        api.get(f"models/bare/{path}")
    assert api.get("models/bare/records") == {"records": [], "next": None}
    assert api.get("models/bare/status")["overall_status"] == "unknown"
    for path in ("dashboard/model/bare", "dashboard/trends/bare"):
        api.get(path)
    assert api.get("models/bare/drift")["learning"]
    assert moment(0).startswith("1970")


def test_a_task_is_guessed_until_somebody_says_it(api):
    chance = random.Random(1)
    api.case.send([prediction(chance, n) for n in range(60)], START)
    api.case.count()
    seen = api.get("models/m")
    assert (seen["task"], seen["is_task_yours"]) == ("binary", False)
    api.ask("PATCH", "models/m", status=422, json={"task": "dreaming"})
    seen = {"If-Match": f'"{seen["revision"]}"'}
    api.ask("PATCH", "models/m", json={"task": "ranking"}, headers=seen)
    api.case.send([prediction(chance, n) for n in range(60, 1100)], START + SECOND)
    api.case.count()
    seen = api.get("models/m")
    assert (seen["task"], seen["is_task_yours"]) == ("ranking", True)
    (listed,) = api.get("models")["models"]
    assert listed["task"] == "ranking"
