"""Monitors tried on a past: what they tell, what they find, and what they would no longer find."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent / "web"))

from serving import Server

from tidegauge.alert import act
from tidegauge.alert.condition import Alert, Rule, Seen
from tidegauge.alert.feed import fingerprint
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.alert.store import of_models
from tidegauge.catalog import Catalog, models, monitors, progress, series, targets, windows
from tidegauge.catalog.targets import Named
from tidegauge.catalog.windows import Window
from tidegauge.errors import InputError
from tidegauge.monitor.alarms import alarms_of
from tidegauge.monitor.backtest import Wanted, backtest
from tidegauge.monitor.backtest.apart import Apart
from tidegauge.monitor.backtest.changes import higher, missing, one_value, unseen
from tidegauge.monitor.backtest.part import asked_by
from tidegauge.monitor.faults import checked
from tidegauge.monitor.measures import of_column
from tidegauge.monitor.view import View
from tidegauge.profile.codec import encode
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import COUNTS, Traffic
from tidegauge.reference.fit import adopt
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, find
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, floor
from tidegauge.worker.roll import KEPT

_HOUR, _DAY = HOUR * SECOND, DAY * SECOND
STOP = floor(time.time_ns() // 1000, DAY)
DAYS = 24
START = STOP - DAYS * _DAY
CHANGED = STOP - 3 * _DAY
"""From here on one number is half a deviation higher."""


def rows(rng, count, by=0.0):
    return {
        "a": rng.normal(size=count) + by,
        "b": rng.normal(size=count),
        "plan": rng.choice(["x", "y", "z"], count, p=[0.6, 0.3, 0.1]).tolist(),
        "prediction_label": rng.choice(["no", "yes"], count).tolist(),
        "confidence": rng.beta(8, 2, count),
    }


def calls(rng, count, errors=0.01):
    timing = Timing.of(rng.gamma(4, 5, count), np.ones(count, dtype=np.int64))
    counts = {
        **dict.fromkeys(COUNTS, 0),
        "records": count,
        "predictions": count,
        "with_status": count,
        "errors": int(rng.binomial(count, errors)),
    }
    return Traffic(counts, (timing, Timing(), Timing()))


def opened(folder):
    return contextlib.closing(Catalog.open(f"sqlite:///{folder}/catalog.db"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty-four days of hours, the first of which are the reference; the last three moved."""
    folder = tmp_path_factory.mktemp("past")
    rng = np.random.default_rng(7)
    reference = Profile.of(rows(rng, 20_000))
    layout = dataclasses.replace(reference.layout, repeats=0)
    reference = Profile.of(rows(rng, 20_000), layout)
    with opened(folder) as catalog:
        catalog.write(lambda connection: fill(connection, rng, reference))
    return folder


