"""Performance by entity: the API's table against a naive count over the rows that were sent."""

import random

import numpy as np
import pytest
from series_api import HOURS
from series_truth import join, label
from worker_case import START

from tidegauge.series import groups

SHOPS = 40


@pytest.fixture
def shops(api):
    """Forecasts for shops of which the later ones are further off; the last has five labels, all of
    them far off, and some rows are of no shop."""
    chance = random.Random(1)
    rows, true = [], {}
    for n in range(6_000):
        shop = chance.randrange(SHOPS) if n % 1_200 else SHOPS
        actual = chance.uniform(20, 80)
        error = 90 if shop == SHOPS else chance.gauss(1, 2 + shop / 10)
        row = {
            "model_id": "m",
            "prediction_id": f"m-{n}",
            "timestamp": START + n * HOURS // 6_000,
            "model_version": chance.choice(["1", "2"]),
            "features": {"x": chance.random()},
            "tags": {"city": "Köln" if shop % 2 else "Lyon"},
            "prediction_score": actual + error,
        }
        if chance.random() < 0.95 or shop == SHOPS:
            row["entity_id"] = f"Shop-{shop:02}"
        rows.append(row)
        if chance.random() < 0.8 or shop == SHOPS:
            true[row["prediction_id"]] = actual
    for first in range(0, len(rows), 1_000):
        api.case.send(rows[first : first + 1_000], START + HOURS)
    label(api, [{"prediction_id": n, "actual_score": y} for n, y in true.items()], START + HOURS)
    join(api, START + HOURS)
    return rows, true


def asked(api, **more):
    return api.between("models/m/performance/groups", START, START + HOURS, **more)


def counted(shops, name=lambda row: row.get("entity_id", ""), is_own=lambda _row: True):
    """By value: how many predictions, and the errors of those that have a label."""
    rows, true = shops
    found = {}
    for row in filter(is_own, rows):
        n, errors = found.setdefault(name(row), (0, []))
        if row["prediction_id"] in true:
            errors.append(row["prediction_score"] - true[row["prediction_id"]])
        found[name(row)] = n + 1, errors
    return found


def check(found, wanted):
    assert {each["value"] for each in found["items"]} == set(wanted)
    for each in found["items"]:
        predictions, errors = wanted[each["value"]]
        assert (each["predictions"], each["labelled"]) == (predictions, len(errors))
        metrics = {name: figure["value"] for name, figure in each["metrics"].items()}
        assert metrics == pytest.approx(
            {
                "mae": np.mean(np.abs(errors)),
                "rmse": np.sqrt(np.mean(np.square(errors))),
                "bias": np.mean(errors),
            }
        )
        assert each["metrics"]["mae"]["bound"] == 0


def test_each_entity_is_as_its_rows_have_it(api, shops):
    found = asked(api, limit=1000)
    wanted = counted(shops)
    check(found, wanted)
    assert (found["by"], found["main_metric"]) == ("entity_id", "mae")
    assert (found["groups"], found["left_out"], found["next"]) == (SHOPS + 2, 0, None)
    known = sum(len(errors) for _n, errors in wanted.values())
    assert found["labelled"] == found["looked_at"] == known


@pytest.mark.usefixtures("shops")
def test_the_surely_worst_is_first_and_few_labels_are_not_ranked(api):
    items = asked(api, limit=1000)["items"]
    ranked = [each for each in items if each["is_ranked"]]
    lows = [each["metrics"]["mae"]["low"] for each in ranked]
    assert lows == sorted(lows, reverse=True)
    last = items[-1]
    assert (last["value"], last["labelled"], last["is_ranked"]) == (f"Shop-{SHOPS}", 5, False)
    assert last["metrics"]["mae"]["value"] > ranked[0]["metrics"]["mae"]["value"]
    by_bias = asked(api, metric=["bias", "mae"])
    assert (by_bias["main_metric"], list(by_bias["items"][0]["metrics"])) == (
        "bias",
        ["bias", "mae"],
    )
    biases = [each["metrics"]["bias"] for each in ranked]
    furthest = max(max(each["low"], -each["high"], 0) for each in biases)
    assert by_bias["items"][0]["metrics"]["bias"]["low"] == pytest.approx(furthest)


@pytest.mark.usefixtures("shops")
def test_pages_follow_each_other(api):
    whole = asked(api, limit=1000)["items"]
    found, cursor = [], None
    while cursor or not found:
        page = asked(api, limit=10, cursor=cursor)
        assert len(page["items"]) <= 10
        found += page["items"]
        cursor = page["next"]
    assert found == whole
    assert len(found) == SHOPS + 2


