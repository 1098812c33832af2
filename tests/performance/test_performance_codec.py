"""What is measured comes back from its bytes as it was, and is small."""

import math

import numpy as np
import pytest
from performance_worlds import classified, regressed

from tidegauge.performance import (
    Classes,
    Coded,
    Errors,
    Labels,
    Ranking,
    Returns,
    decode,
    encode,
)
from tidegauge.series.outcome import Point


def classes():
    true, mix = classified("wine")
    scores = {f"probabilities.{name}": mix[:, name] for name in range(3)}
    names = ["0", "1", "2"]
    return Classes.of(Coded(true, names), Coded(mix.argmax(axis=1), names), scores)


def errors():
    true, said = regressed()
    return Errors.of(true, said, {"p10": said - 50, "p90": said + 50})


def ranking():
    rank = np.arange(1.0, 11)
    return Ranking.of(np.repeat([0, 1], 5), np.tile(rank[:5], 2), (rank % 3 == 0) * 1.0)


MADE = {
    "classes": classes,
    "errors": errors,
    "labels": lambda: Labels.of([["a"], ["b", "c"]], [["a", "b"], []]),
    "ranking": ranking,
    "returns": lambda: Returns.of(np.array([1.0, -1, 1]), np.array([0.1, 0.2, 0.3])),
    "nothing of classes": Classes,
    "nothing of numbers": Errors,
    "nothing of sets": Labels,
    "nothing of lists": Ranking,
    "nothing of returns": Returns,
}


@pytest.mark.parametrize("name", MADE)
def test_it_says_the_same_after_its_bytes(name):
    before = MADE[name]()
    after = decode(encode({"": before}))[""]
    assert after.figures() == before.figures()
    # And goes on as if it had never been away.
    assert after.merge(before).figures() == before.merge(before).figures()


def test_several_ways_of_measuring_lie_side_by_side():
    both = {"": errors(), "guests": ranking()}
    after = decode(encode(both))
    assert {name: each.figures() for name, each in after.items()} == {
        name: each.figures() for name, each in both.items()
    }


def test_an_hour_of_a_model_is_a_few_kilobytes():
    draws = np.random.default_rng(1)
    score = draws.beta(1, 20, 400)
    true = (draws.random(400) < score).astype(np.int64)
    made = Classes.of(
        Coded(true, ["no", "fraud"]),
        Coded((score > 0.5).astype(np.int64), ["no", "fraud"]),
        {"prediction_score": score},
    )
    assert len(encode({"": made})) < 3_000


SCALES = [10.0**power for power in (-310, -200, -160, -100, -80, 40, 80, 100, 160, 200, 307)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", [Errors, Returns])
def test_numbers_of_any_size_are_told_as_finite_ones_or_not_at_all(kind, scale):
    """Their squares are infinite or nothing, and JSON does not know the infinite."""
    one, other = np.array([1.0, -1.0, 2.0]) * scale, np.array([1.5, -1.0, -2.0]) * scale
    with np.errstate(all="ignore"):
        before = kind.of(one, other) if kind is Errors else kind.of(np.ones(3), one)
        after = decode(encode({"": before}))[""].merge(before)
        whole = Point(
            start=0,
            stop=10**12,
            predictions=6,
            labelled=6,
            revision=1,
            final_by=None,
            measured={"": after},
        )
        told = whole.figures(None)
    assert after.n == 6
    assert told
    for figure in told.values():
        limits = [each for each in (figure.low, figure.high) if each is not None]
        assert all(math.isfinite(each) for each in (figure.value, *limits))
