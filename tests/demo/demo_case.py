"""The demo's models at a fixed time, and what tests ask of their rows."""

import numpy as np

from tidegauge.demo import models
from tidegauge.demo.season import DAYS, HOURS
from tidegauge.demo.stream import THINNED, Stream

NOW = 1_790_000_000_000_000
"""2026-09-21, 13:33 UTC."""
MODELS = models(1, NOW)
BY_NAME = {model.model_id: model for model in MODELS}


def history(model, days=4, thinned=THINNED):
    return Stream(model, NOW - days * DAYS, NOW, thinned)


def live(model, hours=1):
    return Stream(model, NOW, NOW + hours * HOURS)


def column(table, name):
    return table[name].to_numpy(zero_copy_only=False)


def moments(table):
    return column(table, "timestamp").astype("datetime64[us]").astype(np.int64)


def split(table, moment):
    """The rows before a moment, and the others."""
    place = int(np.searchsorted(moments(table), moment))
    return table.slice(0, place), table.slice(place)