@pytest.mark.parametrize(
    ("more", "is_own", "name"),
    [
        ({"search": "sHOP-1"}, lambda row: "Shop-1" in row.get("entity_id", ""), None),
        ({"version": "2"}, lambda row: row["model_version"] == "2", None),
        ({"by": "tags.city"}, lambda _row: True, lambda row: row["tags"]["city"]),
        ({"by": "model_version"}, lambda _row: True, lambda row: row["model_version"]),
        (
            {"by": "tags.city & model_version"},
            lambda _row: True,
            lambda row: f"{row['tags']['city']} & {row['model_version']}",
        ),
        (
            {"segment": "tags.city=Köln"},
            lambda row: row["tags"]["city"] == "Köln",
            None,
        ),
    ],
)
def test_what_narrows_the_question(api, shops, more, is_own, name):
    if "segment" in more:
        api.ask("PUT", "models/m/schema", json={"segments": ["tags.city"]})
        rows = [{**row, "prediction_id": row["prediction_id"] + "b"} for row in shops[0][:10]]
        api.case.send(rows, START + HOURS)
        api.case.count()
        shops[0].extend(rows)
    wanted = counted(shops, name or (lambda row: row.get("entity_id", "")), is_own)
    found = asked(api, limit=1000, **more)
    check(found, {value: each for value, each in wanted.items() if each[1]})


def test_of_many_those_of_most_labels_are_measured_and_it_is_said(api, shops, monkeypatch):
    monkeypatch.setattr(groups, "MEASURED", 7)
    found = asked(api, limit=1000)
    wanted = counted(shops)
    most = sorted((len(errors) for _n, errors in wanted.values()), reverse=True)[:7]
    assert sorted((each["labelled"] for each in found["items"]), reverse=True) == most
    assert (found["groups"], found["left_out"]) == (SHOPS + 2, SHOPS - 5)
    rare = asked(api, search=f"shop-{SHOPS}")
    assert [each["value"] for each in rare["items"]] == [f"Shop-{SHOPS}"]


def test_of_more_rows_than_are_held_a_sample_is_looked_at(api, shops, monkeypatch):
    monkeypatch.setattr(groups, "MOST", 1_000)
    found = asked(api, limit=1000)
    wanted = counted(shops)
    assert found["labelled"] == sum(len(errors) for _n, errors in wanted.values())
    assert found["looked_at"] == 1_000 == sum(each["labelled"] for each in found["items"])
    for each in found["items"]:
        assert each["predictions"] == wanted[each["value"]][0]


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"by": "variant"}, "no prediction of this time says its 'variant'"),
        ({"by": "tags.citi"}, "did you mean 'tags.city'?"),
        ({"by": "prediction_score"}, "rows are not told apart by 'prediction_score'"),
        ({"by": ""}, "rows are not told apart by ''"),
        ({"metric": "acuracy"}, "no group has a figure 'acuracy'"),
        ({"version": "9"}, "no version '9'"),
        ({"segment": "tags.city=Rome"}, "no segment"),
        ({"cursor": "bm9uZQ"}, "the cursor is none"),
    ],
)
def test_what_is_not_there_is_said(api, more, word):
    assert word in asked(api, status=422, **more)["detail"]


@pytest.mark.usefixtures("shops")
def test_nothing_to_tell_is_no_error(api):
    later = {"start": START + 3 * HOURS, "stop": START + 4 * HOURS}
    for found in (
        api.between("models/m/performance/groups", *later.values()),
        asked(api, search="nobody"),
    ):
        assert (found["items"], found["groups"], found["main_metric"]) == ([], 0, None)


@pytest.mark.usefixtures("shops")
def test_personal_data_is_for_those_who_may_see_it(api):
    etag = api.key("read").get("models/m").headers["ETag"]
    tags = {"tags": {"pii": "entity_id"}}
    api.ask("PATCH", "models/m", json=tags, headers={"If-Match": etag})
    assert "personal data" in asked(api, status=403)["detail"]


def test_classes_are_ranked_by_how_often_they_are_right(api):
    chance = random.Random(2)
    rows, told, right = [], [], {}
    for n in range(900):
        place = n % 3
        said = chance.choice(["yes", "no"])
        is_right = chance.random() < (0.9, 0.5, 0.7)[place]
        true = said if is_right else {"yes": "no", "no": "yes"}[said]
        named = {"model_id": "m", "prediction_id": f"m-{n}", "entity_id": f"e{place}"}
        more = {"features": {"x": chance.random()}, "prediction_label": said}
        rows.append({**named, "timestamp": START + n, **more})
        told.append({"prediction_id": f"m-{n}", "actual_label": true})
        right.setdefault(f"e{place}", []).append(is_right)
    api.case.send(rows, START + HOURS)
    label(api, told, START + HOURS)
    join(api, START + HOURS)
    found = asked(api)
    assert found["main_metric"] == "accuracy"
    assert [each["value"] for each in found["items"]] == ["e1", "e2", "e0"]
    for each in found["items"]:
        share = np.mean(right[each["value"]])
        assert each["metrics"]["accuracy"]["value"] == pytest.approx(share)
