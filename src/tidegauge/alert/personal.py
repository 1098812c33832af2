"""Columns that hold personal data: that they moved may be told to everybody, their values not."""

from collections.abc import Mapping
from typing import Any


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
