"""`tidegauge.Server`: a program steers a real server, and hears clearly what was not done."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from series_api import Api

import tidegauge as tg
from tidegauge.catalog import channels, models

HOOK = "https://hooks.example.com/secret-0123456789"
PAGE = Path(__file__).parents[2] / "docs/how-to/steer.md"
HOURLY = {"max_alerts": 3, "window_seconds": 3600}


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path / "case")
    made.case.catalog.write(lambda c: models.ensure(c, "default", ["fraud"], 1))
    yield made
    made.close()


def token(api, role):
    return api.key(role).headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def server(api):
    with tg.Server(api.url, token(api, "admin")) as made:
        yield made


def suppression(api, name):
    """What was said of each rule."""
    document = api.get(f"channels/{name}")["document"]
    return [
        {field: value for field, value in rule.items() if value}
        for rule in document.get("suppression", [])
    ]


def test_the_page_about_it_runs_and_again(api, monkeypatch, capsys):
    (example,) = re.findall(r"```py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.setenv("TIDEGAUGE_URL", api.url)
    monkeypatch.setenv("TIDEGAUGE_API_KEY", token(api, "admin"))
    example = example.replace('"http://localhost:8712", "tg_..."', "")
    for _time in range(2):
        exec(compile(example, PAGE.name, "exec"), {})  # noqa: S102 - our own documentation
        rules = [suppression(api, name) for name in ("log", "team")]
        assert [len(each) for each in rules] == [1, 2]
        (escalation,) = api.get("escalations")
        assert escalation["document"]["matchers"] == ["family=drift"]
        own = [each for each in api.get("monitors")["monitors"] if each["origin"] == "api"]
        documents = [each["document"] for each in own]
        assert [(each.get("models", "*"), each["conditions"]) for each in documents] == [
            ("fraud-*", [{"max": 250.0, "severity": "critical"}]),
            ("*", [{"max": 100.0}]),
        ]
    assert "no_data" in capsys.readouterr().out


def test_a_rule_is_added_to_each_channel_and_secrets_stay(api, server):
    server.register_alert_channel("log", {"kind": "console"})
    made = server.register_alert_channel(
        "hook", {"kind": "webhook", "url": HOOK, "headers": {"X": "y"}, "suppression": [HOURLY]}
    )
    assert server.add_suppression_rule("drift", "warning", **HOURLY) == ["hook", "log"]
    # By the severity's other name it is the same.
    assert server.add_suppression_rule("drift", "medium", **HOURLY) == ["hook", "log"]
    rule = {"alert_type": "drift", "severity": "medium", **HOURLY}
    assert (suppression(api, "log"), suppression(api, "hook")) == ([rule], [HOURLY, rule])
    with api.case.catalog.read() as connection:
        kept = channels.by_name(connection, "default", "hook").document
    assert (kept["url"], kept["headers"], kept["secrets"]) == (
        HOOK,
        {"X": "y"},
        made["made_secrets"],
    )


def test_who_changes_a_channel_meanwhile_loses_nothing(api, server, monkeypatch):
    server.register_alert_channel("log", {"kind": "console"})
    real, pending = server._send, [1, 1]

    def slow(method, *path, **more):
        if method == "PUT" and pending:
            pending.pop()
            changed = {"kind": "console", "cap": 7 + len(pending)}
            api.ask("PUT", "channels/log", role="admin", json=changed)
        return real(method, *path, **more)

    monkeypatch.setattr(server, "_send", slow)
    server.add_suppression_rule(None, None, **HOURLY)
    assert api.get("channels/log")["document"]["cap"] == 7
    assert suppression(api, "log") == [HOURLY]


def test_the_ladder_of_a_type_comes_before_that_of_all(server):
    server.register_alert_channel("log", {"kind": "console"})
    levels = [{"delay_minutes": 5, "channels": ["log"]}]
    others = server.add_escalation_rule(None, levels)["name"]
    families = ("drift", "performance", "fairness", "quality", "ops", "manual")
    assert all(server.add_escalation_rule(each, levels)["name"] < others for each in families)


def test_an_alert_is_resolved(api, server):
    wanted = {"model_id": "fraud", "title": "odd", "severity": "high"}
    made = api.ask("POST", "alerts", json=wanted, status=201)
    done = server.resolve_alert(made["incident_id"], "seen to")
    assert (done["state"], done["reason"]) == ("resolved", "seen to")


def test_a_limit_that_is_set_again_is_changed(api, server):
    server.set_alert_threshold("missing_rate", "max", 0.1, "high", model="fraud", column="amount")
    server.set_alert_threshold("missing_rate", "max", 0.2, "high", model="fraud", column="amount")
    (own,) = [each for each in api.get("monitors")["monitors"] if each["origin"] == "api"]
    assert own["document"]["conditions"] == [{"max": 0.2, "severity": "high"}]
    assert own["document"]["column"] == "amount"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda s: s.register_alert_channel("x", {"kind": "pigeon"}), "/kind: must be one of"),
        (lambda s: s.add_suppression_rule("drift", None, 3, 60), "register one first"),
        (lambda s: s.set_alert_threshold("latency", "max", 1), "no metric 'latency'"),
        (lambda s: s.set_alert_threshold("latency_p95_ms", "above", 1), "'max' or 'min'"),
        (
            lambda s: s.add_escalation_rule("drift", [{"after_minutes": 5, "channels": ["x"]}]),
            "there is no channel 'x'",
        ),
    ],
)
def test_what_is_wrong_with_what_was_asked_is_said(server, what, words):
    with pytest.raises(tg.InputError, match=re.escape(words)):
        what(server)


def test_what_is_not_there_or_not_allowed_is_said(api, server):
    with pytest.raises(tg.AnswerError, match="no such incident") as raised:
        server.resolve_alert("x")
    assert raised.value.status == 404
    with pytest.raises(tg.AnswerError, match="there is no channel 'x'"):
        server.add_suppression_rule(None, None, 3, 60, channels="x")
    with (
        tg.Server(api.url, token(api, "read")) as reader,
        pytest.raises(tg.AnswerError, match="needs 'admin'") as raised,
    ):
        reader.register_alert_channel("log", {"kind": "console"})
    assert raised.value.status == 403


def test_a_server_that_is_gone_is_said_without_the_key():
    with tg.Server("http://127.0.0.1:1", "a-secret") as server:
        with pytest.raises(tg.AnswerError, match=r"127\.0\.0\.1:1 cannot be reached") as raised:
            server.run_monitoring_cycle("fraud")
        assert raised.value.status is None
        assert "a-secret" not in f"{raised.value}{server!r}"


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        (None, "k", "no url"),
        ("http://localhost", None, "no api_key"),
        ("http://example.com", "k", "in the clear"),
    ],
)
def test_a_server_that_cannot_be_is_refused(monkeypatch, url, key, words):
    monkeypatch.delenv("TIDEGAUGE_URL", raising=False)
    monkeypatch.delenv("TIDEGAUGE_API_KEY", raising=False)
    with pytest.raises(tg.InputError, match=words):
        tg.Server(url, key)


def test_it_loads_neither_numpy_nor_arrow():
    script = "import sys, tidegauge; tidegauge.Server('http://localhost', 'k'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert {"numpy", "pyarrow", "pydantic", "fastapi"}.isdisjoint(done.stdout.split())
