"""A catalog with readings in it, the alerts that follow them on a clock of the test's, and
deliveries to real servers on loopback."""

import asyncio
import copy
import sys
from pathlib import Path

from sqlalchemy import select

# For children too, which pytest has not told where things are.
sys.path.append(str(Path(__file__).parent.parent))
sys.path.append(str(Path(__file__).parent.parent / "channels"))

from channel_server import LOOPBACK

from partition import APART
from tidegauge.alert.channels import ADAPTER
from tidegauge.alert.channels.base import revealed
from tidegauge.alert.clock import Clock
from tidegauge.alert.reach import Reach
from tidegauge.alert.settings import Settings
from tidegauge.catalog import (
    channels,
    ladders,
    models,
    monitors,
    progress,
    readings,
    tables,
    targets,
)
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Of
from tidegauge.monitor.faults import checked, document_of
from tidegauge.monitor.usual import made_usual
from tidegauge.worker.alerting import Alerting
from tidegauge.worker.delivering import Delivering

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_700_000_040 * SECOND
REACH = Reach(
    networks=(LOOPBACK, APART),
    hosts=frozenset({"127.0.0.1"}),
    allow_http=True,
    ports=frozenset(range(1, 65536)),
)


class Case:
    def __init__(self, catalog, settings=None):
        self.catalog = catalog
        self.time = START
        self.settings = settings or Settings()
        catalog.write(self._begin)
        self.start()

    def _begin(self, connection):
        made_usual(connection, "default", START)
        progress.take(connection, "judge")
        self._judged(connection, START - MINUTE)

    def start(self):
        """As a new process would."""
        clock = Clock(0, wall=lambda: self.time, steady=lambda: self.time)
        self.alerting = Alerting(self.catalog, self.settings, clock)
        self.alerting.step()
        self.delivering = Delivering(self.catalog, REACH, self.alerting.now, self.settings)

    def beside(self, catalog):
        """The same at the same time, of a copy; nothing goes on there before it is started."""
        made = copy.copy(self)
        made.catalog = catalog
        return made

    def monitor(self, name, **changes):
        """Say something else of one of the usual ones."""

        def write(connection):
            kept = monitors.by_name(connection, "default", name)
            document = document_of(checked({**kept.document, **changes}))
            monitors.change(connection, kept, document, origin="api", at=self.time, by="test")

        self.catalog.write(write)

    def channel(self, name, **document):
        made = revealed(ADAPTER.validate_python(document))
        self.catalog.write(
            lambda c: channels.add(c, "default", name, made, origin="api", at=START, by="test")
        )

    def ladder(self, name, **document):
        self.catalog.write(
            lambda c: ladders.add(c, "default", name, document, origin="api", at=START, by="test")
        )

    def read(self, told):
        """A slot, which the alerts follow."""
        self.judge(told)
        self.alerting.step()

    def judge(self, told):
        """A slot: by (model, monitor), a severity, or a status."""

        def write(connection):
            at = START
            there = models.ensure(connection, "default", {model for model, _m in told}, at)
            kept = {each.name: each.id for each in monitors.listed(connection, "default")}
            of = {pair: Of(kept[pair[1]], there[pair[0]].id, "", "") for pair in told}
            made = targets.ensure(connection, of.values())
            slot = self.time // MINUTE * MINUTE
            readings.add(
                connection,
                [self.reading(made[of[pair]].id, slot, what) for pair, what in told.items()],
            )
            self._judged(connection, slot)

        self.catalog.write(write)

    def reading(self, target, slot, what):
        is_breach = what in ("low", "medium", "high", "critical")
        return Reading(
            target=target,
            slot=slot,
            status="breach" if is_breach else what,
            severity=what if is_breach else None,
            value=1.0,
            n=100,
            reason="amount: higher values" if is_breach else "",
            detail=None,
            revision=1,
            made_at=self.time,
        )

    def _judged(self, connection, slot):
        connection.execute(
            tables.progress.update()
            .where(tables.progress.c.name == "judge")
            .values(at=slot, position=str(slot))
        )

    def wait(self, seconds, step=1):
        """Time goes by."""
        for _number in range(int(seconds // step)):
            self.time += round(step * SECOND)
            self.alerting.step()

    def deliver(self, rounds=50):
        """Whatever can go now."""

        async def go():
            for _number in range(rounds):
                await self.delivering.round()
                if not self.delivering._tasks:
                    break
                await asyncio.wait(self.delivering._tasks)

        asyncio.run(go())

    def notices(self):
        with self.catalog.read() as connection:
            return list(connection.execute(select(tables.notices).order_by(tables.notices.c.id)))

    def said(self):
        return [(row.channel, row.kind, row.status) for row in self.notices()]

    def incidents(self):
        with self.catalog.read() as connection:
            return list(
                connection.execute(select(tables.incidents).order_by(tables.incidents.c.id))
            )
