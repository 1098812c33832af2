"""A limit that is passed stops the model: a webhook is called once, whoever is silenced."""

from types import SimpleNamespace

import pytest

from tidegauge.alert.book import Book, Silence, Taker
from tidegauge.alert.channels.webhook import render
from tidegauge.alert.condition import Alert, Rule, Seen
from tidegauge.alert.machine import Machine
from tidegauge.alert.outbox import Line
from tidegauge.alert.settings import Settings

START = 1_000_000_000_000
SECOND = 1_000_000
RULE = Rule(for_count=1, resolve_count=1, keep_firing_s=0, halt="stop")


class World:
    def __init__(self, *names):
        self.book = Book()
        self.book.takers["default"] = [Taker(name=name, kind="webhook") for name in names]
        self.at = START

    def read(self, name="drawdown", severity="critical", rule=RULE, after=60):
        self.at += after * SECOND
        alert = self.book.alerts.get(name)
        if alert is None:
            alert = Alert(
                fingerprint=name, tenant="default", rule=name, model="m", family="performance"
            )
            self.book.add_alert(alert)
        status = "breach" if severity else "ok"
        seen = Seen(status=status, severity=severity, slot=self.at, evidence={"what": "too deep"})
        machine = Machine(self.book, Settings(), self.at)
        machine.slot([(alert, seen, rule)])
        return machine

    def wait(self, seconds):
        self.at += seconds * SECOND
        Machine(self.book, Settings(), self.at).settle()

    @property
    def made(self):
        return [(row.channel, row.kind) for row in self.book.made]


def test_it_is_called_at_once_and_people_are_told_as_ever():
    world = World("stop", "team")
    world.read()
    assert world.made == [("stop", "halt")]
    (row,) = world.book.made
    event = render(row.notice)
    assert event["type"] == "tidegauge.halt.v1"
    assert event["data"]["alert"]["model"] == "m"
    world.wait(60)
    assert sorted(world.made) == [("stop", "halt"), ("stop", "open"), ("team", "open")]


def test_it_is_called_once_for_an_incident():
    world = World("stop")
    for _turn in range(3):
        world.read()
    world.read("other")
    world.read(severity=None)
    world.read()
    assert world.made.count(("stop", "halt")) == 1


def test_another_incident_calls_it_again():
    world = World("stop")
    world.read()
    world.read(severity=None)
    world.wait(48 * 3600)
    world.read()
    assert world.made.count(("stop", "halt")) == 2


def test_no_silence_holds_it_back():
    world = World("stop", "team")
    world.book.silences["default"] = [Silence(1, ())]
    world.read()
    world.wait(60)
    assert world.made == [("stop", "halt")]


def test_without_the_channel_that_is_noted():
    world = World("team")
    world.read()
    world.wait(60)
    assert world.made == [("team", "open")]
    assert "unknown_channel" in {each.kind for each in world.book.events}


@pytest.mark.parametrize("kinds", [["open", "halt", "resolved"], ["halt", "open", "resolved"]])
def test_what_was_not_delivered_yet_is_not_left_out(kinds):
    rows = [
        SimpleNamespace(id=kind, of="i", kind=kind, status="queued", due_at=0, lease_until=None)
        for kind in kinds
    ]
    said = []
    while rows:
        (found,) = Line().due(rows, 1, 10, combines=True)
        said.append(found.row.kind)
        rows = [each for each in rows if each not in (found.row, *found.told_by)]
    assert "halt" in said
