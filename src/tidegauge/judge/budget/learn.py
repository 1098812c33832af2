"""What a past teaches: the law of the cells, its turns by the hour, and how it strays."""

from dataclasses import replace

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.budget.allowed import Scores, allowed, flattened
from tidegauge.judge.budget.cells import Cells, Held, Places, single
from tidegauge.judge.budget.dictionary import Dictionary
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.season import Seasons, Turns, is_seasonal, season_of
from tidegauge.judge.budget.settings import Settings
from tidegauge.judge.budget.variation import Strays, lengths_within, measured, stacked


def reference_law(counts: Floats, cells: Cells) -> tuple[Floats, Floats]:
    """The rows of each judged feature and the flat cells' shares, half a row added to each."""
    rows = cells.total(counts)
    return rows, (counts + 0.5) / (rows + 0.5 * cells.sizes)[cells.feature]


def learned(past: Held, hour_of_week: Places, cells: Cells, settings: Settings) -> Rule:
    """The rule before its audit."""
    real = cells.real[cells.judged]
    rows, law = reference_law(cells.flat(past.sum(axis=0, dtype=np.float64)), cells)
    words = Dictionary.of(law, cells)
    scores = Scores.of(words, law, rows)
    seasons = Seasons.of(past, cells, season_of(hour_of_week), scores.law)
    lengths = lengths_within(settings.blocks, len(past))
    hours = max(1.0, settings.checks_a_day / 24)
    days = np.maximum(seasons.slots / hours, 1.0)
    n = np.empty((len(past), len(rows)))
    seasonal = np.zeros(len(rows), dtype=bool)
    strays: list[Strays] = []
    for feature, place in enumerate(cells.judged.tolist()):
        # One feature at a time: the whole past in floats would be several times its size.
        own = np.where(real[feature], past[:, place], 0).astype(np.float64)
        n[:, feature] = own.sum(axis=1)
        score = scores.values[feature]
        expected = np.einsum("hk,kb->hb", seasons.profiles[:, feature], score)
        means = check_means(own, n[:, feature], scores, feature, expected[seasons.of_slot])
        seasonal[feature] = bool(is_seasonal(means, expected, seasons).any())
        if seasonal[feature]:
            # A profile fits the days that it was made from better than those to come.
            unfit = np.maximum(days, 1.5) / (np.maximum(days, 1.5) - 1)
            x = (means - expected[seasons.of_slot]) * np.sqrt(unfit)[seasons.of_slot, None]
        else:
            x = means - np.einsum("k,kb->b", scores.law[feature], score)
        x[n[:, feature] == 0] = 0.0
        strays.append(measured(x, n[:, feature], lengths))
    found = allowed(stacked(strays), scores, words, n, lengths, settings)
    found = replace(found, hourly=np.where(seasonal[:, None], found.hourly, 0.0))
    turning = seasonal[cells.feature]
    turns = Turns(
        seasonal=seasonal,
        profiles=single(seasons.profiles[:, cells.feature[turning], cells.column[turning]]),
        inverse_days=single(1 / days),
        inverse_rows=single(1 / np.maximum(seasons.rows[:, seasonal], 1)),
        inverse_past=single([settings.checks_a_day / len(past)]),
    )
    rule = Rule(
        settings=settings,
        cells=cells,
        rows=single(rows),
        law=single(law),
        turns=turns,
        variation=flattened(found, cells),
        lengths=lengths,
        tolerance=settings.psi_tolerance,
        learned=True,
        bound=np.zeros(len(law), np.float32),
    )
    return rule.bound_again()


def check_means(past: Floats, n: Floats, scores: Scores, feature: int, expected: Floats) -> Floats:
    """[slots, bases]; a check without rows says what is expected.

    Sums in a fixed order: what a library shares among threads may add up otherwise each time.
    """
    rows = np.maximum(n, 1)[:, None]
    p = scores.law[feature]
    sd = np.sqrt(p * (1 - p))
    tilts = np.einsum("sk,kb->sb", past, scores.values[feature, :, :2]) / rows
    events = (past / rows - p) / np.where(sd > 0, sd, np.inf)
    means = np.concatenate([tilts, events], axis=1)
    means[n == 0] = expected[n == 0]
    return means
