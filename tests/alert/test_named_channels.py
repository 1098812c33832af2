"""A monitor that says for itself who is told."""

import pytest
from alert_case import MINUTE, Case
from alert_driver import Product
from alert_model import Model, Rule, Setup, Taker

START = 1_000_000
TAKERS = (Taker("log"), Taker("pager", min_severity="critical"), Taker("team"))


def rule(name, *channels, family="drift"):
    return Rule(name, ("m",), family, 1, 0, 1, 0, channels=channels)


def begun(kind, *rules):
    return kind(Setup(rules, TAKERS), START)


def read(thing, second, **told):
    thing.go_to(START + second)
    status = {name: ("breach", s) if s else ("ok", None) for name, s in told.items()}
    thing.slot({(name, "m"): each for name, each in status.items()})


def told(thing):
    return [(channel, kind, made - START) for _, channel, kind, _, _, made in thing.notices()]


@pytest.mark.parametrize("kind", [Model, Product])
class TestWhoIsNamed:
    def test_is_told_whatever_it_takes_and_nobody_else_is(self, kind):
        thing = begun(kind, rule("drift", "pager"))
        read(thing, 0, drift="low")
        thing.go_to(START + 60)
        read(thing, 60, drift=None)
        assert told(thing) == [("pager", "open", 30), ("pager", "resolved", 60)]

    def test_is_told_beside_those_of_the_other_alerts(self, kind):
        thing = begun(kind, rule("a", "pager"), rule("b"), rule("c", "team"))
        read(thing, 0, a="low", b="medium")
        thing.go_to(START + 60)
        assert sorted(told(thing)) == [
            ("log", "open", 30),
            ("pager", "open", 30),
            ("team", "open", 30),
        ]

    def test_is_told_of_an_alert_that_joins_with_the_next_update(self, kind):
        thing = begun(kind, rule("a", "pager"), rule("b", "team"))
        read(thing, 0, a="low")
        read(thing, 60, a="low", b="low")
        thing.go_to(START + 900)
        assert told(thing) == [("pager", "open", 30), ("team", "open", 330)]

    def test_is_told_when_the_rule_begins_to_name_it(self, kind):
        thing = begun(kind, rule("a", "pager"))
        read(thing, 0, a="low")
        thing.go_to(START + 60)
        thing.edit_rule(rule("a", "team"))
        read(thing, 60, a="low")
        thing.go_to(START + 900)
        assert told(thing) == [("pager", "open", 30), ("team", "open", 330)]

    def test_is_nobody_where_the_channel_is_gone(self, kind):
        thing = begun(kind, rule("a", "gone"), rule("b", "gone", "team"))
        read(thing, 0, a="low", b=None)
        thing.go_to(START + 60)
        assert told(thing) == [("log", "open", 30), ("team", "open", 30)]


def test_what_a_monitors_file_names_is_told(catalog):
    case = Case(catalog)
    case.channel("log", kind="console")
    case.channel("pager", kind="console", min_severity="critical", matchers=["model=other"])
    case.monitor("latency", channels=["pager"])
    for _number in range(2):
        case.time += MINUTE
        case.read({("fraud", "latency"): "low"})
    case.wait(31)
    assert case.said() == [("pager", "open", "queued")]
