"""Hour by hour: latency, throughput, errors and confidence, as a dashboard draws them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegauge.profile.codec import Tallies, decode_tallies
from tidegauge.profile.layout import Facet
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.table import Profile
from tidegauge.series.seen import Seen
from tidegauge.series.stack import Stack
from tidegauge.series.traffic import calls
from tidegauge.window import SECOND

_CONFIDENCES: Final = ("confidence", "prediction_score")


@dataclass(frozen=True, kw_only=True)
class Trends:
    starts: Sequence[int]
    latency_ms: Sequence[float | None]
    throughput_per_minute: Sequence[float | None]
    error_rate: Sequence[float | None]
    confidence: Sequence[float | None]
    """Its mean: of `confidence`, or of the score where none is told."""


def trends(
    reference: Profile | None,
    seen: Sequence[Seen],
    at: int,
    unpack: Callable[[bytes], Tallies] = decode_tallies,
) -> Trends:
    """Of steps that have passed, wholly or in part, at a time."""
    told = [calls(each.traffic(), (min(each.stop, at) - each.start) / SECOND) for each in seen]
    return Trends(
        starts=[each.start for each in seen],
        latency_ms=[each.avg_latency_ms for each in told],
        throughput_per_minute=[each.throughput_per_minute for each in told],
        error_rate=[each.error_rate for each in told],
        confidence=_means(reference, seen, unpack) if reference else [None] * len(seen),
    )


def _means(
    reference: Profile, seen: Sequence[Seen], unpack: Callable[[bytes], Tallies]
) -> list[float | None]:
    places = [reference.layout.place.get(Facet(name, "")) for name in _CONFIDENCES]
    column = next((place for place in places if place is not None), None)
    if column is None:
        return [None] * len(seen)
    steps = [[w.profile for w in each.comparable if w.profile is not None] for each in seen]
    stack = Stack.of(steps, [column], [], 0, unpack, with_sums=True)
    bins = reference.layout.numeric
    found: list[float | None] = []
    for i in range(len(seen)):
        numeric = Numeric(
            bins=type(bins)(bins.edges[[column]], bins.centre[[column]], bins.unit[[column]]),
            counts=stack.counts[i],
            gone=stack.gone[i],
            lowest=stack.lowest[i],
            highest=stack.highest[i],
            sums=stack.sums[i],
        )
        mean = float(numeric.mean[0])
        found.append(mean if np.isfinite(mean) else None)
    return found
