"""Predictions of many days, whose labels come some hours later, and a judge of them."""

import random
import threading

from test_monitor_judge import Judging
from worker_case import START, prediction

from tidegauge.catalog import models, trainings
from tidegauge.monitor.glance import Tried, glances
from tidegauge.record.columns import to_table
from tidegauge.reference.fit import adopt, profile_of_table
from tidegauge.series.memory import Memory
from tidegauge.series.reach import Reach
from tidegauge.series.rows import Source
from tidegauge.series.subject import Known, find
from tidegauge.tail.decode import stamped
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.roll import KEPT
from tidegauge.worker.truth import Truth

HOURS, DAYS = HOUR * SECOND, DAY * SECOND
A_DAY = 24


class Labelled(Judging):
    def __init__(self, case, monitor):
        super().__init__(case)
        self.monitor = monitor
        self.chance = random.Random(5)
        self.sent = []

    def predict(self, day, right, rows=20, **more):
        """A day of so many rows an hour, of which so large a share will prove right."""
        for hour in range(A_DAY):
            at = START + day * DAYS + hour * HOURS
            some = [
                prediction(
                    self.chance,
                    f"{day}-{hour}-{k}-{more}",
                    at=at + k * HOURS // rows,
                    prediction_label="yes",
                    **more,
                )
                for k in range(rows)
            ]
            self.case.send(some, at + HOURS)
            for each in some:
                self.sent.append((each, "yes" if self.chance.random() < right else "no"))

    def label(self, hours=1, share=1.0):
        """All that was predicted, so long after it."""
        by_hour = {}
        for each, true in self.sent:
            if self.chance.random() < share:
                at = each["timestamp"] + hours * HOURS
                told = {"model_id": "m", "prediction_id": each["prediction_id"], "timestamp": at}
                by_hour.setdefault(at // HOURS, []).append(told | {"actual_label": true})
        for hour, some in sorted(by_hour.items()):
            self.case.send(some, (hour + 1) * HOURS, kind="labels")
        self.sent = []

    def join(self):
        self.case.count()
        source = Source(self.case.catalog, self.case._reader, threading.Lock(), Memory(most=4))
        truth = Truth(self.case.catalog, source, self.case.store, clock=lambda: self.now)
        while truth.step():
            pass

    def trained(self, **metrics):
        def told(connection):
            model = models.by_name(connection, "default", "m")
            trainings.add(connection, model.id, metrics, version="", name="t", at=START, by="me")

        self.case.catalog.write(told)

    def refer(self, days, **more):
        """The first days become the reference."""
        records = [{"prediction_id": str(n), "prediction_label": "yes"} for n in range(100)]
        table = stamped(to_table([{"model_id": "m", **each} for each in records]), START)
        profile = profile_of_table(table)

        def made(connection):
            told = {"source": "range", **more}
            adopt(
                connection,
                models.by_name(connection, "default", "m").id,
                profile,
                name="good days",
                first_at=START,
                last_at=START + days * DAYS - 1,
                at=START,
                by="test",
                why="test",
                **told,
            )

        self.case.catalog.write(made)

    def read(self, day, hour=0):
        """What the monitor says at a time."""
        moment = START + day * DAYS + round(hour * HOURS)
        self.at(moment)
        (found,) = [each for each in self.readings(self.monitor) if each.slot == moment]
        return found

    def glance(self, monitor):
        """What one that is not kept would say of the last slot."""
        slot = self.now - self.now % HOURS
        with self.case.catalog.read() as connection:
            subject = find(connection, Known(), "default", "m")
            reach = Reach.read(connection, KEPT)
            (found,) = glances(
                connection, reach, subject, slot, tried=[Tried(monitor)], kept=[], known=[]
            )
        return found.found
