"""Which labels a candidate learns from, and which it is held against."""

import random

import pytest

from tidegauge.catalog.outcomes import Count
from tidegauge.retrain.labels import split

HOUR = 3_600_000_000


def hours(*labels):
    return [Count(1, at * HOUR, each) for at, each in enumerate(labels)]


def test_the_newest_fifth_is_held_out():
    found = split(hours(*[100] * 10), 10 * HOUR)
    assert (found.train, found.holdout) == (800, 200)
    assert (found.start, found.cut, found.stop) == (0, 8 * HOUR, 10 * HOUR)


def test_of_very_many_no_more_than_tell_two_models_apart():
    found = split(hours(*[1_000] * 200), 200 * HOUR)
    assert (found.train, found.holdout) == (195_000, 5_000)


def test_after_a_drift_most_of_what_came_since_is_learned_from():
    """Of months before it a fifth would be all that there is of the new world."""
    found = split(hours(*[100] * 1_000), 1_000 * HOUR, since=980 * HOUR)
    assert found.cut == 996 * HOUR
    assert found.holdout == 400
    few = split(hours(*[100] * 1_000), 1_000 * HOUR, since=997 * HOUR)
    assert few.holdout == 200


@pytest.mark.parametrize("counts", [(), (500,), (0, 0, 500)])
def test_where_nothing_is_left_to_learn_from_there_is_no_split(counts):
    assert split(hours(*counts)[-1:], 3 * HOUR) is None


def test_it_parts_all_labels_by_time_whatever_they_are():
    chance = random.Random(1)
    for _turn in range(500):
        counts = hours(*[chance.choice([0, 1, 50, 5_000]) for _hour in range(chance.randrange(40))])
        counts = [each for each in counts if each.labelled]
        at = 40 * HOUR
        since = chance.choice([None, chance.randrange(40) * HOUR])
        found = split(counts, at, since)
        total = sum(each.labelled for each in counts)
        if found is None:
            # All but the oldest are too few to hold a candidate against.
            assert sum(each.labelled for each in counts[1:]) <= max(0.2 * total, 200)
            continue
        assert found.train + found.holdout == total
        assert found.train == sum(each.labelled for each in counts if each.start < found.cut)
        assert found.train > 0 < found.holdout
        assert found.start <= found.cut <= found.stop == at
