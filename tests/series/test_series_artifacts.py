"""Models' files over HTTP: put, used, spare, removed; and `tidegauge artifacts` with real ones."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from worker_case import prediction

from tidegauge.catalog import models, series, windows

SECOND, HOUR, DAY = 1_000_000, 3_600 * 1_000_000, 86_400 * 1_000_000
NOW = time.time_ns() // 1000 // (60 * SECOND) * 60 * SECOND - 120 * SECOND
POINTS = ("marked", "before-rename", "renamed", "deleted", "confirmed")
DESCRIBED = {
    "uri": "s3://models/m/1",
    "digest": "sha256:00",
    "size_bytes": 1234,
    "trained_at": "2026-01-02T03:00:00Z",
    "training_seconds": 61.5,
    "metrics": {"auc": 0.91},
    "importance": {"age": 0.7, "income": 0.3},
    "metadata": {"commit": "abc", "data": {"rows": 5}},
}


def put(api, version, status=200, model="m", **told):
    return api.ask("PUT", f"models/{model}/artifacts/{version}", status=status, json=told)


def listed(api, path="models/m/artifacts", **asked):
    return {each["version"]: each for each in api.get(path, **asked)["artifacts"]}


def answer(api, version, at=NOW, model="m"):
    chance = random.Random(version)
    rows = [
        prediction(chance, f"{version}-{at}-{n}", model=model, at=at, model_version=version)
        for n in range(10)
    ]
    api.case.send(rows, NOW + SECOND)
    api.case.count()


def long_ago(connection):
    """As a month of counting would have left it."""
    model = models.by_name(connection, "default", "m").id
    number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
    given = {"start": (NOW - 30 * DAY) // HOUR * HOUR, "resolution": 3600, "rows": 10}
    windows.put(connection, [windows.Window(series=number, traffic=b"", changed_at=1, **given)])


@pytest.fixture
def ready(api):
    """Version 1 answered a month ago, 2 does now, and 3 to 5 never did."""
    answer(api, "2")
    api.case.catalog.write(long_ago)
    api.ask("PUT", "retraining/config", json={"keep_versions": 1})
    for version in "12345":
        put(api, version, trained_at=f"2026-01-0{version}T00:00:00Z")
    return api


class TestReferences:
    def test_one_is_told_as_it_was_put_and_putting_it_again_changes_nothing(self, ready):
        made = put(ready, "6", **DESCRIBED)
        assert DESCRIBED.items() <= made.items()
        assert put(ready, "6", **DESCRIBED) == made
        assert ready.get("models/m/artifacts/6") == made
        entries = ready.get("audit", role="admin")["entries"]
        assert sum(each["detail"].get("version") == "6" for each in entries) == 1
        changed = put(ready, "6", **DESCRIBED | {"size_bytes": 5})
        assert (changed["size_bytes"], changed["created_at"]) == (5, made["created_at"])

    def test_a_version_may_have_a_slash(self, ready):
        assert put(ready, "a%2Fb")["version"] == "a/b"
        assert ready.get("models/m/artifacts/a%2Fb")["version"] == "a/b"
        gone = ready.ask("POST", "models/m/artifacts/a%2Fb/remove")
        assert (gone["version"], gone["state"]) == ("a/b", "removing")

    @pytest.mark.parametrize(
        "told",
        [
            {"metrics": {"auc": "NaN"}},
            {"size_bytes": -1},
            {"trained_at": "2026-01-02T03:00:00"},
            {"metadata": {"all": "x" * 70_000}},
            {"path": "/models/1"},
        ],
    )
    def test_what_is_no_reference(self, ready, told):
        put(ready, "6", status=422, **told)

    def test_who_may_and_what_is_not_there(self, ready):
        ready.ask("PUT", "models/m/artifacts/6", role="read", status=403, json={})
        put(ready, "1", status=404, model="other")
        ready.get("models/m/artifacts/9", status=404)
        ready.ask("POST", "models/m/artifacts/9/remove", status=404)

    def test_each_says_who_uses_it_and_why_it_is_kept(self, ready):
        found = listed(ready)
        assert list(found) == ["5", "4", "3", "2", "1"]
        assert {name for name, each in found.items() if each["is_spare"]} == {"3", "4"}
        assert found["2"]["use"]["predictions_7d"] == 10
        assert found["2"]["reason"] == "it answered in the last 7 days"
        assert (found["1"]["use"]["predictions_7d"], found["1"]["use"]["is_way_back"]) == (0, True)
        assert found["1"]["use"]["last_prediction_at"] is not None
        assert found["5"]["reason"] == "it is one of the newest 1"

    def test_over_models_a_page_follows_the_other(self, ready):
        answer(ready, "x", model="n")
        for version in "wxyz":
            put(ready, version, model="n")
        whole = ready.get("artifacts")["artifacts"]
        assert len(whole) == 9
        found, cursor = [], None
        while True:
            page = ready.get("artifacts", limit=2, cursor=cursor)
            found += page["artifacts"]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == whole
        spare = ready.get("artifacts", spare="true", limit=3)
        assert [(each["model_id"], each["version"]) for each in spare["artifacts"]] == [
            ("m", "4"),
            ("m", "3"),
            ("n", "y"),
        ]
        rest = ready.get("artifacts", spare="true", limit=3, cursor=spare["next"])
        assert [each["version"] for each in rest["artifacts"]] == ["w"]
        first = ready.get("models/m/artifacts", limit=3)
        more = ready.get("models/m/artifacts", limit=3, cursor=first["next"])
        assert [each["version"] for each in more["artifacts"]] == ["2", "1"]

    def test_removing_is_refused_where_it_is_in_use_and_goes_one_way(self, ready):
        path = "models/m/artifacts"
        for version in "12":
            ready.ask("POST", f"{path}/{version}/remove", status=409)
        ready.ask("DELETE", f"{path}/3", status=409)
        ready.ask("PATCH", f"{path}/3", json={"is_pinned": True})
        ready.ask("POST", f"{path}/3/remove", status=409)
        assert ready.ask("PATCH", f"{path}/3", json={"is_pinned": False})["is_spare"]
        assert ready.ask("POST", f"{path}/3/remove")["state"] == "removing"
        put(ready, "3", status=409)
        assert ready.ask("DELETE", f"{path}/3")["state"] == "gone"
        assert "3" not in listed(ready)
        assert listed(ready, state="gone")["3"]["gone_at"] is not None
        assert put(ready, "3")["state"] == "kept"
        told = {each["what"] for each in ready.get("audit", role="admin")["entries"]}
        assert {f"artifact.{name}" for name in ("put", "pin", "unpin", "remove", "gone")} <= told

    def test_predictions_that_wait_to_be_counted_keep_all(self, ready):
        at = NOW - 2 * 3600 * SECOND
        rows = [prediction(random.Random(1), "late", model="m", at=at, model_version="3")]
        ready.case.send(rows, at)
        found = listed(ready)
        assert "not counted yet" in found["3"]["reason"]
        ready.ask("POST", "models/m/artifacts/3/remove", status=409)
        ready.case.count()
        assert listed(ready)["3"]["reason"] == "it answered in the last 7 days"
        assert listed(ready)["4"]["is_spare"]

    def test_predictions_that_came_too_late_to_be_counted_keep_all(self, ready):
        answer(ready, "3", NOW - 2 * DAY)
        found = listed(ready)
        assert "a day too late to be counted" in found["3"]["reason"]
        ready.ask("POST", "models/m/artifacts/3/remove", status=409)

    def test_another_tenant_sees_nothing_of_it(self, ready):
        assert ready.get("artifacts", tenant="other")["artifacts"] == []
        ready.get("models/m/artifacts", tenant="other", status=404)


def files(folder, model, *versions):
    """As whoever deploys puts them."""
    for version in versions:
        own = folder / model / version
        own.mkdir(parents=True)
        (own / "model.pickle").write_bytes(f"{model} {version}".encode())
        digest = hashlib.sha256((own / "model.pickle").read_bytes()).hexdigest()
        told = {
            "digest": f"sha256:{digest}",
            "created_at": f"2026-01-0{version}T00:00:00Z",
            "training_seconds": 2,
            "metrics": {"auc": 0.9, "kind": "x", "loss": float("nan")},
            "commit": "abc",
        }
        (own / "metadata.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture
def command(ready):
    _key, token = ready.keys.create(name="cli", role="write")

    def run(*words, status=0, **environment):
        done = subprocess.run(
            [sys.executable, "-m", "tidegauge.cli", "artifacts", *words, "--url", ready.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "COLUMNS": "160", "TIDEGAUGE_API_KEY": token, **environment},
        )
        assert done.returncode == status, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


class TestCommands:
    def test_what_lies_in_a_folder_is_told_and_listed(self, ready, command, tmp_path):
        files(tmp_path, "m", *"12345")
        said = command("add", "m", str(tmp_path))
        assert (tmp_path / "m" / "3" / "model.pickle").as_uri() in said
        found = ready.get("models/m/artifacts/3")
        assert found["trained_at"] == "2026-01-03T00:00:00Z"
        assert (found["size_bytes"], found["training_seconds"]) == (3, 2.0)
        assert found["metrics"] == {"auc": 0.9}
        assert found["metadata"]["commit"] == "abc"
        shown = command("list", "m")
        assert "auc 0.9" in shown
        assert "it is one of the newest 1" in shown
        assert json.loads(command("list", "--json"))[0]["version"] == "5"
        assert "3 stays" in command("pin", "m", "3")
        assert "is spare" in command("unpin", "m", "3")

    def test_what_cannot_be_told_is_said_and_the_rest_is_told(self, ready, command, tmp_path):
        files(tmp_path, "m", *"67")
        (tmp_path / "m" / "6" / "metadata.json").write_text('{"created_at": "yesterday"}')
        said = command("add", "m", str(tmp_path), status=1)
        assert "6: left out" in said
        assert ready.get("models/m/artifacts/7")["size_bytes"] == 3
        assert "no version" in command("add", "other", str(tmp_path), status=1)

    def test_pruning_deletes_what_is_spare_and_nothing_else(self, ready, command, tmp_path):
        files(tmp_path, "m", *"12345")
        command("add", "m", str(tmp_path))
        said = command("prune", "--root", str(tmp_path), "--dry-run")
        assert "2 versions would go" in said
        assert names(tmp_path / "m") == set("12345")
        assert "2 versions deleted" in command("prune", "--root", str(tmp_path))
        assert names(tmp_path / "m") == set("125")
        assert listed(ready, state="gone").keys() == set("34")
        assert "0 versions deleted" in command("prune", "--root", str(tmp_path))

    def test_what_is_not_surely_its_own_file_is_left(self, ready, command, tmp_path):
        root, outside = tmp_path / "models", tmp_path / "outside"
        files(root, "m", *"2345")
        files(outside, "m", "3")
        (root / "link").symlink_to(outside)
        put(ready, "3", uri=str(root / "link" / "m" / "3" / "model.pickle"))
        written_over = {"uri": str(root / "m/4/model.pickle"), "digest": f"sha256:{'0' * 64}"}
        put(ready, "4", **written_over)
        put(ready, "5", uri=str(root / "m" / "5" / "model.pickle"))
        put(ready, "6", uri=str(root / "m" / "5" / "model.pickle"))
        put(ready, "9", uri="s3://b/9")
        put(ready, "a", uri=str(root / "nothing"))
        put(ready, "newest", uri="", trained_at="2027-01-01T00:00:00Z")
        before = sorted(str(each) for each in tmp_path.rglob("*"))

        said = command("prune", "--root", str(root))
        for line in (
            "m 3: left, " + str(root / "link") + "/m/3/model.pickle is not in",
            "m 4: left, " + str(root / "m/4/model.pickle") + " is not the file",
            "m 5: left, another version lies in",
            "m 6: left, another version lies in",
            "m 9: left, s3://b/9 is no file",
            "m a: left, there is no",
        ):
            assert line in said
        for version, uri in {"7": str(root), "8": str(root / "m")}.items():
            put(ready, version, uri=uri)
        said = command("prune", "--root", str(root))
        assert f"m 7: left, {root} is not in" in said
        assert "m 8: left, another version lies in" in said
        assert "0 versions deleted" in said
        assert sorted(str(each) for each in tmp_path.rglob("*")) == before
        assert {each["state"] for each in listed(ready).values()} == {"kept"}

    def test_a_root_that_is_not_there_is_no_reason_to_confirm(self, ready, command, tmp_path):
        files(tmp_path / "models", "m", *"345")
        command("add", "m", str(tmp_path / "models"))
        ready.ask("POST", "models/m/artifacts/3/remove")
        (tmp_path / "models").rename(tmp_path / "elsewhere")
        assert "is no folder" in command("prune", "--root", str(tmp_path / "models"), status=1)
        assert ready.get("models/m/artifacts/3")["state"] == "removing"

    @pytest.mark.parametrize("point", POINTS)
    def test_killed_anywhere_it_goes_on_the_next_time(self, ready, command, tmp_path, point):
        files(tmp_path, "m", *"12345")
        command("add", "m", str(tmp_path))
        armed = {"TIDEGAUGE_FAILPOINT": f"prune.{point}:kill", "TIDEGAUGE_TEST": "1"}
        command("prune", "--root", str(tmp_path), status=-signal.SIGKILL, **armed)
        states = {each["state"] for each in listed(ready, state=["removing", "gone"]).values()}
        assert states == ({"gone"} if point == "confirmed" else {"removing"})
        command("prune", "--root", str(tmp_path))
        assert {each.name for each in (tmp_path / "m").iterdir()} == set("125")
        assert listed(ready, state="gone").keys() == set("34")


def names(folder):
    return {each.name for each in folder.iterdir()}


def test_the_runner_prunes_too(ready, tmp_path):
    files(tmp_path, "m", *"12345")
    for version in "12345":
        uri = (tmp_path / "m" / version / "model.pickle").as_uri()
        put(ready, version, uri=uri, trained_at=f"2026-01-0{version}T00:00:00Z")
    _key, token = ready.keys.create(name="runner", role="write")
    words = ["worker", "--jobs", "--command", "train=true", "--prune", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tidegauge.cli", *words, "--url", ready.url],
        env={**os.environ, "TIDEGAUGE_API_KEY": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + 30
        while len(listed(ready, state="gone")) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        assert names(tmp_path / "m") == set("125")
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
