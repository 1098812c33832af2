"""Killed anywhere, at any time: the same windows, the same rows, the same facts.

One log is counted by a worker that nobody disturbs, and by workers that are killed at each point
around everything durable; what the catalog and the parts hold in the end is equal.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_worker_counts import stream
from worker_case import Case, prediction

import tidegauge
from tidegauge import failpoint

ROOT = Path(tidegauge.__file__).parent
OWN = ("worker", "store", "catalog")
KILLS = int(os.environ.get("TIDEGAUGE_KILLS", "6"))


# Some that it must pass, so that the sweep cannot become empty unnoticed.
ON_THE_WAY = {
    *("worker.ids-written", "worker.before-write", "worker.windows-put", "worker.before-commit"),
    *("worker.after-commit", "worker.after-release", "worker.rolled", "worker.merged"),
    *("worker.replaced", "worker.deleted", "store.before-rename", "store.part-written"),
    *("catalog.before-commit", "catalog.after-commit"),
}


def points():
    """All that a worker may pass; migrations have tests of their own."""
    found = set()
    for folder in OWN:
        for path, name in failpoint.names(ROOT / folder):
            if "migrat" not in path.name and "migrat" not in name:
                found.add(name)
    return sorted(found)


def run(folder, point="", **more):
    environment = {**os.environ, "TIDEGAUGE_TEST": "1", "TIDEGAUGE_FAILPOINT": point, **more}
    url = f"sqlite:///{folder}/catalog.db"
    words = [sys.executable, Path(__file__).with_name("worker_child.py"), folder, url]
    return subprocess.run(words, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A log that nothing has counted."""
    folder = tmp_path_factory.mktemp("begun")
    chance = random.Random(7)
    case = Case(folder)
    case.pin("m", [prediction(chance, n) for n in range(300)], segments=["tags.region"])
    for number, (record, at) in enumerate(stream(chance, 250)):
        case.send([record], at, as_arrow=number % 3 == 0)
        if number % 10 == 0:
            truth = {
                "model_id": "m",
                "prediction_id": record["prediction_id"],
                "actual_label": "yes",
            }
            case.send([truth], at, kind="labels")
    case.send([prediction(chance, "new", model="newcomer")], at)
    case.close()
    return folder


@pytest.fixture(scope="module")
def undisturbed(begun, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "case"
    shutil.copytree(begun, folder)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return state(folder)


def state(folder):
    """Everything that users could see."""
    case = Case(folder)
    try:
        return {
            "windows": case.windows("m"),
            "signals": case.signals("m"),
            "rows": sorted(map(str, case.rows("m"))),
            "labels": sorted(map(str, case.rows("m", "labels"))),
            "tails": case.tails(),
            "position": case.progress().position,
            "newcomer": sorted(map(str, case.rows("newcomer"))),
        }
    finally:
        case.close()


def killed(folder, point):
    """Killed once, and then run to the end; whether the point was passed so often."""
    first = run(folder, point)
    if first.returncode != -signal.SIGKILL:
        assert first.returncode == 0, first.stderr
        return False
    second = run(folder)
    assert second.returncode == 0, second.stderr
    return True


@pytest.mark.parametrize("point", points())
def test_killed_at_any_point_nothing_changes(point, begun, undisturbed, tmp_path):
    folder = tmp_path / "case"
    shutil.copytree(begun, folder)
    was_killed = killed(folder, f"{point}:kill@2")
    assert was_killed or point not in ON_THE_WAY
    assert state(folder) == undisturbed


def test_killed_at_random_moments_nothing_changes(begun, undisturbed, tmp_path):
    chance = random.Random(11)
    for number in range(KILLS):
        folder = tmp_path / f"case-{number}"
        shutil.copytree(begun, folder)
        point = chance.choice(points())
        killed(folder, f"{point}:kill@{chance.randrange(1, 30)}")
        assert state(folder) == undisturbed
        shutil.rmtree(folder)


def test_the_undisturbed_state_holds_what_was_sent(undisturbed):
    assert len(set(undisturbed["rows"])) == len(undisturbed["rows"]) > 200
    assert undisturbed["tails"] == []
