"""What is measured of predictions whose truth is known: by the model's task, and by what is there.

A table is read once, and then measured in many groups of its rows.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.arrow import Table, pa, pc
from tidegauge.outcome.join import FEEDBACK, LABELLED
from tidegauge.performance import (
    Averages,
    Classes,
    Coded,
    Errors,
    Labels,
    Measured,
    Ranking,
    Returns,
)
from tidegauge.performance.classes import PROBABILITY, SCORE
from tidegauge.performance.grouped import classes_of, delays_of, slices
from tidegauge.performance.returns import LONG, SHORT, position_of
from tidegauge.record.columns import place
from tidegauge.rows.values import codes, numbers
from tidegauge.store.part import AT, micros
from tidegauge.window import SECOND

MAIN: Final = ""
DELAY: Final = "delay"
RETURNS: Final = "returns"
OUTPUT: Final = "outputs."
_SIDES: Final = 10
"""The most classes whose probabilities are measured: each takes room in every window."""
_FLAGS: Final = ("false", "true")
_DIGITS: Final = ("0", "1")
_SIGNALS: Final = LONG | SHORT | {"hold", "flat", "neutral", "0", "none"}


class Rows:
    """Joined rows, ready to be measured."""

    def __init__(self, table: Table, task: str | None = None, *, is_exact: bool = False) -> None:
        """Exact is what is read from the rows themselves and not from bins: it is not kept."""
        self._task = task
        self._is_exact = is_exact
        self._table = table
        self._fields: dict[str, list[str]] = {}
        for name in table.column_names:
            self._fields.setdefault(place(name)[0], []).append(name)
        self._weights = self._weights_of()
        self._is_labelled: Flags = table[LABELLED].is_valid().to_numpy()
        self._delay = (micros(table[LABELLED]) - micros(table[AT])) / SECOND
        self._true = self._coded("actual_label")
        self._chosen = _as(self._true, self._coded("prediction_label"))
        self._score = self._number(SCORE)
        self._true_score = self._number("actual_score")
        self._mix = self._numbers("probabilities")
        self._outputs = self._numbers("outputs")
        self._true_outputs = self._numbers("actual_outputs")
        self._told = {
            name.removeprefix(FEEDBACK): numbers(table[name]).of_rows
            for name in table.column_names
            if name.startswith(FEEDBACK)
        }

    def measure(self, rows: Counts, cuts: Counts) -> list[dict[str, Measured]]:
        """Groups of rows, each in the order of time, from cut to cut; what has nothing to tell is
        left out."""
        deeds = [self._deeds(rows[own]) for own in slices(cuts)]
        rows, cuts = self._labelled(rows, cuts)
        groups = [rows[own] for own in slices(cuts)]
        found: dict[str, Sequence[Measured | None]] = {
            MAIN: self._main(rows, cuts, groups),
            RETURNS: [self._returns(own) for own in groups],
            DELAY: delays_of(self._delay[rows], cuts),
            FEEDBACK: deeds,
        }
        for name, true in self._true_outputs.items():
            if name in self._outputs:
                said = self._outputs[name]
                found[OUTPUT + name] = [self._errors(own, true, said) for own in groups]
        return [
            {
                name: each
                for name, every in found.items()
                if (each := every[at]) is not None and each.n
            }
            for at in range(len(groups))
        ]

    def count(self, rows: Counts, cuts: Counts) -> list[int]:
        """Of how many predictions of each group the truth is known."""
        rows, cuts = self._labelled(rows, cuts)
        weights = self._of(rows)
        if weights is None:
            return np.diff(cuts).tolist()
        return [round(float(weights[own].sum())) for own in slices(cuts)]

    def _labelled(self, rows: Counts, cuts: Counts) -> tuple[Counts, Counts]:
        """Of groups of rows those whose truth is known."""
        there = self._is_labelled[rows]
        return rows[there], np.concatenate([[0], np.cumsum(there)])[cuts]

    def _main(
        self, rows: Counts, cuts: Counts, groups: Sequence[Counts]
    ) -> Sequence[Measured | None]:
        if self._is("ranking", "rank", "group_id"):
            return [self._ranking(own) for own in groups]
        if self._is("multilabel", "prediction_labels", "actual_labels"):
            return [self._labels(own) for own in groups]
        if self._is_of_classes():
            return self._classes(rows, cuts)
        return [self._regression(own) for own in groups]

    def _is(self, task: str, *needed: str) -> bool:
        """Whether it is of a task; one that nobody told is known by its columns."""
        return self._task in {task, None} and all(name in self._fields for name in needed)

    def _is_of_classes(self) -> bool:
        if self._true is None or not (self._chosen or self._mix or self._score is not None):
            return False
        if self._task in {"binary", "multiclass"}:
            return True
        return self._task is None and not self._has_numbers("actual_label")

    def _classes(self, rows: Counts, cuts: Counts) -> Sequence[Measured]:
        assert self._true is not None  # noqa: S101 - it is of classes
        true = Coded(self._true.codes[rows], self._true.names)
        chosen = self._choice()
        scores = {} if self._score is None else {SCORE: self._score[rows]}
        if len(self._mix) <= _SIDES:
            scores |= {PROBABILITY + name: each[rows] for name, each in self._mix.items()}
        said = Coded(chosen.codes[rows], chosen.names)
        if not self._is_exact:
            return classes_of(true, said, scores, self._of(rows), cuts)
        return [self._exactly(true, said, scores, rows, own) for own in slices(cuts)]

    def _exactly(
        self, true: Coded, said: Coded, scores: Mapping[str, Floats], rows: Counts, own: slice
    ) -> Classes:
        return Classes.of(
            Coded(true.codes[own], true.names),
            Coded(said.codes[own], said.names),
            {name: each[own] for name, each in scores.items()},
            self._of(rows[own]),
            is_exact=True,
        )

    def _choice(self) -> Coded:
        """What was said, or else what was thought the likeliest."""
        if self._chosen is not None:
            return self._chosen
        if not self._mix:
            return Coded(np.full(self._table.num_rows, -1), [])
        mix = np.stack(list(self._mix.values()), axis=1)
        known = np.isfinite(mix).any(axis=1)
        best = np.nan_to_num(mix, nan=-np.inf).argmax(axis=1)
        return Coded(np.where(known, best, -1), list(self._mix))

    def _regression(self, rows: Counts) -> Errors | None:
        true = self._true_score
        if true is None and self._has_numbers("actual_label"):
            true = self._number("actual_label")
        said = self._score
        if said is None and self._has_numbers("prediction_label"):
            said = self._number("prediction_label")
        if true is None or said is None or self._task in {"binary", "multiclass"}:
            return None
        return self._errors(rows, true, said, self._outputs)

    def _errors(
        self,
        rows: Counts,
        true: Floats,
        said: Floats,
        outputs: Mapping[str, Floats] | None = None,
    ) -> Errors:
        own = {name: each[rows] for name, each in (outputs or {}).items()}
        return Errors.of(true[rows], said[rows], own, self._of(rows), is_exact=self._is_exact)

    def _labels(self, rows: Counts) -> Labels:
        table = self._table.select(["actual_labels", "prediction_labels"]).take(pa.array(rows))
        both = pc.and_(table["actual_labels"].is_valid(), table["prediction_labels"].is_valid())
        keep: Flags = both.to_numpy()
        true, said = (table.filter(both)[name].to_pylist() for name in table.column_names)
        weights = self._of(rows)
        return Labels.of(true, said, None if weights is None else weights[keep])

    def _ranking(self, rows: Counts) -> Ranking | None:
        good = self._number("relevance")
        if good is None:
            good = self._true_score
        if good is None and self._true is not None:
            bad = {"false", "0", "no", ""}
            worth = np.array([name.lower() not in bad for name in self._true.names] + [False])
            good = worth[self._true.codes].astype(np.float64)
        if good is None:
            return None
        groups = codes(self._table["group_id"])
        rank = self._number("rank")
        assert rank is not None  # noqa: S101 - it is a ranking
        keep = rows[(groups.codes[rows] >= 0) & np.isfinite(rank[rows])]
        return Ranking.of(groups.codes[keep], rank[keep], good[keep])

    def _deeds(self, rows: Counts) -> Averages | None:
        """What people did who were served these."""
        if not self._told:
            return None
        return Averages.of({name: each[rows] for name, each in self._told.items()})

    def _returns(self, rows: Counts) -> Returns | None:
        """Where what was said is a position, and what came of it is a number."""
        said = self._chosen
        if said is None or self._true_score is None or self._task == "regression":
            return None
        names = {name.strip().lower() for name in said.names}
        if not names <= _SIGNALS or not names & (LONG | SHORT) - {"1", "true"}:
            return None
        positions = np.array([position_of(name) for name in said.names] + [0.0])
        return Returns.of(positions[said.codes[rows]], self._true_score[rows])

    def _of(self, rows: Counts) -> Floats | None:
        return None if self._weights is None else self._weights[rows]

    def _weights_of(self) -> Floats | None:
        found = self._number("weight")
        return None if found is None else np.where(np.isfinite(found), found, 1.0)

    def _has_numbers(self, field: str) -> bool:
        return all(
            not (pa.types.is_string(of) or pa.types.is_boolean(of))
            for name in self._fields.get(field, ())
            for of in [self._table.schema.field(name).type]
        )

    def _coded(self, field: str) -> Coded | None:
        """Values of whatever types, by their texts."""
        found: Coded | None = None
        for name in self._fields.get(field, ()):
            one = codes(self._table[name])
            own = Coded(one.codes, one.values)
            found = own if found is None else _beside(found, own)
        return found

    def _number(self, field: str) -> Floats | None:
        """NaN where there is none."""
        found: Floats | None = None
        for name in self._fields.get(field, ()):
            one = numbers(self._table[name]).of_rows
            found = one if found is None else np.where(np.isnan(found), one, found)
        return found

    def _numbers(self, field: str) -> dict[str, Floats]:
        return {
            place(name)[2] or "": numbers(self._table[name]).of_rows
            for name in self._fields.get(field, ())
        }


def _as(true: Coded | None, chosen: Coded | None) -> Coded | None:
    """Choices that are flags beside truths that are 0 and 1, or the other way round, by the names
    of the truths: nothing else can be meant."""
    if true is None or chosen is None:
        return chosen
    for own, other in ((_FLAGS, _DIGITS), (_DIGITS, _FLAGS)):
        if set(chosen.names) <= set(own) and set(true.names) <= set(other):
            return Coded(chosen.codes, [other[own.index(name)] for name in chosen.names])
    return chosen


def _beside(a: Coded, b: Coded) -> Coded:
    """The values of two columns of which a row has one at most."""
    names = list(dict.fromkeys([*a.names, *b.names]))
    places = {name: at for at, name in enumerate(names)}
    own = [np.array([places[name] for name in each.names] + [-1])[each.codes] for each in (a, b)]
    return Coded(np.where(own[0] >= 0, own[0], own[1]), names)
