"""A model whose labels come late, and the worker's estimates of it."""

import math
import random
import threading

from worker_case import START, Case

from tidegauge.catalog import estimates, estimators, models, series
from tidegauge.estimate import decode
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.estimates import Estimates
from tidegauge.worker.truth import Truth

HOURS, DAYS = HOUR * SECOND, DAY * SECOND


class Estimated(Case):
    at = START

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.chance = random.Random(7)
        self.sent = []

    def predict(self, hour, rows=60, *, model="m", shift=0.0, wrong=0.0, **more):
        """An hour of rows; `shift` makes hard ones common, `wrong` makes the truth another one."""
        start = START + hour * HOURS
        some = []
        for number in range(rows):
            # Far from 0 it is easy to say; a shift takes rows there where it is not.
            x = self.chance.gauss(0, 1 - shift)
            score = 1 / (1 + math.exp(-2.5 * x))
            told = {
                "model_id": model,
                "prediction_id": f"{model}-{hour}-{number}-{len(self.sent)}",
                "timestamp": start + number * HOURS // rows,
                "features": {"x": x, "plan": self.chance.choice(["free", "pro"])},
                "prediction_score": round(score, 4),
                "prediction_label": "yes" if score > 0.5 else "no",
                **{k: v(self.chance) if callable(v) else v for k, v in more.items()},
            }
            some.append(told)
            is_yes = self.chance.random() < score
            if self.chance.random() < wrong:
                is_yes = not is_yes
            self.sent.append((told, "yes" if is_yes else "no"))
        self.send(some, start + HOURS)
        self.at = start + HOURS
        return some

    def days(self, first, last, rows=30, **more):
        for hour in range(first * 24, last * 24):
            self.predict(hour, rows, **more)

    def label(self, upto=1 << 62, *, hours=1):
        """What was predicted before, so long after it."""
        due = [each for each in self.sent if each[0]["timestamp"] < upto]
        self.sent = [each for each in self.sent if each[0]["timestamp"] >= upto]
        by_hour = {}
        for told, true in due:
            at = told["timestamp"] + hours * HOURS
            label = {name: told[name] for name in ("model_id", "prediction_id")}
            by_hour.setdefault(at // HOURS, []).append(
                label | {"timestamp": at, "actual_label": true}
            )
        for hour, some in sorted(by_hour.items()):
            self.send(some, (hour + 1) * HOURS, kind="labels")

    @property
    def source(self):
        return Source(self.catalog, self._reader, threading.Lock(), Memory(most=4))

    def join(self):
        self.count()
        truth = Truth(self.catalog, self.source, self.store, clock=lambda: self.at)
        while truth.step():
            pass

    @property
    def estimating(self):
        return Estimates(self.catalog, self.source, self.store, clock=lambda: self.at)

    def estimate(self, at=None):
        self.at = at or self.at
        self.join()
        worker = self.estimating
        while worker.step():
            pass

    def estimators(self, model="m"):
        with self.catalog.read() as connection:
            return estimators.of(connection, models.by_name(connection, "default", model).id)

    def estimates(self, size=HOUR, model="m"):
        """By version, segment and start: as decoded, and as kept."""
        found = {}
        with self.catalog.read() as connection:
            own = models.by_name(connection, "default", model)
            for each in series.of(connection, own.id):
                for one in estimates.between(connection, [each.id], size, 0, 1 << 62):
                    found[each.version, each.segment, one.start] = decode(one.body), one
        return found
