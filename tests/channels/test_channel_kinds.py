"""Each kind of channel: what it takes, what it sends, and what answers mean to it."""

import asyncio
import base64
import hashlib
import hmac
import html
import json
import time
from dataclasses import replace
from typing import get_args

import pytest
from channel_notices import (
    ACK,
    COMBINED,
    DIGEST,
    DRIFT,
    EVERYTHING,
    EVIL,
    FAMILY,
    HEARTBEAT,
    INCIDENT,
    LARGE,
    RESOLVED,
    TEST,
    WORSE,
)
from channel_server import to_loopback
from pydantic import ValidationError

from tidegauge.alert.channels import (
    ADAPTER,
    KINDS,
    Channel,
    alertmanager,
    letter,
    pagerduty,
    slack,
    teams,
)
from tidegauge.alert.channels.apprise import HOSTED
from tidegauge.alert.channels.base import revealed
from tidegauge.alert.channels.errors import RefusedError, UnavailableError
from tidegauge.alert.channels.text import characters, clean, cut, size
from tidegauge.alert.notice import KINDS as NOTICES
from tidegauge.alert.notice import Feature, Links
from tidegauge.alert.reach import Reach, UnsafeUrlError

KEY = "R0123456789abcdef0123456789abcde"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
MINIMAL = {
    "console": {"kind": "console"},
    "email": {
        "kind": "email",
        "host": "smtp.example.com",
        "sender": "tidegauge@example.com",
        "to": ["on-call@example.com"],
    },
    "slack": {"kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/x"},
    "pagerduty": {"kind": "pagerduty", "routing_key": KEY},
    "teams": {"kind": "teams", "url": "https://example.logic.azure.com/workflows/x?sig=y"},
    "webhook": {"kind": "webhook", "url": "https://hooks.example.com/x"},
    "alertmanager": {"kind": "alertmanager", "url": "https://alerts.example.com"},
    "apprise": {"kind": "apprise", "urls": ["discord://123456789/abcdefghijklmnop"]},
}


def made(kind, **changed):
    return ADAPTER.validate_python(MINIMAL[kind] | changed)


def faults(kind, **changed):
    with pytest.raises(ValidationError) as caught:
        made(kind, **changed)
    return caught.value.errors(include_input=False, include_url=False)


def local(kind, port, **changed):
    """The same URL, but on a port where the test listens."""
    urls = {
        "slack": f"http://hooks.slack.com:{port}/services/T0/B0/x",
        "pagerduty": f"http://events.pagerduty.com:{port}/v2/enqueue",
        "teams": f"http://example.logic.azure.com:{port}/workflows/x?sig=y",
        "webhook": f"http://hooks.example.com:{port}/x",
        "alertmanager": f"http://alerts.example.com:{port}/prefix/",
    }
    return made(kind, url=urls[kind], **changed)


def tell(server, kind, notice=DRIFT, **changed):
    return asyncio.run(local(kind, server.port, **changed).send(notice, to_loopback(server.port)))


def heard(server):
    return [json.loads(said.body) for said in server.heard]


class TestEveryKind:
    def test_all_are_here(self):
        assert set(MINIMAL) == set(KINDS)
        assert set(KINDS.values()) == set(get_args(Channel))

    @pytest.mark.parametrize("kind", MINIMAL)
    def test_a_misspelt_key_is_a_fault(self, kind):
        assert faults(kind, min_severty="low")[0]["type"] == "extra_forbidden"

    @pytest.mark.parametrize("kind", MINIMAL)
    def test_it_comes_back_as_it_was_kept(self, kind):
        rule = {"alert_type": "drift", "max_alerts": 3, "window_seconds": 3600}
        channel = made(kind, cap=7, enabled=False, suppression=[rule])
        assert ADAPTER.validate_python(json.loads(json.dumps(revealed(channel)))) == channel

    @pytest.mark.parametrize("kind", MINIMAL)
    def test_it_is_within_reach(self, kind):
        made(kind).check(Reach())

    @pytest.mark.parametrize("kind", MINIMAL)
    def test_numbers_have_limits(self, kind):
        assert faults(kind, cap=0)
        assert faults(kind, cap_window_s=0)
        assert faults(kind, kinds=[])
        assert faults(kind, kinds=["opened"])
        assert faults(kind, min_severity="urgent")

    def test_aliases_of_severities(self):
        assert made("console", min_severity="Warning").min_severity == "medium"

    def test_who_is_told_of_what(self):
        least = {kind: made(kind).min_severity for kind in MINIMAL}
        assert least == {
            "console": "low",
            "email": "high",
            "slack": "medium",
            "pagerduty": "high",
            "teams": "medium",
            "webhook": "low",
            "alertmanager": "low",
            "apprise": "medium",
        }
        known = {kind for kind in MINIMAL if made(kind).is_idempotent}
        assert known == {"console", "pagerduty", "webhook", "alertmanager"}


