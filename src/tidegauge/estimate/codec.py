"""Estimators and estimates as bytes and back: JSON, packed.  Nothing that is read can run."""

import zlib
from base64 import b85decode, b85encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from tidegauge.arrays import Counts, Floats
from tidegauge.estimate.baseline import Baseline, Pair
from tidegauge.estimate.classification import Classification
from tidegauge.estimate.estimate import Estimate
from tidegauge.estimate.features import Encoder
from tidegauge.estimate.guess import Guess
from tidegauge.estimate.maps import Map
from tidegauge.estimate.regression import Regression
from tidegauge.estimate.support import Support
from tidegauge.estimate.trees import DEPTH, Trees
from tidegauge.performance import Classes, Errors, Figure
from tidegauge.performance.codec import decode as measured
from tidegauge.performance.codec import encode as of_measured

Told = dict[str, Any]


def to_bytes(estimator: Classification | Regression) -> bytes:
    told: Told = {
        "kind": type(estimator).__name__,
        "encoder": {
            "cuts": {name: cuts.tolist() for name, cuts in estimator.encoder.cuts.items()},
            "known": estimator.encoder.known,
        },
        "support": _support(estimator.support),
        "rows": estimator.rows,
        "baseline": _baseline(estimator.baseline),
    }
    if isinstance(estimator, Classification):
        told |= {
            "names": estimator.names,
            "guesses": {
                name: [
                    each.column,
                    each.map.bins.tolist(),
                    each.map.shares.tolist(),
                    each.map.usual,
                    each.chosen,
                ]
                for name, each in estimator.guesses.items()
            },
            "again": {
                name: [each.bins.tolist(), each.shares.tolist(), each.usual]
                for name, each in estimator.again.items()
            },
            "forests": {name: _trees(each) for name, each in estimator.forests.items()},
            "edges": estimator.edges.tolist(),
            "bands": estimator.bands.tolist(),
        }
    else:
        told |= {
            "sizes": [
                estimator.off,
                estimator.lean,
                estimator.beside,
                estimator.square,
                estimator.tails,
            ],
            "of_off": _trees(estimator.of_off),
            "of_lean": _trees(estimator.of_lean),
            "of_beside": _trees(estimator.of_beside),
        }
    return zlib.compress(orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY), 6)


def from_bytes(body: bytes) -> Classification | Regression:
    told = orjson.loads(zlib.decompress(body))
    encoder = Encoder(
        {name: _floats(cuts) for name, cuts in told["encoder"]["cuts"].items()},
        told["encoder"]["known"],
    )
    support, rows, baseline = (
        _to_support(told["support"]),
        told["rows"],
        _to_baseline(told["baseline"]),
    )
    if told["kind"] == Regression.__name__:
        off, lean, beside, square, tails = told["sizes"]
        of_off, of_lean, of_beside = (
            _to_trees(told[name]) for name in ("of_off", "of_lean", "of_beside")
        )
        return Regression(
            off, lean, beside, square, tails,
            of_off, of_lean, of_beside, encoder, support, rows, baseline,
        )  # fmt: skip
    guesses = {
        name: Guess(column, Map(_ints(bins), _floats(shares), usual), chosen)
        for name, (column, bins, shares, usual, chosen) in told["guesses"].items()
    }
    forests = {
        name: trees
        for name, each in told["forests"].items()
        if (trees := _to_trees(each)) is not None
    }
    return Classification(
        tuple(told["names"]),
        guesses,
        {
            name: Map(_ints(bins), _floats(shares), usual)
            for name, (bins, shares, usual) in told["again"].items()
        },
        forests,
        encoder,
        support,
        rows,
        _ints(told["edges"]),
        _floats(told["bands"]),
        baseline,
    )


def encode(estimate: Estimate) -> bytes:
    told = {"rows": estimate.rows, "doubts": estimate.doubts}
    head = orjson.dumps(told)
    return len(head).to_bytes(4, "big") + head + of_measured({"": estimate.measured})


def decode(body: bytes) -> Estimate:
    end = 4 + int.from_bytes(body[:4], "big")
    told = orjson.loads(body[4:end])
    found = measured(body[end:])[""]
    if not isinstance(found, (Classes, Errors)):
        raise TypeError(f"no estimate is of {type(found).__name__}")
    return Estimate(found, told["rows"], told["doubts"])


def _floats(told: list[float]) -> Floats:
    return np.array(told, dtype=np.float64)


def _ints(told: list[int]) -> Counts:
    return np.array(told, dtype=np.int64)


def _trees(of: Trees | None) -> Told | None:
    if of is None:
        return None
    return {
        "columns": of.columns.tolist(),
        "cuts": of.cuts.tolist(),
        "values": of.values.tolist(),
    }


def _to_trees(told: Told | None) -> Trees | None:
    if told is None:
        return None
    return Trees(
        _ints(told["columns"]).reshape(-1, DEPTH),
        _ints(told["cuts"]).reshape(-1, DEPTH),
        _floats(told["values"]).reshape(-1, 1 << DEPTH),
    )


def _support(of: Support | None) -> Told | None:
    if of is None:
        return None
    return {
        "columns": of.columns.tolist(),
        "sample": b85encode(of.sample.tobytes()).decode(),
        "rows": of.rows,
    }


def _to_support(told: Told | None) -> Support | None:
    if told is None:
        return None
    columns = _ints(told["columns"])
    sample = np.frombuffer(b85decode(told["sample"]), dtype=np.uint8)
    return Support(columns, sample.reshape(len(columns), -1), told["rows"])


def _figure(of: Figure) -> list[float | None]:
    return [of.value, of.low, of.high, of.n, of.bound]


def _baseline(of: Baseline) -> Told:
    pairs = {
        name: [[_figure(p.estimated), _figure(p.realised)] for p in each]
        for name, each in of.pairs.items()
    }
    return {"pairs": pairs, "missed": of.missed}


def _to_baseline(told: Mapping[str, Any]) -> Baseline:
    pairs = {
        name: [Pair(Figure(*estimated), Figure(*realised)) for estimated, realised in each]
        for name, each in told["pairs"].items()
    }
    return Baseline(pairs, told["missed"])
