"""Monitors, what they found, and a look at once, as the API tells them."""

import random
from collections import Counter

import httpx
import jsonschema_rs
import pytest
from series_api import DAYS, HOURS, history, micros, moment
from worker_case import MINUTES, START, prediction

from tidegauge.catalog import models, monitors, readings, targets
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Of, Told
from tidegauge.monitor.usual import documents
from tidegauge.worker.judge import GRACE, Judge
from tidegauge.worker.roll import KEPT

SLOW = {
    "name": "slow",
    "kind": "metric",
    "metric": "latency_avg_ms",
    "conditions": [{"max": 10, "severity": "high"}],
}
FEW = {"name": "few calls", "metric": "predictions", "conditions": [{"min": 1}]}


def named(found):
    return {each["name"]: each for each in found["monitors"]}


def put(api, documents, *, dry_run=False, status=200, role="write", **headers):
    body = {"monitors": documents, "dry_run": dry_run}
    return api.ask("PUT", "monitors", json=body, status=status, role=role, headers=headers)


def told(plan):
    return {each["name"]: each["what"] for each in plan["steps"]}


def audited(api, what):
    found = api.get("audit", role="admin", limit=1000)["entries"]
    return [each for each in found if each["what"] == what]


def judged(api, upto):
    """As the judge does it, up to a moment."""
    api.case.count()
    judge = Judge(api.case.catalog, api.case._reader, KEPT, clock=lambda: upto + GRACE)
    while judge.step():
        pass


OFF = [{**each, "enabled": False} for each in documents()]
"""The usual ones, switched off."""


def readings_of(api, hours=1, model="m", **params):
    span = {"start_time": moment(START), "end_time": moment(START + hours * HOURS)}
    answer = api.key("read").get(f"models/{model}/readings", params={**span, **params})
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()


