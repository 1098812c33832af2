"""What alerting costs: a quiet minute of a fleet, and the minute in which all of it breaks.

python bench/alerting.py [models]
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Connection

from tidegauge.alert.clock import Clock
from tidegauge.alert.settings import Settings
from tidegauge.catalog import (
    Catalog,
    channels,
    models,
    progress,
    readings,
    tables,
    targets,
)
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Of
from tidegauge.monitor.usual import made_usual
from tidegauge.worker.alerting import Alerting

MODELS = 1_000
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_START = 1_700_000_040 * _SECOND


class Fleet:
    """Each model is read by each of the usual monitors, each minute."""

    def __init__(self, catalog: Catalog, count: int, start: int = _START) -> None:
        self.catalog, self.now = catalog, start
        self.targets = catalog.write(lambda c: self._made(c, count))
        clock = Clock(0, wall=lambda: self.now, steady=lambda: self.now)
        self.alerting = Alerting(catalog, Settings(), clock)
        self.minute(set())
        while self.alerting.step():
            pass

    def _made(self, connection: Connection, count: int) -> list[tuple[int, bool]]:
        kept = made_usual(connection, "default", self.now)
        progress.take(connection, "judge")
        there = models.ensure(connection, "default", [f"model-{n:04}" for n in range(count)], 1)
        wanted = {
            Of(each.id, model.id, "", ""): each.name == "latency"
            for model in there.values()
            for each in kept
        }
        document = {"kind": "console", "cap": 20}
        channels.add(connection, "default", "console", document, origin="api", at=1, by="bench")
        made = targets.ensure(connection, wanted)
        return [(made[of].id, is_latency) for of, is_latency in wanted.items()]

    def minute(self, broken: set[int]) -> None:
        self.now += _MINUTE
        slot = self.now // _MINUTE * _MINUTE
        rows = [
            self._reading(target, slot, is_breach=target in broken) for target, _l in self.targets
        ]

        def write(connection: Connection) -> None:
            readings.add(connection, rows)
            connection.execute(
                tables.progress.update()
                .where(tables.progress.c.name == "judge")
                .values(at=slot, position=str(slot))
            )

        self.catalog.write(write)

    def _reading(self, target: int, slot: int, *, is_breach: bool) -> Reading:
        return Reading(
            target=target,
            slot=slot,
            status="breach" if is_breach else "ok",
            severity="high" if is_breach else None,
            value=1.0,
            n=100,
            reason="latency rose" if is_breach else "",
            detail=None,
            revision=1,
            made_at=slot,
        )

    def took(self) -> float:
        """CPU seconds for whatever there is to do now."""
        began = time.process_time()
        while self.alerting.step():
            pass
        return time.process_time() - began


def measure(count: int = MODELS) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        catalog = Catalog.open(f"sqlite:///{Path(name)}/catalog.db")
        fleet = Fleet(catalog, count)
        fleet.minute(set())
        quiet = fleet.took()
        every = {target for target, is_latency in fleet.targets if is_latency}
        fleet.minute(every)
        pending = fleet.took()
        fleet.minute(every)
        opened = fleet.took()
        fleet.now += 31 * _SECOND
        told = fleet.took()
        fleet.minute(every)
        burning = fleet.took()
        catalog.close()
    return {
        "models": count,
        "readings": len(fleet.targets),
        "quiet_s": quiet,
        "pending_s": pending,
        "opened_s": opened,
        "told_s": told,
        "burning_s": burning,
    }


def table(found: dict[str, float]) -> str:
    lines = [
        f"{found['models']:,.0f} models, {found['readings']:,.0f} readings a minute, SQLite:",
        "seconds of one core.  In the storm the latency of each model breaks in one minute; a",
        "channel that takes 20 notices in ten minutes gets 20, and the rest as a digest.",
        "",
        "| a minute in which | s |",
        "|---|---|",
        f"| all is well | {found['quiet_s']:.2f} |",
        f"| all models breach for the first time | {found['pending_s']:.2f} |",
        f"| all open an incident | {found['opened_s']:.2f} |",
        f"| all are told, or held back for a digest | {found['told_s']:.2f} |",
        f"| all go on | {found['burning_s']:.2f} |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    measured = measure(int(sys.argv[1]) if len(sys.argv) > 1 else MODELS)
    print(json.dumps(measured), table(measured), sep="\n")
