"""`tidegauge incidents`, `silence`, `channels` and `escalations`, as processes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "web"))

from serving import Server

CANARY = "canary-of-a-secret-0123456789"
CHANNELS = """\
channels:
  log: {kind: console, min_severity: low}
  hook:
    kind: webhook
    url: https://hooks.example.com/${HOOK}
"""
LADDERS = """\
escalations:
  night:
    matchers: [family=drift]
    levels:
      - {after_minutes: 5, channels: [log], severity: medium}
      - {after_minutes: 30, channels: [hook]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("cli") / "data") as running:
        with running.client() as client:
            assert client.post("/api/v1/models", json={"model_id": "fraud"}).status_code == 201
        yield running


@pytest.fixture
def ask(server):
    def asked(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "tidegauge.cli", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "COLUMNS": "160",
                "TIDEGAUGE_URL": server.url,
                "TIDEGAUGE_API_KEY": server.admin,
                **environment,
            },
        )

    return asked


@pytest.fixture
def incident(server):
    with server.client() as client:
        wanted = {"model_id": "fraud", "title": "[red]odd[/] scores", "severity": "high"}
        made = client.post("/api/v1/alerts", json=wanted)
        assert made.status_code == 201
        name = made.json()["incident_id"]
        yield name
        client.post(f"/api/v1/incidents/{name}/resolve")


def test_an_incident_is_seen_and_handled(ask, incident):
    listed = ask("incidents", "list")
    assert listed.returncode == 0, listed.stderr
    (line,) = [each for each in listed.stdout.splitlines() if each.startswith(incident)]
    # A title from elsewhere is no markup.
    assert "high" in line
    assert "[red]odd[/] scores" in line
    assert json.loads(ask("incidents", "list", "--json").stdout)["summary"]["by_state"]

    done = ask("incidents", "ack", incident, "--for", "4 h")
    assert (done.returncode, done.stdout) == (0, f"{incident}: acknowledged\n")
    assert ask("incidents", "unack", incident).stdout == f"{incident}: open\n"
    assert ask("incidents", "snooze", incident, "--for", "2 h").returncode == 0
    assert ask("incidents", "comment", incident, "It is the vendor.").returncode == 0

    shown = ask("incidents", "show", incident)
    assert shown.returncode == 0, shown.stderr
    for told in ("fraud: [red]odd[/] scores", "What to do", "snoozed until", "It is the vendor."):
        assert told in shown.stdout
    assert json.loads(ask("incidents", "show", incident, "--json").stdout)["timeline"]

    assert ask("incidents", "resolve", incident, "--reason", "mended").returncode == 0
    assert incident not in ask("incidents", "list").stdout
    assert incident in ask("incidents", "list", "--all").stdout
    both = ask("incidents", "ack", incident, "none")
    assert both.returncode == 1
    assert f"{incident}: the incident is resolved" in both.stdout
    assert "none: no such incident" in both.stdout


def test_what_the_server_refuses_is_told(ask, incident):
    for words, told in (
        (("incidents", "show", "none"), "there is no such incident"),
        (("incidents", "list", "--state", "shut"), "state"),
        (("incidents", "snooze", incident, "--for", "soon"), "no span of time"),
        (("silence", "add", "model", "-c", "x"), "/matchers/0"),
        (("silence", "add", "model=~.*", "-c", "x"), "everything"),
        (("silence", "end", "99999"), "no such silence"),
        (("channels", "test", "none"), "no channel"),
    ):
        done = ask(*words)
        assert done.returncode == 1, done.stdout
        assert told in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("incident")
def test_a_silence_is_made_and_ended(ask):
    made = ask("silence", "add", "model=fraud", "--for", "2 h", "-c", "a known fault")
    assert made.returncode == 0, made.stderr
    assert "1 alerts of now" in made.stdout
    number = made.stdout.split(":")[0]
    listed = ask("silence", "list")
    assert 'model="fraud"' in listed.stdout
    assert "a known fault" in listed.stdout
    assert ask("silence", "end", number).stdout == "Ended.\n"
    assert ask("silence", "list").stdout == "Nothing is silenced.\n"
    assert json.loads(ask("silence", "list", "--all", "--json").stdout)[0]["state"] == "expired"
    window = ask("silence", "add", "model=a", "--maintenance", "--for", "60 d", "-c", "a move")
    assert window.returncode == 0
    assert "a move" in ask("silence", "list", "--maintenance").stdout


