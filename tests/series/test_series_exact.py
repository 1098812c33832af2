"""Performance from the rows themselves: to 1e-12 what scikit-learn says of what was sent."""

import random

import pytest
from series_api import HOURS, moment
from series_truth import join, label
from sklearn import metrics
from worker_case import START, prediction

from tidegauge.series import exact


@pytest.fixture
def scored(api):
    chance = random.Random(1)
    rows, true = [], {}
    for n in range(3_000):
        score = chance.random() ** 2
        more = {
            "tags": {"region": chance.choice(["eu", "us"])} if n % 7 else {},
            "model_version": chance.choice(["1", "2"]),
            "prediction_score": score,
            "prediction_label": "yes" if score > 0.5 else "no",
        }
        rows.append(prediction(chance, n, at=START + n * 2 * HOURS // 3_000, **more))
        if chance.random() < 0.8:
            true[f"m-{n}"] = "yes" if chance.random() < score else "no"
    api.case.pin("m", rows[:300])
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.region"]})
    for first in range(0, len(rows), 1_000):
        api.case.send(rows[first : first + 1_000], START + 2 * HOURS)
    label(api, [{"prediction_id": n, "actual_label": y} for n, y in true.items()], START)
    join(api, START + 3 * HOURS)
    etag = api.key("read").get("models/m").headers["ETag"]
    api.ask("PATCH", "models/m", json={"positive_label": "yes"}, headers={"If-Match": etag})
    return [each for each in rows if each["prediction_id"] in true], true


def asked(api, **more):
    return api.between("models/m/performance", START, START + 2 * HOURS, **more)


def wanted(rows, true):
    y = [true[each["prediction_id"]] == "yes" for each in rows]
    said = [each["prediction_label"] == "yes" for each in rows]
    score = [each["prediction_score"] for each in rows]
    return {
        "accuracy": metrics.accuracy_score(y, said),
        "precision": metrics.precision_score(y, said),
        "recall": metrics.recall_score(y, said),
        "roc_auc": metrics.roc_auc_score(y, score),
        "average_precision": metrics.average_precision_score(y, score),
        "log_loss": metrics.log_loss(y, score),
        "brier": metrics.brier_score_loss(y, score),
    }


@pytest.mark.parametrize(
    ("more", "is_own"),
    [
        ({}, lambda _row: True),
        ({"version": "2"}, lambda row: row["model_version"] == "2"),
        ({"segment": "tags.region=eu"}, lambda row: row.get("tags", {}).get("region") == "eu"),
        ({"segment": "tags.region="}, lambda row: not row.get("tags")),
    ],
)
def test_all_of_a_span(api, scored, more, is_own):
    rows, true = scored
    own = [each for each in rows if is_own(each)]
    found, kept = asked(api, exact=True, **more), asked(api, **more)
    assert (found["exact"], kept["exact"]) == (True, False)
    assert found["total"]["labelled"] == kept["total"]["labelled"] == len(own)
    for name, value in wanted(own, true).items():
        each = found["total"]["metrics"][name]
        assert each["value"] == pytest.approx(value, abs=1e-12)
        assert each["bound"] == 0
        binned = kept["total"]["metrics"][name]
        assert abs(binned["value"] - value) <= binned["bound"] + 1e-12
    assert found["confusion_matrix"] == kept["confusion_matrix"]
    assert found["performance_trend"] == kept["performance_trend"]


def test_each_step(api, scored):
    rows, true = scored
    points = asked(api, exact=True, step=3600)["data_points"]
    assert len(points) == 2
    for at, point in enumerate(points):
        own = [each for each in rows if (each["timestamp"] - START) // HOURS == at]
        assert point["labelled"] == len(own)
        for name, value in wanted(own, true).items():
            assert point["metrics"][name]["value"] == pytest.approx(value, abs=1e-12)


@pytest.mark.usefixtures("scored")
def test_more_rows_than_are_read_say_the_way_out(api, monkeypatch):
    monkeypatch.setattr(exact, "MOST", 100)
    detail = asked(api, exact=True, status=422)["detail"]
    assert "more than 100 predictions" in detail
    assert "a shorter span" in detail


@pytest.mark.usefixtures("scored")
def test_no_rows_are_no_figures(api):
    later = START + 9 * HOURS
    found = api.get(
        "models/m/performance",
        start_time=moment(later),
        end_time=moment(later + HOURS),
        exact=True,
    )
    assert (found["exact"], found["total"]["metrics"]) == (True, {})
