"""A fitted rule: what is normal for a model's features, and how far from it they may stray.

It is made once, by `fit`, and kept.  What it holds is single precision from the start, so that
a rule read again from its bytes judges bit for bit alike.
"""

import zlib
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.errors import UnreadableError
from tidegauge.judge.budget.cells import Cells, Places, Singles, single
from tidegauge.judge.budget.dictionary import Dictionary
from tidegauge.judge.budget.packed import pack, unpack
from tidegauge.judge.budget.reference import allowance, event_bounds
from tidegauge.judge.budget.season import Turns, season_of
from tidegauge.judge.budget.settings import STAGGER, Settings

FEW = 400
"""Reference rows below which an event's share is bounded exactly, not by its normal error."""
RARE = 30
"""Reference rows below which an event's noise cannot be measured."""
HALF_LIVES = (1.0, 6.0, 48.0)
"""In checks, of the memories from which shapes are learned."""
SHAPES = 0.3
"""The share of the fast arms' weight that is on learned shapes."""
_FAST = 0.5


@dataclass(frozen=True, eq=False)
class Variation:
    """How each base score strays though nothing is wrong; flat, as the dictionary's bases."""

    clusters: Singles
    """The most rows that come together: what a check's evidence is divided by."""
    wander: Singles
    """How far the law may stray from its profile, in standard deviations of a row."""
    bend: Singles
    """How far the farthest wander of location or scale moves a score beyond its share of it: an
    excursion of the location widens, which no spread of the usual block means foretells."""
    blocks: Singles
    """[lengths, bases]: the design effect of the means of blocks of each length."""
    hourly: Singles
    """The variance of one hour's mean, where there is a season."""
    daily: Singles
    """The variance of one day's mean."""


