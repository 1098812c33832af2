"""Groups of people against each other: the API's numbers are those of the rows that were sent."""

import random

import pytest
from series_api import HOURS
from series_truth import join, label
from worker_case import START, prediction

GROUPS = {"a": 0.8, "b": 0.75, "c": 0.3}
"""By group, how often who deserves it is given it."""


@pytest.fixture
def lent(api):
    """Loans by group: what was said of everybody, and what was true of most."""
    chance = random.Random(1)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(500)])
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.group"]})
    rows, true = [], {}
    for n in range(3_000):
        group = chance.choice([*GROUPS, None])
        deserves = chance.random() < 0.5
        given = chance.random() < (GROUPS.get(group, 0.5) if deserves else 0.1)
        more = {"tags": {"group": group}} if group else {}
        at = START + chance.randrange(HOURS)
        rows.append(prediction(chance, n, at=at, prediction_label="yes" if given else "no", **more))
        if chance.random() < 0.7:
            true[f"m-{n}"] = "yes" if deserves else "no"
    for first in range(0, len(rows), 500):
        api.case.send(rows[first : first + 500], START + HOURS)
    label(api, [{"prediction_id": n, "actual_label": y} for n, y in true.items()], START + HOURS)
    join(api, START + HOURS)
    return rows, true


def said(api, **told):
    etag = api.key("read").get("models/m").headers["ETag"]
    return api.ask("PATCH", "models/m", json=told, headers={"If-Match": etag})


def asked(api, **more):
    return api.between("models/m/fairness", START, START + HOURS, **more)


def test_each_group_is_as_its_rows_have_it(api, lent):
    rows, true = lent
    said(api, positive_label="yes", positive_is_favourable=True)
    (found,) = asked(api)["attributes"]
    assert found["protected_attribute"] == "tags.group"
    shown = {each["group"]: each for each in found["group_metrics"]}
    assert list(shown) == [*GROUPS, ""]
    rates = {}
    for name, each in shown.items():
        own = [row for row in rows if row.get("tags", {}).get("group", "") == name]
        known = [row for row in own if row["prediction_id"] in true]
        deserving = [row for row in known if true[row["prediction_id"]] == "yes"]
        given = [row["prediction_label"] == "yes" for row in own]
        hit = [row["prediction_label"] == "yes" for row in deserving]
        assert (each["sample_count"], each["labelled"]) == (len(own), len(known))
        assert each["positive_rate"]["value"] == pytest.approx(sum(given) / len(given))
        assert each["true_positive_rate"]["value"] == pytest.approx(sum(hit) / len(hit))
        assert each["positive_rate"]["low"] < each["positive_rate"]["value"]
        rates[name] = sum(given) / len(given), sum(hit) / len(hit)
    del rates[""]
    chosen = [each for each, _hit in rates.values()]
    hits = [hit for _chosen, hit in rates.values()]
    assert found["disparate_impact"] == pytest.approx(min(chosen) / max(chosen))
    assert found["max_tpr_difference"] == pytest.approx(max(hits) - min(hits))
    assert (found["verdict"], found["is_fair"]) == ("unfair", False)
    odds = next(each for each in found["criteria"] if each["name"] == "equal_opportunity")
    assert odds["verdict"] == "unfair"
    assert odds["groups"] == ["c", "a"]
    assert odds["low"] > odds["threshold"]


@pytest.mark.usefixtures("lent")
def test_what_people_fear_is_turned_round(api):
    said(api, positive_label="yes", positive_is_favourable=True)
    hoped = asked(api)["attributes"][0]
    said(api, positive_is_favourable=False)
    feared = asked(api)["attributes"][0]
    for one, other in zip(hoped["group_metrics"], feared["group_metrics"], strict=True):
        assert one["positive_rate"]["value"] + other["positive_rate"]["value"] == pytest.approx(1)
        assert one["true_positive_rate"] == other["true_positive_rate"]


@pytest.mark.usefixtures("lent")
def test_too_few_rows_are_not_compared(api):
    said(api, positive_label="yes", positive_is_favourable=True)
    (found,) = asked(api, minimum=100_000)["attributes"]
    assert (found["verdict"], found["is_fair"]) == ("not computable", None)
    assert found["criteria"][0]["left_out"] == ["a", "b", "c"]


@pytest.mark.usefixtures("lent")
def test_what_is_not_said_is_asked_for(api):
    unsaid = asked(api, status=409)
    assert "positive_is_favourable" in unsaid["detail"]
    said(api, positive_label="yes", positive_is_favourable=True)
    undeclared = asked(api, status=422, attribute="tags.age")
    assert "tags.group" in undeclared["detail"]


@pytest.mark.usefixtures("lent")
def test_before_the_truth_comes_only_what_was_chosen_is_compared(api):
    chance = random.Random(2)
    later = START + 24 * HOURS
    rows = [
        prediction(chance, f"new-{n}", at=later + n, tags={"group": "ab"[n % 2]})
        for n in range(400)
    ]
    api.case.send(rows, later + HOURS)
    api.case.count()
    said(api, positive_label="yes", positive_is_favourable=True)
    (found,) = api.between("models/m/fairness", later, later + HOURS)["attributes"]
    assert found["disparate_impact"] is not None
    assert found["max_tpr_difference"] is None


