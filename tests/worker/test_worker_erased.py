"""A model that is erased while its rows come in: gone, and then a new one under its name."""

import random

from worker_case import START, prediction

from tidegauge.catalog import models
from tidegauge.window import SECOND


def test_an_erased_model_does_not_stop_the_others(case):
    chance = random.Random(1)
    for name in ("m", "other"):
        case.send([prediction(chance, n, model=name) for n in range(20)], START)
    case.count()
    erased = case.model("m").id
    case.send([prediction(chance, 50, model="m")], START + SECOND)
    case.send([prediction(chance, 50, model="other")], START + SECOND)
    assert case.worker.turn()
    case.catalog.write(lambda connection: models.erase(connection, erased))
    case.worker.commit()
    case.write_parts()
    assert case.model("m") is None
    assert len(case.rows("other")) == 21
    case.send([prediction(chance, 51, model="m")], START + 2 * SECOND)
    case.count()
    case.write_parts()
    assert case.model("m").id != erased
    assert [row["prediction_id"] for row in case.rows("m")] == ["m-51"]
    assert sum(n for key, (n, _t, _p) in case.windows("m").items() if key[2] == 60) == 1
