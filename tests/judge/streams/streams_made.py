"""Streams of errors for the tests: by rates, by rhythm, and losses."""

import numpy as np

from tidegauge.judge.streams import (
    ADWIN,
    CUSUM,
    FHDDM,
    GLR,
    HDDMA,
    HDDMW,
    STEPD,
    STREAM_METHODS,
    PageHinkley,
)

SIDED = (GLR, PageHinkley, CUSUM, HDDMA, HDDMW, FHDDM, STEPD)
METHODS = [
    *(method() for method in STREAM_METHODS),
    *(method(direction=to) for method in SIDED for to in ("down", "both")),
    GLR(ever=0.01),
    ADWIN(delta=0.05, clock=1),
]


def name_of(method):
    told = (getattr(method, name, None) for name in ("direction", "ever", "clock"))
    return "-".join([method.kind, *(str(each) for each in told if each)])


def errors(*stretches, seed=0):
    """Of each stretch, a rate and a number of labels."""
    random = np.random.default_rng(seed)
    parts = [random.random(count) < rate for rate, count in stretches]
    return np.concatenate(parts).astype(np.float64)


def losses(*stretches, seed=0):
    """Of each stretch, a mean and a number of labels; no two alike."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.beta(2, 2 / mean - 2, count) for mean, count in stretches])


def rhythm(every, count):
    """One error in so many labels, evenly."""
    return (np.arange(1, count + 1) % every == 0).astype(np.float64)
