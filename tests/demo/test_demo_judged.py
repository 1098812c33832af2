"""The demo's drifts are found by the judge, and nothing else wakes anybody."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

from demo_case import BY_NAME
from test_demo_server import Whole, demo

from tidegauge.catalog import Catalog, models, monitors, readings, targets
from tidegauge.demo import models as models_of
from tidegauge.demo.season import HOURS, MINUTES
from tidegauge.demo.server import Server
from tidegauge.log import LogReader
from tidegauge.worker.judge import Judge
from tidegauge.worker.roll import KEPT

MOVED = {
    "card-fraud": {"features.amount", "features.amount_to_mean"},
    "restaurant-demand": {"features.temperature_c", "features.rain_mm", "features.wind_ms"},
    "trading-signal": {"features.volatility_5m_bp", "features.spread_bp"},
    "product-images": {"embeddings.image", "features.brightness"},
}
STIRRED = "page-personalisation"


def wait_until_counted_again(server):
    """By the bins of the references that the demo chose at last."""
    start = (datetime.now(UTC) - timedelta(days=29)).isoformat()
    end = time.monotonic() + 120
    with server.client() as http:
        for name in BY_NAME:
            path = f"/api/v1/models/{name}/profile"
            while http.get(path, params={"start_time": start}).json()["other_rows"]:
                assert time.monotonic() < end, name
                time.sleep(0.5)


def test_the_planted_drifts_are_found_and_the_rest_is_quiet(tmp_path):
    data = tmp_path / "data"
    with Whole(data) as server:
        # What is sent ends when it begins: a busy machine takes long, and is judged as of then.
        # The server judged it while it came, and looks again in a few minutes at what has grown.
        later = time.time_ns() // 1000 + 20 * MINUTES
        code, said = demo(server.url, "--back-fill-only")
        assert code == 0, said
        with contextlib.closing(Server(server.url)) as counted:
            assert counted.wait_until_counted(BY_NAME, still=120)
        wait_until_counted_again(server)
    catalog = Catalog.open(f"sqlite:///{data}/catalog.db")
    with contextlib.closing(catalog), contextlib.closing(LogReader(data / "log")) as log:
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
    told = {name for name, each in found.items() if each.severity is not None}
    grave = {name for name in told & set(MOVED) if found[name].severity in {"medium", "high"}}
    # The demo's seasons go by the clock: at some hours one of them is still too small.
    assert "card-fraud" in grave
    assert len(grave) >= len(MOVED) - 1
    # A slower variant moves an output of its model: certain after a while, and never large.
    assert told <= {STIRRED, *MOVED}
    assert found[STIRRED].severity != "high"
    faults = [fault for model in models_of(1, later) for fault in model.faults]
    for name in grave:
        columns, detail = MOVED[name], found[name].detail
        # What carries it most is one of those that the fault moves.
        assert detail["features"][0]["column"] in columns, detail
        planted = min(each.start for each in faults if each.model_id == name)
        # Where few rows come, as at night or at a weekend, a change shows hours after it began;
        # and what came just before may seem to belong to it.
        early = (planted - detail["since"]) / HOURS
        assert early <= 12, (name, early)
