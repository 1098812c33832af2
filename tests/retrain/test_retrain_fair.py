"""A candidate that is better and treats people less alike is not kept."""

from dataclasses import fields

import numpy as np
import pytest

from tidegauge.arrow import pa
from tidegauge.catalog.models import Model
from tidegauge.outcome.join import LABELLED
from tidegauge.record.columns import TIME
from tidegauge.retrain.fair import Fair, unfair
from tidegauge.retrain.gate import Gate
from tidegauge.retrain.proof import proof, said
from tidegauge.store.part import AT, ID

ROWS = 4_000


def model(**more):
    given = {
        "id": 1,
        "tenant": "default",
        "name": "credit",
        "task": "binary",
        "positive": "yes",
        "favourable": True,
        "protected": ("tags.group",),
        "tags": {},
        **more,
    }
    return Model(**{each.name: given.get(each.name) for each in fields(Model)})


def table(labels, **columns):
    times = pa.array(np.arange(len(labels)) * 1_000_000 + 1_700_000_000_000_000).cast(TIME)
    ids = pa.array([f"p{n:05}" for n in range(len(labels))])
    kept = {ID: ids, AT: times, "received_at": times, LABELLED: times}
    return pa.table({**kept, "prediction_label": labels, **columns})


def rows(share, seed=0, **columns):
    """Who is in group a is given yes so much more often; what is true does not depend on it."""
    chance = np.random.default_rng(seed)
    group = chance.choice(["a", "b"], ROWS)
    rate = np.where(group == "a", 0.5 + share / 2, 0.5 - share / 2)
    label = np.where(chance.random(ROWS) < rate, "yes", "no")
    true = np.where(chance.random(ROWS) < 0.5, "yes", "no")
    return table(label, **{"tags.group": group, "actual_label": true, **columns})


def test_it_is_told_with_its_numbers():
    fair, apart = rows(0.0), rows(0.5)
    (found,) = unfair(Fair(criteria=("disparate_impact",)), model(), fair, apart)
    label, group = (
        np.array(apart[name].to_pylist()) for name in ("prediction_label", "tags.group")
    )
    rates = [float((label[group == name] == "yes").mean()) for name in ("b", "a")]
    assert found.candidate == pytest.approx(rates[0] / rates[1])
    assert (found.attribute, found.groups, found.threshold) == ("tags.group", ("b", "a"), 0.8)
    assert {each.criterion for each in unfair(Fair(), model(), fair, apart)} == {
        "disparate_impact",
        "equal_opportunity",
    }


def test_what_is_alike_is_kept():
    assert not unfair(Fair(), model(), rows(0.0), rows(0.02, seed=1))


def test_what_is_no_further_off_than_the_champion_is_kept():
    assert not unfair(Fair(), model(), rows(0.6), rows(0.5))
    assert unfair(Fair(), model(), rows(0.5), rows(0.6))


def test_of_few_rows_nothing_is_said():
    few = [rows(share).slice(0, 60) for share in (0.0, 0.5)]
    assert not unfair(Fair(), model(), *few)


@pytest.mark.parametrize(
    "more", [{"protected": ()}, {"protected": None}, {"favourable": None}, {"positive": None}]
)
def test_a_model_of_which_nobody_said_what_is_protected_is_not_asked(more):
    assert not unfair(Fair(), model(**more), rows(0.0), rows(0.5))


def test_groups_of_two_columns_and_rows_of_no_group():
    chance = np.random.default_rng(2)
    age = chance.choice(["old", "young"], ROWS)
    fair = rows(0.0, **{"tags.age": age})
    group = np.array(fair["tags.group"].to_pylist())
    both = (group == "a") & (age == "old")
    label = np.where(both, "no", fair["prediction_label"].to_pylist())
    apart = fair.set_column(4, "prediction_label", pa.array(label))
    own = model(protected=("tags.group & tags.age",))
    found = unfair(Fair(criteria=("disparate_impact",)), own, fair, apart)
    assert found[0].groups[0] == "a & old"
    # Who told nothing of themselves is no group that anybody could be compared with.
    untold = pa.array([None if each == "a" else each for each in group])
    nobody = apart.set_column(apart.column_names.index("tags.group"), "tags.group", untold)
    assert not unfair(Fair(criteria=("disparate_impact",)), model(), nobody, nobody)


def numbers(off, seed=3):
    chance = np.random.default_rng(seed)
    group = chance.choice(["a", "b"], ROWS)
    true = chance.normal(size=ROWS)
    guess = true + chance.normal(size=ROWS) * np.where(group == "a", 0.1 + off, 0.1)
    return table(
        pa.nulls(ROWS, pa.string()),
        **{"tags.group": group, "actual_score": true, "prediction_score": guess},
    )


def test_errors_of_numbers():
    own = model(task="regression", positive=None, favourable=None)
    assert not unfair(Fair(), own, numbers(0.0), numbers(0.05))
    (found,) = unfair(Fair(), own, numbers(0.0), numbers(0.8))
    assert found.criterion == "error_parity"


def test_a_candidate_that_is_better_and_unfair_is_not_kept():
    held = rows(0.0)
    group = np.array(held["tags.group"].to_pylist())
    true = np.array(held["actual_label"].to_pylist())
    # All of group a are told yes, and of the others it knows the truth.
    label = np.where(group == "a", "yes", true)
    answers = pa.table({ID: held[ID], "prediction_label": label})
    found = proof(model(), Gate(metric="accuracy"), 0.1, [held], answers)
    assert found.verdict == "unfair"
    assert "less alike than is allowed" in said(found)
    assert "disparate_impact of tags.group between b and a" in said(found)
    kept = proof(model(), Gate(metric="accuracy", fairness=None), 0.1, [held], answers)
    assert kept.verdict == "better"
    assert not kept.unfair
