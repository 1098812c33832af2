"""Draws that several demo models share: categories, gaps, latencies, failures."""

from collections.abc import Sequence

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.arrow import Chunked, pa


def pick(chance: np.random.Generator, shares: Sequence[float], count: int) -> Counts:
    """Places 0, 1, ... in these shares, which need not add up to 1."""
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    return np.searchsorted(edges / edges[-1], chance.random(count), side="right").clip(
        0, len(shares) - 1
    )


def texts(names: Sequence[str], places: Counts, *, known: Flags | None = None) -> Chunked:
    """The names at these places; null where it is not known."""
    mask = None if known is None else ~known
    return pa.array(names, pa.string()).take(pa.array(places, pa.int64(), mask=mask))


def present(values: Floats, digits: int, known: Flags | None = None) -> Chunked:
    """Numbers as a service writes them: rounded, and null where they are not known."""
    mask = None if known is None else ~known
    return pa.array(np.round(values, digits) + 0.0, pa.float64(), mask=mask)


def some(chance: np.random.Generator, share: float, count: int) -> Flags:
    return chance.random(count) < share


def sigmoid(values: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-values))


def latency(
    chance: np.random.Generator, median_ms: float, busy: Floats, spread: float = 0.35
) -> Floats:
    """Log-normal, longer under load, with a long tail of one call in two hundred."""
    count = len(busy)
    tail = np.where(chance.random(count) < 0.005, chance.uniform(3.0, 12.0, count), 1.0)
    return median_ms * np.exp(chance.normal(0.0, spread, count)) * (0.7 + 0.3 * busy) * tail


_FAILURES = (
    ("timeout", "feature store did not answer within 800 ms"),
    ("unavailable", "model replica is restarting"),
    ("bad_input", "a required input is missing"),
)


def outcomes(
    chance: np.random.Generator, share: float, count: int
) -> tuple[Flags, dict[str, Chunked]]:
    """Which calls went well, and the columns `status` and `error`."""
    went_well = ~some(chance, share, count)
    kind = pick(chance, (0.6, 0.25, 0.15), count)
    status = texts(
        ("ok", *(name for name, _ in _FAILURES)), np.where(went_well, 0, kind + 1).astype(np.int64)
    )
    error = texts([words for _, words in _FAILURES], kind, known=~went_well)
    return went_well, {"status": status, "error": error}