def test_channels_and_escalations_come_from_files(ask, tmp_path):
    path = tmp_path / "channels.yaml"
    path.write_text(CHANNELS)
    untold = ask("channels", "set", path)
    assert untold.returncode == 1
    assert "no HOOK" in untold.stderr
    made = ask("channels", "set", path, HOOK=CANARY)
    assert made.returncode == 0, made.stderr
    assert "whsec_" in made.stdout
    assert CANARY not in made.stdout
    assert "whsec_" not in ask("channels", "set", path, HOOK=CANARY).stdout

    listed = ask("channels", "list")
    assert listed.returncode == 0, listed.stderr
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["channel", "hook", "log"]
    assert CANARY not in ask("channels", "list", "--json").stdout
    assert ask("channels", "test", "log").stdout == "Delivered: written to stderr\n"

    ladders = tmp_path / "escalations.yaml"
    ladders.write_text(LADDERS)
    done = ask("escalations", "set", ladders)
    assert (done.returncode, done.stdout) == (0, "night: 2 levels\n")
    listed = ask("escalations", "list").stdout
    assert "after 5 min: log as medium" in listed
    assert "after 30 min: hook as critical" in listed
    ladders.write_text(LADDERS.replace("[hook]", "[hok]"))
    done = ask("escalations", "set", ladders)
    assert done.returncode == 1
    assert "did you mean 'hook'" in done.stderr
    assert ask("escalations", "remove", "night").returncode == 0
    assert ask("channels", "remove", "hook").returncode == 0
    assert ask("escalations", "list").stdout == "No escalations.\n"


@pytest.mark.parametrize(
    "text",
    ["[1", "channels: 1", "channels: {a: 1}", "monitors: {}", "channels: {}", "a: &a [*a]"],
)
def test_a_file_that_is_none_is_refused(ask, tmp_path, text):
    path = tmp_path / "channels.yaml"
    path.write_text(text)
    done = ask("channels", "set", path)
    assert done.returncode == 1
    assert str(path) in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_without_a_server_it_says_so():
    command = [sys.executable, "-m", "tidegauge.cli", "incidents", "list"]
    done = subprocess.run(
        [*command, "--url", "http://127.0.0.1:9"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


def test_the_examples_of_the_page_run(tmp_path):
    """As a reader would run them, line by line."""
    page = Path(__file__).parent.parent.parent / "docs" / "how-to" / "incidents.md"
    text = page.read_text(encoding="utf-8")
    for name in ("channels.yaml", "escalations.yaml"):
        (block,) = [each for each in blocks(text, "yaml") if each.startswith(f"# {name}")]
        (tmp_path / name).write_text(block)
    shell = shutil.which("bash")
    with Server(tmp_path / "data") as server, server.client() as client:
        client.post("/api/v1/models", json={"model_id": "fraud"})
        wanted = {"model_id": "fraud", "title": "drifting", "severity": "high"}
        incident = client.post("/api/v1/alerts", json=wanted).json()["incident_id"]
        environment = {
            **os.environ,
            "TIDEGAUGE_URL": server.url,
            "TIDEGAUGE_API_KEY": server.admin,
            "SLACK_URL": "https://hooks.slack.com/services/T0/B0/x",
            "PAGERDUTY_KEY": "0" * 32,
            "H": f"Authorization: Bearer {server.admin}",
        }
        lines = [line for block in blocks(text, "console") for line in commands(block)]
        assert len(lines) > 15
        for line in lines:
            words = line.replace("localhost:8712", server.url.removeprefix("http://"))
            words = words.replace("tidegauge ", f"{sys.executable} -m tidegauge.cli ", 1)
            done = subprocess.run(
                [shell, "-c", words.replace("019...", incident)],
                capture_output=True,
                text=True,
                check=False,
                cwd=tmp_path,
                env=environment,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            assert "/problems/" not in done.stdout, (line, done.stdout)


def blocks(text, language):
    return [part.split("```")[0] for part in text.split(f"```{language}\n")[1:]]


def commands(block):
    """Each with the lines that it goes on over."""
    whole = block.replace("\\\n", " ")
    return [
        line.removeprefix("$ ").split("  #")[0]
        for line in whole.splitlines()
        if line.startswith("$ ") and not line.startswith("$ H=")
    ]
