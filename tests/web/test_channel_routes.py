"""Channels and escalations over HTTP: what goes in as a secret never comes out."""

import http.server
import json
import threading

import pytest
from series_api import Api

from tidegauge.alert import act
from tidegauge.alert.notice import Notice, packed
from tidegauge.catalog import audit, channels, models, notices
from tidegauge.config import Config, ReachConfig, load
from tidegauge.errors import InputError
from tidegauge.web.routes.masked import MASK

CANARY = "canary-of-a-secret-0123456789"
ROUTING = "Canary0123456789Canary0123456789"
WEBHOOK = {
    "kind": "webhook",
    "url": f"https://hooks.example.com/{CANARY}",
    "secrets": [CANARY],
    "headers": {"X-Key": CANARY},
}
EVERY_KIND = {
    "console": {"kind": "console"},
    "email": {
        "kind": "email",
        "host": "mail.example.com",
        "username": "tide",
        "password": CANARY,
        "sender": "a@example.com",
        "to": ["b@example.com"],
    },
    "slack": {"kind": "slack", "url": f"https://hooks.slack.com/services/{CANARY}"},
    "pagerduty": {"kind": "pagerduty", "routing_key": ROUTING},
    "teams": {"kind": "teams", "url": f"https://example.webhook.office.com/{CANARY}"},
    "webhook": WEBHOOK,
    "alertmanager": {
        "kind": "alertmanager",
        "url": "https://am.example.com/",
        "username": "tide",
        "password": CANARY,
    },
    "apprise": {"kind": "apprise", "urls": [f"discord://{'1' * 18}/{CANARY}"]},
}


class Receiver:
    """Somebody's endpoint, on this machine."""

    def __init__(self):
        self.told, self.status = [], 204
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((dict(self.headers), json.loads(body)))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/{CANARY}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def api(tmp_path, receiver):
    reach = {"allow_http": True, "networks": ["127.0.0.0/8"], "ports": [receiver.port]}
    made = Api(tmp_path / "case", alerts={"reach": reach})
    made.case.catalog.write(lambda c: models.ensure(c, "default", ["fraud"], 1))
    yield made
    made.close()


def put(api, name, document, *, status=200, role="admin", etag=None):
    headers = {} if etag is None else {"If-Match": etag}
    return api.ask(
        "PUT", f"channels/{name}", json=document, status=status, role=role, headers=headers
    )


def noticed(api, channel, status, *, incident="", tries=1, seq=0, severity="high"):
    """A notice of a channel, as its delivery left it."""

    def write(connection):
        at = act.now(connection)
        name = f"{channel}-{seq}-{status}"
        told = Notice(id=name, kind="open", at=at, title="x", model="fraud")
        row = notices.Kept(
            id=name,
            tenant="default",
            incident=incident,
            channel=channel,
            kind="open",
            seq=seq,
            status=status,
            severity=severity,
            exempt=False,
            made_at=at + seq,
            body=packed(told),
            digest="",
            due_at=at,
            tries=tries,
            lease_until=None,
            token="",
            ended_at=at,
            answer="" if status == "sent" else "hooks.example.com: 503 Service Unavailable",
        )
        notices.add(connection, [row])
        return name

    return api.case.catalog.write(write)


