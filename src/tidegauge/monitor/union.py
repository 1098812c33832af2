"""The kinds of monitors: a new one is a file, and a name here."""

from typing import Annotated, Final

from pydantic import Discriminator, Tag, TypeAdapter

from tidegauge.monitor.base import Base
from tidegauge.monitor.concept import Concept
from tidegauge.monitor.custom import Custom
from tidegauge.monitor.distance import Distance
from tidegauge.monitor.drift import Drift
from tidegauge.monitor.explanation import Explanation
from tidegauge.monitor.fairness import Fairness
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.performance import Performance
from tidegauge.monitor.trend import Trend

Monitor = (
    Drift | Metric | Distance | Trend | Performance | Concept | Fairness | Custom | Explanation
)
KINDS: Final[dict[str, type[Base]]] = {
    "drift": Drift,
    "metric": Metric,
    "distance": Distance,
    "trend": Trend,
    "performance": Performance,
    "concept": Concept,
    "fairness": Fairness,
    "custom": Custom,
    "explanation": Explanation,
}


def kind_of(given: object) -> str | None:
    """By what it says; a monitor with a metric is one of the kind `metric`."""
    if isinstance(given, Base):
        return str(getattr(given, "kind", ""))
    if not isinstance(given, dict):
        return None
    return given.get("kind", "metric" if "metric" in given else None)


ADAPTER: Final[TypeAdapter[Monitor]] = TypeAdapter(
    Annotated[
        Annotated[Drift, Tag("drift")]
        | Annotated[Metric, Tag("metric")]
        | Annotated[Distance, Tag("distance")]
        | Annotated[Trend, Tag("trend")]
        | Annotated[Performance, Tag("performance")]
        | Annotated[Concept, Tag("concept")]
        | Annotated[Fairness, Tag("fairness")]
        | Annotated[Custom, Tag("custom")]
        | Annotated[Explanation, Tag("explanation")],
        Discriminator(kind_of),
    ]
)
