"""Policies that files keep, over HTTP and from a terminal: planned, applied, and taken away."""

import os
import subprocess
import sys

import pytest

TARGET = {"kind": "command", "name": "train"}
FRAUD = {"name": "fraud", "models": "fraud-*", "target": TARGET}


def put(api, status=200, **body):
    return api.ask("PUT", "monitors", status=status, json={"monitors": [], **body})


def names(api):
    return {each["name"]: each["origin"] for each in api.get("retraining/policies")}


def test_they_are_planned_and_applied_with_the_monitors(api):
    planned = put(api, retraining=[FRAUD], dry_run=True)
    assert [(each["name"], each["kind"], each["what"]) for each in changes(planned)] == [
        ("fraud", "retraining", "added")
    ]
    assert names(api) == {}
    put(api, retraining=[FRAUD])
    assert names(api) == {"fraud": "file"}
    assert changes(put(api, retraining=[FRAUD])) == []
    changed = put(api, retraining=[{**FRAUD, "priority": "high"}])
    assert changes(changed)[0]["differences"] == [
        {"field": "priority", "old": "normal", "new": "high"}
    ]
    told = [each["what"] for each in api.get("audit", role="admin")["entries"]]
    assert "policies.apply" in told


def changes(plan):
    return [each for each in plan["steps"] if each["what"] != "unchanged"]


def test_what_left_the_files_goes_and_what_was_made_by_hand_stays(api):
    api.ask("PUT", "retraining/policies/mine", json={"models": "*", "target": TARGET})
    put(api, retraining=[FRAUD])
    # A file that says nothing of policies leaves them alone.
    put(api)
    assert names(api) == {"fraud": "file", "mine": "api"}
    put(api, retraining=[])
    assert names(api) == {"mine": "api"}
    put(api, retraining=[{"name": "mine", "models": "*", "target": TARGET}])
    assert names(api) == {"mine": "file"}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({**FRAUD, "target": {"kind": "rocket"}}, "/retraining/0/target/kind"),
        ({**FRAUD, "channels": ["nowhere"]}, "/retraining/0/channels/0"),
        ({**FRAUD, "promotion": {"channel": "nowhere"}}, "/retraining/0/promotion/channel"),
    ],
)
def test_all_or_none(api, document, pointer):
    slow = {"name": "slow", "metric": "latency_avg_ms", "conditions": [{"max": 10}]}
    refused = put(api, status=422, monitors=[slow], retraining=[document])
    assert pointer in {each["pointer"] for each in refused["errors"]}
    assert names(api) == {}
    assert "slow" not in {each["name"] for each in api.get("monitors")["monitors"]}


def test_who_saw_something_else_is_told(api):
    seen = api.key("write").put(
        "monitors", json={"monitors": [], "retraining": [], "dry_run": True}
    )
    api.ask("PUT", "retraining/policies/mine", json={"models": "*", "target": TARGET})
    headers = {"If-Match": seen.headers["ETag"]}
    body = {"monitors": [], "retraining": [FRAUD]}
    api.ask("PUT", "monitors", status=412, json=body, headers=headers)


def test_from_a_terminal(api, tmp_path):
    file = tmp_path / "all.yaml"
    file.write_text(
        "retraining:\n  - {name: fraud, models: 'fraud-*', target: {kind: command, name: train}}\n",
        encoding="utf-8",
    )
    _key, token = api.keys.create(name="cli", role="write")

    def ask(*words):
        done = subprocess.run(
            [sys.executable, "-m", "tidegauge.cli", "monitors", *words],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TIDEGAUGE_API_KEY": token, "TIDEGAUGE_URL": api.url},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert ask("validate", str(file)) == "1 policy, and nothing wrong\n"
    assert "+ fraud  retraining" in ask("plan", str(file))
    assert "Applied." in ask("apply", "--yes", str(file))
    assert names(api) == {"fraud": "file"}
    assert "Nothing changes" in ask("plan", str(file))
