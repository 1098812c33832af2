"""The judge killed anywhere: no slot is missing, none is there twice, and all say the same."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from test_monitor_judge import Judging, minute
from worker_case import MINUTES, START, Case, prediction

from postgres_cluster import Cluster
from tidegauge.catalog import Catalog, late, models, monitors, readings, targets

SLOTS = 12
KILLS = int(os.environ.get("TIDEGAUGE_KILLS", "9"))
POINTS = (
    "judge.begun",
    "judge.before-readings",
    "judge.before-commit",
    "judge.after-commit",
    "judge.advanced",
    "judge.before-restated",
    "judge.restated",
    "catalog.before-commit",
    "catalog.after-commit",
)
MONITORS = """
monitors:
  - {name: drift, kind: drift}
  - {name: calls, metric: predictions, window: 1 min, conditions: [{max: 25, severity: high}]}
  - {name: slow, metric: latency_p95_ms, version: each, every: 2 min, conditions: [{max: 20}]}
"""
LATE = 5
"""Minutes that get more rows after they were judged, the first ones."""


def words(folder, url):
    child = Path(__file__).with_name("judge_child.py")
    return [sys.executable, child, folder, url, str(START + MINUTES), str(SLOTS)]


def surroundings(point=""):
    return {**os.environ, "TIDEGAUGE_TEST": "1", "TIDEGAUGE_FAILPOINT": point}


def run(folder, url, point=""):
    environment = surroundings(point)
    return subprocess.run(
        words(folder, url), env=environment, check=False, capture_output=True, text=True
    )


class Database:
    """Catalogs of one kind, which can be copied."""

    def __init__(self, cluster=None):
        self.cluster = cluster

    def new(self, folder):
        return self.cluster.database() if self.cluster else f"sqlite:///{folder}/catalog.db"

    def copy(self, folder, url, to):
        shutil.copytree(folder, to)
        return self.cluster.copied(url) if self.cluster else f"sqlite:///{to}/catalog.db"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request):
    if request.param == "sqlite":
        return Database()
    return Database(request.getfixturevalue("postgres"))


def counted(folder, database):
    """Three models whose minutes are counted; the first ones are judged, and have more rows since
    then."""
    chance = random.Random(5)
    folder.mkdir(parents=True)
    case = Case(folder, database.new(folder))
    judging = Judging(case)
    judging.write(MONITORS)
    for name in ("a", "b", "c"):
        case.pin(name, [prediction(chance, n, model=name) for n in range(300)])
    for n in range(SLOTS):
        at = START + n * MINUTES
        for name in ("a", "b", "c"):
            version = chance.choice(["1", "2"])
            batch = minute(chance, n, at, rows=20 + n, model=name, model_version=version)
            case.send(batch, at + MINUTES - 1)
        if n <= LATE:
            judging.at(at + MINUTES)
        if n == LATE:
            for back in range(LATE):
                late_rows = minute(chance, f"late{back}", START + back * MINUTES, 7, model="b")
                case.send(late_rows, at + MINUTES + 1)
    case.count()
    case.close()
    return folder, case.url


@pytest.fixture(scope="module")
def begun(database, tmp_path_factory):
    return counted(tmp_path_factory.mktemp("begun") / "case", database)


def state(url):
    """Every reading, and what is remembered."""
    catalog = Catalog.open(url)
    try:
        with catalog.read() as connection:
            assert late.oldest(connection, 1) == []
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
                            each.revision,
                        )
            return found
    finally:
        catalog.close()


@pytest.fixture(scope="module")
def undisturbed(database, begun, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "case"
    url = database.copy(*begun, folder)
    done = run(folder, url)
    assert done.returncode == 0, done.stderr
    return state(url)


def test_undisturbed_every_slot_is_there(undisturbed):
    slots = [key[3] for key in undisturbed if key[:2] == ("a", "drift") and len(key) == 4]
    assert slots == [START + n * MINUTES for n in range(1, SLOTS + 1)]
    calls = [undisturbed["b", "calls", "", slot] for slot in slots]
    assert {each[0] for each in calls} == {"ok", "breach"}
    assert [each[6] for each in calls] == [2] * LATE + [1] * (SLOTS - LATE)
    assert {each[6] for key, each in undisturbed.items() if key[0] == "a" and len(key) == 4} == {1}


def kills():
    """Spread over all points, and over how often they are passed."""
    chance = random.Random(3)
    often = {"judge.begun": SLOTS - LATE - 1, "judge.advanced": SLOTS - LATE - 1}
    seldom = {"judge.before-restated": 2, "judge.restated": 2}
    most = {**often, **seldom}
    return [
        (point, chance.randrange(most.get(point, SLOTS)) + 1)
        for point in (POINTS[n % len(POINTS)] for n in range(KILLS))
    ]


@pytest.mark.parametrize(("point", "times"), kills())
def test_killed_anywhere_nothing_changes(database, begun, undisturbed, tmp_path, point, times):
    folder = tmp_path / "case"
    url = database.copy(*begun, folder)
    first = run(folder, url, f"{point}:kill@{times}")
    assert first.returncode in {0, -signal.SIGKILL}, first.stderr
    assert first.returncode or not point.startswith("judge"), "the point was not passed so often"
    second = run(folder, url)
    assert second.returncode == 0, second.stderr
    assert state(url) == undisturbed


def test_three_that_judge_at_once_take_it_over_from_each_other(
    database, begun, undisturbed, tmp_path
):
    folder = tmp_path / "case"
    url = database.copy(*begun, folder)
    running = [
        subprocess.Popen(words(folder, url), env=surroundings(), stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(each.communicate()[1], each.returncode) for each in running]
    for told, code in ended:
        assert code == 0 or "FencedError" in told, told
    # The last that took it is fenced by nobody.
    assert 0 in {code for _told, code in ended}
    assert state(url) == undisturbed


def test_restarts_of_postgres_change_nothing(tmp_path):
    cluster = Cluster()
    try:
        database = Database(cluster)
        begun = counted(tmp_path / "begun", database)
        folder = tmp_path / "undisturbed"
        url = database.copy(*begun, folder)
        assert run(folder, url).returncode == 0
        undisturbed = state(url)
        folder = tmp_path / "case"
        url = database.copy(*begun, folder)
        # It waits a moment at each reading, so that there is time for some restarts.
        child = subprocess.Popen(
            words(folder, url),
            env={**surroundings(), "TIDEGAUGE_TEST_PAUSE": "0.05"},
            stderr=subprocess.PIPE,
            text=True,
        )
        told = threading.Thread(target=child.communicate)
        told.start()
        restarts = 0
        while child.poll() is None:
            cluster.restart("immediate")
            restarts += 1
            told.join(0.7)
        told.join()
        assert child.returncode == 0
        assert restarts > 2
        assert state(url) == undisturbed
    finally:
        cluster.remove()