class TestConsole:
    @pytest.mark.parametrize("to", ["stderr", "stdout"])
    def test_it_writes_one_block(self, capsys, to):
        assert asyncio.run(made("console", to=to).send(DRIFT, Reach())) == f"written to {to}"
        said = getattr(capsys.readouterr(), to.removeprefix("std"))
        assert said.startswith("[HIGH] 10,000 features")
        assert "\x1b" not in said

    def test_no_text_of_a_user_begins_a_line(self, capsys):
        asyncio.run(made("console").send(EVIL, Reach()))
        first, *others = capsys.readouterr().err.splitlines()
        assert first.startswith("[HIGH] ")
        assert all(line.startswith("  ") for line in others)

    def test_a_terminal_shows_colours_unless_told_otherwise(self, monkeypatch):
        assert "\x1b[" in _on_a_terminal(monkeypatch)
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[3" not in _on_a_terminal(monkeypatch)

    def test_a_closed_output_may_open_again(self, monkeypatch, tmp_path):
        stream = (tmp_path / "closed").open("w")
        stream.close()
        monkeypatch.setattr("sys.stderr", stream)
        with pytest.raises(UnavailableError):
            asyncio.run(made("console").send(DRIFT, Reach()))


def _on_a_terminal(monkeypatch):
    from io import StringIO

    from tidegauge.alert.channels.console import write

    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    write(DRIFT, stream)
    return stream.getvalue()


class TestSlack:
    def test_told(self, server):
        assert tell(server, "slack") == "200 OK"
        assert heard(server) == [slack.render(DRIFT)]

    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (200, b'{"ok":false,"error":"invalid_token"}', RefusedError),
            (200, b'{"ok":false}', RefusedError),
            (200, b"invalid_token", RefusedError),
            (200, b"<!DOCTYPE html><title>Sign in</title>", RefusedError),
            (400, b"invalid_payload", RefusedError),
            (403, b"action_prohibited", RefusedError),
            (404, b"channel_not_found", RefusedError),
            (410, b"channel_is_archived", RefusedError),
            (413, b"", RefusedError),
            (302, b"", RefusedError),
            (200, b'{"ok":false,"error":"ratelimited"}', UnavailableError),
            (429, b"rate_limited", UnavailableError),
            (500, b"fatal_error", UnavailableError),
            (503, b"<html>", UnavailableError),
        ],
    )
    def test_what_answers_mean(self, server, status, body, error):
        server.answer(status, body, {"Retry-After": "30"})
        with pytest.raises(error) as caught:
            tell(server, "slack")
        if error is UnavailableError:
            assert caught.value.retry_after == 30

    @pytest.mark.parametrize("body", [b"ok", b'{"ok":true}', b'{"success":true}', b""])
    def test_what_is_a_success(self, server, body):
        server.answer(200, body)
        assert tell(server, "slack")

    def test_another_host_is_not_slack(self):
        url = "https://hooks.slack.com.evil.example/x"
        with pytest.raises(UnsafeUrlError, match=r"hooks\.slack\.com"):
            made("slack", url=url).check(Reach())
        with pytest.raises(RefusedError):
            asyncio.run(made("slack", url=url).send(DRIFT, Reach()))
        chat = made("slack", url="https://chat.example.com/hooks/x")
        chat.check(Reach(hosts=frozenset({"chat.example.com"})))

    def test_text_of_users_is_no_markup(self):
        said = json.dumps(slack.render(EVIL))
        assert "<!channel>" not in said
        assert "<@U1>" not in said
        assert "<https://evil.example" not in said
        assert "&lt;!channel&gt;" in said

    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_it_fits(self, sample):
        message = slack.render(EVERYTHING[sample])
        assert len(message["blocks"]) <= 50
        for block in message["blocks"]:
            if block["type"] == "section":
                assert 0 < size(block["text"]["text"]) <= 3000
        assert size(message["blocks"][0]["text"]["text"]) <= 150

    @pytest.mark.parametrize("name", ["*x*", "_id_", "~x~", "`x`", ":tada:", "a_👍🏽_b"])
    def test_a_name_with_marks_of_slack_is_shown_as_it_is(self, name):
        found = replace(DRIFT.findings[0], what=name, features=(Feature(name=name),))
        listed = replace(DIGEST.digest.worst[0], title=name, model=name)
        digest = replace(DIGEST.digest, by_model={name: 1}, worst=(listed, *DIGEST.digest.worst))
        told = [
            replace(DRIFT, description=name, findings=(found,), actions=(name,)),
            replace(DIGEST, digest=digest),
        ]
        texts = [b["text"] for each in told for b in slack.render(each)["blocks"] if "text" in b]
        marked = [text["text"] for text in texts if text["type"] == "mrkdwn"]
        plain = "\n".join(text["text"] for text in texts if text["type"] == "plain_text")
        escaped = html.escape(name, quote=False)
        assert plain.count(escaped) == 7
        assert not [text for text in marked if escaped in text]
        # What has no marks is bold, or a link, as ever.
        assert any("|CRITICAL latency of fraud is high in zone 0 " in text for text in marked)

    def test_a_text_that_begins_as_a_quotation_is_none(self):
        (block,) = slack.render(replace(TEST, description="> x"))["blocks"][2:-1]
        assert block["text"] == {"type": "plain_text", "text": "&gt; x", "emoji": False}

    def test_a_name_with_underlines_inside_spoils_nothing(self):
        found = replace(DRIFT.findings[0], what="fraud_score is high")
        said = [
            block.get("text") for block in slack.render(replace(DRIFT, findings=(found,)))["blocks"]
        ]
        assert any(text and text["text"].startswith("*fraud_score is high*\n") for text in said)

    def test_all_of_20_columns_and_how_many_more(self):
        said = json.dumps(slack.render(DRIFT))
        assert "feature_19" in said
        assert "+9,980 more" in said


