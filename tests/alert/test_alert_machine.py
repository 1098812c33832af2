"""The product's machine says what its model says, whatever happens, and keeps every promise."""

import os

import pytest
from alert_driver import Kept, Product
from alert_invariants import Watch
from alert_model import Level, Model, Patience, Rule, Setup, Taker
from alert_steps import START, setup, walk

from tidegauge.alert.settings import Settings

LONG = int(os.environ.get("TIDEGAUGE_STEPS", "10000"))
WALK = 200


def seen(thing):
    return thing.alerts(), thing.incidents(), sorted(thing.notices(), key=str)


@pytest.mark.parametrize("seed", range(LONG // WALK))
def test_it_equals_its_model(seed):
    around = setup(seed)
    model, product = Model(around, START), Product(around, START)
    watch = Watch(around, START)
    for number, (name, given) in enumerate(walk(seed, WALK)):
        told = getattr(model, name)(*given)
        answer = getattr(product, name)(*given)
        assert (number, answer, *seen(product)) == (number, told, *seen(model))
        watch(product, (name, given), answer)


def test_a_channel_that_works_again_hears_of_another_that_does_not():
    """It was left out while there was nothing to say but that it fails itself."""
    around = Setup((), (Taker("a"), Taker("b")))
    model, product = Model(around, START), Product(around, START)
    for thing in (model, product):
        thing.lose("a")
        thing.go_to(START + 600)
        thing.lose("b")
        thing.deliver("a")
        thing.go_to(START + 900)
    assert (0, "a", "open", 0, "queued", START + 630) in product.notices()
    assert seen(product) == seen(model)


@pytest.mark.parametrize("seed", range(max(LONG // 2_000, 1)))
def test_it_does_so_in_a_catalog_too(catalog, seed):
    """Where every step is a transaction: nothing is remembered but what is written."""
    around = setup(seed)
    model, kept = Model(around, START), Kept(around, catalog, START)
    for number, (name, given) in enumerate(walk(seed, 60)):
        told = getattr(model, name)(*given)
        answer = getattr(kept, name)(*given)
        assert (number, answer, *seen(kept)) == (number, told, *seen(model))
    for fold, row in kept.folded():
        assert fold == {name: row[name] for name in row if name not in ("revision", "events")}


def test_what_flaps_is_quiet_for_those_who_are_patient_for_less_than_an_hour():
    """And what it did before does not count against it when it begins again."""
    product = Product(Setup((), (Taker("a"),)), START)
    product.settings = Settings(quiet_s=300)
    for _number in range(5):
        (number,) = {product.manual("fraud", "it looks wrong", "high")}
        product.go_to(product.now + 30)
        product.resolve(number)
    assert product.incidents()[0]["flapping"]
    product.go_to(product.now + 299)
    assert product.incidents()[0]["flapping"]
    product.go_to(product.now + 1)
    assert not product.incidents()[0]["flapping"]
    product.manual("fraud", "it looks wrong", "high")
    assert not product.incidents()[0]["flapping"]


@pytest.mark.parametrize("kind", [Model, Product])
def test_an_escalation_about_a_channel_is_not_sent_through_it(kind):
    takers, levels = (Taker("a"), Taker("b")), (Level(60, ("a", "b"), "critical"),)
    thing = kind(Setup((), takers, levels), START)
    thing.lose("a")
    thing.go_to(START + 600)
    assert [(channel, what) for _, channel, what, *_ in thing.notices()] == [
        ("b", "open"),
        ("b", "escalation"),
    ]


@pytest.mark.parametrize("kind", [Model, Product])
def test_an_update_that_says_nothing_new_is_not_sent(kind):
    """What ended and came back, and what a rise has told already."""
    rules = tuple(Rule(name, ("m",), "drift", 1, 0, 1, 0, Patience(cooldown=0)) for name in "abc")
    thing = kind(Setup(rules, (Taker("hook", updates=True),)), START)

    def read(second, **told):
        thing.go_to(START + second)
        thing.slot({(n, "m"): ("breach", s) if s else ("ok", None) for n, s in told.items()})

    read(0, a="low", b="low")
    read(60, a="low", b=None)
    read(120, a="low", b="low")
    thing.go_to(START + 700)
    read(700, a="low", b="low", c="high")
    thing.go_to(START + 1300)
    read(1300, a="low", b=None, c="high")
    thing.go_to(START + 1900)
    assert [(what, made - START) for _, _, what, _, _, made in thing.notices()] == [
        ("open", 30),
        ("severity_up", 700),
        ("update", 1530),
    ]
