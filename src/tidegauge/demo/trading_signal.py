"""Buy, hold or sell for twelve instruments: three classes, with the truth minutes later."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.demo import draws
from tidegauge.demo.made import Fault, Late, Made, Seeded
from tidegauge.demo.season import HOURS, MINUTES, SECOND, daily, wander, weekly

CLASSES = ("sell", "hold", "buy")
_NAMES = ("ADYX", "BRNT", "CPRO", "DAXF", "EURX", "FTSM", "GOLD", "HELI", "INFX", "JPYX", "KORN",
          "LITH")  # fmt: skip
_DESKS = ("equities", "commodities", "currencies")
_DESK = np.array([0, 1, 0, 0, 2, 0, 1, 0, 0, 2, 1, 1])
_CALM = np.array([9.0, 14.0, 11.0, 7.0, 3.5, 7.5, 6.0, 16.0, 12.0, 4.0, 10.0, 18.0])
_VENUES = ("lit", "dark", "auction")


@dataclass(frozen=True)
class TradingSignal(Seeded):
    model_id: ClassVar[str] = "trading-signal"
    task: ClassVar[str] = "multiclass"
    positive: ClassVar[str | None] = None
    about: ClassVar[str] = "Buy, hold or sell for twelve instruments"
    segment: ClassVar[str] = ""
    prefix: ClassVar[str] = "ts"
    per_day: ClassVar[float] = 166_000
    latest: ClassVar[int] = 16 * MINUTES

    @property
    def storm_since(self) -> int:
        return self.now - 40 * HOURS

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.storm_since,
                "the market turns: volatility doubles",
                "volatility, spread and returns are wider for every instrument, and the model is as"
                " right as before: data drift that is no fault of the model",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 14, 0.6) * weekly(at, (1.15, 1.2, 1.2, 1.2, 1.1, 0.55, 0.6))

    def volatility(self, at: Counts, instrument: Counts) -> Floats:
        """Basis points in five minutes: calm and nervous hours, and the storm."""
        mood = 0.12 * wander(at, "mood", self.seed, (5, 11, 23, 41))
        storm = np.where(at >= self.storm_since, 2.0, 1.0)
        return _CALM[instrument] * np.exp(mood) * storm * (0.75 + 0.25 * daily(at, 14, 0.8))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        n = len(at)
        normal = chance.standard_normal
        instrument = chance.integers(0, len(_NAMES), n)
        scale = self.volatility(at, instrument)
        # What is known of the next minutes, in units of their volatility.
        pull = normal(n)
        momentum = 0.6 * pull + 0.8 * normal(n)
        imbalance = np.tanh(0.5 * pull + 0.7 * normal(n))
        coming = scale * (0.85 * pull + 0.53 * normal(n))
        belief = 0.9 * pull + 0.35 * normal(n)
        odds = np.exp(np.stack([-2.4 * belief - 1.7, np.zeros(n), 2.4 * belief - 1.7], axis=1))
        mix = odds / odds.sum(axis=1, keepdims=True)
        chosen = mix.argmax(axis=1)
        # A move counts from two thirds of the day's own volatility on.
        truth = np.digitize(coming / scale, (-0.66, 0.66))
        is_ok, ended = draws.outcomes(chance, 0.006, n)
        columns = {
            "model_version": draws.texts(("1.14.0",), np.zeros(n, np.int64)),
            "entity_id": draws.texts(_NAMES, instrument),
            "features.return_1m_bp": draws.present(scale * 0.45 * normal(n), 3),
            "features.return_5m_bp": draws.present(scale * momentum, 3),
            "features.return_1h_bp": draws.present(scale * (1.2 * momentum + 2.8 * normal(n)), 3),
            "features.volatility_5m_bp": draws.present(scale * np.exp(0.12 * normal(n)), 3),
            "features.volatility_1d_bp": draws.present(scale * 9 * np.exp(0.2 * normal(n)), 2),
            "features.spread_bp": draws.present(0.12 * scale * np.exp(0.25 * normal(n)), 3),
            "features.volume_ratio": draws.present(
                np.exp(0.4 * normal(n) + 0.3 * np.log(scale / _CALM[instrument])), 3
            ),
            "features.order_imbalance": draws.present(imbalance, 3, chance.random(n) > 0.02),
            "features.rsi_14": draws.present(
                np.clip(50 + 11 * momentum + 6 * normal(n), 0, 100), 1
            ),
            "features.macd": draws.present(0.5 * momentum + 0.5 * normal(n), 4),
            "features.book_depth": chance.poisson(40, n),
            "features.seconds_since_news": draws.present(chance.exponential(5400, n), 0),
            "features.venue": draws.texts(_VENUES, draws.pick(chance, (7, 2, 1), n)),
            "prediction_label": draws.texts(CLASSES, chosen, known=is_ok),
            "prediction_score": draws.present(mix.max(axis=1), 4, is_ok),
            **{
                f"probabilities.{name}": draws.present(mix[:, place], 4, is_ok)
                for place, name in enumerate(CLASSES)
            },
            "prediction_latency_ms": draws.present(
                draws.latency(chance, 3.2, self.busy(at), 0.25), 3
            ),
            **ended,
            "tags.desk": draws.texts(_DESKS, _DESK[instrument]),
        }
        due = at + 5 * MINUTES + chance.integers(0, 40 * SECOND, n)
        known = {
            "actual_label": draws.texts(CLASSES, truth),
            "actual_score": draws.present(coming, 3),
        }
        return Made(at, columns, labels=Late(due, known))
