"""Columns that came, went, changed their type, or stopped varying."""

from collections.abc import Iterable, Iterator

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.profile.categories import NAMED
from tidegauge.profile.table import Profile
from tidegauge.quality.finding import Finding
from tidegauge.quality.rates import percent

_ALMOST = 0.99
_VARIED = 0.95


def came_and_went(reference: Iterable[str], current: Iterable[str]) -> Iterator[Finding]:
    # Dicts keep the order, and find quickly.
    before, after = dict.fromkeys(reference), dict.fromkeys(current)
    for name in before:
        if name not in after:
            yield Finding(
                check="lost_column",
                column=name,
                severity="critical",
                message="the column is not in the current data",
            )
    for name in after:
        if name not in before:
            yield Finding(
                check="new_column",
                column=name,
                severity="warning",
                message="the column is not in the reference, so nothing is known of it",
            )


def changed_type(reference: Profile, current: Profile) -> Iterator[Finding]:
    for name, before in reference.types.items():
        after = current.types[name] - {"empty"}
        strange = after - before
        if strange and before - {"empty"}:
            yield Finding(
                check="type_change",
                column=name,
                severity="critical",
                message=f"holds {_words(strange)} (reference: {_words(before)})",
            )


def _words(types: Iterable[str]) -> str:
    return " and ".join(sorted(types))


def stopped_varying(reference: Profile, current: Profile) -> Iterator[Finding]:
    before, after = reference.numeric, current.numeric
    for i, facet in enumerate(reference.layout.facets):
        if facet.name == "" and after.n[i] > 1 and before.lowest[i] < before.highest[i]:
            if after.lowest[i] == after.highest[i]:
                yield _constant(facet.column, f"{after.lowest[i]:.6g}")
            else:
                yield from _almost(facet.column, before.counts[i], after.counts[i], None)
    for i, name in enumerate(reference.layout.names):
        was, is_ = reference.categories.counts[i], current.categories.counts[i]
        held = np.flatnonzero(is_[NAMED:])
        values = reference.layout.categories[i].values
        if (was[NAMED:] > 0).sum() > 1 and is_[1:].sum() > 1:
            if len(held) == 1 and is_[1:].sum() == is_[NAMED + held[0]]:
                yield _constant(name, repr(values[held[0]]))
            else:
                yield from _almost(name, was[NAMED:], is_[NAMED:], values)


def _constant(column: str, value: str) -> Finding:
    return Finding(
        check="constant",
        column=column,
        severity="critical",
        message=f"every row holds {value} (the reference varies)",
        current=1.0,
    )


def _almost(
    column: str, before: Counts, after: Counts, values: tuple[str, ...] | None
) -> Iterator[Finding]:
    if not after.sum() or not before.sum():
        return
    most = int(after.argmax())
    share, was = after[most] / after.sum(), before[most] / before.sum()
    if share >= _ALMOST and was < _VARIED:
        held = repr(values[most]) if values else "values of one narrow range"
        yield Finding(
            check="almost_constant",
            column=column,
            severity="warning",
            message=f"{percent(share)} of values are {held} (reference: {percent(was)})",
            reference=float(was),
            current=float(share),
        )
