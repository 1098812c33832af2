"""`tidegauge monitors`, as a process: what it says, changes and exits with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "web"))

from serving import Server

from tidegauge.monitor.usual import documents

MONITORS = """\
monitors:
  - name: slow
    models: fraud-*
    metric: latency_p95_ms
    conditions:
      - {max: 100, severity: high}
  - name: moved
    kind: drift
"""
TESTS = """\
files: [monitors.yaml]
tests:
  - {name: quiet, monitor: slow, values: 50x20, alarms: []}
  - name: slow
    monitor: slow
    values: 50x10 200x10
    alarms: [{at: 13 min, severity: high}]
"""


def command(*words, given=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tidegauge.cli", "monitors", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        input=given,
        env={**os.environ, "COLUMNS": "120", **environment},
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "monitors.yaml"
    path.write_text(MONITORS)
    return path


class TestOffline:
    def test_what_is_right_is_said(self, file):
        done = command("validate", file)
        assert (done.returncode, done.stderr) == (0, "")
        assert "2 monitors" in done.stdout
        assert "drift, metric" in done.stdout

    @pytest.mark.usefixtures("file")
    def test_all_faults_of_all_files_are_told_with_their_lines(self, tmp_path):
        other = tmp_path / "more.yaml"
        other.write_text(
            MONITORS.replace("p95", "p96").replace("max:", "mxa:").replace("name: moved", "naem: x")
        )
        done = command("validate", tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert "Traceback" not in done.stderr
        said = done.stderr.splitlines()
        assert said[-1] == "4 faults"
        for number, word in ((4, "did you mean 'latency_p9"), (6, "mxa"), (7, "naem")):
            assert any(f"{other}:{number}:" in line and word in line for line in said)
        assert command("validate", tmp_path / "none.yaml").returncode == 1

    def test_what_cannot_be_kept_is_no_file(self, file):
        file.write_text(MONITORS.replace("{max: 100", "{change: 1e999 %"))
        done = command("validate", file)
        assert done.returncode == 1
        assert "conditions[0].change" in done.stderr

    def test_the_schema_is_for_editors(self):
        done = command("schema")
        assert done.returncode == 0
        assert json.loads(done.stdout)["title"] == "tidegauge monitors"

    def test_rules_are_tested_on_a_clock_of_their_own(self, file):
        tests = file.with_name("tests.yml")
        tests.write_text(TESTS)
        done = command("test", tests, "-v")
        assert done.returncode == 0
        assert "2 tests, 0 failed" in done.stdout
        assert "alarm at 13 min until the end, high" in done.stdout
        tests.write_text(TESTS.replace("13 min", "14 min"))
        done = command("test", tests)
        assert done.returncode == 1
        assert "no alarm at 14 min" in done.stdout
        assert "2 tests, 1 failed" in done.stdout
        tests.write_text(TESTS.replace("monitor: slow", "monitor: slo"))
        done = command("test", tests)
        assert done.returncode == 1
        assert "did you mean 'slow'" in done.stderr
        assert "Traceback" not in done.stderr

    def test_without_a_server_it_says_so(self, file):
        for words in (("plan", file), ("list",), ("export",), ("try", "m"), ("apply", "-y", file)):
            done = command(*words, "--url", "http://127.0.0.1:9")
            assert done.returncode == 1
            assert "cannot be reached" in done.stderr
            assert "Traceback" not in done.stderr


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "data") as running:
        yield running


@pytest.fixture
def ask(server):
    def asked(*words, **more):
        environment = {"TIDEGAUGE_URL": server.url, "TIDEGAUGE_API_KEY": server.admin}
        return command(*words, **environment, **more)

    return asked


def test_files_go_to_a_server_and_come_back(ask, file, tmp_path):
    planned = ask("plan", file)
    assert planned.returncode == 0, planned.stderr
    assert "+ slow  metric" in planned.stdout
    assert 'models: "fraud-*"' in planned.stdout
    assert "2 to add" in planned.stdout
    assert ask("plan", "--exit-code", file).returncode == 1

    # Nobody is there to be asked.
    refused = ask("apply", file, given="y\n")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert ask("plan", "--exit-code", file).returncode == 1

    applied = ask("apply", "--yes", file)
    assert applied.returncode == 0
    assert "Applied." in applied.stdout
    again = ask("plan", "--exit-code", file)
    assert again.returncode == 0
    assert "Nothing changes (2 monitors)." in again.stdout

    file.write_text(MONITORS.replace("100", "250").replace("name: moved", "name: drift"))
    planned = ask("plan", file)
    assert "conditions[0].max: 100.0 -> 250.0" in planned.stdout
    assert "~ drift  drift  the file takes over the usual one" in planned.stdout
    assert "- moved  drift" in planned.stdout
    assert "0 to add, 2 to change, 1 to remove" in planned.stdout
    counts = json.loads(ask("plan", "--json", file).stdout)
    assert [counts[what] for what in ("added", "changed", "removed")] == [0, 2, 1]
    assert ask("apply", "-y", file).returncode == 0

    listed = ask("list")
    assert listed.returncode == 0
    (line,) = [each for each in listed.stdout.splitlines() if each.startswith("slow ")]
    told = ["slow", "metric", "fraud-*", "0", *("not", "read", "yet"), "a", "file"]
    assert line.split() == told

    out = tmp_path / "out" / "all.yaml"
    out.parent.mkdir()
    assert ask("export", "-o", out).returncode == 0
    assert ask("export").stdout == out.read_text()
    assert command("validate", out).returncode == 0
    # What was exported is what is there; only its keeper is another.
    plan = json.loads(ask("plan", "--json", out).stdout)
    told = {step["name"]: step["differences"] for step in plan["steps"]}
    assert told == {name: [] for name in ("slow", *(each["name"] for each in documents()))}


def test_a_model_is_looked_at_without_keeping_it(ask, server, file):
    import httpx

    sent = httpx.post(
        f"{server.url}/api/v1/models",
        json={"model_id": "fraud-1"},
        headers={"Authorization": f"Bearer {server.admin}"},
    )
    assert sent.status_code == 201
    done = ask("try", "fraud-1", file)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "no_data" in rows["slow"]
    assert "has no reference yet" in rows["moved"]
    kept = json.loads(ask("try", "fraud-1", "--json").stdout)
    assert {each["monitor"] for each in kept["readings"]} > {"drift", "latency"}
    assert "moved" not in ask("list").stdout
    nobody = ask("try", "none")
    assert nobody.returncode == 1
    assert "there is no model 'none'" in nobody.stderr


def test_a_name_from_elsewhere_is_no_markup(ask, file):
    file.write_text("monitors: [{name: a, kind: drift, owner: '[red]x[/] [bold'}]")
    planned = ask("plan", file)
    assert planned.returncode == 0
    assert "[red]x[/] [bold" in planned.stdout
