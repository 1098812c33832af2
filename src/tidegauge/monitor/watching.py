"""How many models each monitor watches, for thousands of both."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from typing import Final

from tidegauge.catalog.models import Model
from tidegauge.catalog.monitors import Kept

_SIGNS: Final = frozenset("*?[")


def watching(monitors: Sequence[Kept], models: Iterable[Model]) -> dict[int, int]:
    """By a monitor's number.  A usual one steps back where another is about the same."""
    there = frozenset(
        each.name for each in models if each.watched and each.archived_at is None and each.name
    )
    patterns = {str(each.document.get("models", "*")) for each in monitors}
    matching = {pattern: _matching(pattern, there) for pattern in patterns}
    told: dict[tuple[object, object], frozenset[str]] = {}
    for each in monitors:
        if each.origin != "default":
            own = matching[str(each.document.get("models", "*"))]
            told[_what(each)] = told.get(_what(each), frozenset()) | own
    found: dict[int, int] = {}
    for each in monitors:
        names = matching[str(each.document.get("models", "*"))]
        if each.origin == "default":
            names -= told.get(_what(each), frozenset())
        found[each.id] = len(names) if each.document.get("enabled", True) else 0
    return found


def _what(kept: Kept) -> tuple[object, object]:
    return kept.document.get("kind", "metric"), kept.document.get("metric")


def _matching(pattern: str, names: frozenset[str]) -> frozenset[str]:
    if not _SIGNS & set(pattern):
        return names & {pattern}
    is_match = re.compile(translate(pattern)).match
    return frozenset(name for name in names if is_match(name))