class TestPagerDuty:
    SUCCESS = b'{"status":"success","message":"Event processed","dedup_key":"x"}'

    def actions(self, server):
        return [(each["event_action"], each["dedup_key"]) for each in heard(server)]

    def test_one_page_per_incident(self, server):
        server.answer(202, self.SUCCESS)
        for notice in (DRIFT, ACK, RESOLVED):
            assert tell(server, "pagerduty", notice) == "202 Accepted"
        assert self.actions(server) == [
            ("trigger", INCIDENT),
            ("acknowledge", INCIDENT),
            ("resolve", INCIDENT),
        ]
        assert {each["routing_key"] for each in heard(server)} == {KEY}

    def test_what_was_never_told_is_triggered_and_then_resolved(self, server):
        server.answer(202, self.SUCCESS)
        tell(server, "pagerduty", COMBINED)
        assert self.actions(server) == [("trigger", INCIDENT), ("resolve", INCIDENT)]

    def test_a_test_leaves_no_page_behind(self, server):
        server.answer(202, self.SUCCESS)
        tell(server, "pagerduty", TEST)
        assert self.actions(server) == [("trigger", TEST.id), ("resolve", TEST.id)]

    def test_a_digest_pages_each_incident_under_its_own_key(self, server):
        server.answer(202, self.SUCCESS)
        tell(server, "pagerduty", DIGEST)
        assert sorted(self.actions(server)) == sorted(
            ("resolve" if each.state == "resolved" else "trigger", each.incident)
            for each in DIGEST.digest.worst
        )

    @pytest.mark.parametrize(
        ("severity", "theirs"),
        [("low", "info"), ("medium", "warning"), ("high", "error"), ("critical", "critical")],
    )
    def test_severities(self, severity, theirs):
        event = pagerduty.events(replace(DRIFT, severity=severity))[0]
        assert event["payload"]["severity"] == theirs

    @pytest.mark.parametrize(
        "key", ["", KEY[:-1], KEY + "0", KEY[:-1] + " ", KEY[:-1] + "é", KEY[:-1] + "\n"]
    )
    def test_the_shape_of_a_key(self, key):
        assert faults("pagerduty", routing_key=key)[0]["loc"] == ("pagerduty", "routing_key")

    def test_hearts_are_not_paged(self):
        assert faults("pagerduty", heartbeat=True)

    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (202, b"<html>", RefusedError),
            (200, b'{"status":"invalid event","message":"x"}', RefusedError),
            (400, b'{"status":"invalid event"}', RefusedError),
            (403, b"", RefusedError),
            (429, b"", UnavailableError),
            (500, b"", UnavailableError),
        ],
    )
    def test_what_answers_mean(self, server, status, body, error):
        server.answer(status, body)
        with pytest.raises(error):
            tell(server, "pagerduty")

    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_it_fits(self, server, sample):
        server.answer(202, self.SUCCESS)
        tell(server, "pagerduty", EVERYTHING[sample])
        for said in server.heard:
            assert len(said.body) <= 512_000
            event = json.loads(said.body)
            assert len(event["dedup_key"]) <= 255
            if event["event_action"] == "trigger":
                assert size(event["payload"]["summary"]) <= 1024

    def test_another_region(self):
        made("pagerduty", url="https://events.eu.pagerduty.com/v2/enqueue").check(Reach())
        with pytest.raises(UnsafeUrlError):
            made("pagerduty", url="https://127.0.0.1/v2/enqueue").check(Reach())


