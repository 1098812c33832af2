"""What is normal at this hour: profiles by the hour of the day, working days and weekends apart."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.cells import Cells, Held, Places, Singles

SEASONS = 48
_SHRUNK = 20.0
"""Rows of the whole that are added to each season's: an empty season is the whole."""


def season_of(hour_of_week: int | Places) -> Places:
    """0 to 23 on working days, 24 to 47 at weekends; the week's hour 0 is Monday's first."""
    hour = np.asarray(hour_of_week, dtype=np.intp) % 168
    return hour % 24 + 24 * (hour >= 120)


@dataclass(frozen=True, eq=False)
class Turns:
    """What a rule keeps of the seasons: of features that have none, nothing."""

    seasonal: Flags
    """Of each judged feature: has it a season?"""
    profiles: Singles
    """[seasons, flat cells of the seasonal features]: shares."""
    inverse_days: Singles
    """[seasons]: 1 over the days behind each profile."""
    inverse_rows: Singles
    """[seasons, seasonal features]: 1 over the rows behind it."""
    inverse_past: Singles
    """1 over the days of the whole past; zero where they are not known."""

    @classmethod
    def none(cls, features: int) -> Self:
        hours = np.zeros(SEASONS, np.float32)
        nothing = np.zeros((SEASONS, 0), np.float32)
        return cls(np.zeros(features, dtype=bool), nothing, hours, nothing, np.zeros(1, np.float32))


@dataclass(frozen=True, eq=False)
class Seasons:
    """The past, taken apart by season; features and cells as they are padded."""

    of_slot: Places
    slots: Floats
    """[seasons]: how many of the past's checks are in each."""
    rows: Floats
    """[seasons, features]"""
    profiles: Floats
    """[seasons, features, cells]"""

    @classmethod
    def of(cls, past: Held, cells: Cells, season: Places, law: Floats) -> Self:
        """The law is of the judged features, their cells padded."""
        counts = np.zeros((SEASONS, *law.shape))
        for each in range(SEASONS):
            whole = past[season == each].sum(axis=0, dtype=np.float64)
            counts[each] = np.where(cells.real, whole, 0)[cells.judged]
        rows = counts.sum(axis=2)
        profiles = (counts + _SHRUNK * law) / (rows + _SHRUNK)[:, :, None]
        slots = np.bincount(season, minlength=SEASONS).astype(np.float64)
        return cls(season, slots, rows, profiles)


def is_seasonal(means: Floats, expected: Floats, seasons: Seasons) -> Flags:
    """Of one feature's base scores: do the means of the checks differ by season?

    An F-ratio of the profiles' spread to that within them, the latter raised by what their
    autocorrelation hides.
    """
    season = seasons.of_slot
    used = seasons.slots > 1
    groups = int(used.sum())
    freedom = max(1, groups - 1)
    apart = (seasons.slots[used, None] * (expected[used] - means.mean(axis=0)) ** 2).sum(axis=0)
    rest = means - expected[season]
    squares = (rest**2).sum(axis=0)
    within = squares / max(1, len(season) - groups)
    lagged = (rest[1:] * rest[:-1]).sum(axis=0) / np.maximum(squares, 1e-30)
    lagged = np.clip(lagged, 0, 0.95)
    f = apart / freedom / np.maximum(within * (1 + 2 * lagged / (1 - lagged)), 1e-30)
    return f > 1 + 4 * np.sqrt(2 / freedom)
