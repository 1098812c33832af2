"""Whether the installation is ready: records are taken, and what is to follow goes on."""

import time

import httpx
import pytest
from series_api import Api

from tidegauge.alert import heartbeat
from tidegauge.alert.heartbeat import Life
from tidegauge.window import SECOND

PARTS = ("the judge", "the alerts", "the deliveries")


@pytest.fixture
def api(tmp_path, monkeypatch):
    monkeypatch.setattr("tidegauge.web.pulse._FRESH", 0.0)
    made = Api(tmp_path / "case")
    yield made
    made.close()


def ready(api, path="readyz"):
    answer = httpx.get(f"{api.url}/{path}")
    told = answer.json()
    assert told["status"] == ("ready" if answer.status_code == 200 else "not-ready")
    return answer.status_code, told


def lives(api, *ages):
    now = time.time_ns() // 1000
    life = Life(*(now - age * SECOND for age in ages))
    api.case.catalog.write(lambda c: heartbeat.write(c, life))


def test_where_nothing_was_ever_judged_nothing_stands_still(api):
    assert ready(api)[0] == 200


@pytest.mark.parametrize("part", PARTS)
def test_what_stands_still_is_named(api, part):
    lives(api, 0, 0, 0)
    assert ready(api)[0] == 200
    lives(api, *(620 if part == each else 580 for each in PARTS))
    status, told = ready(api)
    assert (status, told["stopped"], told["detail"]) == (503, [part], f"stopped: {part}")
    # Records are taken as ever: who shares out requests asks for that alone.
    assert ready(api, "readyz/ingest")[0] == 200
    client = api.key("read")
    report = client.get(f"{api.url}/health").json()
    assert report["status"] == "critical"
    assert any(part in each for each in report["problems"])
    lives(api, 0, 0, 0)
    assert ready(api)[0] == 200


def test_a_catalog_that_is_away_makes_what_was_known_of_it_old(api, monkeypatch):
    lives(api, 0, 0, 550)
    assert ready(api)[0] == 200
    monkeypatch.setattr("tidegauge.catalog.Catalog.read", gone)
    assert ready(api)[0] == 200
    before = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: before() + 60 * SECOND * 1000)
    assert ready(api)[1]["stopped"] == ["the deliveries"]


def gone(_catalog):
    from tidegauge.catalog import UnavailableError

    raise UnavailableError("it is away")
