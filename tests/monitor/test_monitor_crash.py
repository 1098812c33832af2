"""The judge killed anywhere: no slot is missing, none is there twice, and all say the same."""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_monitor_judge import Judging, minute
from worker_case import MINUTES, START, Case, prediction

from tidegauge.catalog import Catalog, models, monitors, readings, targets

SLOTS = 12
KILLS = int(os.environ.get("TIDEGAUGE_KILLS", "8"))
POINTS = (
    "judge.before-readings",
    "judge.before-commit",
    "judge.after-commit",
    "judge.advanced",
    "catalog.before-commit",
    "catalog.after-commit",
)
MONITORS = """
monitors:
  - {name: drift, kind: drift}
  - {name: calls, metric: predictions, window: 1 min, conditions: [{max: 25, severity: high}]}
  - {name: slow, metric: latency_p95_ms, version: each, every: 2 min, conditions: [{max: 20}]}
"""


def run(folder, url, point=""):
    environment = {**os.environ, "TIDEGAUGE_TEST": "1", "TIDEGAUGE_FAILPOINT": point}
    child = Path(__file__).with_name("judge_child.py")
    words = [sys.executable, child, folder, url, str(START + MINUTES), str(SLOTS)]
    return subprocess.run(words, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Three models whose minutes are counted and not judged."""
    folder = tmp_path_factory.mktemp("counted")
    chance = random.Random(5)
    case = Case(folder)
    for name in ("a", "b", "c"):
        case.pin(name, [prediction(chance, n, model=name) for n in range(300)])
        for n in range(SLOTS):
            at = START + n * MINUTES
            version = chance.choice(["1", "2"])
            batch = minute(chance, n, at, rows=20 + n, model=name, model_version=version)
            case.send(batch, at + MINUTES - 1)
    judging = Judging(case)
    judging.write(MONITORS)
    case.count()
    case.close()
    return folder


def state(url):
    """Every reading, and what is remembered."""
    catalog = Catalog.open(url)
    try:
        with catalog.read() as connection:
            names = {each.id: each.name for each in monitors.listed(connection)}
            found = {}
            for model in models.all(connection):
                for target in targets.of_model(connection, model.id):
                    key = model.name, names[target.monitor], target.version
                    found[key] = target.slot, target.rule, target.state
                    for each in readings.between(connection, [target.id], 0, 1 << 62):
                        assert (*key, each.slot) not in found
                        found[*key, each.slot] = (
                            each.status,
                            each.severity,
                            each.value,
                            each.n,
                            each.reason,
                            each.detail,
                        )
            return found
    finally:
        catalog.close()


@pytest.fixture(scope="module")
def undisturbed(counted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "case"
    shutil.copytree(counted, folder)
    done = run(folder, f"sqlite:///{folder}/catalog.db")
    assert done.returncode == 0, done.stderr
    return state(f"sqlite:///{folder}/catalog.db")


def test_undisturbed_every_slot_is_there(undisturbed):
    slots = [key[3] for key in undisturbed if key[:2] == ("a", "drift") and len(key) == 4]
    assert slots == [START + n * MINUTES for n in range(1, SLOTS + 1)]
    assert {undisturbed["b", "calls", "", slot][0] for slot in slots} == {"ok", "breach"}


def kills():
    """Spread over all points, and over how often they are passed."""
    chance = random.Random(3)
    return [(POINTS[n % len(POINTS)], chance.randrange(1, 2 * SLOTS)) for n in range(KILLS)]


@pytest.mark.parametrize(("point", "times"), kills())
def test_killed_anywhere_nothing_changes(counted, undisturbed, tmp_path, point, times):
    folder = tmp_path / "case"
    shutil.copytree(counted, folder)
    url = f"sqlite:///{folder}/catalog.db"
    first = run(folder, url, f"{point}:kill@{times}")
    assert first.returncode in {0, -signal.SIGKILL}, first.stderr
    assert first.returncode or not point.startswith("judge"), "the point was not passed so often"
    second = run(folder, url)
    assert second.returncode == 0, second.stderr
    assert state(url) == undisturbed
