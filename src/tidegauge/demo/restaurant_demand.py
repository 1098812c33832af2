"""Guests of 24 restaurants, forecast a day ahead: a regression with strong seasons."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.demo import draws
from tidegauge.demo.made import NEVER, Fault, Late, Made, Seeded
from tidegauge.demo.season import DAYS, HOURS, MINUTES, daily, hour, wander, weekly

CITIES = ("Lisbon", "Hamburg", "Lyon", "Turin")
NO_WEATHER = "Lisbon"
_PLACES = tuple(f"restaurant-{number:02d}" for number in range(1, 25))
_WARMTH = np.array([19.0, 11.0, 14.0, 15.0])
_KITCHENS = ("grill", "pasta", "sushi", "vegetarian", "bistro", "bakery")
_WEEK = (0.75, 0.8, 0.9, 1.0, 1.35, 1.5, 1.1)


@dataclass(frozen=True)
class RestaurantDemand(Seeded):
    model_id: ClassVar[str] = "restaurant-demand"
    task: ClassVar[str] = "regression"
    positive: ClassVar[str | None] = None
    about: ClassVar[str] = "Guests of 24 restaurants, a day ahead"
    segment: ClassVar[str] = "tags.city"
    prefix: ClassVar[str] = "rd"
    per_day: ClassVar[float] = 150_000
    latest: ClassVar[int] = 25 * HOURS

    @property
    def blind_since(self) -> int:
        return self.now - 48 * HOURS

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.blind_since,
                f"the weather feed of {NO_WEATHER} fails three times in five",
                "features.temperature_c, rain_mm and wind_ms missing in 15 % of all rows, which is"
                f" 60 % where tags.city is {NO_WEATHER}; its forecasts are further off",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 13, 0.55) * weekly(at, (1, 1, 1, 1.05, 1.15, 1.0, 0.8))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        n = len(at)
        normal = chance.standard_normal
        place = chance.integers(0, len(_PLACES), n)
        city = place // 6
        served = at + DAYS
        weather = _Weather.of(served, city, self.seed)
        size = 0.7 + 0.06 * ((place * 7) % 11)
        seats = np.round(30 + 9.0 * ((place * 5) % 13))
        is_promoted = chance.random(n) < 0.08
        events = chance.poisson(0.25, n)
        meals = np.exp(-(((hour(at) - 12.5) / 1.8) ** 2)) + 1.5 * np.exp(
            -(((hour(at) - 19.5) / 2.2) ** 2)
        )
        base = seats * size * (0.12 + 0.75 * meals) * weekly(served, _WEEK)
        # Guests stay at home in the rain, and come out in the warmth.
        pull = -0.09 * np.sqrt(weather.rain) + 0.018 * (weather.warmth - 13)
        expected = base * np.exp(pull + 0.18 * is_promoted + 0.07 * events)
        actual = chance.poisson(expected * np.exp(0.1 * normal(n)))
        is_blind = (
            (at >= self.blind_since) & (city == CITIES.index(NO_WEATHER)) & (chance.random(n) < 0.6)
        )
        has_weather = ~is_blind & (chance.random(n) > 0.004)
        seen = np.where(has_weather, pull, 0.0)
        forecast = base * np.exp(seen + 0.17 * is_promoted + 0.06 * events + 0.08 * normal(n))
        week = base * (1 + 0.07 * normal(n))
        is_ok, ended = draws.outcomes(chance, 0.002, n)
        columns = {
            "model_version": draws.texts(("5.3.1",), np.zeros(n, np.int64)),
            "entity_id": draws.texts(_PLACES, place),
            "features.seats": seats,
            "features.kitchen": draws.texts(_KITCHENS, place % len(_KITCHENS)),
            "features.price_level": 1 + (place * 3) % 4,
            "features.guests_same_hour_last_week": draws.present(week, 0),
            "features.guests_mean_28d": draws.present(base / weekly(served, _WEEK), 1),
            "features.reservations": chance.poisson(expected * 0.35),
            "features.is_promoted": is_promoted,
            "features.events_nearby": events,
            "features.delivery_share": draws.present(chance.beta(3, 9, n), 3),
            "features.temperature_c": draws.present(weather.warmth, 1, has_weather),
            "features.rain_mm": draws.present(weather.rain, 1, has_weather),
            "features.wind_ms": draws.present(weather.wind, 1, has_weather),
            "prediction_score": draws.present(forecast, 2, is_ok),
            "prediction_latency_ms": draws.present(draws.latency(chance, 38, self.busy(at)), 2),
            "cache_hit": chance.random(n) < 0.35,
            **ended,
            "tags.city": draws.texts(CITIES, city),
        }
        # The tills are read a day later.
        due = served + chance.integers(5 * MINUTES, 40 * MINUTES, n)
        due[chance.random(n) < 0.02] = NEVER
        return Made(at, columns, labels=Late(due, {"actual_score": actual.astype(np.float64)}))


@dataclass(frozen=True)
class _Weather:
    warmth: Floats
    rain: Floats
    wind: Floats

    @classmethod
    def of(cls, at: Counts, city: Counts, seed: int) -> "_Weather":
        """One sky for each city, the same for all who look at it at one time."""
        warmth, wet, wind = np.zeros(len(at)), np.zeros(len(at)), np.zeros(len(at))
        for number, name in enumerate(CITIES):
            here = city == number
            when = at[here]
            warmth[here] = (
                _WARMTH[number]
                + 3.5 * np.cos((hour(when) - 15) * (np.pi / 12))
                + 1.5 * wander(when, f"{name} warmth", seed, (7, 13, 37))
            )
            wet[here] = wander(when, f"{name} rain", seed, (5, 11, 17, 29))
            wind[here] = wander(when, f"{name} wind", seed, (7, 13, 19))
        return cls(warmth, np.maximum(wet - 0.6, 0) ** 1.5 * 4, 4.0 * np.exp(0.4 * wind))
