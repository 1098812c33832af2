"""Inputs, reasons, performance: all patterns have a meaning, and what is unknown is not guessed."""

from itertools import product

import pytest

from tidegauge.explain import reading

FACTS = list(product([True, False, None], repeat=3))


def told(facts):
    return reading(inputs=facts[0], reasons=facts[1], performance=facts[2])


def test_every_known_pattern_has_a_meaning_and_a_place_to_look_of_its_own():
    known = [told(facts) for facts in FACTS if None not in facts]
    assert len({each.meaning for each in known}) == len({each.look_first for each in known}) == 8


@pytest.mark.parametrize("facts", [each for each in FACTS if each.count(None) == 1])
def test_with_one_unknown_both_meanings_are_told(facts):
    found = told(facts)
    for value in (True, False):
        assert (
            told(tuple(value if each is None else each for each in facts)).meaning in found.meaning
        )
    name = ("inputs", "reasons", "performance")[facts.index(None)]
    assert name in found.meaning
    assert name in found.look_first


@pytest.mark.parametrize("facts", [each for each in FACTS if each.count(None) > 1])
def test_with_more_unknown_only_the_known_is_told(facts):
    found = told(facts)
    assert ("did not move" in found.meaning) == (False in facts)
    assert ("moved." in found.meaning) == (True in facts)
    assert found.look_first.startswith("Bring labels" if facts[2] is None else "Log explanations")


def test_an_answer_holds_its_facts():
    assert (told((True, None, False)).inputs, told((True, None, False)).reasons) == (True, None)