class TestTeams:
    def test_told(self, server):
        server.answer(202)
        assert tell(server, "teams") == "202 Accepted"
        content = heard(server)[0]["attachments"][0]["content"]
        assert content["type"] == "AdaptiveCard"

    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (200, b"Microsoft Teams endpoint returned HTTP error 429", UnavailableError),
            (200, b"Webhook delivery failed: HTTP error 403", RefusedError),
            (200, b"<html>sign in</html>", RefusedError),
            (400, b"", RefusedError),
            (502, b"", UnavailableError),
        ],
    )
    def test_what_answers_mean(self, server, status, body, error):
        server.answer(status, body)
        with pytest.raises(error):
            tell(server, "teams")

    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_it_fits(self, sample):
        assert len(teams.render(EVERYTHING[sample])) <= 28_000

    def test_it_fits_with_the_longest_links_and_tags(self):
        link = f"https://example.com/{'é' * 1900}"
        tags = {f"{each}{'日' * 60}": "日" * 200 for each in range(30)}
        links = Links(incident=link, dashboard=link, runbook=link)
        body = teams.render(replace(LARGE, links=links, tags=tags, owner="日" * 200))
        assert len(body) <= 28_000

    def test_old_connectors_are_taken_with_a_warning(self):
        old = made("teams", url="https://example.webhook.office.com/webhookb2/x")
        assert old.warnings() == ["connectors are being retired, use Workflows"]
        assert made("teams").warnings() == []

    def test_text_of_users_is_no_markup(self):
        """Only runs show it, and those know no Markdown."""
        card = json.loads(teams.render(EVIL))["attachments"][0]["content"]
        assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


