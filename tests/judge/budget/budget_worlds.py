"""Counts to judge: made from seeds, or by arithmetic alone where others must get the same."""

import math

import numpy as np

from tidegauge.judge.budget import Cells, Settings

A_DAY = 96
SETTINGS = Settings(checks_a_month=30 * A_DAY)
BINS = 10
WIDTH = BINS + 1


def cells(numeric=2, categorical=1):
    """Numeric features of ten bins and one for what is missing; categories of four."""
    real = np.zeros((numeric + categorical, WIDTH), dtype=bool)
    ordered = real.copy()
    real[:numeric] = True
    ordered[:numeric, :BINS] = True
    real[numeric:, :4] = True
    return Cells(real, ordered)


def gone(of):
    """The cells of the missing, and of the last category."""
    result = np.zeros_like(of.real)
    result[of.ordered.any(axis=1), BINS] = True
    result[~of.ordered.any(axis=1), 3] = True
    return result


def numeric_law(shift=0.0, missing=0.01):
    edges = [-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816]
    cdf = [0.0, *(0.5 * math.erfc((shift - edge) / math.sqrt(2)) for edge in edges), 1.0]
    return np.append(np.diff(cdf) * (1 - missing), missing)


def laws(of, shift=0.0, feature=0, missing=0.01, rare=0.01):
    result = np.zeros(of.real.shape)
    for at in range(len(result)):
        moves = at == feature
        if of.ordered[at].any():
            moved = (shift, missing) if moves else (0.0, 0.01)
            result[at] = numeric_law(*moved)
        else:
            share = rare if moves else 0.01
            result[at, :4] = np.array([0.6, 0.3, 0.1, 0.0]) * (1 - share) + [0, 0, 0, share]
    return result


def draw(random, shares, rows):
    return random.multinomial(rows, shares)


def hours(checks, start=0):
    """Of the week, for so many checks in a row."""
    return (np.arange(start, start + checks) * 24 // A_DAY) % 168


def tide(days, start=0, shift=0.0):
    """Counts of two numeric features and a category that swing through the day and wander a
    little: no chance in them but a congruential generator's."""
    of = cells()
    result = np.zeros((days * A_DAY, 3, WIDTH), dtype=np.int64)
    seed = 12345 + start
    for at in range(len(result)):
        slot = start + at
        phase = 2 * math.pi * slot / A_DAY
        rows = int(150 + 80 * math.sin(phase - 1.5))
        swing = 0.3 * math.sin(phase) + 0.04 * math.sin(slot / 17)
        shares = laws(of)
        shares[0] = numeric_law(swing + shift)
        shares[1] = numeric_law(0.03 * math.sin(slot / 23))
        for feature in range(3):
            for cell in np.flatnonzero(of.real[feature]):
                seed = (seed * 1103515245 + 12345) % 2**31
                chance = (seed / 2**31 - 0.5) * math.sqrt(12)
                mean = rows * shares[feature, cell]
                result[at, feature, cell] = max(0, round(mean + chance * math.sqrt(mean)))
    return result
