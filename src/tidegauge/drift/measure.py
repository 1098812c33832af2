"""Every method on every column that it suits.

`scores` gives arrays, a number a column, for whoever measures thousands of models; the numeric
contract holds in `Measured`: a number is finite or it is None with the reason.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from tidegauge.drift import MIX, MixMethods, OrderedMethods
from tidegauge.drift.method import Method, MixMethod, OrderedMethod, Scores
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.profile.layout import Facet
from tidegauge.profile.table import Profile


@dataclass(frozen=True, eq=False)
class Measured:
    """One method's numbers for some columns of one table."""

    method: Method
    facets: Sequence[Facet]
    scores: Scores


def scores(
    reference: Profile, current: Profile, methods: Iterable[OrderedMethods | MixMethods]
) -> Iterator[Measured]:
    """Numeric columns by all methods, category columns by those that need no order."""
    reference, current = reference.effective, current.effective
    pair = Ordered(reference.numeric, current.numeric)
    numeric = reference.layout.facets
    named = [Facet(name, "") for name in reference.layout.names]
    by_bins: dict[int, Mix] = {}
    by_name = Mix.of_categories(reference.categories, current.categories) if named else None
    for method in methods:
        if isinstance(method, MIX):
            mixed = cast("MixMethod", method)
            bins = mixed.bins
            if bins not in by_bins:
                by_bins[bins] = Mix.of_bins(pair, bins)
            yield Measured(method, numeric, mixed.score(by_bins[bins]))
            if by_name is not None:
                yield Measured(method, named, mixed.score(by_name))
        else:
            yield Measured(method, numeric, cast("OrderedMethod", method).score(pair))
