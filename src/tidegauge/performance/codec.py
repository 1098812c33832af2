"""What is measured as bytes and back: JSON, packed.

Most of it are counts, and most counts are small whole numbers; what repeats from one to the next
costs little once packed.
"""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final

import numpy as np
import orjson

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.averages import Averages
from tidegauge.performance.classes import Classes
from tidegauge.performance.delay import Delays
from tidegauge.performance.labels import Labels
from tidegauge.performance.moments import Moments
from tidegauge.performance.ranking import Ranking
from tidegauge.performance.regression import Errors
from tidegauge.performance.returns import Returns
from tidegauge.performance.scores import Scores
from tidegauge.performance.spread import Spread

Measured = Averages | Classes | Errors | Labels | Ranking | Returns | Delays
Told = dict[str, Any]


def encode(measured: Mapping[str, Measured]) -> bytes:
    """By name: a model may be measured in several ways."""
    told = {name: {type(each).__name__: _TOLD[type(each)](each)} for name, each in measured.items()}
    return zlib.compress(orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY), 6)


def decode(body: bytes) -> dict[str, Measured]:
    found: dict[str, Measured] = {}
    for name, told in orjson.loads(zlib.decompress(body)).items():
        ((kind, of),) = told.items()
        found[name] = _READ[kind](of)
    return found


def merged(a: Mapping[str, Measured], b: Mapping[str, Measured]) -> dict[str, Measured]:
    """Of two spans, the earlier first.  What became of another kind is that of the later."""
    found = dict(a)
    for name, each in b.items():
        is_alike = name in found and type(found[name]) is type(each)
        found[name] = found[name].merge(each) if is_alike else each  # pyright: ignore[reportArgumentType]
    return found


def _numbers(values: Floats) -> Floats | Counts:
    """Whole numbers without their `.0`."""
    flat = values.ravel()
    with np.errstate(invalid="ignore"):
        # What is too large for it becomes another number, and is seen to be.
        whole = flat.astype(np.int64)
    return whole if (whole == flat).all() else flat


def _steps(values: Counts) -> Counts:
    """From each to the next: where neighbours are near, small numbers."""
    found = values.copy()
    found[1:] -= values[:-1]
    return found


def _floats(told: Sequence[float], *shape: int) -> Floats:
    return np.array(told, dtype=np.float64).reshape(shape or (-1,))


def _ints(told: Sequence[int]) -> Counts:
    return np.array(told, dtype=np.int64)


def _moments(told: Sequence[float | None]) -> Moments:
    # What was too large for a double, JSON says as null.
    return Moments(*(math.nan if each is None else each for each in told))


def _all_moments(told: Mapping[str, Sequence[float | None]]) -> dict[str, Moments]:
    return {name: _moments(each) for name, each in told.items()}


def _classes(of: Classes) -> Told:
    return {
        "names": of.names,
        "counts": _numbers(of.counts),
        "squares": of.squares,
        "scores": {
            column: {
                "truths": each.truths,
                "bins": _steps(each.bins),
                "counts": _numbers(each.counts),
                "bands": _numbers(each.bands),
                "sums": _numbers(each.sums),
            }
            for column, each in of.scores.items()
        },
    }


def _to_classes(told: Told) -> Classes:
    names = tuple(told["names"])
    scores: dict[str, Scores] = {}
    for column, each in told["scores"].items():
        truths = tuple(each["truths"])
        width = len(truths)
        scores[column] = Scores(
            truths,
            np.cumsum(_ints(each["bins"])),
            _floats(each["counts"], -1, width),
            _floats(each["bands"], -1, width, 2),
            _floats(each["sums"], width, -1),
        )
    counts = _floats(told["counts"], len(names), len(names))
    return Classes(names, counts, told["squares"], scores)


def _errors(of: Errors) -> Told:
    told: Told = {name: astuple(getattr(of, name)) for name in _MOMENTS}
    return told | {
        "zeros": of.zeros,
        "bins": _steps(of.spread.bins),
        "counts": _numbers(of.spread.counts),
        "quantiles": {name: astuple(each) for name, each in of.quantiles.items()},
    }


_MOMENTS: Final = ("true", "error", "off", "relative", "symmetric", "within", "width")


def _to_errors(told: Told) -> Errors:
    return Errors(
        **{name: _moments(told[name]) for name in _MOMENTS},
        zeros=told["zeros"],
        spread=Spread(np.cumsum(_ints(told["bins"])), _floats(told["counts"])),
        quantiles=_all_moments(told["quantiles"]),
    )


def _labels(of: Labels) -> Told:
    return {
        "names": of.names,
        "counts": _numbers(of.counts),
        "exact": astuple(of.exact),
        "alike": astuple(of.alike),
    }


def _to_labels(told: Told) -> Labels:
    return Labels(
        tuple(told["names"]),
        _floats(told["counts"], -1, 3),
        _moments(told["exact"]),
        _moments(told["alike"]),
    )


def _ranking(of: Ranking | Averages) -> Told:
    return {name: astuple(each) for name, each in of.measured.items()}


def _to_ranking(told: Told) -> Ranking:
    return Ranking(_all_moments(told))


def _to_averages(told: Told) -> Averages:
    return Averages(_all_moments(told))


def _returns(of: Returns) -> Told:
    return {
        "earned": astuple(of.earned),
        "sums": [of.won, of.gains, of.losses, of.high, of.low, of.fall],
    }


def _to_returns(told: Told) -> Returns:
    return Returns(_moments(told["earned"]), *told["sums"])


def _delays(of: Delays) -> Told:
    return {"bins": of.bins, "counts": of.counts, "early": of.early}


def _to_delays(told: Told) -> Delays:
    return Delays(_ints(told["bins"]), _ints(told["counts"]), told["early"])


_TOLD: Final[Mapping[type, Callable[[Any], Told]]] = {
    Classes: _classes,
    Errors: _errors,
    Labels: _labels,
    Averages: _ranking,
    Ranking: _ranking,
    Returns: _returns,
    Delays: _delays,
}
_READ: Final[Mapping[str, Callable[[Told], Measured]]] = {
    "Classes": _to_classes,
    "Errors": _to_errors,
    "Labels": _to_labels,
    "Averages": _to_averages,
    "Ranking": _to_ranking,
    "Returns": _to_returns,
    "Delays": _to_delays,
}