@pytest.mark.usefixtures("lent")
def test_protected_attributes_are_those_that_are_looked_at(api):
    said(api, positive_label="yes", positive_is_favourable=True)
    both = "tags.group & tags.region"
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.group", both]})
    assert len(asked(api)["attributes"]) == 2
    found = said(api, protected_attributes=["tags.group"])
    assert found["protected_attributes"] == ["tags.group"]
    (only,) = asked(api)["attributes"]
    assert only["protected_attribute"] == "tags.group"


@pytest.mark.usefixtures("lent")
def test_a_protected_attribute_has_to_be_declared(api):
    etag = api.key("read").get("models/m").headers["ETag"]
    found = api.ask(
        "PATCH",
        "models/m",
        json={"protected_attributes": ["tags.grop"]},
        headers={"If-Match": etag},
        status=422,
    )
    assert "did you mean 'tags.group'?" in found["detail"]


def test_scores_are_held_against_what_came_by_group(api):
    """A score that is right of all together: too low for one group, too high for the other."""
    chance = random.Random(4)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(500)])
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.group"]})
    rows, true = [], {}
    for n in range(3_000):
        group = chance.choice("ab")
        score = round(chance.betavariate(2, 2), 3)
        at = START + chance.randrange(HOURS)
        more = {"tags": {"group": group}, "prediction_score": score}
        given = "yes" if score > 0.5 else "no"
        rows.append(prediction(chance, n, at=at, prediction_label=given, **more))
        likely = score + (0.15 if group == "a" else -0.15)
        true[f"m-{n}"] = "yes" if chance.random() < likely else "no"
    for first in range(0, len(rows), 1_000):
        api.case.send(rows[first : first + 1_000], START + HOURS)
    label(api, [{"prediction_id": n, "actual_label": y} for n, y in true.items()], START + HOURS)
    join(api, START + HOURS)
    said(api, positive_label="yes", positive_is_favourable=True)
    (found,) = asked(api)["attributes"]
    gaps = {}
    for each in found["group_metrics"]:
        own = [row for row in rows if row["tags"]["group"] == each["group"]]
        gap = [row["prediction_score"] - (true[row["prediction_id"]] == "yes") for row in own]
        gaps[each["group"]] = sum(gap) / len(gap)
        assert each["calibration"]["value"] == pytest.approx(gaps[each["group"]])
        assert each["mean_absolute_error"] is None
    calibration = next(each for each in found["criteria"] if each["name"] == "calibration")
    assert calibration["verdict"] == "unfair"
    assert calibration["value"] == pytest.approx(gaps["b"] - gaps["a"])


def test_numbers_are_compared_by_how_far_off_they_are(api):
    """Nobody has to say what is positive."""
    chance = random.Random(5)
    rows, true = [], {}
    for n in range(2_000):
        group = chance.choice("ab")
        told = {
            "model_id": "m",
            "prediction_id": f"n-{n}",
            "timestamp": START + chance.randrange(HOURS),
            "features": {"x": chance.random()},
            "prediction_score": chance.gauss(100, 20),
            "tags": {"group": group, "half": chance.choice("xy")},
        }
        rows.append(told)
        true[told["prediction_id"]] = told["prediction_score"] - chance.gauss(
            0 if group == "a" else 8, 4
        )
    api.case.pin("m", rows[:300])
    both = "tags.group & tags.half"
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.group", both]})
    said(api, task="regression")
    for first in range(0, len(rows), 1_000):
        api.case.send(rows[first : first + 1_000], START + HOURS)
    label(api, [{"prediction_id": n, "actual_score": y} for n, y in true.items()], START + HOURS)
    join(api, START + HOURS)
    found = {each["protected_attribute"]: each for each in asked(api)["attributes"]}
    for attribute, names in (("tags.group", 2), (both, 4)):
        one = found[attribute]
        assert len(one["group_metrics"]) == names
        assert one["verdict"] == "unfair"
        assert one["disparate_impact"] is None
        means = []
        for each in one["group_metrics"]:
            own = [
                row["prediction_score"] - true[row["prediction_id"]]
                for row in rows
                if each["group"] in {row["tags"]["group"], " & ".join(row["tags"].values())}
            ]
            means.append(sum(own) / len(own))
            assert each["labelled"] == len(own)
            assert each["positive_rate"] is None
            assert each["mean_error"]["value"] == pytest.approx(means[-1])
            size = sum(map(abs, own)) / len(own)
            assert each["mean_absolute_error"]["value"] == pytest.approx(size)
        bias = next(each for each in one["criteria"] if each["name"] == "bias_parity")
        assert bias["value"] == pytest.approx(max(means) - min(means))
        assert (bias["verdict"], len(bias["groups"])) == ("unfair", 2)
