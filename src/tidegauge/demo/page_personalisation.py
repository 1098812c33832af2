"""The modules of a start page for each visitor: several labels and numbers, and an A/B test."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.arrow import Chunked, pa
from tidegauge.demo import draws
from tidegauge.demo.made import NEVER, Fault, Late, Made, Seeded
from tidegauge.demo.season import HOURS, MINUTES, SECOND, daily, weekly

MODULES = ("news", "sports", "deals", "video", "local", "weather", "games", "finance")
SLOW = "B"
_DEVICES = ("phone", "desktop", "tablet")
_SOURCES = ("direct", "search", "social", "newsletter")
_LANGUAGES = ("en", "de", "fr", "es", "pt")
_COMMENTS = ("more video please", "too crowded", "I like the new order", "where is the weather?")


@dataclass(frozen=True)
class PagePersonalisation(Seeded):
    model_id: ClassVar[str] = "page-personalisation"
    task: ClassVar[str] = "multilabel"
    positive: ClassVar[str | None] = None
    about: ClassVar[str] = "The modules of a start page, with an A/B test"
    segment: ClassVar[str] = "tags.variant"
    prefix: ClassVar[str] = "pp"
    per_day: ClassVar[float] = 166_000
    latest: ClassVar[int] = 60 * MINUTES

    @property
    def slow_since(self) -> int:
        return self.now - 12 * HOURS

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.slow_since,
                "variant B takes twice as long",
                "prediction_latency_ms: p50 and p95 of variant B double, A is as ever; B's visitors"
                " stay for less; no input has moved",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 19, 0.6) * weekly(at, (1, 0.95, 0.95, 0.95, 1, 1.1, 1.15))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        n = len(at)
        normal = chance.standard_normal
        user = (chance.pareto(1.2, n) * 900).astype(np.int64) % 60_000
        is_b = chance.random(n) < 0.5
        device = draws.pick(chance, (0.58, 0.33, 0.09), n)
        visits = chance.negative_binomial(1.2, 0.09, n)
        # What a visitor likes is the visitor's own; each visit is a little different.
        taste = np.sin(np.outer(user % 9973, np.arange(1, 9)) * 0.618) + 0.35 * normal((n, 8))
        shown = taste + 0.45 * normal((n, 8)) > 0.75
        shown[:, 0] |= ~shown.any(axis=1)
        liked = shown & (chance.random((n, 8)) < draws.sigmoid(1.6 * taste))
        fit = liked.sum(axis=1) / shown.sum(axis=1)
        is_slow = is_b & (at >= self.slow_since)
        took = draws.latency(chance, 55, self.busy(at)) * np.where(is_slow, 2.0, 1.0)
        clicks = np.exp(0.2 + 0.9 * fit + 0.05 * is_b - 0.25 * is_slow + 0.3 * normal(n))
        stay = np.exp(4.1 + 0.8 * fit - 0.2 * is_slow + 0.5 * normal(n))
        is_ok, ended = draws.outcomes(chance, 0.005, n)
        columns = {
            "model_version": draws.texts(("3.7.2",), np.zeros(n, np.int64)),
            "user_id": pa.array([f"u{number:05d}" for number in user.tolist()], pa.string()),
            "session_id": pa.array(
                [f"s{number:x}" for number in (at // MINUTES * 60_000 + user).tolist()], pa.string()
            ),
            "experiment_id": draws.texts(("start-page-order",), np.zeros(n, np.int64)),
            "variant": draws.texts(("A", SLOW), is_b.astype(np.int64)),
            "features.device": draws.texts(_DEVICES, device),
            "features.source": draws.texts(_SOURCES, draws.pick(chance, (4, 3, 2, 1), n)),
            "features.language": draws.texts(_LANGUAGES, user % len(_LANGUAGES)),
            "features.visits_30d": visits,
            "features.days_since_last": draws.present(
                chance.exponential(30 / (1.0 + visits)), 1, visits > 0
            ),
            "features.pages_per_visit": draws.present(np.exp(0.9 + 0.4 * normal(n)), 2, visits > 0),
            "features.is_logged_in": chance.random(n) < 0.44,
            "features.screen_width": np.array([390, 1600, 820])[device],
            **{
                f"features.interest_{name}": draws.present(
                    draws.sigmoid(taste[:, place]), 3, visits > 0
                )
                for place, name in enumerate(MODULES[:5])
            },
            "prediction_labels": _lists(shown, is_ok),
            "outputs.expected_clicks": draws.present(clicks * np.exp(0.2 * normal(n)), 3, is_ok),
            "outputs.expected_seconds": draws.present(stay * np.exp(0.2 * normal(n)), 1, is_ok),
            "outputs.expected_scroll": draws.present(
                draws.sigmoid(fit + normal(n) * 0.3), 3, is_ok
            ),
            "confidence": draws.present(draws.sigmoid(0.6 + taste.max(axis=1)), 3, is_ok),
            "prediction_latency_ms": draws.present(took, 2),
            "feature_extraction_time_ms": draws.present(took * chance.beta(6, 14, n), 2),
            "cache_hit": (chance.random(n) < 0.22) & ~is_slow,
            **ended,
            # As a tag too: a segment is a tag.
            "tags.variant": draws.texts(("A", SLOW), is_b.astype(np.int64)),
            "tags.device": draws.texts(_DEVICES, device),
        }
        stayed = (stay * SECOND).astype(np.int64)
        due = at + np.minimum(stayed + 30 * SECOND, self.latest - 1)
        due[~is_ok] = NEVER
        visit = _Visit(fit, clicks, stay)
        feedback = np.where(chance.random(n) < 0.55, due, NEVER)
        labels = np.where(chance.random(n) < 0.8, due, NEVER)
        return Made(
            at,
            columns,
            labels=Late(labels, {"actual_labels": _lists(liked, is_ok)}),
            feedback=Late(feedback, visit.told(chance, columns)),
        )


@dataclass(frozen=True)
class _Visit:
    """What a visitor did."""

    fit: Floats
    clicks: Floats
    stay: Floats

    def told(self, chance: np.random.Generator, columns: dict[str, Chunked]) -> dict[str, Chunked]:
        n = len(self.fit)
        done = chance.poisson(self.clicks)
        engaged = np.clip(draws.sigmoid(0.5 * done + 0.01 * self.stay - 1.8), 0, 1)
        stars = np.clip(np.rint(2.2 + 2.4 * self.fit + 0.6 * chance.standard_normal(n)), 1, 5)
        return {
            **{name: columns[name] for name in ("user_id", "experiment_id", "variant")},
            "session_duration": draws.present(self.stay * 1000, 0),
            "interactions_count": done.astype(np.float64),
            "scroll_depth": draws.present(chance.beta(2 + 2 * self.fit, 2), 3),
            "bounce_rate": (done == 0).astype(np.float64),
            "page_views": 1.0 + chance.poisson(0.4 * self.clicks),
            "engagement_score": draws.present(engaged, 3),
            "user_satisfaction_rating": draws.present(stars, 0, chance.random(n) < 0.1),
            "ui_preference_feedback": draws.texts(
                _COMMENTS, chance.integers(0, len(_COMMENTS), n), known=chance.random(n) < 0.02
            ),
        }


def _lists(chosen: Flags, known: Flags) -> Chunked:
    """The names of what is chosen in each row; null where that is not known."""
    rows, places = np.nonzero(chosen & known[:, None])
    offsets = np.searchsorted(rows, np.arange(len(chosen) + 1)).astype(np.int32)
    names = draws.texts(MODULES, places)
    return pa.ListArray.from_arrays(pa.array(offsets), names, mask=pa.array(~known))
