"""Layouts are in memory once, as long as somebody counts by them."""

import gc
import random
from weakref import ref

from worker_case import prediction

from tidegauge.catalog import baselines
from tidegauge.worker import layouts as module
from tidegauge.worker.layouts import Layouts


def number_of(case, name):
    model = case.model(name).id
    with case.catalog.read() as connection:
        return baselines.latest(connection, [model])[model].layout


def test_what_somebody_holds_is_not_read_again(case):
    chance = random.Random(1)
    layout = case.pin("m", [prediction(chance, n) for n in range(50)])
    number = number_of(case, "m")
    known = Layouts()
    with case.catalog.read() as connection:
        read = known.get(connection, number)
        assert read == layout
        assert known.get(connection, number) is read
        known.put(number, layout)
        assert known.get(connection, number) is layout


def test_what_nobody_holds_leaves_memory_when_it_is_too_much(case, monkeypatch):
    chance = random.Random(2)
    numbers = []
    for name in "abc":
        case.pin(name, [prediction(chance, n) for n in range(50)])
        numbers.append(number_of(case, name))
    monkeypatch.setattr(module, "_MOST", 1)
    known = Layouts()
    with case.catalog.read() as connection:
        held = known.get(connection, numbers[0])
        gone, latest = (ref(known.get(connection, number)) for number in numbers[1:])
        gc.collect()
        assert gone() is None
        assert latest() is not None
        assert known.get(connection, numbers[0]) is held
