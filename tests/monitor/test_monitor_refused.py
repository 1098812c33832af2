"""A statement that fails for good is the trouble of its own reading, on either database."""

import dataclasses
import random

import pytest
from sqlalchemy import text
from test_monitor_judge import Judging, minute
from worker_case import MINUTES, START, Case, prediction

from tidegauge.monitor.metric import Metric
from tidegauge.window import SECOND

MONITORS = """
monitors:
  - {name: calls, metric: predictions, window: 1 min, conditions: [{max: 35}]}
  - {name: slow, metric: latency_p95_ms, window: 1 min, min_rows: 1, conditions: [{max: 1e9}]}
  - {name: rate, metric: predictions, window: 2 min, conditions: [{max: 999}]}
  - {name: far, kind: distance, window: 1 min, min_rows: 10}
"""
REFUSES = {
    "sqlite": """
        CREATE TRIGGER refuses_{verb} BEFORE {verb} ON readings WHEN new.value > 50
        BEGIN SELECT raise(ABORT, 'too much'); END
    """,
    "postgresql": """
        CREATE FUNCTION refuse_{verb}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'too much'; END $$;
        CREATE TRIGGER refuses_{verb} BEFORE {verb} ON readings FOR EACH ROW
            WHEN (new.value > 50) EXECUTE FUNCTION refuse_{verb}()
    """,
}


class Refused:
    """Two minutes: what looks at both of them counts sixty calls."""

    def __init__(self, folder, url):
        self.case = Case(folder, url)
        self.judging = Judging(self.case)
        self.judging.write(MONITORS)
        self.chance = random.Random(5)
        self.case.pin("m", [prediction(self.chance, n) for n in range(100)])

    def refuse(self, verb):
        """The database takes no reading that is above fifty."""

        def write(connection):
            connection.execute(text(REFUSES[connection.dialect.name].format(verb=verb)))

        self.case.catalog.write(write)

    def send(self, *numbers):
        for n in numbers:
            rows = minute(self.chance, n, START + n * MINUTES)
            self.case.send(rows, START + (n + 1) * MINUTES - 1)
            self.judging.at(START + (n + 1) * MINUTES)

    def statuses(self, name):
        return [each.status for each in self.judging.readings(name)]


@pytest.fixture(params=["sqlite", "postgres"])
def refused(request, tmp_path):
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    made = Refused(tmp_path / "case", url)
    yield made
    made.case.close()


def test_what_cannot_be_kept_is_told_and_the_others_are_kept(refused):
    refused.refuse("INSERT")
    refused.send(0, 1)
    assert refused.statuses("calls") == ["ok", "ok"]
    assert refused.statuses("slow") == ["ok", "ok"]
    assert refused.statuses("rate") == ["ok", "error"]
    told = refused.judging.readings("rate")[-1]
    assert "could not be kept" in told.reason
    assert "too much" in told.reason
    assert told.value is None


def test_what_no_statement_can_hold_is_told_too(refused, monkeypatch):
    judge = Metric.judge

    def much(self, view, memory):
        found = judge(self, view, memory)
        return dataclasses.replace(found, n=1 << 70) if self.name == "slow" else found

    monkeypatch.setattr(Metric, "judge", much)
    refused.send(0)
    assert refused.statuses("calls") == ["ok"]
    assert refused.statuses("slow") == ["error"]


def test_what_cannot_be_restated_stays_and_the_others_are_restated(refused):
    refused.send(0, 1)
    refused.refuse("UPDATE")
    late = prediction(refused.chance, "late", at=START + MINUTES)
    refused.case.send([late], refused.judging.now + SECOND)
    refused.judging.at(START + 2 * MINUTES)
    found = {name: refused.judging.readings(name)[-1] for name in ("calls", "rate")}
    assert (found["calls"].value, found["calls"].revision) == (31, 2)
    assert (found["rate"].value, found["rate"].revision) == (60, 1)


def test_a_statement_of_one_monitor_that_fails_is_no_trouble_of_the_others(refused, monkeypatch):
    judge = Metric.judge

    def broken(self, view, memory):
        if self.name == "calls":
            view.connection.execute(text("SELECT 1 FROM nowhere"))
        return judge(self, view, memory)

    monkeypatch.setattr(Metric, "judge", broken)
    refused.send(0, 1)
    assert refused.statuses("calls") == ["error", "error"]
    assert refused.statuses("slow") == ["ok", "ok"]
    # It reads what nothing has read before.
    assert refused.judging.readings("far")[-1].value is not None
