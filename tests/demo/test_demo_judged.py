"""The demo's drifts are found by the judge, and nothing else wakes anybody."""

import contextlib
import time

from demo_case import BY_NAME
from test_demo_server import Whole, demo

from tidegauge.catalog import Catalog, models, monitors, readings, targets
from tidegauge.demo.server import Server
from tidegauge.log import LogReader
from tidegauge.worker.judge import Judge
from tidegauge.worker.roll import KEPT

MOVED = {
    "card-fraud": "features.amount",
    "restaurant-demand": "features.rain_mm",
    "trading-signal": "features.volatility_5m_bp",
    "product-images": "embeddings.image",
}


def test_the_planted_drifts_are_found_and_the_rest_is_quiet(tmp_path):
    data = tmp_path / "data"
    with Whole(data) as server:
        code, said = demo(server.url, "--back-fill-only")
        assert code == 0, said
        with contextlib.closing(Server(server.url)) as counted:
            assert counted.wait_until_counted(BY_NAME, still=120)
    catalog = Catalog.open(f"sqlite:///{data}/catalog.db")
    with contextlib.closing(catalog), contextlib.closing(LogReader(data / "log")) as log:
        later = time.time_ns() // 1000 + 120_000_000
        judge = Judge(catalog, log, KEPT, clock=lambda: later)
        assert judge.step()
        with catalog.read() as connection:
            drift = next(each for each in monitors.listed(connection) if each.name == "drift").id
            found = {}
            for model in models.all(connection):
                for target in targets.of_model(connection, model.id):
                    if target.monitor == drift:
                        found[model.name] = readings.latest(connection, [target.id])[target.id]
    assert found.keys() == set(BY_NAME)
    grave = {name for name, each in found.items() if each.severity in {"medium", "high"}}
    assert grave == set(MOVED)
    # A slower variant moves an output of its model by a little: certain after a while, and small.
    assert {name for name, each in found.items() if each.severity == "low"} <= {
        "page-personalisation"
    }
    for name, column in MOVED.items():
        told = found[name].detail
        assert column in {each["column"] for each in told["features"]}, told
        hours = (later - told["since"]) / 3.6e9
        assert 24 <= hours <= 52, (name, hours)
