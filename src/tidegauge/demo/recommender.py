"""Eight products in order for each shopper: ranking, with what they did as the truth."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.arrow import pa
from tidegauge.demo import draws
from tidegauge.demo.made import NEVER, Fault, Late, Made, Seeded
from tidegauge.demo.season import HOURS, MINUTES, daily, weekly

LENGTH = 8
NEW = ("e-bikes", "smart-garden")
_KINDS = ("books", "toys", "kitchen", "audio", "shoes", "tools", "beauty", *NEW)
_SHARES = (0.2, 0.12, 0.16, 0.13, 0.17, 0.09, 0.13)
_PLANS = ("free", "plus")


@dataclass(frozen=True)
class Recommender(Seeded):
    model_id: ClassVar[str] = "recommender"
    task: ClassVar[str] = "ranking"
    positive: ClassVar[str | None] = None
    about: ClassVar[str] = "Eight products in order for each shopper"
    segment: ClassVar[str] = ""
    prefix: ClassVar[str] = "rc"
    per_day: ClassVar[float] = 26_000
    """Lists."""
    calls: ClassVar[int] = LENGTH
    latest: ClassVar[int] = 6 * HOURS

    @property
    def new_since(self) -> int:
        return self.now + 3 * MINUTES

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.new_since,
                f"the catalogue gets departments that never were: {' and '.join(NEW)}",
                "nothing before it starts; then values of features.item_category that the reference"
                " has not seen, in 18 % of rows, with low scores",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 20, 0.6) * weekly(at, (0.95, 0.9, 0.9, 0.95, 1, 1.15, 1.2))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        lists = len(at)
        n = lists * LENGTH
        normal = chance.standard_normal
        shopper = (chance.pareto(1.1, lists) * 1500).astype(np.int64) % 90_000
        is_mobile = chance.random(lists) < 0.62
        is_plus = chance.random(lists) < 0.25
        kind = draws.pick(chance, _SHARES, n)
        is_new = draws.some(chance, 0.18, n) & (np.repeat(at, LENGTH) >= self.new_since)
        kind = np.where(is_new, len(_SHARES) + chance.integers(0, 2, n), kind)
        price = np.exp(3.2 + 0.15 * kind + 0.7 * normal(n))
        rating = np.clip(5 - chance.gamma(2, 0.35, n), 1, 5)
        affinity = chance.beta(2, 4, n)
        popularity = chance.beta(1.2, 5, n)
        age = chance.gamma(1.4, 120, n)
        cut = chance.choice([0.0, 0.0, 0.0, 0.1, 0.2, 0.3], n)
        pull = (
            3.2 * affinity + 2.1 * popularity + 0.5 * (rating - 4.3) + 1.2 * cut - 0.002 * age - 1.6
        )
        # Of a department that it was not trained on, the model knows next to nothing.
        score = draws.sigmoid(np.where(is_new, -1.5, pull) + 0.35 * normal(n))
        order = np.argsort(-score.reshape(lists, LENGTH), axis=1)
        order = (order + np.arange(lists)[:, None] * LENGTH).ravel()
        when = np.repeat(at, LENGTH)
        rank = np.tile(np.arange(1, LENGTH + 1), lists)
        shown = [f"list-{moment:x}" for moment in at.tolist()]
        ended = draws.outcomes(chance, 0.003, lists)[1]
        took = draws.latency(chance, 24, self.busy(at))
        whole = np.repeat(np.arange(lists), LENGTH)
        columns = {
            "model_version": draws.texts(("8.2.0",), np.zeros(n, np.int64)),
            "group_id": draws.texts(shown, whole),
            "rank": rank.astype(np.float64),
            "user_id": draws.texts([f"shopper-{number}" for number in shopper.tolist()], whole),
            "features.is_mobile": is_mobile[whole],
            "features.item_category": draws.texts(_KINDS, kind[order]),
            "features.item_price": draws.present(price[order], 2),
            "features.item_rating": draws.present(rating[order], 1, chance.random(n) > 0.07),
            "features.item_age_days": draws.present(age[order], 0),
            "features.item_popularity": draws.present(popularity[order], 4),
            "features.discount": cut[order],
            "features.affinity": draws.present(affinity[order], 4),
            "features.in_stock": chance.random(n) < 0.97,
            "features.orders_90d": chance.poisson(2.0, lists)[whole],
            "prediction_score": draws.present(score[order], 4),
            "prediction_latency_ms": draws.present(took, 2).take(pa.array(whole)),
            **{name: column.take(pa.array(whole)) for name, column in ended.items()},
            "tags.plan": draws.texts(_PLANS, is_plus[whole].astype(np.int64)),
        }
        return Made(when, columns, labels=self._truth(chance, when, pull[order], rank))

    def _truth(self, chance: np.random.Generator, at: Counts, pull: Floats, rank: Counts) -> Late:
        """3 bought, 2 put in the basket, 1 looked at, 0 passed by: less far down the list."""
        drawn = 1.5 * pull - 0.16 * rank + 1.1 * chance.standard_normal(len(at))
        relevance = np.digitize(drawn, (0.4, 1.5, 2.3)).astype(np.float64)
        delay = np.where(relevance == 3, 60 * chance.gamma(2, 0.7, len(at)), 4.0 * relevance + 2)
        due = at + np.minimum(delay * MINUTES, self.latest - 1).astype(np.int64)
        # A list in eight is shown to somebody who leaves before it can be seen.
        seen = np.repeat(chance.random(len(at) // LENGTH) < 0.875, LENGTH)
        return Late(np.where(seen, due, NEVER), {"relevance": relevance})
