"""Monitors of fairness: told only where all the hours together leave no doubt."""

import random

import pytest
from monitor_labelled import HOURS, Labelled
from worker_case import START, prediction

from tidegauge.catalog import models

RATES = {"a": 0.6, "b": 0.6, "c": 0.3}


class Lent(Labelled):
    """Loans: by gender and age, how often they are given."""

    def lend(self, rates, rows=1_200):
        chance = random.Random(3)
        some = []
        for n in range(rows):
            group = chance.choice(list(rates))
            gender, _, age = group.partition("-")
            tags = {"gender": gender} | ({"age": age} if age else {})
            said = "yes" if chance.random() < rates[group] else "no"
            at = START + n * HOURS // rows
            some.append(prediction(chance, n, at=at, prediction_label=said, tags=tags))
            self.sent.append((some[-1], said if chance.random() < 0.9 else "no"))
        self.case.send(some, START + HOURS)

    def declare(self, segments, *, protected=(), reference=("yes", "no")):
        chance = random.Random(1)
        self.case.pin(
            "m",
            [
                prediction(chance, f"r{n}", prediction_label=chance.choice(reference))
                for n in range(200)
            ],
        )

        def made(connection):
            model = models.by_name(connection, "default", "m")
            models.change(
                connection,
                model.id,
                model.revision,
                START,
                segments=segments,
                protected=list(protected),
                positive="yes",
                favourable=True,
            )

        self.case.catalog.write(made)


@pytest.fixture
def lent(case):
    made = Lent(case, "f")
    made.write("monitors: [{name: f, kind: fairness}]")
    return made


def test_a_model_without_protected_attributes_is_not_judged(lent):
    lent.declare(["tags.gender"])
    lent.lend(RATES)
    found = lent.read(0, 1)
    assert (found.status, found.reason) == ("not_applicable", "m has no protected attribute")


def test_unlike_groups_are_told_with_who_and_how_much(lent):
    lent.declare(["tags.gender"], protected=["tags.gender"])
    lent.lend(RATES)
    found = lent.read(0, 1)
    assert (found.status, found.severity) == ("breach", "high")
    assert found.detail["metric"] == "disparate_impact"
    assert found.detail["attribute"] == "tags.gender"
    assert found.detail["groups"][0] == "c"
    assert found.value == pytest.approx(0.5, abs=0.1)
    assert found.detail["high"] < 0.8
    assert "'c' is given " in found.reason
    assert "80 % are wanted" in found.reason


def test_like_groups_are_fair(lent):
    lent.declare(["tags.gender"], protected=["tags.gender"])
    lent.lend(dict.fromkeys(RATES, 0.6))
    lent.label()
    lent.now = START + 4 * HOURS
    lent.join()
    found = lent.read(0, 4)
    assert found.status == "ok"
    assert set(found.detail["verdicts"].values()) <= {"fair", "inconclusive"}
    assert "equal_opportunity of tags.gender" in found.detail["verdicts"]


def test_few_rows_say_nothing(lent):
    lent.declare(["tags.gender"], protected=["tags.gender"])
    lent.lend(RATES, rows=60)
    found = lent.read(0, 1)
    assert found.status == "insufficient_data"
    assert "50 rows" in found.reason


def test_groups_of_two_attributes_together(lent):
    """Either alone looks fair."""
    both = "tags.gender & tags.age"
    segments = ["tags.gender", "tags.age", both]
    lent.declare(segments, protected=["tags.gender", "tags.age"])
    lent.lend({"a-old": 0.8, "a-young": 0.3, "b-old": 0.3, "b-young": 0.8}, rows=2_000)
    assert lent.read(0, 1).status == "ok"
    lent.change("f", {"attributes": [both]}, lent.now)
    found = lent.read(0, 2)
    assert (found.status, found.detail["attribute"]) == ("breach", both)
    low, high = found.detail["groups"]
    assert low in {"a & young", "b & old"}
    assert high in {"a & old", "b & young"}


def test_who_did_not_say_one_of_them_is_of_no_group(lent):
    both = "tags.gender & tags.age"
    lent.declare([both], protected=[both])
    lent.lend({"a-old": 0.8, "a": 0.1}, rows=1_000)
    found = lent.read(0, 1)
    assert found.status == "insufficient_data"


def test_an_attribute_that_is_not_declared(lent):
    lent.declare(["tags.gender"])
    lent.lend(RATES)
    lent.change("f", {"attributes": ["tags.shoe_size"]}, START)
    found = lent.read(0, 1)
    assert found.status == "error"
    assert "'tags.shoe_size' is no declared segment" in found.reason


def test_a_positive_class_that_the_reference_never_held(lent):
    lent.declare(["tags.gender"], protected=["tags.gender"], reference=["no"])
    lent.lend(RATES)
    found = lent.read(0, 1)
    assert found.value == pytest.approx(0.5, abs=0.1)


def test_numbers_that_are_further_off_for_one_group(lent):
    """A price that is told too high to one group; nobody has to say what is positive."""
    chance = random.Random(6)
    rows, labels = [], []
    for n in range(2_000):
        group = chance.choice("ab")
        said = chance.gauss(100, 20)
        told = {
            "model_id": "m",
            "prediction_id": f"p{n}",
            "timestamp": START + n * HOURS // 2_000,
            "prediction_score": said,
            "features": {"x": chance.random()},
            "tags": {"gender": group},
        }
        rows.append(told)
        true = said - chance.gauss(15 if group == "b" else 0, 3)
        label = {"model_id": "m", "prediction_id": f"p{n}", "timestamp": START + HOURS}
        labels.append(label | {"actual_score": true})
    lent.case.pin("m", rows[:200])

    def made(connection):
        model = models.by_name(connection, "default", "m")
        told = {"segments": ["tags.gender"], "protected": ["tags.gender"], "task": "regression"}
        models.change(connection, model.id, model.revision, START, **told)

    lent.case.catalog.write(made)
    lent.case.send(rows, START + HOURS)
    lent.case.send(labels, START + 2 * HOURS, kind="labels")
    lent.now = START + 4 * HOURS
    lent.join()
    found = lent.read(0, 4)
    assert (found.status, found.detail["metric"]) == ("breach", "bias_parity")
    assert found.value == pytest.approx(15, abs=1)
    assert found.detail["threshold"] == pytest.approx(2, abs=0.5)
    assert found.detail["groups"] == ["a", "b"]
    verdicts = found.detail["verdicts"]
    assert set(verdicts) == {"error_parity of tags.gender", "bias_parity of tags.gender"}
