"""Columns that hold personal data: shown to keys only that may see them.

Which they are is the model's tag `pii`: names of columns, with commas between them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.ingest.problem import ProblemError
from tidegauge.quality.finding import Finding
from tidegauge.series.overall import Overall
from tidegauge.store.unify import base_of
from tidegauge.web.keys import Key

TAG: Final = "pii"


def hidden(model: Model, key: Key) -> frozenset[str]:
    """The columns that a key may not see."""
    return frozenset() if key.pii else personal(model)


def personal(model: Model) -> frozenset[str]:
    named = (name.strip() for name in model.tags.get(TAG, "").split(","))
    return frozenset(name for name in named if name)


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


def without_values(evidence: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Why an alert fires: of hidden columns that they moved, and no value of theirs."""
    told = dict(evidence)
    _metric, _, column = str(told.get("metric", "")).partition(" of ")
    if _is_of(column, names):
        kept = {name: told[name] for name in ("metric", "n", "since", "runbook") if name in told}
        return {**kept, "what": "of a column with personal data"}
    features = told.get("features", ())
    if any(_is_of(each["name"], names) for each in features):
        told["features"] = [
            {**each, "what": ""} if _is_of(each["name"], names) else each for each in features
        ]
        told["what"] = f"{len(features)} features moved"
    return told


def title_without_values(title: str, model: str, family: str, names: frozenset[str]) -> str:
    """What a reading found stands behind the monitor's name, and may be a value."""
    if not names or family in ("manual", "ops") or not title.startswith(f"{model}: "):
        return title
    return ": ".join(title.split(": ")[:2])


def _is_of(column: str, names: frozenset[str]) -> bool:
    return column in names or f"features.{column}" in names