class TestSecrets:
    # Apprise asks for a module that Python 3.13 has no more.
    @pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
    def test_none_comes_out_whatever_is_asked(self, api):
        """AL-15."""
        for name, document in EVERY_KIND.items():
            put(api, name, document)
        noticed(api, "webhook", "dead")
        bad = {**WEBHOOK, "kind": "webhok"}
        client = api.key("admin")
        answers = [
            client.get("channels"),
            client.get("audit"),
            *(client.get(f"channels/{name}") for name in EVERY_KIND),
            *(client.get(f"channels/{name}/notices") for name in EVERY_KIND),
            *(client.put(f"channels/{n}", json=document) for n, document in EVERY_KIND.items()),
            client.put("channels/bad", json=bad),
            client.put("channels/bad", json={**WEBHOOK, "unknown": CANARY}),
            client.put("channels/bad", json={**WEBHOOK, "secrets": [CANARY[:10]]}),
            client.put("channels/bad", json={**WEBHOOK, "headers": {"Host": CANARY}}),
            client.put("channels/bad", json={**WEBHOOK, "url": f"https://10.0.0.1/{CANARY}"}),
            client.put("channels/bad", json={"kind": "pagerduty", "routing_key": ROUTING[1:]}),
            client.put("channels/bad", json={"kind": "slack", "url": [CANARY]}),
            client.put("channels/bad", json={**WEBHOOK, "headers": {"A": {"B": CANARY}}}),
        ]
        for answer in answers:
            assert CANARY[:10] not in answer.text
            assert ROUTING[1:] not in answer.text
            assert answer.status_code in (200, 422)
        assert sum(answer.status_code == 422 for answer in answers) == 8
        told = {each["name"]: each["document"] for each in answers[0].json()}
        assert told["webhook"]["secrets"] == [MASK]
        assert told["webhook"]["headers"] == {"X-Key": MASK}

    def test_a_mask_that_is_sent_back_is_what_was_there(self, api):
        put(api, "hook", WEBHOOK)
        shown = api.get("channels/hook")["document"]
        put(api, "hook", {**shown, "min_severity": "high"})
        assert kept(api, "hook") == {**WEBHOOK, "min_severity": "high"}
        # What signs it stays, though nothing is said of it.
        put(api, "hook", {"kind": "webhook", "url": WEBHOOK["url"]})
        assert kept(api, "hook") == {
            "kind": "webhook",
            "url": WEBHOOK["url"],
            "secrets": [CANARY],
            "headers": {},
        }

    def test_a_mask_stands_for_nothing_where_nothing_was(self, api):
        put(api, "hook", WEBHOOK)
        problem = put(api, "hook", {**WEBHOOK, "headers": {"Y": MASK}}, status=422)
        assert problem["errors"][0]["pointer"] == "/headers/Y"
        put(api, "new", {"kind": "slack", "url": MASK}, status=422)
        put(api, "hook", {"kind": "slack", "url": MASK}, status=422)

    def test_kept_secrets_go_to_no_other_host(self, api):
        put(api, "hook", WEBHOOK)
        shown = api.get("channels/hook")["document"]
        elsewhere = {**shown, "url": "https://evil.example.net/"}
        assert "another host" in put(api, "hook", elsewhere, status=422)["detail"]
        put(api, "hook", {**shown, "url": "https://hooks.example.com/other"})

    def test_what_signs_a_webhook_is_made_and_shown_once(self, api):
        made = put(api, "hook", {"kind": "webhook", "url": WEBHOOK["url"]})
        (secret,) = made["made_secrets"]
        assert secret.startswith("whsec_")
        assert kept(api, "hook")["secrets"] == [secret]
        again = put(api, "hook", {"kind": "webhook", "url": WEBHOOK["url"]})
        assert again["made_secrets"] == []
        assert kept(api, "hook")["secrets"] == [secret]
        assert secret not in json.dumps(api.get("channels"))


def kept(api, name):
    with api.case.catalog.read() as connection:
        return channels.by_name(connection, "default", name).document


