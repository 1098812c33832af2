"""How large a difference is, with the noise of the samples taken off, and a 95 % interval.

The intervals are by the delta method: the variance of a smooth function of counts, plus what
the function varies by when there is no difference at all, where the delta method sees none.
Two drawn from the same source have debiased values around zero, whatever the sample sizes.
"""

from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.drift import WassersteinNormalised
from tidegauge.drift.pair import Mix, Ordered, ratio
from tidegauge.drift.spread import spread

Some = Floats | Counts

_Z = 1.959963984540054


@dataclass(frozen=True)
class Marks:
    """From where on an effect matters, and from where on it matters much."""

    warning: float
    critical: float


MARKS = {
    "psi": Marks(0.1, 0.25),
    "ks": Marks(0.07, 0.15),
    "jensen_shannon": Marks(0.1, 0.2),
    "wasserstein_normalised": Marks(0.2, 0.5),
    "absent": Marks(0.01, 0.05),
    "unseen": Marks(0.01, 0.05),
    "out_of_range": Marks(0.01, 0.05),
}


@dataclass(frozen=True, eq=False)
class Effects:
    """One effect, for each column."""

    name: str
    value: Floats
    lower: Floats
    upper: Floats


def mix_effects(mix: Mix) -> list[Effects]:
    return [psi(mix), jensen_shannon(mix)]


def psi(mix: Mix) -> Effects:
    p, q = mix.smooth_p, mix.smooth_q
    n, m = mix.current_n, mix.reference_n
    log = np.log(q / p)
    bias = _noise(mix)
    value = ((q - p) * log).sum(axis=1) - bias
    error = np.sqrt(
        _variance(q, log + 1 - p / q, n) + _variance(p, 1 - log - q / p, m) + _null(mix, bias)
    )
    return Effects("psi", value, value - _Z * error, value + _Z * error)


def jensen_shannon(mix: Mix) -> Effects:
    p, q = mix.p, mix.q
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p = np.where(p > 0, np.log(p / middle), 0.0)
        log_q = np.where(q > 0, np.log(q / middle), 0.0)
    log_p[np.isnan(p)] = log_q[np.isnan(q)] = np.nan
    bias = _noise(mix) / 8
    value = (p * log_p + q * log_q).sum(axis=1) / 2 - bias
    error = np.sqrt(
        _variance(p, log_p / 2, mix.reference_n)
        + _variance(q, log_q / 2, mix.current_n)
        + _null(mix, bias)
    )
    ends = (value, value - _Z * error, value + _Z * error)
    return Effects("jensen_shannon", *(np.sqrt(np.maximum(end, 0) / np.log(2)) for end in ends))


def _noise(mix: Mix) -> Floats:
    """What chance alone adds to a sum of squared differences, a degree of freedom each."""
    return (mix.cells - 1) * (ratio(1.0, mix.current_n) + ratio(1.0, mix.reference_n))


def _null(mix: Mix, bias: Floats) -> Floats:
    return 2 * bias**2 / np.maximum(mix.cells - 1, 1)


def _variance(shares: Floats, slope: Floats, n: Floats) -> Floats:
    mean = (shares * slope).sum(axis=1)
    return ratio(np.maximum((shares * slope**2).sum(axis=1) - mean**2, 0), n)


def ordered_effects(pair: Ordered) -> list[Effects]:
    return [ks(pair), wasserstein(pair)]


def ks(pair: Ordered) -> Effects:
    gap = np.abs(pair.gap)
    at = np.argmax(np.nan_to_num(gap), axis=1)[:, None]
    value = np.take_along_axis(gap, at, axis=1)[:, 0]
    variance = np.zeros(len(pair))
    for cdf, n in (
        (pair.reference_cdf, pair.reference_n),
        (pair.current_cdf, pair.current_n),
    ):
        share = np.take_along_axis(cdf, at, axis=1)[:, 0]
        variance = variance + ratio(_smoothed_variance(share, n), n)
    error = np.sqrt(variance)
    return Effects("ks", value, value - _Z * error, np.minimum(value + _Z * error, 1.0))


def _smoothed_variance(share: Floats, n: Some) -> Floats:
    # Two rows of each kind added, so that a share of zero or one is not taken for certain.
    share = (share * n + 2) / (n + 4)
    return share * (1 - share)


def wasserstein(pair: Ordered) -> Effects:
    """In the reference's standard deviations, the expected value without drift taken off."""
    value = WassersteinNormalised().score(pair).value
    scale = spread(pair)
    scale = np.where(scale > 0, scale, np.nan)
    widths = np.diff(pair.edges, axis=1) / scale[:, None]
    middle = (pair.gap[:, 1:] + pair.gap[:, :-1]) / 2
    variance = np.zeros(len(pair))
    noise = np.zeros_like(middle)
    for cdf, n, shares in (
        (pair.reference_cdf, pair.reference_n, pair.reference_shares),
        (pair.current_cdf, pair.current_n, pair.current_shares),
    ):
        inside = (cdf[:, :-2] + cdf[:, 1:-1]) / 2
        noise = noise + ratio(np.clip(inside * (1 - inside), 0, None), n[:, None])
        # How a row in each bin pushes the distance: by all the widths to its right.
        push = np.cumsum((np.sign(middle) * widths)[:, ::-1], axis=1)[:, ::-1]
        push = np.concatenate([push[:, :1], push, np.zeros((len(pair), 1))], axis=1)
        variance = variance + _variance(shares, push, n)
    bias = (widths * np.sqrt(noise * 2 / np.pi)).sum(axis=1)
    debiased = np.sqrt(np.maximum(value**2 - bias**2, 0))
    error = np.sqrt(variance)
    return Effects(
        "wasserstein_normalised", debiased, np.maximum(debiased - _Z * error, 0), value + _Z * error
    )


def share_effect(name: str, before: Some, rows: Some, after: Some, others: Some) -> Effects:
    """How many points a share of rows has risen or fallen by."""
    p, q = ratio(before, rows), ratio(after, others)
    value = np.abs(q - p)
    error = np.sqrt(
        ratio(_smoothed_variance(p, rows), rows + 4)
        + ratio(_smoothed_variance(q, others), others + 4)
    )
    return Effects(name, value, value - _Z * error, np.minimum(value + _Z * error, 1.0))
