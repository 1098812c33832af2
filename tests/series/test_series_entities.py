"""What a model is run for is a segment like others: each shop is watched, or one."""

import random

from series_api import HOURS
from test_series_monitors import judged, put, readings_of
from worker_case import MINUTES, START, prediction

from tidegauge.worker.subjects import MOST_VALUES, OTHER


def shops(api, names, *, minutes=3, rows=20):
    """Predictions of some shops, of which the first is slow, counted."""
    chance = random.Random(3)
    for n in range(minutes):
        at = START + n * MINUTES
        batch = [
            prediction(
                chance,
                f"{name}-{n}-{k}",
                at=at + k,
                entity_id=name,
                prediction_latency_ms=500.0 if name == names[0] else 5.0,
            )
            for name in names
            for k in range(rows)
        ]
        api.case.send(batch, at + MINUTES - 1)
    api.case.count()


def declare(api, *segments, **more):
    api.case.pin("m", [prediction(random.Random(1), f"r{n}") for n in range(500)])
    return api.ask("PUT", "models/m/schema", json={"segments": list(segments)}, **more)


SLOW = {
    "metric": "latency_avg_ms",
    "window": "1 min",
    "min_rows": 5,
    "conditions": [{"max": 100, "severity": "high"}],
}


def test_each_entity_is_watched_or_one(api):
    assert declare(api, "entity_id")["segments"] == ["entity_id"]
    shops(api, ["store-7", "store-8", "store-9"])
    put(
        api,
        [
            {**SLOW, "name": "each", "segment": "entity_id"},
            {**SLOW, "name": "one", "segment": "entity_id=store-8"},
        ],
    )
    judged(api, START + 3 * MINUTES)
    found = readings_of(api, monitor="each")["readings"]
    assert {(each["segment"], each["status"]) for each in found} == {
        ("entity_id=store-7", "breach"),
        ("entity_id=store-8", "ok"),
        ("entity_id=store-9", "ok"),
    }
    (one,) = readings_of(api, monitor="one")["readings"]
    assert (one["segment"], one["value"], one["n"]) == ("entity_id=store-8", 5.0, 20)
    told = api.get("models/m/segments")
    assert {each["value"] for each in told} == {"store-7", "store-8", "store-9"}
    seen = api.between("models/m/traffic", START, START + HOURS, segment="entity_id=store-7")
    assert seen["total"]["total_predictions"] == 60


def test_entities_beyond_what_is_watched_are_one_together(api):
    declare(api, "entity_id")
    shops(api, [f"store-{n:04}" for n in range(MOST_VALUES + 40)], minutes=1, rows=1)
    told = {each["value"] for each in api.get("models/m/segments")}
    assert len(told) == MOST_VALUES + 1
    assert OTHER in told


def test_what_is_another_in_each_row_is_no_segment(api):
    for name in ("prediction_id", "user_id", "features.amount"):
        declare(api, name, status=422)
