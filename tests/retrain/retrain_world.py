"""A catalog with models, what monitors found of them and how many labels they have; and a clock."""

from dataclasses import dataclass, field

from tidegauge.catalog import (
    Catalog,
    models,
    monitors,
    outcomes,
    policies,
    progress,
    readings,
    retrainings,
    series,
    targets,
)
from tidegauge.catalog.models import Model
from tidegauge.catalog.outcomes import Outcome
from tidegauge.catalog.readings import Reading
from tidegauge.performance import encode
from tidegauge.retrain import queue
from tidegauge.retrain.policy import Policy
from tidegauge.worker.late import JUDGE
from tidegauge.worker.retraining import Retrain

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
START = 1_767_225_600 * SECOND
"""A midnight."""
TARGET = {"kind": "command", "name": "train"}


@dataclass
class World:
    catalog: Catalog
    at: int = START
    known: dict[str, Model] = field(default_factory=dict)
    watched: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.retrain = self.started()

    def started(self):
        """As after a restart: nothing is remembered."""
        self.retrain = Retrain(self.catalog, clock=lambda _connection: self.at)
        return self.retrain

    def add(self, name, *, labels=2_000, kind="drift"):
        def write(connection):
            model = models.ensure(connection, "default", [name], START)[name]
            kept = monitors.by_name(connection, "default", kind) or monitors.add(
                connection, "default", kind, {"kind": kind}, origin="api", at=START, by="test"
            )
            of = targets.Of(kept.id, model.id, "", "")
            return model, targets.ensure(connection, [of])[of].id

        model, target = self.catalog.write(write)
        self.known[name], self.watched[name] = model, target
        if labels:
            self.label(name, labels)
        return model

    def label(self, name, labels, before=2 * HOUR):
        """So many, spread over the ten hours until some time ago."""
        model = self.known[name].id

        def write(connection):
            number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
            stop = (self.at - before) // HOUR * HOUR
            share = [labels // 10] * 9 + [labels - 9 * (labels // 10)]
            made = [
                Outcome(
                    series=number,
                    resolution=resolution,
                    start=(stop - n * HOUR) // (resolution * SECOND) * resolution * SECOND,
                    labelled=some,
                    body=encode({}),
                    changed_at=self.at,
                )
                for n, some in enumerate(share)
                for resolution in (3600,)
            ]
            days = {}
            for each in made:
                day = each.start // DAY * DAY
                days[day] = days.get(day, 0) + each.labelled
            made += [
                Outcome(
                    series=number,
                    resolution=86400,
                    start=day,
                    labelled=some,
                    body=encode({}),
                    changed_at=self.at,
                )
                for day, some in days.items()
            ]
            outcomes.put(connection, made)

        self.catalog.write(write)

    def policy(self, name="again", models="*", **more):
        document = {"models": models, "target": TARGET, **more}
        Policy.model_validate({**document, "name": name})
        return self.catalog.write(
            lambda c: policies.add(
                c, "default", name, document, origin="api", at=self.at, by="test"
            )
        )

    def settle(self, **document):
        self.catalog.write(
            lambda c: policies.add(
                c, "default", policies.ALL, document, origin="api", at=self.at, by="test"
            )
        )

    def find(self, name, slot, *, severity="high", status="breach", revision=1):
        """A monitor read a slot."""
        one = Reading(
            target=self.watched[name],
            slot=slot,
            status=status,
            severity=severity if status == "breach" else None,
            value=1.0,
            n=100,
            reason="",
            detail=None,
            revision=revision,
            made_at=slot,
        )

        def write(connection):
            if revision > 1:
                readings.restate(connection, [one])
            else:
                readings.add(connection, [one])
            judged = progress.get(connection, JUDGE)
            if judged is None or judged.at < slot:
                progress.beat(connection, JUDGE, slot, {})

        self.catalog.write(write)

    def step(self, at=None):
        self.at = self.at if at is None else at
        self.retrain.step()
        return self.jobs()

    def jobs(self):
        with self.catalog.read() as connection:
            return retrainings.page(connection, "default", limit=10_000)[::-1]

    def write(self, what, *given, **more):
        return self.catalog.write(lambda connection: what(connection, *given, **more))

    def claim(self, runner="one"):
        return self.write(queue.claim, "default", {"command:train"}, runner, self.at)

    def end(self, job, state="failed"):
        return self.write(queue.end, job, state, self.at, cause="told")