def fill(connection, rng, reference):
    model = models.ensure(connection, "default", ["fraud"], START)["fraud"]
    baseline = adopt(
        connection,
        model.id,
        reference,
        source="upload",
        name="by hand",
        first_at=START,
        last_at=START,
        at=START,
        by="test",
        why="test",
    )
    number = series.ensure(connection, [(model.id, "1", "")])[model.id, "1", ""]
    made = []
    for at in range(START, STOP, _HOUR):
        own = Profile.of(rows(rng, 300, 0.5 if at >= CHANGED else 0.0), reference.layout)
        made.append(
            Window(
                series=number,
                resolution=HOUR,
                start=at,
                rows=300,
                # One hour in ten errs, and nobody minds.
                traffic=calls(rng, 300, 0.2 if at // _HOUR % 10 == 0 else 0.01).encode(),
                changed_at=at,
                layout=baseline.layout,
                profile=encode(own, with_layout=False),
            )
        )
    made += [
        Window(
            series=number,
            resolution=FIVE_MINUTES,
            start=at,
            rows=25,
            traffic=calls(rng, 25).encode(),
            changed_at=at,
        )
        for at in range(STOP - 6 * _HOUR, STOP, FIVE_MINUTES * SECOND)
    ]
    windows.put(connection, made)
    begun = progress.take(connection, "worker")
    rolled = {"300": STOP, "3600": STOP, "86400": START}
    progress.advance(
        connection, "worker", begun.epoch, begun.position, "0:8", STOP, {"rolled": rolled}
    )


@pytest.fixture
def past(folder):
    with opened(folder) as catalog, catalog.read() as connection:
        subject = find(connection, Known(), "default", "fraud")

        def run(*documents, days=DAYS, **wanted):
            asked = Wanted(STOP - round(days * _DAY), STOP, **wanted)
            reach = Reach.read(connection, KEPT)
            return backtest(connection, reach, subject, [checked(d) for d in documents], asked)

        yield run


DRIFT = {"name": "moved", "kind": "drift"}
ERRORS = {
    "name": "errors",
    "metric": "error_rate",
    "conditions": [{"max": 0.1, "severity": "high"}],
}
SLOW = {"name": "slow", "metric": "latency_avg_ms", "conditions": [{"max": 35}]}


def test_a_change_is_told_when_it_came_and_nothing_before(past):
    found = past(DRIFT, draws=0)
    (outcome,) = found.outcomes
    (alarm,) = outcome.alarms
    assert CHANGED < alarm.at <= CHANGED + 6 * _HOUR
    assert alarm.until is None
    assert alarm.severity in ("medium", "high")
    assert alarm.reason.startswith("a: higher values")
    assert outcome.a_week == pytest.approx(7 / DAYS)
    assert outcome.seconds_open == (STOP - alarm.at) // SECOND
    assert (found.step, found.rows) == (HOUR, 300 * 24 * DAYS)


def test_what_cries_wolf_is_counted(past):
    (outcome,) = past(ERRORS, draws=0).outcomes
    hours = sum(at // _HOUR % 10 == 0 for at in range(START, STOP, _HOUR))
    assert (len(outcome.alarms), outcome.short) == (hours, hours)
    assert outcome.statuses == {"ok": 24 * DAYS - hours, "breach": hours}
    assert outcome.a_week == pytest.approx(7 * hours / DAYS)


def test_planted_changes_are_found_by_what_is_there_for_them(past):
    drift, slow = past(DRIFT, SLOW, draws=8).outcomes
    found = {each.change: each for each in drift.powers}
    assert found["1 sd, one number"].found == 8
    assert found["1 sd, one number"].delay <= 2 * HOUR
    assert found["1 sd, one number"].delay <= found["0.25 sd, one number"].delay
    assert all(each.planted == 8 and each.by_chance <= 1 for each in drift.powers)
    shares = {each.change: each.found for each in slow.powers}
    assert shares == {"1.5 times as slow": 0, "2 times as slow": 8, "4 times as slow": 8}


def test_who_always_alarms_knows_nothing(past):
    always = {**ERRORS, "conditions": [{"min": 2}]}
    often = {**ERRORS, "name": "often", "conditions": [{"max": 0.1}]}
    outcomes = {each.monitor.name: each for each in past(always, often, draws=10).outcomes}
    # There is no quiet moment to plant anything in.
    assert outcomes["errors"].powers == []
    assert all(each.by_chance == each.planted for each in outcomes["often"].powers)
    assert all(each.found == 10 and each.knows == 0 for each in outcomes["often"].powers)


def test_a_quieter_one_is_proposed_and_what_it_would_miss_is_said(past):
    (outcome,) = past(ERRORS, draws=6, a_week=1.0).outcomes
    quieter = outcome.quieter
    assert quieter.alarms <= DAYS / 7 < len(outcome.alarms)
    assert quieter.monitor.conditions[0].max > 0.1
    # It is what is said of it.
    (again,) = past(quieter.monitor.model_dump(mode="json"), draws=0).outcomes
    assert len(again.alarms) == quieter.alarms
    found = {each.change: each.found for each in outcome.quieter_powers}
    assert found["2 points more errors"] < found["20 points more errors"]


def test_one_that_told_people_for_nothing_is_to_alarm_half_as_often(past):
    (outcome,) = past(ERRORS, draws=0, a_week=1_000.0).outcomes
    assert outcome.quieter is None
    (outcome,) = past(ERRORS, draws=0, a_week=1_000.0, unwelcome=["errors"]).outcomes
    assert 0 <= outcome.quieter.alarms <= len(outcome.alarms) // 2


def test_the_rule_keeps_a_budget_and_has_no_limits_to_move(past):
    (outcome,) = past(DRIFT, draws=0, a_week=0.0).outcomes
    assert outcome.alarms
    assert outcome.quieter is None


def test_what_is_not_read_says_why(past):
    outcomes = past(
        {**DRIFT, "models": "other-*"},
        {**SLOW, "enabled": False},
        {**SLOW, "name": "v9", "version": "9"},
        {**SLOW, "name": "never", "metric": "invalid_rate"},
        {"name": "gone", "metric": "missing_rate", "column": "z", "conditions": [{"max": 1}]},
        draws=2,
    ).outcomes
    words = ("its models are", "not enabled", "no such version", "never read", "no column 'z'")
    assert all(word in each.note for word, each in zip(words, outcomes, strict=True))
    assert not any(each.alarms for each in outcomes)


@pytest.mark.parametrize(
    "document",
    [
        {"name": "d", "kind": "distance", "every": "1 h", "columns": ["a"], "agree": 1},
        {
            "name": "b",
            "kind": "distance",
            "every": "6 h",
            "columns": ["a", "plan"],
            "methods": [{"method": "psi", "warning": 0.1}],
            "agree": 1,
            "against": "last 7 d",
        },
        {
            "name": "t",
            "kind": "trend",
            "metric": "mean",
            "column": "a",
            "limit": 3,
            "every": "1 h",
        },
        {
            "name": "m",
            "metric": "mean",
            "column": "a",
            "window": "1 d",
            "every": "1 h",
            "conditions": [{"absolute_change": 0.3, "against": "last 7 d"}],
        },
        {"name": "c", "metric": "confidence", "conditions": [{"absolute_change": 0.1}]},
    ],
)
def test_a_past_is_read_as_it_would_be_slot_by_slot(past, document, folder):
    """What is shared between slots changes no reading."""
    monitor = checked(document)
    (outcome,) = past(document, days=6, draws=0).outcomes
    with opened(folder) as catalog, catalog.read() as connection:
        subject = find(connection, Known(), "default", "fraud")
        asked, reach = asked_by(monitor, HOUR), Reach.read(connection, KEPT)
        every = asked.every * SECOND
        slots = range(STOP - 6 * _DAY + every, STOP + 1, every)
        alone = [(slot, asked.read(View(connection, reach, subject, slot))) for slot in slots]
    assert outcome.alarms == alarms_of(alone, asked.for_count)
    assert sum(outcome.statuses.values()) == len(alone)
    assert outcome.statuses["ok"] == sum(each.status == "ok" for _at, each in alone)


class TestChanges:
    @pytest.fixture
    def own(self):
        rng = np.random.default_rng(3)
        reference = Profile.of(rows(rng, 5_000))
        return Profile.of(rows(rng, 2_000), reference.layout), reference

    def test_a_number_is_moved_as_its_rows_would_be(self, own):
        profile, reference = own
        moved = higher("a", 0.5, reference).of_profile(profile)
        by = 0.5 * of_column(reference, "std", "a").value
        assert moved.rows == profile.rows
        assert moved.numeric.counts.sum(axis=1).tolist() == profile.numeric.n.tolist()
        before, after = (of_column(each, "mean", "a").value for each in (profile, moved))
        assert after - before == pytest.approx(by, rel=1e-6)
        spread = [of_column(each, "std", "a").value for each in (profile, moved)]
        assert spread[1] == pytest.approx(spread[0], rel=1e-6)
        # Its bins tell the same as rows that are moved.
        rng = np.random.default_rng(3)
        rows(rng, 5_000)
        told = rows(rng, 2_000)
        told["a"] = told["a"] + by
        truly = Profile.of(told, reference.layout)
        gap = np.cumsum(truly.numeric.counts - moved.numeric.counts, axis=1)
        assert np.abs(gap).max() <= 20

    @pytest.mark.parametrize("column", ["a", "plan"])
    def test_what_is_missing_is_counted_so(self, own, column):
        profile, reference = own
        lost = missing(column, 0.05, reference).of_profile(profile)
        assert of_column(lost, "missing_rate", column).value == pytest.approx(0.05, abs=0.001)
        assert of_column(lost, "missing_rate", "b").value == 0

    def test_a_category_goes_where_it_is_told(self, own):
        profile, reference = own
        new = unseen("plan", 0.2, reference).of_profile(profile)
        one = one_value("plan", 0.2, reference).of_profile(profile)
        assert of_column(new, "unseen_rate", "plan").value == pytest.approx(0.2, abs=0.001)
        before = of_column(profile, "most_common_share", "plan").value
        after = of_column(one, "most_common_share", "plan").value
        assert after == pytest.approx(before + 0.2 * (1 - before), abs=0.001)


def test_a_short_past_is_read_by_finer_windows_and_compared_with_what_they_no_longer_tell(past):
    """Windows of five minutes are kept for two days, and a week is compared with."""
    document = {
        "name": "week",
        "metric": "latency_avg_ms",
        "min_rows": 10,
        "conditions": [{"change": "500 %", "against": "last 7 d"}],
    }
    found = past(document, days=0.25, draws=0)
    assert found.step == FIVE_MINUTES
    assert found.outcomes[0].statuses == {"ok": 72}


@pytest.fixture
def apart():
    apart = Apart()
    yield apart
    apart.close()


def test_it_is_the_same_in_a_process_of_its_own(folder, past, apart):
    url = f"sqlite:///{folder}/catalog.db"
    wanted = Wanted(STOP - 10 * _DAY, STOP, draws=3, a_week=1.0)
    (told,) = apart.backtested(url, KEPT, "default", "fraud", [[DRIFT, ERRORS]], wanted)
    here = past(DRIFT, ERRORS, days=10, draws=3, a_week=1.0)
    assert [each["alarm_count"] for each in told["outcomes"]] == [
        len(each.alarms) for each in here.outcomes
    ]
    assert [[trial["found"] for trial in each["trials"]] for each in told["outcomes"]] == [
        [power.found for power in each.powers] for each in here.outcomes
    ]


def test_the_process_stays_for_the_next_and_another_takes_over_from_one_that_died(folder, apart):
    wanted = Wanted(STOP - _DAY, STOP, draws=0, a_week=None)
    about = (f"sqlite:///{folder}/catalog.db", KEPT, "default")
    first = apart.backtested(*about, "fraud", [[ERRORS]], wanted)
    process = apart._process
    with pytest.raises(InputError, match="no model 'nothing'"):
        apart.backtested(*about, "nothing", [[ERRORS]], wanted)
    again = apart.backtested(*about, "fraud", [[ERRORS]], wanted)
    assert apart._process is process
    assert again[0]["outcomes"] == first[0]["outcomes"]
    process.kill()
    process.wait()
    apart.backtested(*about, "fraud", [[ERRORS]], wanted)
    assert apart._process is not process
    # One that dies over a backtest is not asked the same again.
    apart._process.send_signal(signal.SIGSTOP)
    killer = threading.Timer(0.5, apart._process.kill)
    killer.start()
    with pytest.raises(InputError, match="more memory or time"):
        apart.backtested(*about, "fraud", [[ERRORS]], wanted)
    killer.join()


@pytest.fixture(scope="module")
def server(folder):
    with Server(folder, dev=True) as running:
        yield running


def asked(server, **body):
    url = f"{server.url}/api/v1/models/fraud/monitor/backtest"
    return httpx.post(url, json=body, timeout=120)


class TestOverHttp:
    def test_a_past_is_told_with_its_alarms_and_a_proposal(self, server):
        told = asked(server, monitors=[DRIFT, ERRORS], days=DAYS, trials=3).json()
        drift, errors = told["outcomes"]
        assert (drift["monitor"], errors["monitor"]) == ("moved", "errors")
        assert drift["alarm_count"] == 1
        assert drift["alarms"][0]["reason"].startswith("a: higher values")
        assert told["always"] == {"alarms_a_week": 168.0, "found": 1.0, "knows": 0.0}
        assert told["before"] is None
        assert told["proposed"][0] == {"name": "moved", "kind": "drift"}
        assert told["proposed"][1]["conditions"] == errors["quieter"]["document"]["conditions"]
        assert errors["quieter"]["alarm_count"] < errors["alarm_count"]

    def test_two_sets_are_read_on_the_same_past(self, server):
        stricter = {**ERRORS, "conditions": [{"max": 0.5}]}
        told = asked(server, monitors=[stricter], against=[ERRORS], trials=0, days=5).json()
        (now,), (before,) = told["outcomes"], told["before"]
        assert (now["alarm_count"], now["trials"]) == (0, [])
        assert before["alarm_count"] > 0

    def test_without_monitors_those_in_use_are_read(self, server):
        told = asked(server, trials=0, days=3, against="kept").json()
        names = [each["monitor"] for each in told["outcomes"]]
        assert "drift" in names
        assert names == [each["monitor"] for each in told["before"]]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"monitors": [{"name": "x", "metric": "latenzy"}]}, 422),
            ({"days": 0}, 422),
            ({"days": 91}, 422),
            ({"trials": 1000}, 422),
            ({"end_time": "1999-01-01T00:00:00Z"}, 422),
        ],
    )
    def test_what_cannot_be_read_is_a_problem(self, server, body, status):
        answer = asked(server, **body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_model_that_is_not_there_is_none(self, server):
        answer = httpx.post(f"{server.url}/api/v1/models/none/monitor/backtest", timeout=60)
        assert answer.status_code == 404


def command(server, *words):
    return subprocess.run(
        [sys.executable, "-m", "tidegauge.cli", "monitors", "backtest", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TIDEGAUGE_URL": server.url, "COLUMNS": "120"},
    )


class TestTheCommand:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "monitors.yaml"
        path.write_text(json.dumps({"monitors": [DRIFT, ERRORS]}))
        return path

    def test_it_shows_when_and_how_often_and_what_is_found(self, server, file):
        done = command(server, "fraud", file, "--days", DAYS, "--trials", 4)
        assert (done.returncode, done.stderr) == (0, "")
        assert "moved  drift  1 alarm, 0.3 a week" in done.stdout
        assert "still open" in done.stdout
        assert "a: higher values" in done.stdout
        assert "4 of 4" in done.stdout
        assert "quieter: limits" in done.stdout
        assert "knows nothing" in done.stdout
        strips = [
            line
            for line in done.stdout.splitlines()
            if set(line.strip()) and set(line.strip()) <= {"▁", "█"}
        ]
        assert len(strips) == 2
        assert strips[0].rstrip().endswith("█")

    def test_a_quieter_file_is_one_that_can_be_applied(self, server, file, tmp_path):
        out = tmp_path / "quieter.yaml"
        done = command(server, "fraud", file, "--days", 10, "--trials", 0, "--propose", out)
        assert done.returncode == 0, done.stderr
        again = command(server, "fraud", out, "--against", file, "--days", 10, "--trials", 0)
        assert again.returncode == 0, again.stderr
        assert "(as before)" in again.stdout
        assert "errors  metric  1 alarm" in again.stdout or "errors  metric  0" in again.stdout
        assert "(before: " in again.stdout

    def test_what_the_server_refuses_is_said(self, server, file):
        done = command(server, "none", file)
        assert done.returncode != 0
        assert "there is no model 'none'" in done.stderr
        assert "Traceback" not in done.stderr


def fire(connection, at):
    """An incident of a monitor, which somebody finds was not worth telling."""
    place = Named("default", "fraud", "errors", "", "")
    document = {**ERRORS, "enabled": False}
    kept = monitors.add(connection, "default", "errors", document, origin="api", at=at, by="test")
    model = models.by_name(connection, "default", "fraud")
    targets.ensure(connection, [targets.Of(kept.id, model.id, "", "")])
    loaded = of_models(connection, [("default", "fraud")], at)
    alert = Alert(
        fingerprint=fingerprint(place),
        tenant="default",
        rule="errors",
        model="fraud",
        family="performance",
    )
    loaded.book.add_alert(alert)
    machine = Machine(loaded.book, Settings(), at)
    machine.slot([(alert, Seen(status="breach", severity="high"), Rule(for_count=1))])
    incident = loaded.book.incidents[alert.incident]
    act.judge(machine, incident, "ann", "a nightly job", is_useful=False)
    loaded.save(connection, Settings())


def test_what_people_said_of_a_monitor_is_said_and_makes_it_quieter(folder, server, tmp_path):
    body = {"monitors": [ERRORS], "days": 10, "trials": 0, "alarms_a_week": 1000}
    (before,) = asked(server, **body).json()["outcomes"]
    assert (before["useful"], before["not_useful"], before["quieter"]) == (0, 0, None)
    with opened(folder) as catalog:
        catalog.write(lambda connection: fire(connection, STOP - _DAY))
    told = asked(server, **body).json()
    (after,) = told["outcomes"]
    assert (after["useful"], after["not_useful"]) == (0, 1)
    assert after["quieter"]["alarm_count"] <= after["alarm_count"] // 2
    assert told["proposed"] == [after["quieter"]["document"]]
    (tmp_path / "errors.yaml").write_text(json.dumps({"monitors": [ERRORS]}))
    done = command(server, "fraud", tmp_path / "errors.yaml", "--days", 10, "--trials", 0)
    assert "judged by people: 0 of its incidents useful, 1 not" in done.stdout
