"""What a model does, told from rows of each kind."""

import random

import pytest

from tidegauge.record.columns import to_table
from tidegauge.reference.fit import profile_of_table
from tidegauge.reference.task import task_of
from tidegauge.tail.decode import stamped

OUTPUTS = {
    "binary": lambda chance: {"prediction_label": chance.choice(["yes", "no"])},
    "multiclass": lambda chance: {"prediction_label": chance.choice("abc")},
    "multilabel": lambda chance: {"prediction_labels": chance.sample("abcd", 2)},
    "regression": lambda chance: {"prediction_score": chance.gauss(40, 9)},
    "outputs": lambda chance: {"outputs": {"width": chance.random(), "height": chance.random()}},
    "ranking": lambda chance: {"rank": chance.randrange(20), "prediction_score": chance.random()},
    None: lambda _chance: {},
}
ALSO = {
    "binary": [
        lambda chance: {"probabilities": {"yes": chance.random(), "no": chance.random()}},
        lambda chance: {
            "prediction_label": chance.choice(["a", "b"]),
            "prediction_score": chance.random(),
        },
    ],
    "multiclass": [
        lambda chance: {"probabilities": {name: chance.random() for name in "abc"}},
    ],
    "regression": [lambda chance: {"outputs": {"width": chance.random()}}],
}
CASES = [*OUTPUTS.items(), *((task, made) for task, some in ALSO.items() for made in some)]


@pytest.mark.parametrize(("task", "made"), CASES)
def test_a_task_is_told_from_the_outputs(task, made):
    chance = random.Random(1)
    rows = [
        {"prediction_id": str(n), "features": {"x": chance.random()}, **made(chance)}
        for n in range(200)
    ]
    profile = profile_of_table(stamped(to_table(rows), 1_700_000_000_000_000))
    assert task_of(profile) == task
