"""How errors are spread: the API's bars and quantiles against numpy over the rows sent."""

import io
import random
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from series_api import HOURS
from series_truth import join, label
from worker_case import START

LEVELS = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


@pytest.fixture
def demand(api):
    """Forecasts of two hours: in the second one in ten is far too high."""
    chance = random.Random(1)
    rows, true = [], {}
    for n in range(2_000):
        actual = chance.uniform(20, 80)
        is_odd = n >= 1_000 and n % 10 == 0
        rows.append(
            {
                "model_id": "m",
                "prediction_id": f"m-{n}",
                "timestamp": START + n * HOURS // 1_000,
                "model_version": chance.choice(["1", "2"]),
                "features": {"x": chance.random()},
                "prediction_score": actual + (40 if is_odd else chance.gauss(1, 5)),
            }
        )
        if n % 5:
            true[f"m-{n}"] = actual
    # Those of every tenth have a label as well.
    true |= {row["prediction_id"]: row["prediction_score"] - 40 for row in rows[1_000:] if off(row)}
    for first in range(0, 2_000, 1_000):
        api.case.send(rows[first : first + 1_000], START + 2 * HOURS)
    label(api, [{"prediction_id": n, "actual_score": y} for n, y in true.items()], START)
    join(api, START + 2 * HOURS)
    return rows, true


def off(row):
    return int(row["prediction_id"][2:]) % 10 == 0


def asked(api, start=START + HOURS, stop=START + 2 * HOURS, **more):
    return api.between("models/m/performance/errors", start, stop, **more)


def errors(demand, start, stop, version=None):
    rows, true = demand
    return np.array(
        [
            row["prediction_score"] - true[row["prediction_id"]]
            for row in rows
            if row["prediction_id"] in true
            and start <= row["timestamp"] < stop
            and version in {None, row["model_version"]}
        ]
    )


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("version", [None, "2"])
def test_bars_and_quantiles_are_those_of_the_rows(api, demand, exact, version):
    wanted = errors(demand, START + HOURS, START + 2 * HOURS, version)
    before = errors(demand, START, START + HOURS, version)
    found = asked(api, exact=exact, version=version, against="before")
    assert (found["exact"], found["against"]) == (exact, "before")
    assert found["now"]["labelled"] == len(wanted)
    assert datetime.fromisoformat(found["other"]["end_time"]) == datetime.fromisoformat(
        found["now"]["start_time"]
    )
    (output,) = found["outputs"]
    assert output["output"] == ""
    for side, own in ((output["now"], wanted), (output["other"], before)):
        assert (side["n"], side["is_enough"]) == (len(own), True)
        assert side["bias"]["value"] == pytest.approx(own.mean())
        assert side["bias"]["low"] < side["bias"]["value"] < side["bias"]["high"]
        for name, level in LEVELS.items():
            each = side["quantiles"][name]
            value = np.quantile(own, level, method="inverted_cdf")
            assert abs(each["value"] - value) <= each["bound"] + 1e-9
            assert (each["bound"] == 0) == exact
            assert each["low"] <= each["value"] <= each["high"]
        edges, counts = output["edges"], side["counts"]
        assert sum(counts) + side["below"] + side["above"] == pytest.approx(len(own))
        bars = np.histogram(own, edges)[0]
        apart = np.abs(np.array(counts) - bars).sum() / len(own)
        assert apart == 0 if exact else apart < 0.06


@pytest.mark.usefixtures("demand")
def test_a_second_hump_is_seen(api):
    (output,) = asked(api, against="before")["outputs"]
    middles = (np.array(output["edges"][1:]) + output["edges"][:-1]) / 2
    for side, wanted in (("now", 1 / 9), ("other", 0.0)):
        counts = np.array(output[side]["counts"])
        assert counts[(middles > 30)].sum() / counts.sum() == pytest.approx(wanted, abs=0.03)
        assert counts[(middles > 22) & (middles < 34)].sum() == 0


@pytest.mark.usefixtures("demand")
def test_of_a_reference_without_labels_nothing_is_told(api):
    found = asked(api)
    assert (found["against"], found["other"]) == ("reference", None)
    assert found["outputs"][0]["other"] is None


