"""Attributions as bytes and back, by the output that they are of: JSON, packed.

The sums of a feature lie beside each other, and bins are told as steps from one to the next: both
pack well.
"""

import zlib
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

import numpy as np
import orjson

from tidegauge.errors import UnreadableError
from tidegauge.explain.attributions import Attributions, Sums, Whole
from tidegauge.performance.moments import Moments


def encode(explained: Mapping[str, Attributions]) -> bytes:
    """By output: a model of several classes has attributions for each."""
    return zlib.compress(orjson.dumps({output: _told(of) for output, of in explained.items()}), 6)


def decode(body: bytes) -> dict[str, Attributions]:
    try:
        found = orjson.loads(zlib.decompress(body))
        return {output: _read(told) for output, told in found.items()}
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"these bytes are no attributions: {error}") from error


def merged(a: Mapping[str, Attributions], b: Mapping[str, Attributions]) -> dict[str, Attributions]:
    found = dict(a)
    for output, of in b.items():
        found[output] = found[output].merge(of) if output in found else of
    return found


def _told(of: Attributions) -> dict[str, Any]:
    return {
        "features": of.features,
        "sums": [each.tolist() for each in of.sums],
        "whole": list(of.whole),
        "cells": np.diff(of.cells, prepend=0).tolist(),
        "weights": of.weights.tolist(),
        "base": astuple(of.base),
    }


def _read(told: dict[str, Any]) -> Attributions:
    features = tuple(told["features"])
    sums = np.array(told["sums"], dtype=np.float64).reshape(len(Sums._fields), len(features))
    return Attributions(
        features,
        Sums(*sums),
        Whole(*told["whole"]),
        np.cumsum(np.array(told["cells"], dtype=np.int64)),
        np.array(told["weights"], dtype=np.float64),
        Moments(*told["base"]),
    )
