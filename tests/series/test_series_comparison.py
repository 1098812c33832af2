"""Two sides of a model: the differences are those of the rows, and a verdict leaves no doubt."""

import math
import random

import pytest
from series_api import HOURS, moment
from series_truth import join, label
from worker_case import START, prediction

from tidegauge.performance import Figure
from tidegauge.series.comparison import differences

RIGHT = {("1", "blue"): 0.7, ("1", "green"): 0.72, ("2", "blue"): 0.9, ("2", "green"): 0.9}
"""By version and variant, how often it is right."""
MS = {"1": 20.0, "2": 60.0}


@pytest.fixture
def tried(api):
    chance = random.Random(4)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(500)])
    api.ask("PUT", "models/m/schema", json={"segments": ["variant"]})
    rows, true = [], {}
    for n in range(2_400):
        version, variant = chance.choice(list(RIGHT))
        rows.append(
            prediction(
                chance,
                n,
                at=START + n * HOURS // 2_400,
                model_version=version,
                variant=variant,
                prediction_latency_ms=chance.gauss(MS[version], 5),
                status="ok",
            )
        )
        said = rows[-1]["prediction_label"]
        is_right = chance.random() < RIGHT[version, variant]
        true[f"m-{n}"] = said if is_right else {"yes": "no", "no": "yes"}[said]
    for first in range(0, len(rows), 600):
        api.case.send(rows[first : first + 600], START + HOURS)
    label(api, [{"prediction_id": n, "actual_label": y} for n, y in true.items()], START + HOURS)
    join(api, START + HOURS)
    return rows, true


def asked(api, **more):
    times = {f"{side}_{end}_time": at for side in "ab" for end, at in SPAN.items()}
    return api.get("models/m/compare", **times, **more)


SPAN = {"start": moment(START), "end": moment(START + HOURS)}


def test_versions_differ_as_their_rows_do(api, tried):
    rows, true = tried
    found = asked(api, a_version="1", b_version="2")
    by_name = {each["name"]: each for each in found["metrics"]}
    rates = []
    for side, version in (("a", "1"), ("b", "2")):
        own = [each for each in rows if each["model_version"] == version]
        right = [each["prediction_label"] == true[each["prediction_id"]] for each in own]
        rates.append(sum(right) / len(right))
        assert found[side]["predictions"] == found[side]["labelled"] == len(own)
        assert by_name["accuracy"][side]["value"] == pytest.approx(rates[-1])
    accuracy = by_name["accuracy"]
    assert accuracy["difference"] == pytest.approx(rates[1] - rates[0])
    assert accuracy["low"] < accuracy["difference"] < accuracy["high"]
    assert accuracy["verdict"] == "better"
    assert by_name["latency_avg_ms"]["verdict"] == "worse"
    assert by_name["latency_avg_ms"]["difference"] == pytest.approx(40, abs=1)
    assert found["sentence"].startswith("B is better: its accuracy is 0.")
    assert found["drift"]["status"] == "no_drift"


@pytest.mark.usefixtures("tried")
def test_variants_are_segments(api):
    found = asked(
        api, a_version="2", a_segment="variant=blue", b_version="2", b_segment="variant=green"
    )
    by_name = {each["name"]: each["verdict"] for each in found["metrics"]}
    assert by_name["accuracy"] == "unclear"
    assert "it is not clear which is better" in found["sentence"]


@pytest.mark.usefixtures("tried")
def test_periods(api):
    half = START + HOURS // 2
    found = api.get(
        "models/m/compare",
        a_start_time=moment(START),
        a_end_time=moment(half),
        b_start_time=moment(half),
        b_end_time=moment(START + HOURS),
        metric=["accuracy"],
    )
    (only,) = found["metrics"]
    assert only["name"] == "accuracy"
    assert only["verdict"] == "unclear"
    assert found["a"]["predictions"] + found["b"]["predictions"] == 2_400


@pytest.mark.usefixtures("tried")
def test_nothing_is_compared_with_something(api):
    found = api.get("models/m/compare", a_version="1", b_version="2")
    assert found["metrics"] == []
    assert found["sentence"] == "No label tells how good both sides are."


def test_a_version_that_never_was(api, tried):
    del tried
    found = api.get("models/m/compare", a_version="1", b_version="3", status=422)
    assert "no version '3'" in found["detail"]


def test_intervals_of_differences_hold_the_truth():
    """Of two rates, nine times in ten and more."""
    chance = random.Random(8)
    held = 0
    for _turn in range(400):
        figures = []
        for rate in (0.8, 0.85):
            n = 300
            value = sum(chance.random() < rate for _ in range(n)) / n
            half = 1.96 * math.sqrt(value * (1 - value) / n)
            figures.append({"accuracy": Figure(value, value - half, value + half, n)})
        (found,) = differences(*figures)
        held += found.low <= 0.05 <= found.high
    assert 0.92 <= held / 400 <= 0.98