class TestChannels:
    @pytest.mark.parametrize(
        "url",
        [
            *("", "hooks", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com"),
            *("javascript:alert(1)", "data:text/plain,x", "unix:/run/x", "https://10.0.0.1/"),
            *("https://169.254.169.254/", "https://[::1]/", "https://localhost./"),
            *("https://2130706433/", "https://example.com:22/", "https://a@example.com/"),
        ],
    )
    def test_an_address_out_of_reach_is_refused(self, api, url):
        for kind in ("slack", "webhook"):
            problem = put(api, "x", {"kind": kind, "url": url}, status=422)
            assert problem["type"] == "/problems/unsafe-url"
            assert problem["errors"][0]["pointer"] == "/url"
        assert api.get("channels") == []

    @pytest.mark.parametrize(
        ("document", "pointer"),
        [
            ({"kind": "pigeon"}, "/kind"),
            ({}, "/kind"),
            ({"kind": "slack"}, "/url"),
            ({"kind": "console", "too": 1}, "/too"),
            ({"kind": "console", "min_severity": "P1"}, "/min_severity"),
            ({"kind": "console", "matchers": ["model=a", "model"]}, "/matchers/1"),
            ({**WEBHOOK, "secrets": ["12345678"]}, "/secrets"),
            ({**WEBHOOK, "secrets": [""]}, "/secrets"),
            ({**WEBHOOK, "secrets": ["x" * 10_240]}, "/secrets"),
            ({"kind": "console", "cap": 0}, "/cap"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, api, document, pointer):
        problem = put(api, "x", document, status=422)
        assert [each["pointer"] for each in problem["errors"]] == [pointer]

    def test_changes_are_for_admins_who_saw_what_they_change(self, api):
        put(api, "a", {"kind": "console"}, role="write", status=403)
        put(api, "a", {"kind": "console"})
        etag = api.key("read").get("channels/a").headers["ETag"]
        put(api, "a", {"kind": "console", "enabled": False}, etag=etag)
        put(api, "a", {"kind": "console"}, etag=etag, status=412)
        for method, path in (("DELETE", "channels/a"), ("POST", "channels/a/test")):
            api.ask(method, path, status=403, role="write")
        api.get("channels/a", status=404, tenant="other")
        assert api.get("channels", tenant="other") == []
        put(api, "%2Fetc", {"kind": "console"}, status=404)
        put(api, ".a", {"kind": "console"}, status=422)
        with api.case.catalog.read() as connection:
            assert [each.what for each in audit.listed(connection)].count("channel.put") == 2

    def test_its_health_is_shown(self, api):
        put(api, "a", {"kind": "console"})
        assert api.get("channels/a")["health"] == {
            "waiting": 0,
            "last_delivery": None,
            "last_error": "",
            "last_error_at": None,
        }
        for seq, status in enumerate(("sent", "dead", "queued", "retry_wait", "held_rate")):
            noticed(api, "a", status, seq=seq)
        health = api.get("channels/a")["health"]
        assert health["waiting"] == 3
        assert health["last_delivery"]
        assert "503" in health["last_error"]

    def test_a_removed_one_gives_up_what_waits(self, api):
        put(api, "a", {"kind": "console"})
        names = [
            noticed(api, "a", status, seq=seq)
            for seq, status in enumerate(("sent", "queued", "sending", "held_rate"))
        ]
        api.ask("DELETE", "channels/a", role="admin", status=204)
        api.get("channels/a", status=404)
        with api.case.catalog.read() as connection:
            found = [notices.get(connection, name) for name in names]
        assert [each.status for each in found] == ["sent", "dead", "dead", "dead"]
        assert found[1].answer == "the channel was removed"
        api.ask("POST", f"notices/{names[1]}/resend", status=409)
        assert api.get("incidents")["incidents"] == []

    def test_critical_news_that_go_with_it_are_an_incident(self, api):
        put(api, "a", {"kind": "console"})
        for seq, status in enumerate(("sent", "queued", "held_rate", "dead")):
            noticed(api, "a", status, seq=seq, severity="critical")
        noticed(api, "a", "queued", seq=9)
        api.ask("DELETE", "channels/a", role="admin", status=204)
        (incident,) = api.get("incidents")["incidents"]
        assert (incident["family"], incident["state"]) == ("ops", "open")
        assert (
            incident["title"] == "the channel a was removed with 2 critical notices not delivered"
        )
        # It is over when somebody says so.
        name = incident["incident_id"]
        api.ask("POST", f"incidents/{name}/resolve", json={"reason": "told them by phone"})
        assert api.get(f"incidents/{name}")["state"] == "resolved"
        assert api.get("alerts")["alerts"] == []

    def test_its_notices_are_listed_and_sent_again(self, api):
        put(api, "a", {"kind": "console"})
        names = [noticed(api, "a", "dead", seq=n) for n in range(3)]
        page = api.get("channels/a/notices", limit=2)
        assert [each["notice_id"] for each in page["notices"]] == names[:0:-1]
        page = api.get("channels/a/notices", limit=2, cursor=page["next"])
        assert [each["notice_id"] for each in page["notices"]] == names[:1]
        assert page["next"] is None
        again = api.ask("POST", f"notices/{names[0]}/resend")
        assert (again["status"], again["ended_at"]) == ("queued", None)
        assert "queued" in api.ask("POST", f"notices/{names[0]}/resend", status=409)["detail"]
        api.ask("POST", "notices/none/resend", status=404)
        api.ask("POST", f"notices/{names[1]}/resend", status=404, tenant="other")
        api.ask("POST", f"notices/{names[1]}/resend", status=403, role="read")
        api.get("channels/a/notices", cursor="x", status=422)

    def test_an_incident_tells_what_was_told_of_it(self, api):
        wanted = {"model_id": "fraud", "title": "x", "severity": "high"}
        incident = api.ask("POST", "alerts", json=wanted, status=201)["incident_id"]
        name = noticed(api, "a", "sent", incident=incident)
        (told,) = api.get(f"incidents/{incident}")["notices"]
        assert (told["notice_id"], told["status"]) == (name, "sent")


class TestATest:
    def test_tells_what_came_back(self, api, receiver):
        put(api, "hook", {**WEBHOOK, "url": receiver.url})
        told = api.ask("POST", "channels/hook/test", role="admin")
        assert told == {
            "delivered": True,
            "answer": "204 No Content",
            "reason": None,
            "may_help_again": False,
        }
        headers, body = receiver.told[0]
        assert body["type"] == "tidegauge.test.v1"
        assert headers["X-Key"] == CANARY
        receiver.status = 503
        told = api.ask("POST", "channels/hook/test", role="admin")
        assert (told["delivered"], told["may_help_again"]) == (False, True)
        receiver.status = 404
        told = api.ask("POST", "channels/hook/test", role="admin")
        assert (told["reason"], told["may_help_again"]) == ("misconfigured", False)
        assert CANARY not in json.dumps(told)

    def test_is_rare(self, api, receiver):
        put(api, "hook", {**WEBHOOK, "url": receiver.url})
        put(api, "other", {"kind": "console"})
        client = api.key("admin")
        answers = [client.post("channels/hook/test").status_code for _ in range(20)]
        assert answers[:6] == [200] * 6
        assert 429 in answers[6:]
        assert client.post("channels/other/test").status_code == 200
        api.ask("POST", "channels/none/test", role="admin", status=404)


def test_the_operator_says_what_may_be_reached(tmp_path):
    path = tmp_path / "tidegauge.yaml"
    path.write_text(
        "alerts: {cooldown_s: 60, reach: {hosts: [AM.corp], networks: [10.0.0.0/8], ports: [9093]}}"
    )
    config = load(path, {"TIDEGAUGE_ALERTS_REACH_HOSTS": "am.corp, mail.corp"})
    assert config.alerts.cooldown_s == 60
    reach = config.alerts.reach.reach()
    assert reach.hosts == {"am.corp", "mail.corp"}
    assert [str(each) for each in reach.networks] == ["10.0.0.0/8"]
    assert reach.ports == {80, 443, 9093}
    assert not reach.allow_http
    assert Config().alerts.reach == ReachConfig()
    path.write_text("alerts: {reach: {networks: [10.0.0.1/8]}}")
    with pytest.raises(InputError, match=r"alerts\.reach\.networks"):
        load(path, {})


LADDER = {
    "matchers": ["family=drift"],
    "levels": [
        {"after_minutes": 5, "channels": ["console"], "severity": "medium"},
        {"delay_minutes": 30, "channels": ["pager"]},
    ],
}


class TestEscalations:
    @pytest.fixture(autouse=True)
    def _channels(self, api):
        put(api, "console", {"kind": "console"})
        put(api, "pager", {"kind": "pagerduty", "routing_key": ROUTING})

    def test_one_is_made_changed_and_removed(self, api):
        made = api.ask("PUT", "escalations/night", json=LADDER, role="admin")
        assert made["document"]["levels"][1] == {"after_minutes": 30.0, "channels": ["pager"]}
        etag = api.key("read").get("escalations/night").headers["ETag"]
        changed = {**LADDER, "enabled": False}
        for status in (200, 412):
            answer = api.key("admin").put(
                "escalations/night", json=changed, headers={"If-Match": etag}
            )
            assert answer.status_code == status
        (listed,) = api.get("escalations")
        assert not listed["enabled"]
        assert listed["warnings"] == []
        api.ask("DELETE", "channels/pager", role="admin", status=204)
        assert "'pager'" in api.get("escalations/night")["warnings"][0]
        api.ask("PUT", "escalations/x", json=LADDER, role="write", status=403)
        api.get("escalations/night", tenant="other", status=404)
        api.ask("DELETE", "escalations/night", role="admin", status=204)
        api.get("escalations/night", status=404)

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"levels": []}, "/levels"),
            ({"levels": [{"after_minutes": n, "channels": ["pager"]} for n in (5, 5)]}, "/levels"),
            ({"levels": [{"after_minutes": n, "channels": ["pager"]} for n in (5, 4)]}, "/levels"),
            (
                {"levels": [{"after_minutes": n + 1, "channels": ["pager"]} for n in range(51)]},
                "/levels",
            ),
            (
                {"levels": [{"after_minutes": -1, "channels": ["pager"]}]},
                "/levels/0/after_minutes",
            ),
            ({"levels": [{"after_minutes": 5, "channels": []}]}, "/levels/0/channels"),
            ({"levels": [{"after_minutes": 5, "channels": ["pagr"]}]}, "/levels/0/channels/0"),
            ({"matchers": ["family"]}, "/matchers/0"),
            ({"always": True}, "/always"),
        ],
    )
    def test_what_is_wrong_with_one_is_told(self, api, change, pointer):
        document = {**LADDER, **change}
        problem = api.ask("PUT", "escalations/night", json=document, role="admin", status=422)
        (fault,) = problem["errors"]
        assert fault["pointer"].startswith(pointer)
        if "pagr" in str(change):
            assert "did you mean 'pager'" in fault["detail"]
