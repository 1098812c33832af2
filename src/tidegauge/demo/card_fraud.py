"""Card payments, scored for fraud: two classes, rare, with the truth days late."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.demo import draws
from tidegauge.demo.made import NEVER, Fault, Late, Made, Seeded
from tidegauge.demo.season import DAYS, HOURS, daily, hour, weekly

CHANNELS = ("web", "app", "terminal", "phone")
CENTS = "app"
_REGIONS = ("eu", "us", "latam", "apac")
_COUNTRIES = ("DE", "FR", "ES", "IT", "US", "CA", "BR", "MX", "JP", "AU")
_BY_REGION = ((0, 1, 2, 3), (4, 4, 4, 5), (6, 6, 7, 7), (8, 8, 9, 9))
_MERCHANTS = ("grocery", "fuel", "travel", "electronics", "fashion", "gaming", "restaurant", "gift")
_MERCHANT_SHARES = (0.27, 0.13, 0.08, 0.1, 0.14, 0.09, 0.16, 0.03)
_MERCHANT_RISK = np.array([0.02, 0.03, 0.12, 0.22, 0.1, 0.3, 0.04, 0.45])
_MERCHANT_PRICE = np.array([3.4, 3.8, 5.6, 5.0, 4.1, 3.0, 3.3, 4.2])
_DEVICES = ("ios", "android", "windows", "mac", "other")
# How sharply the drivers part fraud from the rest.
_SHARP = 2.6
_ENTRIES = ("chip", "contactless", "stored", "typed")


@dataclass(frozen=True)
class CardFraud(Seeded):
    model_id: ClassVar[str] = "card-fraud"
    task: ClassVar[str] = "binary"
    positive: ClassVar[str | None] = "fraud"
    about: ClassVar[str] = "Card payments, scored for fraud"
    segment: ClassVar[str] = "tags.channel"
    prefix: ClassVar[str] = "cf"
    per_day: ClassVar[float] = 266_000
    latest: ClassVar[int] = 14 * DAYS

    @property
    def cents_since(self) -> int:
        return self.now - 26 * HOURS

    @property
    def released(self) -> int:
        """When 2.1.0 took over, at 09:00."""
        return self.now - self.now % DAYS - 8 * DAYS + 9 * HOURS

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.cents_since,
                "the app sends amounts in cents",
                "features.amount and features.amount_to_mean a hundred times larger where"
                " tags.channel is app, the other channels as ever; scores up, precision down",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 16, 0.65) * weekly(at, (0.95, 0.95, 1.0, 1.05, 1.25, 1.15, 0.8))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        n = len(at)
        normal = chance.standard_normal
        region = draws.pick(chance, (0.42, 0.34, 0.12, 0.12), n)
        channel = draws.pick(chance, (0.33, 0.27, 0.35, 0.05), n)
        is_remote = channel != 2
        home = np.array(_BY_REGION)[region, chance.integers(0, 4, n)]
        is_foreign = draws.some(chance, 0.06, n)
        country = np.where(is_foreign, chance.integers(0, len(_COUNTRIES), n), home)
        merchant = draws.pick(chance, _MERCHANT_SHARES, n)
        risk = np.clip(_MERCHANT_RISK[merchant] * np.exp(normal(n) * 0.3), 0.001, 0.99)
        wealth = normal(n)
        mean = np.exp(3.5 + 0.45 * wealth + 0.3 * normal(n))
        amount = np.exp(0.5 * _MERCHANT_PRICE[merchant] + 0.5 * np.log(mean) + 0.75 * normal(n))
        haste = normal(n)
        in_hour = chance.poisson(np.exp(-0.6 + 0.8 * haste))
        in_day = in_hour + chance.poisson(np.exp(0.9 + 0.4 * haste))
        in_week = in_day + chance.poisson(14.0, n)
        device_age = chance.gamma(1.2, 260, n)
        account_age = device_age + chance.gamma(1.5, 700, n)
        limit = np.round(np.exp(8 + 0.6 * wealth + 0.2 * normal(n)), -2)
        ratio = chance.beta(2, 5, n)
        distance = np.where(is_foreign, chance.gamma(2, 1500, n), chance.gamma(1, 9, n))
        pins = chance.poisson(0.04, n)
        network = chance.beta(1.3, 9, n)
        since_last = np.exp(5.6 - 0.7 * haste + normal(n))
        stops = chance.poisson(0.05, n)
        # What really makes a payment a fraud; the amount counts in euros.
        drivers = (
            -4.75
            + 4.0 * risk
            + 1.3 * is_foreign
            + 0.75 * haste
            + 0.9 * pins
            + 5.0 * network
            + 0.5 * (device_age < 30)
            + 0.6 * is_remote
            + 0.6 * stops
            + 0.5 * ((hour(at) < 5) | (hour(at) > 23))
        )
        size = np.log(amount / mean)
        truth = chance.random(n) < draws.sigmoid(_SHARP * (drivers + 0.7 * size))
        is_wrong = (at >= self.cents_since) & (channel == CHANNELS.index(CENTS))
        told = np.where(is_wrong, np.round(amount, 2) * 100, amount)
        is_later = at >= self.released
        noise = normal(n) * np.where(is_later, 0.45, 0.8)
        # What the model saw: it has never met a size like that of cents.
        seen = np.log(told / mean)
        score = draws.sigmoid(_SHARP * (drivers + 0.7 * seen) + noise)
        is_ok, ended = draws.outcomes(chance, 0.004, n)
        columns = {
            "model_version": draws.texts(("2.0.0", "2.1.0"), is_later.astype(np.int64)),
            "features.amount": draws.present(told, 2),
            "features.merchant_category": draws.texts(_MERCHANTS, merchant),
            "features.country": draws.texts(_COUNTRIES, country),
            "features.card_country": draws.texts(_COUNTRIES, home),
            "features.is_foreign": country != home,
            "features.entry_mode": draws.texts(
                _ENTRIES, 2 * is_remote + (chance.random(n) < np.where(is_remote, 0.3, 0.7))
            ),
            "features.device": draws.texts(
                _DEVICES, draws.pick(chance, (0.34, 0.33, 0.18, 0.12, 0.03), n), known=is_remote
            ),
            "features.tx_last_hour": in_hour,
            "features.tx_last_day": in_day,
            "features.tx_last_week": in_week,
            "features.amount_last_day": draws.present(
                in_day.astype(np.float64) * mean * np.exp(0.3 * normal(n)), 2
            ),
            "features.amount_mean_30d": draws.present(mean, 2),
            "features.amount_to_mean": draws.present(told / mean, 3),
            "features.minutes_since_last": draws.present(since_last, 1, chance.random(n) > 0.01),
            "features.device_age_days": draws.present(device_age, 0, is_remote),
            "features.account_age_days": draws.present(account_age, 0),
            "features.customer_age": draws.present(
                np.clip(18 + chance.gamma(4, 6.5, n), 18, 95), 0
            ),
            "features.credit_limit": limit,
            "features.balance_ratio": draws.present(ratio, 3),
            "features.distance_km": draws.present(distance, 1, chance.random(n) > 0.03),
            "features.failed_pins": pins,
            "features.merchant_risk": draws.present(risk, 3),
            "features.merchant_age_days": draws.present(chance.gamma(1.8, 900, n), 0),
            "features.network_risk": draws.present(network, 3, is_remote),
            "features.email_age_days": draws.present(
                chance.gamma(1.1, 1200, n), 0, chance.random(n) > 0.15
            ),
            "features.has_second_factor": is_remote & (chance.random(n) < 0.7),
            "features.chargebacks_last_year": stops,
            "features.is_recurring": chance.random(n) < 0.12,
            "prediction_label": draws.texts(
                ("ok", "fraud"), (score > 0.5).astype(np.int64), known=is_ok
            ),
            "prediction_score": draws.present(score, 4, is_ok),
            "prediction_latency_ms": draws.present(draws.latency(chance, 14, self.busy(at)), 2),
            **ended,
            "tags.region": draws.texts(_REGIONS, region),
            "tags.channel": draws.texts(CHANNELS, channel),
        }
        # A third is reviewed within two days, chargebacks take up to two weeks, some never come.
        is_reviewed = chance.random(n) < 0.3
        delay = np.where(is_reviewed, chance.gamma(2, 9, n), 24 * chance.gamma(4, 1.6, n)) * HOURS
        due = at + np.clip(delay, 2 * HOURS, 14 * DAYS - 1).astype(np.int64)
        due[chance.random(n) < 0.06] = NEVER
        known = draws.texts(("ok", "fraud"), truth.astype(np.int64))
        return Made(at, columns, labels=Late(due, {"actual_label": known}))
