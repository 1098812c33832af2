"""All models at once are measured as each by itself."""

import random

import numpy as np
from series_api import HOURS, history
from worker_case import START, prediction

from tidegauge.drift import KL, KS, PSI
from tidegauge.series.drift import lines
from tidegauge.series.reach import Reach
from tidegauge.series.seen import look
from tidegauge.series.subject import Known, of
from tidegauge.series.sweep import References, sweep
from tidegauge.worker.roll import KEPT

METHODS = [PSI(), KS(), KL()]


def test_a_sweep_says_what_each_model_says(api):
    # Of other features, and of a category with more values than the other's.
    chance = random.Random(2)
    wide = [
        prediction(chance, n, model="wide", features={"x": chance.random(), "c": f"v{n % 9}"})
        for n in range(500)
    ]
    api.case.pin("wide", wide)
    history(api, hours=3, a_hour=60)
    live = [
        prediction(
            chance,
            f"live-{n}",
            model="wide",
            at=START + n * 10**6,
            features={"x": chance.random() ** 2, "c": f"v{n % 4}"},
        )
        for n in range(100)
    ]
    api.case.send(live, START + 3 * HOURS)
    api.ask("POST", "models", status=201, json={"model_id": "bare"})
    api.case.count()
    span = START, START + 3 * HOURS
    references = References()
    with api.case.catalog.read() as connection:
        reach = Reach.read(connection, KEPT)
        own = {name: api.case.model(name) for name in ("m", "wide", "bare")}
        for _ in range(2):
            ids = [model.id for model in own.values()]
            found = list(sweep(connection, reach, references, ids, span, METHODS))
        subjects = {name: of(connection, Known(), own[name]) for name in ("m", "wide")}
        seen = {name: look(connection, reach, each, *span) for name, each in subjects.items()}
    told = {
        (each.model, *facet, each.method): (value, n)
        for each in found
        for facet, value, n in zip(each.facets, each.values, each.n, strict=True)
    }
    checked = 0
    for name, subject in subjects.items():
        for line in lines(subject.reference, [seen[name].comparable], METHODS):
            value, n = told[own[name].id, line.feature, line.facet, line.metric]
            assert n == line.points[0].n
            np.testing.assert_allclose(value, line.points[0].value, rtol=1e-9)
            checked += 1
    assert checked > 15
    assert own["bare"].id not in {each.model for each in found}