def minute(chance, n, at, rows=30, **more):
    return [
        prediction(chance, f"{n}-{k}", at=at + k * MINUTES // rows, **more) for k in range(rows)
    ]


class TestTheSet:
    def test_a_tenant_begins_with_the_usual(self, api):
        history(api, hours=1)
        found = api.get("monitors")
        assert {each["name"] for each in documents()} == named(found).keys()
        assert {(each["origin"], each["models"]) for each in found["monitors"]} == {("default", 1)}
        other = api.get("monitors", tenant="other")
        assert {each["models"] for each in other["monitors"]} == {0}

    def test_files_are_applied_whole_and_tell_what_they_did(self, api):
        first = put(api, [SLOW, FEW], dry_run=True, role="read")
        assert (first["added"], first["dry_run"]) == (2, True)
        assert "slow" not in named(api.get("monitors"))
        assert put(api, [SLOW, FEW])["added"] == 2
        assert put(api, [SLOW, FEW])["unchanged"] == 2
        api.ask("POST", "monitors", json={"name": "mine", "kind": "drift"}, status=201)
        changed = {**SLOW, "conditions": [{"max": 20, "severity": "high"}]}
        plan = put(
            api, [changed, {"name": "mine", "kind": "drift"}, {"kind": "drift", "name": "drift"}]
        )
        assert told(plan) == {
            "slow": "changed",
            "few calls": "removed",
            "mine": "changed",
            "drift": "changed",
        }
        steps = {each["name"]: each for each in plan["steps"]}
        assert steps["slow"]["differences"] == [
            {"field": "conditions[0].max", "old": 10.0, "new": 20.0}
        ]
        assert (steps["mine"]["takes_over"], steps["drift"]["takes_over"]) == ("api", "default")
        now = named(api.get("monitors"))
        assert {name: each["origin"] for name, each in now.items() if name in steps} == {
            "slow": "file",
            "mine": "file",
            "drift": "file",
        }
        assert now["slow"]["revision"] == 2
        (last, *_) = audited(api, "monitors.apply")
        assert last["detail"] == {"changed": ["drift", "mine", "slow"], "removed": ["few calls"]}
        # What changes nothing is no entry.
        assert len(audited(api, "monitors.apply")) == 2

    def test_all_faults_at_once_and_nothing_changes(self, api):
        wrong = [
            SLOW,
            {**SLOW, "name": "b", "conditions": [{"max": 1, "min": 0}]},
            {**SLOW, "name": "c", "metric": "latncy_avg_ms"},
            {**SLOW, "name": "d", "conditions": [{"change": "1e999 %"}]},
            {**SLOW, "name": "e", "owner": "a\0b"},
            SLOW,
            {"name": "f", "kind": "drfit"},
            {"name": "g", "kind": "drift", "colour": 1},
        ]
        problem = put(api, wrong, status=422)
        assert {each["pointer"] for each in problem["errors"]} == {
            "/monitors/1/conditions/0",
            "/monitors/2/metric",
            "/monitors/3/conditions/0/change",
            "/monitors/4/owner",
            "/monitors/5/name",
            "/monitors/6",
            "/monitors/7/colour",
        }
        by = {each["pointer"]: each["detail"] for each in problem["errors"]}
        assert "did you mean 'latency_avg_ms'" in by["/monitors/2/metric"]
        assert "did you mean 'drift'" in by["/monitors/6"]
        assert "slow" not in named(api.get("monitors"))

    def test_only_what_was_shown_is_applied(self, api):
        body = {"monitors": [SLOW], "dry_run": True}
        etag = api.key("write").put("monitors", json=body).headers["ETag"]
        api.ask("POST", "monitors", json={**FEW}, status=201)
        put(api, [SLOW], status=412, **{"If-Match": etag})
        put(api, [SLOW], role="read", status=403)
        assert "slow" not in named(api.get("monitors"))
        assert put(api, [SLOW])["added"] == 1

    def test_pages_hold_each_once(self, api):
        put(api, [{**SLOW, "name": f"m {n:02}"} for n in range(30)])
        found, cursor = [], None
        while True:
            page = api.get("monitors", limit=7, cursor=cursor)
            found += [each["name"] for each in page["monitors"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == sorted(set(found))
        assert len(found) == 30 + len(documents())

    def test_the_schema_is_that_of_files(self, api):
        schema = api.get("monitors/schema")
        jsonschema_rs.validate(schema, {"monitors": [SLOW, *documents()]})


class TestOne:
    def test_is_made_changed_and_removed_by_who_saw_it(self, api):
        client = api.key("write")
        made = client.post("monitors", json=SLOW)
        assert (made.status_code, made.json()["origin"]) == (201, "api")
        etag = made.headers["ETag"]
        assert client.get("monitors/slow").headers["ETag"] == etag
        api.ask("POST", "monitors", json=SLOW, status=409)
        api.ask("PUT", "monitors/slow", json=SLOW, status=428)
        api.ask("DELETE", "monitors/slow", status=428)
        wanted = {key: value for key, value in SLOW.items() if key != "name"} | {"window": "1 h"}
        changed = client.put("monitors/slow", json=wanted, headers={"If-Match": etag})
        assert changed.json()["document"]["window"] == "1 h"
        assert changed.json()["revision"] == 2
        api.ask("PUT", "monitors/slow", json=SLOW, status=412, headers={"If-Match": etag})
        api.ask("PUT", "monitors/slow", json=FEW, status=422, headers={"If-Match": "*"})
        api.ask("DELETE", "monitors/slow", status=412, headers={"If-Match": etag})
        newest = changed.headers["ETag"]
        api.ask("DELETE", "monitors/slow", status=204, headers={"If-Match": newest})
        api.get("monitors/slow", status=404)
        assert [len(audited(api, f"monitor.{what}")) for what in ("make", "change", "remove")] == [
            1,
            1,
            1,
        ]
        # Made again it is another: what was seen before does not fit.
        client.post("monitors", json=SLOW)
        api.ask("DELETE", "monitors/slow", status=412, headers={"If-Match": etag})

    def test_a_change_here_leaves_it_with_its_keeper(self, api):
        put(api, [SLOW])
        api.get("monitors")
        wanted = {**SLOW, "enabled": False}
        api.ask("PUT", "monitors/slow", json=wanted, headers={"If-Match": "*"})
        usual = api.get("monitors/latency")["document"]
        api.ask(
            "PUT",
            "monitors/latency",
            json={**usual, "enabled": False},
            headers={"If-Match": "*"},
        )
        assert api.get("monitors/latency")["origin"] == "default"
        # The file says otherwise, and the plan shows it.
        (step,) = put(api, [SLOW], dry_run=True)["steps"]
        assert step["differences"] == [{"field": "enabled", "old": False, "new": True}]

    def test_faults_are_where_they_are(self, api):
        wrong = {**SLOW, "conditions": [{"max": 1}, {"mox": 1}], "window": "90 s"}
        problem = api.ask("POST", "monitors", json=wrong, status=422)
        pointers = {each["pointer"] for each in problem["errors"]}
        assert {"/conditions/1/mox", "/window"} <= pointers
        api.ask("POST", "monitors", json=[SLOW], status=422)
        api.ask("POST", "monitors", json=SLOW, role="read", status=403)

    def test_tenants_do_not_meet(self, api):
        api.ask("POST", "monitors", json=SLOW, status=201)
        api.get("monitors/slow", tenant="other", status=404)
        api.ask("DELETE", "monitors/slow", tenant="other", status=404, headers={"If-Match": "*"})


@pytest.fixture
def watched(api):
    """Forty minutes that were judged; the last ten were slow."""
    chance = random.Random(1)
    put(api, [SLOW, FEW, *OFF])
    api.case.pin("m", [prediction(chance, n) for n in range(500)])
    for n in range(40):
        latency = 5.0 if n < 30 else 50.0
        batch = minute(chance, n, START + n * MINUTES, prediction_latency_ms=latency)
        api.case.send(batch, START + (n + 1) * MINUTES - 1)
        if n % 10 == 0 or n == 39:
            judged(api, START + (n + 1) * MINUTES)
    return api


class TestReadings:
    def test_are_told_the_latest_first(self, watched):
        found = readings_of(watched, monitor="slow")
        slots = [micros(each["timestamp"]) for each in found["readings"]]
        assert slots == sorted(slots, reverse=True)
        assert slots[0] == START + 40 * MINUTES
        last = found["readings"][0]
        assert (last["status"], last["severity"], last["monitor"]) == ("breach", "high", "slow")
        assert last["value"] == pytest.approx(50)
        assert last["n"] == 150
        assert "is above 10" in last["reason"]

    def test_are_found_by_status_monitor_and_part(self, watched):
        def found(**asked):
            return readings_of(watched, limit=500, **asked)

        everything = found()["readings"]
        counted = Counter((each["monitor"], each["status"]) for each in everything)
        breaches = found(status="breach")["readings"]
        assert len(breaches) == counted["slow", "breach"] > 5
        assert {each["monitor"] for each in breaches} == {"slow"}
        assert len(found(status=["breach", "ok"])["readings"]) == len(everything)
        assert len(found(monitor="few calls")["readings"]) == counted["few calls", "ok"]
        assert len(found(version="", segment="")["readings"]) == len(everything)
        assert found(version="2")["readings"] == []
        refused = watched.key("read").get("models/m/readings", params={"status": "dire"})
        assert refused.status_code == 422

    def test_pages_hold_readings_then_hours_each_once(self, watched):
        whole = readings_of(watched, limit=1000)
        assert whole["next"] is None

        def oldest(connection):
            readings.down_sample(connection, START + 30 * DAYS)
            model = models.by_name(connection, "default", "m")
            held = targets.of_model(connection, model.id)
            newer = [
                Reading(
                    target=each.id,
                    slot=START + 2 * HOURS + n * MINUTES,
                    status="ok",
                    severity=None,
                    value=1.0,
                    n=9,
                    reason="",
                    detail=None,
                    revision=1,
                    made_at=START,
                )
                for each in held
                for n in range(10)
            ]
            readings.add(connection, newer)

        watched.case.catalog.write(oldest)
        seen, hours, cursor = [], [], None
        for _ in range(100):
            page = readings_of(watched, 3, limit=3, **({"cursor": cursor} if cursor else {}))
            assert len(page["readings"]) + len(page["hours"]) <= 3
            seen += [(each["monitor"], each["timestamp"]) for each in page["readings"]]
            hours += page["hours"]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 20
        assert [each["monitor"] for each in hours] in (["slow", "few calls"], ["few calls", "slow"])
        slow = next(each for each in hours if each["monitor"] == "slow")
        told = [each for each in whole["readings"] if each["monitor"] == "slow"]
        assert slow["readings"] == len(told)
        assert slow["breaches"] == sum(each["status"] == "breach" for each in told)
        assert slow["severity"] == "high"
        assert slow["high"] == pytest.approx(50)
        only = readings_of(watched, 3, status="breach")
        assert [each["monitor"] for each in only["hours"]] == ["slow"]

    def test_the_list_says_how_each_stands(self, watched):
        found = named(watched.get("monitors"))
        assert found["slow"]["standing"] == [{"status": "breach", "severity": "high", "targets": 1}]
        assert found["few calls"]["standing"][0]["status"] == "ok"
        assert micros(found["slow"]["last_at"]) == START + 40 * MINUTES
        assert (found["slow"]["models"], found["drift"]["models"]) == (1, 0)
        assert found["drift"]["standing"] == []

    @pytest.mark.parametrize("cursor", ["x", "WyJhIiwxLDJd", "WyJob3VyIiwtMSwyXQ"])
    def test_a_made_up_cursor_is_refused(self, watched, cursor):
        watched.get("models/m/readings", cursor=cursor, status=422)

    def test_personal_data_is_for_keys_that_may_see_it(self, watched):
        age = {"name": "oldest", "metric": "maximum", "column": "age", "conditions": [{"max": 1}]}
        put(watched, [age])
        etag = watched.key("write").get("models/m").headers["ETag"]
        watched.ask(
            "PATCH",
            "models/m",
            json={"tags": {"pii": "features.age"}},
            headers={"If-Match": etag},
        )
        judged(watched, START + 41 * MINUTES)

        def found(pii):
            client = watched.key("read", pii=pii)
            listed = client.get(
                "models/m/readings",
                params={
                    "monitor": "oldest",
                    "start_time": moment(START),
                    "end_time": moment(START + HOURS),
                },
            ).json()["readings"][0]
            (tried,) = client.post("models/m/monitor/run", json={"monitors": [age]}).json()[
                "readings"
            ]
            return listed, tried

        seen, _ = found(pii=True)
        assert seen["value"] > 1
        assert "is above 1" in seen["reason"]
        for each in found(pii=False):
            assert each["value"] is None
            assert "above" not in each["reason"]


class TestTheSwitch:
    def test_a_model_is_watched_or_not(self, watched):
        before = watched.get("models/m")["revision"]
        off = watched.ask("POST", "models/m/monitor", json={"enabled": False})
        assert off == {"model_id": "m", "enabled": False, "revision": before + 1}
        # Said again it is no change.
        assert watched.ask("POST", "models/m/monitor", json={"enabled": False}) == off
        judged(watched, START + 45 * MINUTES)
        found = readings_of(watched, monitor="few calls")
        assert micros(found["readings"][0]["timestamp"]) == START + 40 * MINUTES
        assert named(watched.get("monitors"))["slow"]["models"] == 0
        assert len(audited(watched, "model.unwatch")) == 1
        watched.ask("POST", "models/m/monitor", json={"enabled": True})
        judged(watched, START + 46 * MINUTES)
        found = readings_of(watched, monitor="few calls")
        assert micros(found["readings"][0]["timestamp"]) == START + 46 * MINUTES
        watched.ask("POST", "models/none/monitor", json={"enabled": True}, status=404)
        watched.ask("POST", "models/m/monitor", json={"enabled": True}, role="read", status=403)


@pytest.fixture
def waiting(watched):
    """What was received in the 43rd minute is not counted yet: the latest whole one is the 42nd."""
    chance = random.Random(2)
    for n in (40, 41):
        batch = minute(chance, n, START + n * MINUTES, prediction_latency_ms=50.0)
        watched.case.send(batch, START + (n + 1) * MINUTES - 1)
    watched.case.count()
    watched.case.send(minute(chance, 42, START + 42 * MINUTES), START + 42 * MINUTES + GRACE)
    return watched


def run(api, **body):
    found = api.ask("POST", "models/m/monitor/run", json=body, role="read")
    assert micros(found["timestamp"]) == START + 42 * MINUTES
    return {each["monitor"]: each for each in found["readings"]}


def everything(api):
    with api.case.catalog.read() as connection:
        model = models.by_name(connection, "default", "m")
        held = targets.of_model(connection, model.id)
        told = readings.between(connection, [each.id for each in held], 0, 1 << 62)
        return held, told, monitors.listed(connection)


RULE = {
    "rule_name": "slower",
    "condition": {"metric": "latency_avg_ms", "operator": ">", "threshold": 10},
    "severity": "high",
}


class TestARuleThatIsTested:
    def made(self, api, **change):
        """And tested."""
        made = api.ask("POST", "models/m/alert-rules", json={**RULE, **change}, status=201)
        return self.tried(api, made["rule_id"])

    def tried(self, api, rule, **more):
        return api.ask("POST", f"models/m/alert-rules/{rule}/test", role="read", **more)

    def test_says_what_it_read_and_what_would_come_of_it(self, waiting):
        before = everything(waiting)[:2]
        found = self.made(waiting)
        (reading,) = found["readings"]
        assert micros(found["timestamp"]) == START + 42 * MINUTES
        assert (found["breaches"], found["would_fire"], found["severity"]) == (True, False, "high")
        assert (reading["status"], reading["rows"]) == ("breach", 150)
        assert (reading["alert_now"], reading["alert_then"]) == ("inactive", "pending")
        assert "is above 10" in reading["reason"]
        assert (found["enabled"], found["watched"], found["waiting"]) == (True, True, True)
        assert everything(waiting)[:2] == before
        assert waiting.get("alerts")["alerts"] == []

    def test_says_who_would_be_told(self, waiting):
        for name in ("log", "pager"):
            waiting.ask("PUT", f"channels/{name}", json={"kind": "console"}, role="admin")
        self.made(waiting, channels=["pager"])
        document = waiting.get("monitors/slower")["document"]
        waiting.ask(
            "PUT",
            "monitors/slower",
            json={**document, "for_count": 1},
            headers={"If-Match": "*"},
        )
        found = self.tried(waiting, "slower")
        assert (found["would_fire"], found["channels"]) == (True, ["pager"])
        assert waiting.get("incidents")["incidents"] == []
        wanted = {"matchers": ["model=m"], "duration": "1 h", "comment": "known"}
        waiting.ask("POST", "silences", json=wanted, status=201)
        assert self.tried(waiting, "slower")["channels"] == []

    def test_is_tried_though_it_is_off(self, waiting):
        found = self.made(waiting, enabled=False)
        assert (found["enabled"], found["breaches"]) == (False, True)

    def test_says_why_it_says_nothing(self, waiting):
        few = self.made(waiting, condition={**RULE["condition"], "metric": "metric:refunds"})
        assert (few["breaches"], few["severity"], few["channels"]) == (False, None, [])
        assert "nothing in the window tells" in few["readings"][0]["reason"]
        document = waiting.get("monitors/slower")["document"]
        waiting.ask(
            "PUT",
            "monitors/slower",
            json={**document, "version": "9"},
            headers={"If-Match": "*"},
        )
        (reading,) = self.tried(waiting, "slower")["readings"]
        assert (reading["status"], reading["reason"]) == ("skipped", "no version '9' has come")
        self.tried(waiting, "none", status=404)
        self.tried(waiting, "drift", status=404)


class TestALookAtOnce:
    def test_says_what_it_read_and_keeps_nothing(self, waiting):
        before = everything(waiting)
        found = run(waiting)
        assert everything(waiting) == before
        slow = found["slow"]
        assert (slow["status"], slow["rows"], slow["n"]) == ("breach", 150, 150)
        assert micros(slow["end_time"]) - micros(slow["start_time"]) == 5 * MINUTES
        assert "not enabled" in found["drift"]["reason"]
        assert found["drift"]["status"] == "skipped"

    def test_tries_what_is_not_kept(self, waiting):
        before = everything(waiting)
        found = run(
            waiting,
            monitors=[
                {**SLOW, "name": "a", "min_rows": 1000},
                {**SLOW, "name": "b", "models": "fraud-*"},
                {**SLOW, "name": "c", "version": "9"},
                {**SLOW, "name": "d", "segment": "tags.region"},
                {"name": "e", "metric": "mean", "column": "amunt", "conditions": [{"max": 1}]},
                {"name": "f", "kind": "drift"},
                {"name": "g", "kind": "distance", "window": "1 h"},
            ],
        )
        assert everything(waiting) == before
        assert {name: each["status"] for name, each in found.items()} == {
            "a": "insufficient_data",
            "b": "skipped",
            "c": "skipped",
            "d": "skipped",
            "e": "error",
            "f": "ok",
            "g": found["g"]["status"],
        }
        assert "1000 are wanted" in found["a"]["reason"]
        assert "fraud-*" in found["b"]["reason"]
        assert "no version '9'" in found["c"]["reason"]
        assert "no segment" in found["d"]["reason"]
        assert "no column 'amunt'" in found["e"]["reason"]
        assert found["f"]["detail"]["learned"] is False
        assert found["g"]["rows"] > 1000
        assert found["g"]["value"] is not None
        problem = waiting.ask(
            "POST", "models/m/monitor/run", json={"monitors": [{"name": "x"}]}, status=422
        )
        assert problem["errors"][0]["pointer"] == "/monitors/0"

    def test_what_remembers_is_not_told_the_same_rows_twice(self, waiting):
        """A slot that was judged is told as it was; a later one goes on from what is remembered."""
        put(waiting, [{"name": "moved", "kind": "drift"}])
        with waiting.case.catalog.read() as connection:
            number = monitors.by_name(connection, "default", "moved").id
            model = models.by_name(connection, "default", "m").id
        fresh = run(waiting)["moved"]
        assert (fresh["is_kept"], fresh["status"]) == (False, "ok")

        def judged_before(connection):
            key = Of(number, model, "", "")
            held = targets.ensure(connection, [key])[key]
            slot = START + 42 * MINUTES
            targets.remember(connection, [Told(held.id, slot, b"what was left")])
            reading = Reading(
                target=held.id,
                slot=slot,
                status="breach",
                severity="low",
                value=0.5,
                n=7,
                reason="as it was",
                detail={"features": []},
                revision=1,
                made_at=slot,
            )
            readings.add(connection, [reading])

        waiting.case.catalog.write(judged_before)
        again = run(waiting)["moved"]
        assert again["is_kept"]
        assert (again["status"], again["reason"]) == ("breach", "as it was")

    def test_says_that_a_model_is_not_watched(self, waiting):
        waiting.ask("POST", "models/m/monitor", json={"enabled": False})
        found = waiting.ask("POST", "models/m/monitor/run", role="read")
        assert (found["enabled"], found["waiting"]) == (False, True)
        assert any(each["status"] == "breach" for each in found["readings"])

    def test_of_a_model_without_rows(self, api):
        api.ask("POST", "models", json={"model_id": "new"}, status=201)
        found = api.ask("POST", "models/new/monitor/run", role="read")
        assert {each["monitor"] for each in found["readings"]} == {
            each["name"] for each in documents()
        }
        assert {each["status"] for each in found["readings"]} <= {
            "not_applicable",
            "no_data",
            "insufficient_data",
        }
        api.ask("POST", "models/none/monitor/run", status=404)
        with pytest.raises(httpx.HTTPStatusError):
            httpx.post(f"{api.url}/api/v1/models/new/monitor/run").raise_for_status()
