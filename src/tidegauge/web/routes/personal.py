"""Columns that hold personal data are shown to keys only that may see them."""

from collections.abc import Iterable
from dataclasses import replace

from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.catalog.personal import named_in
from tidegauge.ingest.problem import ProblemError
from tidegauge.quality.finding import Finding
from tidegauge.series.overall import Overall
from tidegauge.store.unify import base_of
from tidegauge.web.keys import Key


def hidden(model: Model, key: Key) -> frozenset[str]:
    """The columns that a key may not see."""
    return frozenset() if key.pii else personal(model)


def personal(model: Model) -> frozenset[str]:
    return named_in(model.tags)


def without(table: Table, names: frozenset[str]) -> Table:
    kept = [name for name in table.column_names if base_of(name) not in names]
    return table if len(kept) == len(table.column_names) else table.select(kept)


def without_findings(found: Iterable[Finding], names: frozenset[str]) -> list[Finding]:
    """Their words name values."""
    return [each for each in found if each.column not in names]


def without_words(found: Overall | None, names: frozenset[str]) -> Overall | None:
    """The same verdicts; of hidden columns nothing that names a value."""
    if found is None or not names:
        return found
    drifts = {
        name: replace(drift, what=None, advice=None) if name in names else drift
        for name, drift in found.feature_drifts.items()
    }
    return replace(found, feature_drifts=drifts)


def check_not_hidden(columns: Iterable[str], names: frozenset[str]) -> None:
    for column in columns:
        if base_of(column) in names:
            raise ProblemError(
                "forbidden-role", f"{column!r} holds personal data: use a key that may see it"
            )