class TestWebhook:
    def test_a_receiver_can_check_who_sent_it(self, server):
        assert tell(server, "webhook", secrets=[SECRET]) == "200 OK"
        said = server.heard[0]
        assert said.headers["webhook-id"] == DRIFT.id
        assert abs(int(said.headers["webhook-timestamp"]) - time.time()) < 3600
        content = f"{DRIFT.id}.{said.headers['webhook-timestamp']}.".encode() + said.body
        mac = base64.b64encode(hmac.new(b"k" * 32, content, hashlib.sha256).digest()).decode()
        assert said.headers["webhook-signature"] == f"v1,{mac}"
        assert said.headers["Content-Type"].startswith("application/cloudevents+json")

    def test_while_secrets_are_replaced_both_sign(self, server):
        tell(server, "webhook", secrets=[SECRET, "x" * 24])
        first, second = server.heard[0].headers["webhook-signature"].split(" ")
        assert first != second
        assert first[:3] == second[:3] == "v1,"

    def test_the_id_is_constant_over_tries(self, server):
        tell(server, "webhook")
        tell(server, "webhook")
        assert {said.headers["webhook-id"] for said in server.heard} == {DRIFT.id}

    def test_a_secret_is_made_if_none_is_given(self):
        first, second = (made("webhook").secrets[0].get_secret_value() for _ in range(2))
        assert first != second
        assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32

    @pytest.mark.parametrize(
        "secrets",
        [
            [],
            [""],
            ["x" * 8],
            ["x" * 23],
            ["x" * 10_240],
            [SECRET] * 3,
            ["whsec_" + base64.b64encode(b"short").decode()],
            ["whsec_no base64!" + "x" * 30],
        ],
    )
    def test_secrets_that_are_none(self, secrets):
        assert faults("webhook", secrets=secrets)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "x"},
            {"content-length": "1"},
            {"Transfer-Encoding": "chunked"},
            {"Connection": "close"},
            {"Proxy-Authorization": "x"},
            {"webhook-signature": "x"},
            {"X-One": "a\r\nX-Two: b"},
            {"X\r\nY": "a"},
            {"": "a"},
            {"X-One": "é"},
            {"X-One": "1", "x-one": "2"},
        ],
    )
    def test_headers_that_are_not_theirs(self, headers):
        assert faults("webhook", headers=headers)

    def test_headers_of_theirs(self, server):
        tell(server, "webhook", headers={"Authorization": "Bearer x"})
        assert server.heard[0].headers["Authorization"] == "Bearer x"

    def test_every_kind_of_notice_is_an_event(self, server):
        for kind in NOTICES:
            tell(server, "webhook", replace(DRIFT, kind=kind))
        types = [each["type"] for each in heard(server)]
        assert len(set(types)) == len(NOTICES)
        assert all(each.startswith("tidegauge.") and each.endswith(".v1") for each in types)

    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_every_event_has_the_same_fields(self, server, sample):
        tell(server, "webhook", EVERYTHING[sample])
        tell(server, "webhook")
        some, usual = heard(server)
        assert some["specversion"] == "1.0"
        assert set(some["data"]["alert"]) == set(usual["data"]["alert"])

    def test_a_web_page_is_said_to_be_one(self, server):
        server.answer(200, b"<!doctype html><title>Sign in</title>")
        assert "web page" in tell(server, "webhook")


class TestAlertmanager:
    def test_it_fires_until_it_is_over(self, server):
        server.answer(200)
        assert tell(server, "alertmanager", token="abc")  # noqa: S106 - of a test == "200 OK"
        said = server.heard[0]
        assert said.path == "/prefix/api/v2/alerts"
        assert said.headers["Authorization"] == "Bearer abc"
        (alert,) = json.loads(said.body)
        assert alert["labels"] == {
            "alertname": "TidegaugeDrift",
            "family": "drift",
            "incident": INCIDENT,
            "model": "fraud",
            "severity": "warning",
            "tenant": "default",
        }
        assert alert["endsAt"] > alert["startsAt"]

    def test_who_it_is(self, server):
        tell(server, "alertmanager", username="me", password="word")  # noqa: S106 - of a test
        expected = base64.b64encode(b"me:word").decode()
        assert server.heard[0].headers["Authorization"] == f"Basic {expected}"

    def test_the_end_is_told_of_whatever_severity_it_was(self):
        ended = alertmanager.render(RESOLVED, 1)
        assert {each["labels"]["severity"] for each in ended} == {"critical", "warning", "info"}
        assert {each["endsAt"] for each in ended} == {"2026-05-28T22:31:40Z"}

    def test_what_was_said_of_a_lower_severity_ends(self):
        fires, *others = alertmanager.render(WORSE, 3_600_000_000)
        assert fires["labels"]["severity"] == "critical"
        assert fires["endsAt"] > "2026-05-28T21:00"
        assert [each["labels"]["severity"] for each in others] == ["warning", "info"]
        assert all(each["endsAt"] == "2026-05-28T20:26:40Z" for each in others)

    def test_the_heartbeat_is_an_alert_that_always_fires(self):
        (alert,) = alertmanager.render(HEARTBEAT, 1)
        assert alert["labels"]["alertname"] == "TidegaugeHeartbeat"

    @pytest.mark.parametrize(
        "who",
        [
            {"token": "a b"},
            {"token": "a", "username": "b", "password": "c"},
            {"username": "b"},
            {"password": "c"},
            {"username": "a:b", "password": "c"},
        ],
    )
    def test_who_it_cannot_be(self, who):
        assert faults("alertmanager", **who)

    def test_a_page_of_something_in_between_is_no_success(self, server):
        server.answer(200, b"<html>Sign in</html>")
        with pytest.raises(RefusedError):
            tell(server, "alertmanager")


