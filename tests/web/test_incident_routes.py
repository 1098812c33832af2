"""Incidents, alerts and silences over HTTP: what people see of them, and what they do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from series_api import Api

from tidegauge.alert import act, store
from tidegauge.alert.condition import Alert, Rule, Seen
from tidegauge.alert.content import notice_of
from tidegauge.alert.feed import fingerprint
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.catalog import incidents, models, monitors, targets
from tidegauge.catalog.targets import Named


def now():
    """In a long run, when a test begins is long after it was read."""
    return datetime.now(UTC)


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path / "case")
    names = ["fraud", "churn"]
    made.case.catalog.write(lambda c: models.ensure(c, "default", names, 1))
    yield made
    made.close()


def raised(api, title="it looks wrong", *, model="fraud", severity="high", **more):
    wanted = {"model_id": model, "title": title, "severity": severity, **more}
    return api.ask("POST", "alerts", json=wanted, status=201)


def do(api, name, action, *, status=200, etag=None, role="write", **wanted):
    headers = {} if etag is None else {"If-Match": etag}
    return api.ask(
        "POST",
        f"incidents/{name}/{action}",
        status=status,
        role=role,
        json=wanted,
        headers=headers,
    )


def kinds(whole):
    return [each["kind"] for each in whole["timeline"]]


class TestAnAlertByHand:
    def test_is_an_incident_until_that_is_resolved(self, api):
        made = raised(api, description="Scores are all the same.", severity="Warning")
        whole = api.get(f"incidents/{made['incident_id']}")
        assert (whole["family"], whole["severity"]) == ("manual", "medium")
        assert (whole["state"], whole["title"]) == ("open", "fraud: it looks wrong")
        (alert,) = whole["alerts"]
        assert alert["alert_id"] == made["alert_id"]
        assert alert["evidence"]["what"] == "Scores are all the same."
        assert whole["findings"][0]["what"] == "Scores are all the same."
        assert whole["recommended_actions"]
        assert whole["timeline"][-1]["who"] == "write"
        # The same words are the same alert, and others another.
        assert raised(api) == made
        assert raised(api, "another")["incident_id"] != made["incident_id"]
        assert len(api.get("alerts")["alerts"]) == 2
        do(api, made["incident_id"], "resolve")
        assert [each["title"] for each in api.get("alerts")["alerts"]] == ["another"]

    def test_says_what_is_wrong_and_how_bad(self, api):
        good = {"model_id": "fraud", "title": "x", "severity": "low"}
        for wanted, code in (
            ({"model_id": "fraud", "title": "x"}, "required"),
            ({**good, "fingerprint": "0" * 32}, "unknown-field"),
            ({**good, "severity": "P1"}, "bad-format"),
            ({**good, "title": " "}, "required"),
            ({**good, "title": "x\r\nBcc: y"}, "bad-format"),
        ):
            problem = api.ask("POST", "alerts", json=wanted, status=422)
            assert problem["errors"][0]["code"] == code
        api.ask("POST", "alerts", json={**good, "model_id": "none"}, status=404)
        api.ask("POST", "alerts", json=good, role="read", status=403)
        assert api.get("incidents")["incidents"] == []

    def test_a_key_raises_sixty_a_minute(self, api):
        client = api.key("write")
        wanted = {"model_id": "none", "title": "x", "severity": "low"}
        answers = [client.post("alerts", json=wanted) for _ in range(200)]
        refused = [each for each in answers if each.status_code == 429]
        assert answers[0].status_code == 404
        assert refused
        assert int(refused[0].headers["Retry-After"]) >= 1
        # Another key has a measure of its own.
        assert api.key("admin").post("alerts", json=wanted).status_code == 404


class TestWhatPeopleDo:
    def test_the_first_ack_has_it_and_both_are_told(self, api):
        name = raised(api)["incident_id"]
        first = do(api, name, "ack")
        assert (first["state"], first["acked_by"]) == ("acknowledged", "write")
        again = do(api, name, "ack", role="admin")
        assert again["acked_by"] == "write"
        assert again["revision"] > first["revision"]
        whole = api.get(f"incidents/{name}")
        assert [(e["kind"], e["who"]) for e in whole["timeline"][-2:]] == [
            ("ack", "write"),
            ("ack_again", "admin"),
        ]
        assert "set" not in whole["timeline"][-1]["detail"]
        assert do(api, name, "unack")["state"] == "open"

    def test_what_the_state_does_not_allow_is_a_conflict_that_tells_it(self, api):
        name = raised(api)["incident_id"]
        assert do(api, name, "unack")["state"] == "open"
        assert do(api, name, "resolve", reason="mended")["reason"] == "mended"
        assert do(api, name, "resolve", reason="again")["reason"] == "mended"
        problem = do(api, name, "ack", status=409)
        assert "resolved" in problem["detail"]
        assert problem["errors"][0]["detail"] == "resolved"

    def test_who_saw_another_state_is_told_so(self, api):
        name = raised(api)["incident_id"]
        seen = api.key("read").get(f"incidents/{name}").headers["ETag"]
        do(api, name, "comment", text="I look at it.", etag=seen)
        do(api, name, "ack", etag=seen, status=412)
        do(api, name, "ack", etag="nonsense", status=412)
        do(api, name, "ack", etag="*")

    def test_words_owner_and_judgement_are_kept(self, api):
        name = raised(api)["incident_id"]
        do(api, name, "comment", text="It is the vendor.")
        do(api, name, "assign", owner="payments")
        do(api, name, "feedback", useful=False, text="known")
        whole = api.get(f"incidents/{name}")
        assert whole["owner"] == "payments"
        told = {each["kind"]: each["detail"] for each in whole["timeline"]}
        assert told["comment"] == {"text": "It is the vendor."}
        assert whole["useful"] is False
        assert (whole["feedback"]["text"], whole["feedback"]["who"]) == ("known", "write")
        do(api, name, "comment", status=422, text="  ")
        do(api, name, "comment", status=422, text="x", to="y")
        do(api, name, "comment", status=403, role="read", text="x")

    def test_a_closed_one_is_judged_and_nothing_else(self, api):
        name = raised(api)["incident_id"]
        do(api, name, "resolve")
        closed(api, name)
        do(api, name, "comment", status=409, text="x")
        do(api, name, "snooze", status=409, duration="1 h")
        assert do(api, name, "feedback", useful=True)["useful"] is True
        assert api.get(f"incidents/{name}")["state"] == "closed"

    def test_a_snooze_is_for_a_time(self, api):
        name = raised(api)["incident_id"]
        snoozed = do(api, name, "snooze", duration="2 h")
        assert snoozed["is_silenced"]
        until = now() + timedelta(hours=5)
        assert do(api, name, "snooze", until=until.isoformat())["snoozed_until"]
        for wanted in (
            {},
            {"duration": "31 d"},
            {"duration": "0 s"},
            {"until": (now() - timedelta(hours=1)).isoformat()},
            {"until": (now() + timedelta(days=40)).isoformat()},
            {"until": until.isoformat(), "duration": "1 h"},
        ):
            do(api, name, "snooze", status=422, **wanted)

    @pytest.mark.parametrize("span", ["0 s", -1, "10 years", "30"])
    def test_an_ack_expires_within_days(self, api, span):
        name = raised(api)["incident_id"]
        assert do(api, name, "ack", expires_in="4 h")["ack_expires_at"]
        do(api, name, "ack", status=422, expires_in=span)

    def test_many_are_done_at_once_and_each_answers_for_itself(self, api):
        names = [raised(api, f"number {n}")["incident_id"] for n in range(5)]
        do(api, names[0], "resolve")
        ids = [*names, "no such", names[1]]
        done = api.ask("POST", "incidents/bulk", json={"action": "ack", "ids": ids})
        assert [each["status"] for each in done["results"]] == [409, 200, 200, 200, 200, 404]
        assert (done["done"], done["failed"]) == (4, 2)
        assert done["results"][0]["state"] == "resolved"
        assert api.get("incidents", state="acknowledged")["summary"]["by_state"] == {
            "acknowledged": 4
        }
        for wanted in (
            {"action": "ack", "ids": []},
            {"action": "burn", "ids": names},
            {"action": "snooze", "ids": names},
            {"action": "ack", "ids": ["x"] * 10_001},
        ):
            api.ask("POST", "incidents/bulk", json=wanted, status=422)

    def test_ten_thousand_ids_are_answered(self, api):
        ids = [f"{n:036}" for n in range(9_999)] + [raised(api)["incident_id"]]
        done = api.ask("POST", "incidents/bulk", json={"action": "resolve", "ids": ids})
        assert (done["done"], done["failed"]) == (1, 9_999)


def closed(api, name):
    """As time does it."""

    def write(connection):
        kept = incidents.get(connection, name)
        body = {**kept.body, "state": "closed"}
        after = replace(kept, state="closed", revision=kept.revision + 1, body=body)
        incidents.change(connection, kept.revision, after)

    api.case.catalog.write(write)


class TestTheLists:
    def test_incidents_are_found_by_what_they_are(self, api):
        for model, severity in (("fraud", "low"), ("churn", "critical"), ("churn", "high")):
            raised(api, severity, model=model, severity=severity)
        found = api.get("incidents")
        assert [each["severity"] for each in found["incidents"]] == ["high", "critical", "low"]
        assert found["summary"]["by_severity"] == {"high": 1, "critical": 1, "low": 1}
        assert len(api.get("incidents", model="churn")["incidents"]) == 2
        assert len(api.get("incidents", severity=["low", "Error"])["incidents"]) == 2
        assert api.get("incidents", family="drift")["incidents"] == []
        later = (now() + timedelta(days=1)).isoformat()
        assert api.get("incidents", start_time=later)["incidents"] == []
        api.get("incidents", state="shut", status=422)

    def test_pages_lead_to_all(self, api):
        made = [raised(api, f"number {n}")["incident_id"] for n in range(5)]
        found, cursor = [], None
        while True:
            page = api.get("incidents", limit=2, cursor=cursor)
            found += [each["incident_id"] for each in page["incidents"]]
            assert page["summary"]["by_state"] == {"open": 5}
            cursor = page["next"]
            if cursor is None:
                break
        assert found == made[::-1]
        api.get("incidents", cursor="x", status=422)

    def test_alerts_are_found_by_what_they_are(self, api):
        for model, severity in (("fraud", "low"), ("churn", "critical")):
            raised(api, severity, model=model, severity=severity)
        assert len(api.get("alerts")["alerts"]) == 2
        (one,) = api.get("alerts", severity="critical")["alerts"]
        assert (one["model_id"], one["state"]) == ("churn", "firing")
        assert api.get("alerts", family="drift")["alerts"] == []
        assert api.get("alerts", state="pending")["alerts"] == []
        first = api.get("alerts", limit=1)
        second = api.get("alerts", limit=1, cursor=first["next"])
        assert second["next"] is None
        assert first["alerts"] != second["alerts"]

    def test_pages_of_some_alerts_lead_to_all_of_these(self, api):
        for number in range(9):
            severity = "critical" if number % 2 else "low"
            raised(api, f"number {number}", model="churn", severity=severity)
        asked = {
            "model": ["churn"],
            "family": ["manual", "drift"],
            "severity": ["low"],
            "start_time": (now() - timedelta(hours=1)).isoformat(),
            "end_time": (now() + timedelta(hours=1)).isoformat(),
        }
        found, page = [], {"next": None}
        while page["next"] is not None or not found:
            page = api.get("alerts", limit=2, cursor=page["next"], **asked)
            found += [each["title"] for each in page["alerts"]]
        assert sorted(found) == [f"number {number}" for number in range(0, 9, 2)]
        later = {**asked, "start_time": (now() + timedelta(minutes=59)).isoformat()}
        assert api.get("alerts", **later) == {"alerts": [], "next": None}

    def test_the_summary_counts_and_measures(self, api):
        name = raised(api)["incident_id"]
        raised(api, model="churn", severity="low")
        do(api, name, "ack")
        do(api, name, "resolve")
        told = api.get("alerts/summary", days=7)
        assert told["incidents"] == 2
        assert sum(told["by_day"].values()) == 2
        assert told["by_model"] == {"fraud": 1, "churn": 1}
        assert told["by_family"] == {"manual": 2}
        assert told["now"]["by_state"] == {"firing": 1}
        assert 0 <= told["mean_seconds_to_ack"] <= told["mean_seconds_to_resolve"]
        assert told["noisiest_monitors"] == []

    def test_another_tenant_sees_nothing_of_it(self, api):
        made = raised(api)
        name = made["incident_id"]
        silence = silenced(api)["id"]
        other = {"tenant": "other", "role": "admin"}
        assert api.get("incidents", **other)["incidents"] == []
        assert api.get("alerts", **other)["alerts"] == []
        unknown = api.get("incidents/0", status=404)["detail"]
        assert api.get(f"incidents/{name}", status=404, **other)["detail"] == unknown
        api.ask("POST", f"incidents/{name}/ack", status=404, **other)
        bulk = {"action": "ack", "ids": [name]}
        assert api.ask("POST", "incidents/bulk", json=bulk, **other)["failed"] == 1
        for method in ("GET", "PATCH", "DELETE"):
            api.ask(method, f"silences/{silence}", json={}, status=404, **other)
        assert api.get("silences", **other)["silences"] == []


def silenced(api, *, status=201, role="write", path="silences", **more):
    wanted = {"matchers": ['model="fraud"'], "duration": "2 h", "comment": "known", **more}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    return api.ask("POST", path, json=wanted, status=status, role=role)


def ahead(**span):
    return (now() + timedelta(**span)).isoformat()


class TestSilences:
    def test_one_is_made_changed_and_ended(self, api):
        raised(api)
        made = silenced(api)
        assert (made["state"], made["matched"], made["warnings"]) == ("active", 1, [])
        assert made["created_by"] == "write"
        changed = api.ask(
            "PATCH",
            f"silences/{made['id']}",
            json={"end_time": ahead(days=3), "comment": "until Monday"},
        )
        assert changed["comment"] == "until Monday"
        ended = api.ask("DELETE", f"silences/{made['id']}")
        assert ended["state"] == "expired"
        for method in ("PATCH", "DELETE"):
            api.ask(method, f"silences/{made['id']}", json={}, status=409)
        later = silenced(api, start_time=ahead(days=1), duration="1 d")
        assert later["state"] == "pending"
        listed = api.get("silences")["silences"]
        assert [each["id"] for each in listed] == [later["id"], made["id"]]
        assert len(api.get("silences", state="expired")["silences"]) == 1
        page = api.get("silences", limit=1)
        assert len(api.get("silences", limit=1, cursor=page["next"])["silences"]) == 1

    def test_what_it_holds_is_told_with_the_incident(self, api):
        made = silenced(api)
        incident = raised(api)["incident_id"]
        whole = api.get(f"incidents/{incident}")
        assert whole["is_silenced"]
        assert [each["id"] for each in whole["silenced_by"]] == [made["id"]]

    def test_a_maintenance_window_comes_again(self, api):
        sunday = {"rule": "FREQ=WEEKLY;BYDAY=SU", "timezone": "Europe/Berlin"}
        start = now().replace(microsecond=0) + timedelta(days=1)
        path = "maintenance-windows"
        made = silenced(
            api, path=path, recurrence=sunday, start_time=start.isoformat(), duration="3 h"
        )
        assert made["recurrence"] == sunday
        assert made["state"] == "pending"
        first, last = (datetime.fromisoformat(made[name]) for name in ("start_time", "end_time"))
        assert first >= start
        assert first.astimezone(ZoneInfo("Europe/Berlin")).weekday() == 6
        assert last - first == timedelta(hours=3)
        name = f"{path}/{made['id']}"
        api.ask("PATCH", name, json={"end_time": ahead(days=30)}, status=409)
        assert api.ask("PATCH", name, json={"comment": "backup"})["recurrence"] == sunday
        ended = api.ask("DELETE", name)
        assert (ended["state"], ended["recurrence"]) == ("expired", None)
        for recurrence in (
            {"rule": "FREQ=SECONDLY"},
            {"rule": "every Sunday"},
            {"rule": "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12"},
            {"rule": "FREQ=DAILY", "timezone": "Europe/Atlantis"},
            {"rule": "FREQ=DAILY;UNTIL=20300101"},
        ):
            told = {"start_time": "2027-02-10T00:00:00Z"} if "31" in recurrence["rule"] else {}
            problem = silenced(api, path=path, recurrence=recurrence, status=422, **told)
            assert problem["errors"][0]["pointer"] == "/recurrence"
        assert silenced(api, recurrence=sunday, status=422)["errors"][0]["pointer"] == "/recurrence"

    def test_a_label_that_nothing_has_is_a_warning(self, api):
        raised(api)
        made = silenced(api, matchers=["taem=payments"])
        assert made["warnings"] == ["it matches 0 of 1 alerts of now"]

    @pytest.mark.parametrize(
        ("wanted", "pointer"),
        [
            ({"matchers": ["model=a", 'model~"b"']}, "/matchers/1"),
            ({"matchers": ['model=~"("']}, "/matchers/0"),
            ({"matchers": ['model="a\0"']}, ""),
            ({"comment": None}, "/comment"),
            ({"comment": " "}, "/comment"),
            ({"duration": None}, "/end_time"),
            ({"duration": "31 d"}, "/end_time"),
            ({"duration": "0 s"}, "/duration"),
            ({"end_time": ahead(hours=1)}, "/end_time"),
            ({"duration": None, "end_time": ahead(hours=-1)}, "/end_time"),
            ({"start_time": ahead(days=-1)}, "/start_time"),
            ({"start_time": ahead(days=365)}, "/start_time"),
            (
                {"start_time": ahead(days=2), "end_time": ahead(days=1), "duration": None},
                "/end_time",
            ),
            ({"forever": True}, "/forever"),
        ],
    )
    def test_what_is_wrong_with_one_is_told_with_its_place(self, api, wanted, pointer):
        problem = silenced(api, status=422, **wanted)
        if pointer:
            assert [each["pointer"] for each in problem["errors"]] == [pointer]
        assert api.get("silences")["silences"] == []

    @pytest.mark.parametrize("matchers", [[], ['model=~".*"'], ['model!="none"']])
    def test_to_silence_everything_is_for_admins_who_say_so(self, api, matchers):
        problem = silenced(api, matchers=matchers, status=422, role="admin")
        assert "everything" in problem["detail"]
        silenced(api, matchers=matchers, confirm_all=True, status=403)
        silenced(api, matchers=matchers, confirm_all=True, role="admin")

    def test_a_maintenance_window_lasts_longer_and_is_apart(self, api):
        made = silenced(api, path="maintenance-windows", duration="90 d")
        assert made["kind"] == "maintenance"
        silenced(api, path="maintenance-windows", duration="91 d", status=422)
        api.get(f"silences/{made['id']}", status=404)
        assert api.get(f"maintenance-windows/{made['id']}")["state"] == "active"
        assert api.get("silences")["silences"] == []


RULE = {
    "rule_name": "slow",
    "condition": {"metric": "latency_p95_ms", "operator": "gt", "threshold": 200},
    "severity": "error",
}


class TestAlertRules:
    def test_a_rule_is_a_monitor(self, api):
        path = "models/fraud/alert-rules"
        made = api.ask("POST", path, json=RULE, status=201)
        assert (made["rule_id"], made["status"], made["monitor"]) == ("slow", "enabled", "slow")
        assert made["warnings"] == ["nobody will be told: there is no channel"]
        monitor = api.get("monitors/slow")
        assert monitor["origin"] == "api"
        assert monitor["document"]["conditions"] == [{"max": 200.0, "severity": "high"}]
        assert monitor["document"]["models"] == "fraud"
        changed = api.ask(
            "PATCH",
            f"{path}/slow",
            json={
                "condition": {
                    "metric": "mean",
                    "feature": "age",
                    "operator": "<",
                    "threshold": 18,
                },
                "enabled": False,
            },
        )
        assert changed["condition"]["operator"] == "<"
        assert (changed["severity"], changed["status"]) == ("high", "disabled")
        assert changed == api.get(f"{path}/slow") == api.get(path)[0]
        assert api.ask("PATCH", f"{path}/slow", json={"severity": "low"})["severity"] == "low"
        api.ask("POST", path, json=RULE, status=409)
        api.get("models/churn/alert-rules/slow", status=404)
        assert api.get("models/churn/alert-rules") == []
        api.ask("DELETE", f"{path}/slow", status=204)
        api.get("monitors/slow", status=404)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"metric": "latency_p96_ms"}, "did you mean"),
            ({"operator": ">="}, "'>' or '<'"),
            ({"threshold": "many"}, "number"),
            ({"feature": "age"}, "column"),
        ],
    )
    def test_what_is_wrong_with_one_is_told(self, api, change, says):
        rule = {**RULE, "condition": {**RULE["condition"], **change}}
        problem = api.ask("POST", "models/fraud/alert-rules", json=rule, status=422)
        assert says in str(problem["errors"])

    def test_it_names_the_channels_that_are_told(self, api):
        path, rule = "models/fraud/alert-rules", {**RULE, "channels": ["pagr"]}
        channel(api, "pager")
        (fault,) = api.ask("POST", path, json=rule, status=422)["errors"]
        assert fault["pointer"] == "/channels/0"
        assert "did you mean 'pager'" in fault["detail"]
        made = api.ask("POST", path, json={**rule, "channels": ["pager"]}, status=201)
        assert (made["channels"], made["warnings"]) == (["pager"], [])
        assert api.get("monitors/slow")["document"]["channels"] == ["pager"]
        channel(api, "team")
        changed = api.ask("PATCH", f"{path}/slow", json={"channels": ["team", "pager"]})
        assert changed["channels"] == ["team", "pager"]
        api.ask("PATCH", f"{path}/slow", json={"channels": ["nobody"]}, status=422)
        api.ask("DELETE", "channels/pager", status=204, role="admin")
        warned = api.get(f"{path}/slow")["warnings"]
        assert warned == ["there is no channel 'pager', or it is off"]
        assert api.ask("PATCH", f"{path}/slow", json={"channels": []})["warnings"] == []
        assert "channels" not in api.get("monitors/slow")["document"]

    def test_a_monitor_names_channels_that_are_there(self, api):
        told = {"name": "drift", "kind": "drift", "channels": ["pager"]}
        for dry_run in (True, False):
            wanted = {"monitors": [{"name": "x", "kind": "drift"}, told], "dry_run": dry_run}
            problem = api.ask("PUT", "monitors", json=wanted, status=422)
            assert [each["pointer"] for each in problem["errors"]] == ["/monitors/1/channels/0"]
        api.ask("POST", "monitors", json={**told, "name": "y"}, status=422)
        api.get("monitors")
        path = "monitors/drift"
        api.ask("PUT", path, json=told, headers={"If-Match": "*"}, status=422)
        channel(api, "pager")
        changed = api.ask("PUT", path, json=told, headers={"If-Match": "*"})
        assert changed["document"]["channels"] == ["pager"]


def channel(api, name):
    api.ask("PUT", f"channels/{name}", json={"kind": "console"}, role="admin")


def fired(api, family, rule, **evidence):
    """A monitor's alert, as the judge's readings make it."""
    place = Named("default", "fraud", rule, "", "")

    def write(connection):
        at = act.now(connection)
        kept = monitors.add(
            connection, "default", rule, {"name": rule}, origin="api", at=at, by="test"
        )
        model = models.by_name(connection, "default", "fraud")
        targets.ensure(connection, [targets.Of(kept.id, model.id, "", "")])
        loaded = store.of_models(connection, [("default", "fraud")], at)
        alert = Alert(
            fingerprint=fingerprint(place),
            tenant="default",
            rule=rule,
            model="fraud",
            family=family,
        )
        loaded.book.add_alert(alert)
        seen = Seen(
            status="breach", severity="high", value=evidence.get("value", 0.3), evidence=evidence
        )
        Machine(loaded.book, Settings(), at).slot(
            [(alert, seen, Rule(for_count=1, version=kept.revision))]
        )
        loaded.save(connection, Settings())
        return alert.incident

    return api.case.catalog.write(write)


class TestWhatMonitorsFound:
    def test_is_told_with_the_version_of_its_rule(self, api):
        name = fired(api, "drift", "drift", what="amount: up")
        whole = api.get(f"incidents/{name}")
        assert whole["alerts"][0]["rule_version"] == 1
        assert whole["findings"][0]["rule_version"] == 1
        raised(api)
        told = api.get("alerts", family="manual")["alerts"]
        assert [each["rule_version"] for each in told] == [None]

    def test_personal_data_is_for_keys_that_may_see_it(self, api):
        etag = api.key("write").get("models/fraud").headers["ETag"]
        api.ask(
            "PATCH",
            "models/fraud",
            json={"tags": {"pii": "features.age"}},
            headers={"If-Match": etag},
        )
        since = 1_790_000_000_000_000
        numbers = {"value": 91.5, "threshold": 1.5, "n": 9, "since": since}
        quality = fired(
            api,
            "quality",
            "oldest",
            metric="missing_rate of age",
            what="missing_rate of age: 91.5 is above 1.5",
            **numbers,
        )
        moved = [{"name": "age", "what": "more of 91.5"}, {"name": "amount", "what": "up"}]
        drift = fired(api, "drift", "drift", what="age: more of 91.5", features=moved, n=9)

        def told(pii):
            client = api.key("read", pii=pii)
            paths = ("incidents", "alerts", f"incidents/{quality}", f"incidents/{drift}")
            return [client.get(path).json() for path in paths]

        assert all("91.5" in str(each) for each in told(pii=True))
        hidden = told(pii=False)
        assert not any("91.5" in str(each) for each in hidden)
        assert hidden[2]["title"] == "fraud: oldest"
        assert hidden[3]["title"] == "2 features of fraud drifted (age, amount)"
        assert hidden[3]["findings"][0]["features"][1]["what"] == "up"
        evidence = hidden[2]["alerts"][0]["evidence"]
        assert evidence["n"] == 9
        assert evidence["since"].startswith("2026-09-21T")
        # Nobody knows who reads a channel.
        with api.case.catalog.read() as connection:
            book = store.everything(connection, act.now(connection)).book
        told = [notice_of(book, each, "open", 1, Settings()) for each in book.incidents.values()]
        assert len(told) == 2
        assert not any("91.5" in str(each) for each in told)

    def test_what_was_found_is_told_when_it_is_over_too(self, api):
        name = fired(api, "drift", "drift", what="it moved", features=[{"name": "a", "what": "up"}])
        whole = api.get(f"incidents/{name}")
        assert [each["name"] for each in whole["findings"][0]["features"]] == ["a"]
        assert "Consider retraining" in whole["recommended_actions"]
        assert whole["alerts"][0]["is_muted"] is False
        do(api, name, "resolve")
        assert api.get(f"incidents/{name}")["alerts"][0]["is_muted"] is True

    def test_the_noisiest_monitors_are_named(self, api):
        fired(api, "drift", "drift", what="it moved")
        fired(api, "performance", "slow", what="it is slow", metric="latency_p95_ms")
        told = api.get("alerts/summary")["noisiest_monitors"]
        assert sorted(each["monitor"] for each in told) == ["drift", "slow"]
        assert [each["fired"] for each in told] == [1, 1]

    def test_what_people_said_of_incidents_is_said_of_the_monitors(self, api):
        slow = fired(api, "performance", "slow", what="it is slow", metric="latency_p95_ms")
        moved = fired(api, "drift", "drift", what="it moved")
        fired(api, "quality", "missing", what="it is missing", metric="missing_rate of age")
        do(api, slow, "feedback", useful=False)
        # The last word counts.
        do(api, moved, "feedback", useful=False)
        do(api, moved, "feedback", useful=True)
        told = api.get("alerts/summary")["noisiest_monitors"]
        said = {each["monitor"]: (each["useful"], each["not_useful"]) for each in told}
        assert said == {"slow": (0, 1), "drift": (1, 0), "missing": (0, 0)}
