"""Minutes until a taxi is there: a regression whose truth comes with the taxi."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.demo import draws
from tidegauge.demo.made import NEVER, Fault, Late, Made, Seeded
from tidegauge.demo.season import HOURS, MINUTES, daily, weekly

WAYS = ("same bank", "bridge")
_CARS = ("standard", "large", "electric")
_DETOUR = 2.1
"""How many times as long it takes over the next bridge."""


@dataclass(frozen=True)
class TaxiArrival(Seeded):
    model_id: ClassVar[str] = "taxi-arrival"
    task: ClassVar[str] = "regression"
    positive: ClassVar[str | None] = None
    about: ClassVar[str] = "Minutes until a taxi is there"
    segment: ClassVar[str] = "tags.way"
    prefix: ClassVar[str] = "ta"
    per_day: ClassVar[float] = 180_000
    latest: ClassVar[int] = 2 * HOURS

    @property
    def closed_since(self) -> int:
        return self.now - 54 * HOURS

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.closed_since,
                "a bridge is closed: who has to cross the river comes in twice the time",
                "no input has moved, and yet it is ten times as far off where tags.way is bridge:"
                " concept drift. With a server of the demo's own (`make run`) it is trained again,"
                " wins, serves and is watched: see the page Retraining",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 18, 0.5) * weekly(at, (0.9, 0.9, 0.95, 1.0, 1.2, 1.25, 0.8))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        n = len(at)
        normal = chance.standard_normal
        is_across = chance.random(n) < 0.32
        distance = 0.4 + chance.gamma(2.2, 0.9, n) + 0.8 * is_across
        traffic = np.exp(0.15 * normal(n))
        is_rainy = chance.random(n) < 0.2
        rain = is_rainy * chance.gamma(1.5, 0.8, n)
        # Where more is asked for more of them drive.
        free = chance.poisson(9.0, n)
        is_large = chance.random(n) < 0.15
        usual = (1.2 + 2.1 * distance * traffic * (1 + 0.06 * rain)) * (1 + 0.7 / (1 + free))
        usual = usual * np.where(is_large, 1.2, 1.0)
        is_closed = is_across & (at >= self.closed_since)
        actual = usual * np.where(is_closed, _DETOUR, 1.0) * np.exp(0.13 * normal(n))
        forecast = usual * np.exp(0.07 * normal(n))
        is_ok, ended = draws.outcomes(chance, 0.003, n)
        columns = {
            "model_version": draws.texts(("3.2.0",), np.zeros(n, np.int64)),
            "features.distance_km": draws.present(distance, 2),
            "features.is_across_river": is_across,
            "features.traffic": draws.present(traffic, 3, chance.random(n) > 0.01),
            "features.rain_mm": draws.present(rain, 2),
            "features.free_taxis": free,
            "features.car": draws.texts(
                _CARS, np.where(is_large, 1, np.where(chance.random(n) < 0.3, 2, 0))
            ),
            "features.driver_rating": draws.present(5 - chance.gamma(1.5, 0.2, n), 2),
            "prediction_score": draws.present(forecast, 2, is_ok),
            "prediction_latency_ms": draws.present(draws.latency(chance, 6, self.busy(at)), 2),
            **ended,
            "tags.way": draws.texts(WAYS, is_across.astype(np.int64)),
        }
        # It is known when the taxi is there; some are called off.
        due = at + (np.minimum(actual, 110.0) * MINUTES).astype(np.int64)
        due[chance.random(n) < 0.04] = NEVER
        return Made(at, columns, labels=Late(due, {"actual_score": np.round(actual, 2)}))