class TestApprise:
    @pytest.mark.parametrize(
        "url",
        [
            "json://hooks.example.com",
            "jsons://hooks.example.com",
            "xml://hooks.example.com",
            "form://hooks.example.com",
            "dbus://",
            "gnome://",
            "kde://",
            "glib://",
            "macosx://",
            "windows://",
            "syslog://",
            "rsyslog://127.0.0.1",
            "file:///etc/passwd",
            "mailto://me:word@example.com",
            "mqtt://127.0.0.1",
            "smpp://a:b@127.0.0.1",
            "apprise://127.0.0.1/token",
            "matrix://127.0.0.1",
            "ntfy://127.0.0.1/topic",
            "gotify://127.0.0.1/token",
            "https://discord.com/api/webhooks/1/x",
            "discord://",
            "discord",
            "",
            "discord://123456789/abcdefghijklmnop?template=/etc/passwd",
            "discord://123456789/abcdefghijklmnop?verify=no",
            "discord://123456789/abcdefghijklmnop?rto=9999",
            "discord://123456789/abcdefghijklmnop?redirect=yes",
            "discord://123456789/abcdefghijklmnop?%75rl=http://127.0.0.1",
            "discord://123456789/abcdefghijklmnop\r\n",
        ],
    )
    def test_only_hosted_services(self, url):
        (fault,) = faults("apprise", urls=[url])
        assert fault["loc"] == ("apprise", "urls")

    def test_what_is_allowed_goes_to_the_host_of_its_service(self):
        import apprise

        own = {
            scheme
            for plugin in apprise.Apprise().details()["schemas"]
            if not any(
                part in str(each)
                for each in plugin["details"]["templates"]
                for part in ("{host}", "{hostname}", "{server}", "{port}")
            )
            for scheme in (*(plugin["protocols"] or ()), *(plugin["secure_protocols"] or ()))
        }
        assert own >= HOSTED

    def test_none_or_too_many(self):
        assert faults("apprise", urls=[])
        assert faults("apprise", urls=MINIMAL["apprise"]["urls"] * 21)

    def test_told(self, server, discord):
        server.answer(204)
        assert discord() == "1 told"
        assert "10,000 features" in server.heard[0].body.decode()

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, RefusedError),
            (404, RefusedError),
            (302, RefusedError),
            (500, UnavailableError),
            (503, UnavailableError),
        ],
    )
    def test_what_answers_mean(self, server, discord, status, error):
        server.answer(status, headers={"Location": "/other"})
        with pytest.raises(error):
            discord()
        assert not any(said.path == "/other" for said in server.heard)

    @pytest.fixture
    def discord(self, server, monkeypatch):
        from apprise.plugins.discord import NotifyDiscord

        monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{server.port}/x")
        monkeypatch.setattr(NotifyDiscord, "request_rate_per_sec", 0)
        return lambda: asyncio.run(made("apprise").send(DRIFT, Reach()))


class TestText:
    def test_a_cut_is_never_inside_a_character(self):
        whole = (
            "ab" + FAMILY + "e\u0301\u0302" + "\U0001f1e9\U0001f1ea" + "\U0001f44d\U0001f3fd" + "x"
        )
        pieces = list(characters(whole))
        assert pieces == [
            "a",
            "b",
            FAMILY,
            "e\u0301\u0302",
            "\U0001f1e9\U0001f1ea",
            "\U0001f44d\U0001f3fd",
            "x",
        ]
        for limit in range(40):
            told = cut(whole, limit)
            assert size(told) <= limit
            kept = told.removesuffix("…")
            assert kept in {"".join(pieces[:each]) for each in range(len(pieces) + 1)}

    def test_marks_without_end_do_not_hide_the_cut(self):
        assert cut(clean("e" + "\u0301" * 10_000), 3) == "…"
        assert size(clean("e" + "\u0301" * 10_000)) == 5

    @pytest.mark.parametrize("code", [*range(32), 0x7F, 0x85, 0x2028, 0x2029, 0x202E, 0xD800])
    def test_one_clean_line(self, code):
        said = clean(f"a{chr(code)}b")
        assert said in ("a b", "ab", "a\ufffdb")
        said.encode()

    def test_whatever_is_in_a_notice_it_can_be_sent(self):
        lone = replace(EVIL, title="\ud800 lone", description="\ud800")
        assert slack.render(lone)
        assert teams.render(lone)
        assert letter.html(lone)
        assert size(letter.subject(LARGE)) <= 250
