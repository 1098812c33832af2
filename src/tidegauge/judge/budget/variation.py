"""How a feature's base scores stray from their profile though nothing is wrong.

Three things are told apart in the means of the past's checks: rows that come in clusters, which
make one check noisier than its rows would; a law that wanders, which neighbouring checks share;
and what remains in the means of long blocks.
"""

from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Flags, Floats

_LAGS = (1, 2, 3, 6, 12, 24, 36, 72, 144, 216, 288, 432, 576)
_SURE = 4.0


@dataclass(frozen=True, eq=False)
class Strays:
    """What is measured of one feature, or, stacked, of all: the last axis is its base scores."""

    raw: Floats
    """The variance of a check's mean, times its rows."""
    neighbours: Floats
    """The autocovariance of neighbouring checks."""
    neighbours_error: Floats
    lagged: Floats
    """[lags, ...]: autocovariances."""
    block_effect: Floats
    """[lengths, ...]: the variance of a block's mean, times its rows."""
    block_variance: Floats
    """[lengths, ...]"""

    @property
    def wanders(self) -> Flags:
        return self.neighbours > _SURE * self.neighbours_error


def lags(slots: int) -> list[int]:
    return [lag for lag in _LAGS if lag < slots // 4]


def lengths_within(lengths: tuple[int, ...], slots: int) -> tuple[int, ...]:
    """Those of which the past holds two at least."""
    return tuple(length for length in lengths if slots // length >= 2)


def measured(x: Floats, rows: Floats, lengths: tuple[int, ...]) -> Strays:
    """Of one feature: x [slots, bases] are its checks' means, off their profile."""
    n = rows[:, None]
    filled = max(int((rows > 0).sum()), 2)
    raw = (x * x * n).sum(axis=0) / filled
    near = [autocovariance(x, n, lag) for lag in (1, *lags(len(x)))]
    weight = np.sqrt(rows[1:] * rows[:-1]).sum()
    blocks = [_block_means(x, rows, length) for length in lengths]
    shape = (len(lengths), x.shape[1])
    return Strays(
        raw=raw,
        neighbours=near[0],
        neighbours_error=np.maximum(raw, 1) * np.sqrt(filled) / max(weight, 1),
        lagged=np.array(near[1:]).reshape(-1, x.shape[1]),
        block_effect=np.array([effect for effect, _ in blocks]).reshape(shape),
        block_variance=np.array([variance for _, variance in blocks]).reshape(shape),
    )


def autocovariance(x: Floats, n: Floats, lag: int) -> Floats:
    weight = np.sqrt(n[lag:] * n[:-lag])
    return (weight * x[lag:] * x[:-lag]).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)


def _block_means(x: Floats, rows: Floats, length: int) -> tuple[Floats, Floats]:
    """The variance of a block's mean, times its rows, and as it is."""
    count = len(x) // length
    n = rows[: count * length].reshape(count, length)
    total = n.sum(axis=1)
    sums = np.einsum("bsk,bs->bk", x[: count * length].reshape(count, length, -1), n)
    means = sums / np.maximum(total, 1)[:, None]
    squares = (means**2 * total[:, None]).sum(axis=0)
    return squares / max(int((total > 0).sum()), 1), squares / max(total.sum(), 1)


def stacked(each: list[Strays]) -> Strays:
    """One for all features: [features, bases], and [..., features, bases]."""
    names = ("raw", "neighbours", "neighbours_error")
    deep = ("lagged", "block_effect", "block_variance")
    return Strays(
        **{name: np.stack([getattr(one, name) for one in each]) for name in names},
        **{name: np.stack([getattr(one, name) for one in each], axis=1) for name in deep},
    )


def correlation_time(strays: Strays, slots: int) -> Floats:
    """Of each base score, in checks, all features together: where the wander's autocovariance
    falls below 1/e of what neighbours share."""
    found = np.ones(strays.raw.shape[1])
    wanders = strays.wanders
    first = np.where(wanders, strays.neighbours, 0).sum(axis=0)
    for lag, covariance in zip(lags(slots), strays.lagged, strict=True):
        shared = np.where(wanders, covariance, 0).sum(axis=0)
        lasts = (shared > first / np.e) & (shared > 0)
        found = np.where(lasts, np.maximum(found, lag * 1.5), found)
    return found
