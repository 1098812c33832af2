"""From readings to what arrives: real servers, a clock of the test's."""

import asyncio
import json
import os
import threading

import pytest
from alert_case import MINUTE, SECOND, START, Case
from channel_server import hanging, serving

from tidegauge.alert import heartbeat
from tidegauge.alert.outbox import Next
from tidegauge.catalog import notices, silences
from tidegauge.catalog.silences import Silence
from tidegauge.worker import delivering

MANY = int(os.environ.get("TIDEGAUGE_NOTICES", "100"))
WEBHOOK = {"kind": "webhook", "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}


@pytest.fixture
def case(catalog):
    return Case(catalog)


@pytest.fixture
def server():
    with serving() as made:
        yield made


def url(server):
    return f"http://127.0.0.1:{server.port}/hook"


def heard(server):
    types = [json.loads(said.body)["type"] for said in server.heard]
    return [told.removeprefix("tidegauge.").removeprefix("incident.")[:-3] for told in types]


def breach(case, slots=2, severity="high", model="fraud", monitor="latency"):
    for _number in range(slots):
        case.time += MINUTE
        case.read({(model, monitor): severity})


def test_a_breach_that_lasts_is_told_once_and_its_end_too(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    breach(case)
    assert case.said() == []
    case.wait(31)
    case.deliver()
    assert heard(server) == ["opened"]
    breach(case, 5)
    for _number in range(6):
        case.time += MINUTE
        case.read({("fraud", "latency"): "ok"})
    case.deliver()
    assert heard(server) == ["opened", "resolved"]
    assert case.said() == [("hook", "open", "sent"), ("hook", "resolved", "sent")]
    told = json.loads(server.heard[0].body)
    assert told["subject"] == "fraud"
    ids = [said.headers["webhook-id"] for said in server.heard]
    assert len(set(ids)) == 2


def test_a_blip_is_told_to_nobody(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    breach(case, 1)
    case.time += MINUTE
    case.read({("fraud", "latency"): "ok"})
    case.wait(120, 10)
    case.deliver()
    assert (case.said(), case.incidents()) == ([], [])


def test_what_is_fed_is_fed_once_by_whoever_takes_over(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    breach(case)
    case.start()
    case.wait(31)
    case.start()
    case.deliver()
    assert heard(server) == ["opened"]


def test_down_for_an_hour_it_is_told_in_order_and_in_one_message_where_it_is_over(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    server.answer(503)
    breach(case, model="a")
    breach(case, model="b")
    case.wait(31)
    case.deliver()
    for _number in range(6):
        case.time += MINUTE
        case.read({("a", "latency"): "ok", ("b", "latency"): "critical"})
    for _number in range(60):
        case.wait(60, 30)
        case.deliver()
    before = len(server.heard)
    server.answer(200)
    case.wait(60, 1)
    case.deliver()
    got = server.heard[before:]
    by = {}
    for said in got:
        body = json.loads(said.body)
        by.setdefault(body["subject"], []).append(body["type"].split(".")[2])
    assert by["a"] == ["resolved"]
    assert by["b"][0] == "opened"
    assert by["b"][1] == "severity_raised"
    statuses = {(row.kind, row.status) for row in case.notices()}
    assert ("open", "combined") in statuses
    assert all(status in ("sent", "combined") for _kind, status in statuses)


def test_a_channel_that_hangs_delays_no_other(case, server, monkeypatch):
    monkeypatch.setattr("tidegauge.alert.channels.post.IN_ALL", 0.5)
    with hanging() as port:
        for number in range(4):
            case.channel(f"hung-{number}", **WEBHOOK, url=f"http://127.0.0.1:{port}/")
        case.channel("hook", **WEBHOOK, url=url(server))
        breach(case)
        case.wait(31)
        case.deliver(1)
    assert heard(server) == ["opened"]
    assert ("hook", "open", "sent") in case.said()
    assert sum(status == "retry_wait" for _c, _k, status in case.said()) == 4


def test_a_thousand_notices_arrive_while_four_of_five_channels_hang(case, server, monkeypatch):
    """And for ever: not one of the four has ended its first tries by then."""
    monkeypatch.setattr("tidegauge.alert.channels.post.IN_ALL", 3600)
    monkeypatch.setattr("tidegauge.worker.delivering._LONGEST", 3600)
    models = [f"model-{number}" for number in range(MANY)]
    threads = set()

    async def go():
        sender = case.delivering
        while len(server.heard) < MANY:
            await sender.round()
            threads.update(thread for thread in threading.enumerate() if "asyncio" in thread.name)
            await asyncio.wait(sender._tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        hung = {task for task in sender._tasks if not task.done()}
        for task in hung:
            task.cancel()
        await asyncio.gather(*hung, return_exceptions=True)

    with hanging() as port:
        for number in range(4):
            case.channel(f"hung-{number}", **WEBHOOK, url=f"http://127.0.0.1:{port}/", cap=10_000)
        case.channel("hook", **WEBHOOK, url=url(server), cap=10_000)
        for _number in range(2):
            case.time += MINUTE
            case.read({(model, "latency"): "high" for model in models})
        case.wait(31)
        asyncio.run(go())
    assert sorted(json.loads(said.body)["subject"] for said in server.heard) == sorted(models)
    assert heard(server) == ["opened"] * MANY
    statuses = {status for channel, _kind, status in case.said() if channel != "hook"}
    assert statuses == {"queued", "sending"}
    assert len(threads) <= 32


def test_what_is_refused_is_dead_and_told_on_the_others(case, server):
    with serving() as other:
        server.answer(403)
        case.channel("broken", **WEBHOOK, url=url(server))
        case.channel("hook", **WEBHOOK, url=url(other))
        breach(case)
        case.wait(31)
        case.deliver()
        case.wait(31)
        case.deliver()
        told = [json.loads(said.body)["data"]["alert"]["title"] for said in other.heard]
    assert len(told) == 2
    assert "broken does not deliver" in told[1]
    assert [said for said in case.said() if said[0] == "broken"] == [("broken", "open", "dead")]


def test_a_try_that_was_cut_short_is_made_again_and_marked_where_it_may_be_a_double(
    case, server, monkeypatch
):
    slack = f"http://127.0.0.1:{server.port}/services/x"
    case.channel("slack", kind="slack", url=slack)
    breach(case)
    case.wait(31)

    def killed(point):
        if point == "notices.after-send":
            raise OSError("cut short")

    with monkeypatch.context() as patch:
        patch.setattr("tidegauge.failpoint.hit", killed)
        case.deliver(1)
    assert case.said() == [("slack", "open", "sending")]
    case.start()
    case.wait(59)
    case.deliver()
    assert len(server.heard) == 1
    case.wait(2)
    case.deliver()
    assert len(server.heard) == 2
    assert b"Possible duplicate" in server.heard[1].body
    assert b"Possible duplicate" not in server.heard[0].body
    assert case.said() == [("slack", "open", "sent")]


def test_a_channel_that_works_again_is_noticed_by_whoever_takes_over(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    server.answer(503)
    breach(case)
    case.wait(31)
    for _number in range(10):
        case.wait(60, 30)
        case.deliver()
    # By itself it would be tried in some minutes.
    assert case.notices()[0].due_at - case.time > 2 * MINUTE
    server.answer(200)
    case.start()
    case.wait(60, 30)
    case.deliver()
    assert case.said() == [("hook", "open", "sent")]


def test_who_takes_over_waits_as_long_as_a_channel_has_asked_for(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    server.answer(503)
    breach(case)
    case.wait(31)
    for _number in range(4):
        case.wait(60, 30)
        case.deliver()
    server.answer(503, headers={"Retry-After": "3000"})
    case.wait(60, 30)
    case.deliver()
    before = len(server.heard)
    case.start()
    case.wait(2880, 60)
    case.deliver()
    assert len(server.heard) == before
    server.answer(200)
    case.wait(180, 60)
    case.deliver()
    assert case.said() == [("hook", "open", "sent")]


def test_nobody_answers_and_the_ladder_is_climbed(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    case.ladder(
        "night", levels=[{"after_minutes": 5, "channels": ["hook"], "severity": "critical"}]
    )
    breach(case)
    case.wait(31)
    case.wait(300)
    case.deliver()
    assert heard(server) == ["opened", "escalated"]
    assert case.incidents()[0].severity == "critical"


def test_what_another_process_has_sent_meanwhile_is_left_alone(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    breach(case)
    case.wait(31)
    with case.catalog.read() as connection:
        chosen = [Next(row) for row in notices.waiting(connection, "default", "hook")]
    assert len(chosen) == 1
    case.deliver()
    assert case.catalog.write(lambda c: delivering._begin(c, chosen, case.time)) == []
    assert case.said() == [("hook", "open", "sent")]


def test_a_storm_is_accounted_for_to_the_last_model(case, server):
    case.channel("hook", **WEBHOOK, url=url(server), cap=20)
    for _number in range(2):
        case.time += MINUTE
        case.read({(f"model-{n:04}", "latency"): "high" for n in range(1000)})
    case.wait(31)
    case.wait(601, 5)
    case.deliver()
    told = [json.loads(said.body) for said in server.heard]
    single = [each for each in told if each["type"].startswith("tidegauge.incident.opened")]
    digests = [each for each in told if each["type"].startswith("tidegauge.digest")]
    assert (len(single), len(digests)) == (20, 1)
    assert sum(digests[0]["data"]["alert"]["digest"]["by_severity"].values()) == 980
    assert {row.status for row in case.notices()} == {"sent", "digested"}


def test_a_heartbeat_stays_away_when_the_judge_stands_still(case, server):
    case.channel("hook", **WEBHOOK, url=url(server), heartbeat=True, kinds=["heartbeat"])
    for _number in range(10):
        breach(case, 1, "ok")
        case.deliver()
    assert heard(server) == ["heartbeat"] * 2
    for _number in range(30):
        case.wait(60, 60)
        case.deliver()
    # What was judged last is recent for ten minutes more.
    assert heard(server) == ["heartbeat"] * 4
    with case.catalog.read() as connection:
        life = heartbeat.read(connection)
    assert life.stopped(case.time, 600) == ["the judge"]


def test_a_heartbeat_stays_away_when_nothing_is_delivered(case, server):
    case.channel("hook", **WEBHOOK, url=url(server), heartbeat=True, kinds=["heartbeat"])
    case.alerting.delivered = lambda: START
    for _number in range(20):
        breach(case, 1, "ok")
    with case.catalog.read() as connection:
        assert heartbeat.read(connection).stopped(case.time, 600) == ["the deliveries"]
    made = [each.made_at for each in case.notices() if each.kind == "heartbeat"]
    assert len(made) == 2
    assert max(made) <= START + 10 * MINUTE


def test_a_maintenance_window_holds_each_time_that_it_comes(case, server):
    case.channel("hook", **WEBHOOK, url=url(server))
    window = Silence(
        id=0,
        tenant="default",
        kind="maintenance",
        matchers=["model=fraud"],
        start=START,
        stop=START + 60 * MINUTE,
        comment="each day",
        created_at=START,
        created_by="test",
        recurs={
            "rule": "FREQ=DAILY",
            "timezone": "UTC",
            "first": START,
            "lasts": 60 * MINUTE,
        },
    )
    number = case.catalog.write(lambda c: silences.add(c, window)).id
    breach(case, 5)
    case.deliver()
    assert heard(server) == []
    case.wait(3600, 60)
    case.deliver()
    assert heard(server) == ["opened"]
    with case.catalog.read() as connection:
        kept = silences.get(connection, number)
        assert silences.holding(connection, case.time) == []
        (again,) = silences.holding(connection, START + 24 * 60 * MINUTE)
    assert again == kept
    assert (kept.start, kept.stop - kept.start) == (START + 24 * 60 * MINUTE, 60 * MINUTE)


def test_what_was_closed_years_ago_is_forgotten(case, server):
    case.channel("hook", **WEBHOOK, url=url(server), heartbeat=True)
    breach(case)
    case.wait(31)
    for _number in range(9):
        breach(case, 1, "ok")
    case.wait(1801, 60)
    case.deliver()
    assert [row.state for row in case.incidents()] == ["closed"]
    case.wait(7200, 3600)
    assert len(case.incidents()) == 1
    case.time += 731 * 86_400 * SECOND
    case.start()
    assert (case.incidents(), case.said()) == ([], [])


def test_a_clock_that_steps_ends_no_cooldown(case):
    case.wait(1)
    before = case.alerting.now()
    wall, steady = case.time, case.time
    clock = case.alerting.clock
    clock.wall, clock.steady = lambda: wall + 3600 * SECOND, lambda: steady + SECOND
    assert case.alerting.now() - before == SECOND
    assert clock.offset == -3599 * SECOND