@dataclass(frozen=True, eq=False)
class Rule:
    settings: Settings
    cells: Cells
    rows: Singles
    """Of the reference, a judged feature each."""
    law: Singles
    """The reference's shares of the flat cells."""
    turns: Turns
    bound: Singles
    """Of each flat cell with few reference rows, how far off its share may be, in standard
    deviations of a row; zero where there are rows enough for a normal error."""
    variation: Variation
    lengths: tuple[int, ...]
    """Of the blocks, in checks."""
    tolerance: float
    """The PSI that never alarms."""
    learned: bool
    """Has the natural variation been measured?  If not, only what anyone calls a significant
    change can alarm."""

    @cached_property
    def dictionary(self) -> Dictionary:
        return Dictionary.of(self.shares(self.law), self.cells)

    def shares(self, law: Singles) -> Floats:
        """A law of the flat cells that adds up to one in each feature, to the last digit."""
        exact = law.astype(np.float64)
        return exact / self.cells.total(exact)[self.cells.feature]

    def law_at(self, season: int) -> Floats:
        """The shares of the flat cells to expect at one hour."""
        law = self.law.copy()
        law[self.turns.seasonal[self.cells.feature]] = self.turns.profiles[season]
        return self.shares(law)

    def inverse_days(self, season: int) -> Floats:
        """Of each judged feature, 1 over the days behind its profile."""
        turns = self.turns
        days = np.where(turns.seasonal, turns.inverse_days[season], turns.inverse_past)
        return days.astype(np.float64)

    def inverse_rows(self, season: int) -> Floats:
        """The same of the rows behind it; zero where there is no season."""
        result = np.zeros(len(self.rows))
        result[self.turns.seasonal] = self.turns.inverse_rows[season]
        return result

    @cached_property
    def reference(self) -> Floats:
        """The reference's rows in each flat cell."""
        rows = self.rows.astype(np.float64)[self.cells.feature]
        sizes = self.cells.sizes[self.cells.feature]
        return np.maximum(self.law.astype(np.float64) * (rows + 0.5 * sizes) - 0.5, 0.0)

    @cached_property
    def user(self) -> float:
        """The tolerance as a distance, the square root of a PSI."""
        return float(np.sqrt(self.tolerance))

    @cached_property
    def risk(self) -> float:
        """The probability, for each arm, that the reference itself misleads: a tenth of alpha
        over all of them, spent once."""
        arms = max(self.cells.features, 1) * self.dictionary.largest
        return self.settings.alpha / 10 / arms

    def bound_again(self) -> Self:
        """With `bound` as the rest of the rule has it."""
        clusters = np.maximum(self.variation.clusters[self._events], 1.0).astype(np.float64)
        rows = self.rows.astype(np.float64)[self.cells.feature] / clusters
        count = self.reference / clusters
        few = count < FEW
        bound = np.zeros(len(few), np.float32)
        nats = float(-np.log(self.risk))
        bound[few] = event_bounds(self.shares(self.law)[few], count[few], rows[few], nats)
        return replace(self, bound=bound)

    @cached_property
    def bounded(self) -> Flags:
        """The flat cells that are known too little for a normal error."""
        return self.bound > 0

    @cached_property
    def _bounds(self) -> Floats:
        """Of each base score."""
        tilts = np.zeros(2 * len(self.cells.judged))
        return np.concatenate([tilts, self.bound.astype(np.float64)])

    @cached_property
    def measured(self) -> Flags:
        """The base scores whose noise could be measured."""
        features = len(self.cells.judged)
        has_order = self.dictionary.has_order
        flat = np.empty(len(self.dictionary.base_feature), dtype=bool)
        flat[:features] = flat[features : 2 * features] = has_order
        flat[self._events] = self.reference >= RARE - 1e-3
        return flat

    @property
    def _events(self) -> slice:
        return slice(2 * len(self.cells.judged), None)

    def worst(self, values: Floats | Singles, otherwise: float) -> Floats:
        """Of each judged feature, the largest over its measured base scores."""
        features = len(self.cells.judged)
        if not features:
            return np.zeros(0)
        known = np.where(self.measured, values, otherwise)
        tilts = np.maximum(known[:features], known[features : 2 * features])
        return np.maximum(tilts, self.cells.most(known[self._events]))

    @cached_property
    def arm_clusters(self) -> Floats:
        """Of each arm, the shapes last: what its evidence is divided by."""
        each = self.variation.clusters.astype(np.float64)
        shapes = np.tile(self.worst(each, 1.0), len(HALF_LIVES))
        return np.concatenate([each[self.dictionary.base], shapes])

    @cached_property
    def arm_feature(self) -> Places:
        """Of each arm, the shapes last."""
        judged = np.arange(len(self.cells.judged))
        return np.concatenate([self.dictionary.feature, np.tile(judged, len(HALF_LIVES))])

    @cached_property
    def fast_weight(self) -> Floats:
        shapes = np.full(len(self.cells.judged) * len(HALF_LIVES), SHAPES / len(HALF_LIVES))
        return _FAST * np.concatenate([(1 - SHAPES) * self.dictionary.weight, shapes])

    def slow_weight(self, place: int) -> Floats:
        """Of each of the dictionary's arms, in the blocks of one length."""
        share = (1 - _FAST) / len(self.lengths)
        return self.dictionary.weight * share * (self.lengths[place] / STAGGER)

    @cached_property
    def slow_tolerance(self) -> Floats:
        """Of each arm of the dictionary, in blocks."""
        each = np.maximum(self.user, self._bounds) + self.variation.bend
        return each.astype(np.float64)[self.dictionary.base]

    @cached_property
    def feature_weight(self) -> Floats:
        """Of each judged feature."""
        return self.settings.weights(self.cells.features)[self.cells.judged]

    def season(self, hour_of_week: int) -> int:
        """Where no feature has a season, all hours are the same one."""
        return int(season_of(hour_of_week)) if self.turns.seasonal.any() else 0

    def fast_tolerance(self, season: int) -> tuple[Floats, Floats]:
        """How far the law may be off in a check, of each arm, and of each feature's shapes."""
        error = np.sqrt(
            allowance(self.risk) ** 2 * self.daily_error(season) + 4 * self.hourly_error(season)
        )
        wander = self.variation.wander.astype(np.float64)
        each = np.maximum(np.maximum(self.user, error), self._bounds) + wander
        shapes = np.maximum(self.user, self.worst(error, 0.0)) + self.worst(wander, 0.0)
        return each[self.dictionary.base], shapes

    def daily_error(self, season: int) -> Floats:
        """The variance of the reference's error that stays from day to day, a base score each."""
        owner = self.dictionary.base_feature
        measured = self.variation.daily * self.inverse_days(season)[owner]
        return np.maximum(measured, 1 / self.rows.astype(np.float64)[owner])

    def hourly_error(self, season: int) -> Floats:
        """The variance of its error that goes with the hour."""
        owner = self.dictionary.base_feature
        measured = self.variation.hourly * self.inverse_days(season)[owner]
        return np.maximum(measured, self.inverse_rows(season)[owner])

    def scaled(self, by: float | Floats) -> Self:
        """With more natural variation allowed for: of all base scores, or of each so much."""
        each = self.variation
        # Multiplied into single precision, as all that a rule holds.
        more = Variation(
            clusters=single(each.clusters * by**0.5),
            wander=single(each.wander * by**0.5),
            bend=single(each.bend * by),
            blocks=single(each.blocks * by),
            hourly=each.hourly,
            daily=single(each.daily * by),
        )
        return replace(self, variation=more).bound_again()

    @cached_property
    def mark(self) -> int:
        """What tells this rule's states from those of another."""
        return zlib.crc32(self._packed(None))

    def encode(self) -> bytes:
        return self._packed(self.mark)

    def _packed(self, mark: int | None) -> bytes:
        settings = asdict(self.settings)
        settings["importances"] = list(self.settings.importances)
        values = {
            "settings": settings,
            "lengths": self.lengths,
            "tolerance": self.tolerance,
            "learned": self.learned,
            "cells": self.cells.real.shape,
            "mark": mark,
        }
        arrays = {
            "real": np.packbits(self.cells.real),
            "ordered": np.packbits(self.cells.ordered),
            **{name: getattr(self, name) for name in _OWN},
            **{name: getattr(self.turns, name) for name in Turns.__annotations__},
            **{name: getattr(self.variation, name) for name in Variation.__annotations__},
        }
        return pack(values, arrays)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        values, arrays = unpack(data)
        try:
            shape = values["cells"]
            rule = cls(
                settings=Settings(**values["settings"]),
                cells=Cells(_flags(arrays["real"], shape), _flags(arrays["ordered"], shape)),
                turns=Turns(**{name: arrays[name] for name in Turns.__annotations__}),
                variation=Variation(**{name: arrays[name] for name in Variation.__annotations__}),
                lengths=tuple(values["lengths"]),
                tolerance=values["tolerance"],
                learned=values["learned"],
                **{name: arrays[name] for name in _OWN},
            )
            rule.__dict__["mark"] = int(values["mark"])
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableError(f"this decision rule is damaged: {error}") from error
        else:
            return rule


_OWN = ("rows", "law", "bound")


def _flags(packed: Any, shape: tuple[int, int]) -> Flags:  # noqa: ANN401
    count = shape[0] * shape[1]
    return np.unpackbits(packed, count=count).astype(bool).reshape(shape)
