"""Rows as an estimate needs them: what was said and scored, features, and the truth if known."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.arrow import Table, pa
from tidegauge.performance import Coded
from tidegauge.performance.classes import PROBABILITY, SCORE
from tidegauge.record.columns import place
from tidegauge.rows.values import codes, is_number, is_text, numbers

_FLAGS: Final = ("false", "true")
_DIGITS: Final = ("0", "1")


@dataclass(frozen=True, eq=False)
class Rows:
    count: int
    true: Coded | None = None
    chosen: Coded | None = None
    scores: dict[str, Floats] = field(default_factory=dict[str, Floats])
    """By column: `prediction_score`, and the probability of each class; NaN is none."""
    numbers: dict[str, Floats] = field(default_factory=dict[str, Floats])
    """Features that are numbers."""
    categories: dict[str, Coded] = field(default_factory=dict[str, Coded])
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    said: Floats | None = None
    """The predicted number, and the true one: of regression."""
    actual: Floats | None = None

    def only(self, kept: Flags) -> "Rows":
        return self if kept.all() else self.take(np.flatnonzero(kept))

    def take(self, rows: Counts) -> "Rows":
        return replace(
            self,
            count=len(rows),
            true=_taken(self.true, rows),
            chosen=_taken(self.chosen, rows),
            scores={name: each[rows] for name, each in self.scores.items()},
            numbers={name: each[rows] for name, each in self.numbers.items()},
            categories={
                name: Coded(each.codes[rows], each.names) for name, each in self.categories.items()
            },
            weights=self.weights[rows],
            said=None if self.said is None else self.said[rows],
            actual=None if self.actual is None else self.actual[rows],
        )


def _taken(coded: Coded | None, rows: Counts) -> Coded | None:
    return None if coded is None else Coded(coded.codes[rows], coded.names)


def read(table: Table) -> Rows:
    fields: dict[str, list[str]] = {}
    for name in table.column_names:
        fields.setdefault(place(name)[0], []).append(name)
    true = _coded(table, fields.get("actual_label", ()))
    chosen = _as(true, _coded(table, fields.get("prediction_label", ())))
    scores = {
        PROBABILITY + (place(name)[2] or ""): numbers(table[name]).of_rows
        for name in fields.get("probabilities", ())
    }
    score = _number(table, fields.get(SCORE, ()))
    if score is not None:
        scores[SCORE] = score
    weights = _number(table, fields.get("weight", ()))
    found: dict[str, Floats] = {}
    categories: dict[str, Coded] = {}
    for name in fields.get("features", ()):
        kind = table.schema.field(name).type
        if is_number(kind):
            found[name] = numbers(table[name]).of_rows
        elif is_text(kind) or pa.types.is_boolean(kind) or pa.types.is_dictionary(kind):
            each = codes(table[name])
            categories[name] = Coded(each.codes, each.values)
    return Rows(
        table.num_rows,
        true,
        _likeliest(scores) if chosen is None else chosen,
        scores,
        found,
        categories,
        np.ones(table.num_rows) if weights is None else _safe(weights),
        _either(score, _number(table, fields.get("prediction_label", ()))),
        _either(
            _number(table, fields.get("actual_score", ())),
            _number(table, fields.get("actual_label", ())),
        ),
    )


def _safe(weights: Floats) -> Floats:
    return np.where(np.isfinite(weights) & (weights >= 0), weights, 1.0)


def _either(first: Floats | None, second: Floats | None) -> Floats | None:
    return second if first is None else first


def _number(table: Table, columns: list[str] | tuple[()]) -> Floats | None:
    """Of a column, or of several of which a row has one; None where none has numbers."""
    found: Floats | None = None
    for name in columns:
        if not is_number(table.schema.field(name).type):
            continue
        one = numbers(table[name]).of_rows
        found = one if found is None else np.where(np.isnan(found), one, found)
    return found


def _coded(table: Table, columns: list[str] | tuple[()]) -> Coded | None:
    names: dict[str, int] = {}
    found: Counts | None = None
    for column in columns:
        one = codes(table[column])
        places = [names.setdefault(name, len(names)) for name in one.values]
        own = np.array([*places, -1], dtype=np.int64)[one.codes]
        found = own if found is None else np.where(found >= 0, found, own)
    return None if found is None else Coded(found, list(names))


def _as(true: Coded | None, chosen: Coded | None) -> Coded | None:
    """Choices that are flags beside truths that are 0 and 1, or the other way round, by the names
    of the truths."""
    if true is None or chosen is None:
        return chosen
    for own, other in ((_FLAGS, _DIGITS), (_DIGITS, _FLAGS)):
        if set(chosen.names) <= set(own) and set(true.names) <= set(other):
            return Coded(chosen.codes, [other[own.index(name)] for name in chosen.names])
    return chosen


def _likeliest(scores: dict[str, Floats]) -> Coded | None:
    """What was thought the likeliest, where nothing was said."""
    names = [name for name in scores if name.startswith(PROBABILITY)]
    if not names:
        return None
    mix = np.stack([scores[name] for name in names], axis=1)
    known = np.isfinite(mix).any(axis=1)
    best = np.nan_to_num(mix, nan=-np.inf).argmax(axis=1)
    return Coded(np.where(known, best, -1), [name.removeprefix(PROBABILITY) for name in names])
