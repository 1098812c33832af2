"""How far off the reference itself may be: it is a sample too."""

import numpy as np
from scipy.special import ndtri, xlogy

from tidegauge.arrays import Floats

_HALVINGS = 60


def allowance(risk: float) -> float:
    """Standard errors of the reference that are given it."""
    return float(-ndtri(max(risk, 1e-300)))


def event_bounds(p: Floats, count: Floats, rows: Floats, nats: float) -> Floats:
    """How far an event's share may truly be from p, in standard deviations of one row.

    By Chernoff: shares of which the sample's, count of rows, is no likelier than exp(-nats).
    Exact where a normal error is not: a cell that nothing fell in may truly hold nats of rows.
    """
    rows = np.maximum(rows, 1e-9)
    seen = np.minimum(count / rows, 1.0)
    highest = _edge(seen, np.full_like(seen, 1 - 1e-12), rows, nats)
    lowest = np.where(seen > 0, _edge(seen, np.full_like(seen, 1e-300), rows, nats), 0.0)
    sd = np.sqrt(np.maximum(p * (1 - p), 1e-300))
    return np.maximum(highest - p, p - lowest) / sd


def _edge(seen: Floats, far: Floats, rows: Floats, nats: float) -> Floats:
    near = seen
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        beyond = rows * _divergence(seen, np.clip(middle, 1e-300, 1 - 1e-12)) > nats
        far = np.where(beyond, middle, far)
        near = np.where(beyond, near, middle)
    return far


def _divergence(seen: Floats, p: Floats) -> Floats:
    """Kullback and Leibler's, of two shares."""
    return xlogy(seen, seen / p) + xlogy(1 - seen, (1 - seen) / (1 - p))