@pytest.mark.usefixtures("demand")
def test_a_time_without_labels_has_none(api):
    found = asked(api, start=START + 5 * HOURS, stop=START + 6 * HOURS)
    assert (found["outputs"], found["now"]["labelled"]) == ([], 0)


@pytest.mark.usefixtures("demand")
def test_a_reference_with_its_truth_stands_beside_it(api):
    draws = np.random.default_rng(2)
    said, true = draws.normal(50, 9, 400), draws.normal(47, 9, 400)
    body = io.BytesIO()
    pq.write_table(pa.table({"x": said, "prediction_score": said, "actual_score": true}), body)
    media = {"Content-Type": "application/vnd.apache.parquet"}
    api.ask("POST", "models/m/references", status=201, content=body.getvalue(), headers=media)
    found = asked(api)
    assert found["other"]["labelled"] == 400
    (output,) = found["outputs"]
    assert output["other"]["bias"]["value"] == pytest.approx((said - true).mean())
    assert sum(output["other"]["counts"]) == pytest.approx(400, abs=6)
    assert output["now"]["n"] == 900


def test_few_labels_say_that_they_are_few(api):
    rows = [{"model_id": "m", "prediction_id": f"m-{n}", "timestamp": START + n} for n in range(12)]
    api.case.send(
        [{**row, "features": {"x": 1.5}, "prediction_score": 2.5} for row in rows], START + HOURS
    )
    told = [{"prediction_id": row["prediction_id"], "actual_score": 2.0} for row in rows]
    label(api, told, START + HOURS)
    join(api, START + HOURS)
    (output,) = asked(api, start=START, stop=START + HOURS)["outputs"]
    assert (output["now"]["n"], output["now"]["is_enough"]) == (12, False)
    assert output["now"]["quantiles"]["p5"]["low"] is None
    assert output["now"]["quantiles"]["median"]["value"] == pytest.approx(0.5, abs=0.01)


def test_classes_have_no_errors_that_are_spread(api):
    chance = random.Random(2)
    rows = [
        {
            "model_id": "m",
            "prediction_id": f"m-{n}",
            "timestamp": START + n,
            "features": {"x": chance.random()},
            "prediction_label": chance.choice(["yes", "no"]),
        }
        for n in range(100)
    ]
    api.case.send(rows, START + HOURS)
    told = [{"prediction_id": f"m-{n}", "actual_label": "yes"} for n in range(100)]
    label(api, told, START + HOURS)
    join(api, START + HOURS)
    refused = asked(api, start=START, stop=START + HOURS, status=422)
    assert "predicts no numbers" in refused["detail"]


def test_outputs_each_have_their_own(api):
    chance = random.Random(3)
    rows, true = [], []
    for n in range(200):
        price, days = chance.gauss(0, 1), chance.gauss(10, 100)
        said = {"model_id": "m", "prediction_id": f"m-{n}"}
        outputs = {"price": price, "days": days}
        rows.append({**said, "timestamp": START + n, "features": {"x": n}, "outputs": outputs})
        actual = {"price": price - 1, "days": days + 50}
        true.append({"prediction_id": f"m-{n}", "actual_outputs": actual})
    api.case.send(rows, START + HOURS)
    label(api, true, START + HOURS)
    join(api, START + HOURS)
    found = asked(api, start=START, stop=START + HOURS)
    biases = {each["output"]: each["now"]["bias"]["value"] for each in found["outputs"]}
    assert biases == pytest.approx({"price": 1, "days": -50})
    early = asked(api, start=START, stop=START + HOURS, exact=True)
    assert {each["output"] for each in early["outputs"]} == {"price", "days"}


@pytest.mark.usefixtures("demand")
@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"version": "9"}, "no version '9'"),
        ({"segment": "tags.city=Rome"}, "no segment"),
        ({"against": "yesterday"}, "against"),
    ],
)
def test_what_is_not_there_is_said(api, more, word):
    refused = asked(api, status=422, **more)
    assert word in str(refused)
