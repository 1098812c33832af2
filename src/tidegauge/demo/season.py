"""Time as traffic and markets feel it: hours of the day, days of the week, slow wandering."""

import zlib
from collections.abc import Sequence

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.window import DAY, HOUR, SECOND

DAYS = DAY * SECOND
HOURS = HOUR * SECOND
MINUTES = 60 * SECOND
# 1970 began on a Thursday.
_THURSDAY = 3


def hour(at: Counts) -> Floats:
    """The hour of the day in UTC, with its fraction."""
    return (at % DAYS) / HOURS


def weekday(at: Counts) -> Counts:
    """0 is Monday."""
    return (at // DAYS + _THURSDAY) % 7


def daily(at: Counts, peak: float, depth: float) -> Floats:
    """1 in the mean, most at the peak hour."""
    return 1.0 + depth * np.cos((hour(at) - peak) * (2 * np.pi / 24))


def weekly(at: Counts, shape: Sequence[float]) -> Floats:
    """From Monday on; 1 in the mean."""
    level = np.asarray(shape, dtype=np.float64)
    return (level / level.mean())[weekday(at)]


def wander(at: Counts, name: str, seed: int, hours: Sequence[float]) -> Floats:
    """A slow course of its own for each name, about normal: a sum of waves of these periods."""
    phases = np.random.default_rng([seed, zlib.crc32(name.encode())]).random(len(hours))
    days = at / DAYS
    waves = [
        np.sin(2 * np.pi * (days * 24 / period + phase))
        for period, phase in zip(hours, phases.tolist(), strict=True)
    ]
    return np.sum(waves, axis=0) * np.sqrt(2.0 / len(hours))
