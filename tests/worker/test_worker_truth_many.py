"""Many labels at once, for which all rows are read once, come to what few at a time come to."""

import random

import pytest
from test_worker_truth import Joining, said, true
from worker_case import START

from tidegauge.window import DAY, SECOND
from tidegauge.worker import truth

_DAY = DAY * SECOND


def told(folder, chance):
    """Of four days: late rows, clocks that are ahead, labels that are corrected or withdrawn."""
    case = Joining(folder)
    try:
        case.pin("m", [said(n, tags={"region": "eu"}) for n in range(3)], segments=["tags.region"])
        for day in range(4):
            case.at = START + day * _DAY + 9 * 3_600 * SECOND
            records = [
                said(
                    100 * day + n,
                    chance.choice(["yes", "no"]),
                    at=case.at
                    + chance.choice([-1, -1, -1, 1]) * chance.randrange(20 * 3600) * SECOND,
                    tags={"region": chance.choice(["eu", "us"])},
                )
                for n in range(60)
            ]
            case.send(records, case.at)
            numbers = chance.sample(range(100 * day + 60), 30)
            case.labels(
                *(
                    {**true(n, chance.choice(["yes", "no"])), "retract": chance.random() < 0.1}
                    for n in numbers
                )
            )
            if day == 1:
                case.join()
            if day % 2:
                case.count()
                case.write_parts()
        case.join()
        found = case.outcomes()
        return {key: (one.labelled, one.body) for key, one in found.items()}, case.waiting()
    finally:
        case.close()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [20, 1_000_000])
def test_they_are_joined_alike(tmp_path, monkeypatch, seed, rows):
    few = told(tmp_path / "few", random.Random(seed))
    monkeypatch.setattr(truth, "_MANY", 0)
    monkeypatch.setattr(truth, "_ROWS", rows)
    many = told(tmp_path / "many", random.Random(seed))
    outcomes, waiting = few
    assert any(labelled for labelled, _body in outcomes.values())
    assert waiting
    assert many == few
