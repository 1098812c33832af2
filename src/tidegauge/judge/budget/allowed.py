"""What is allowed for: the strays that were measured, taken from above."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.cells import Cells, Singles, single
from tidegauge.judge.budget.dictionary import Dictionary
from tidegauge.judge.budget.rule import RARE, Variation
from tidegauge.judge.budget.settings import Settings
from tidegauge.judge.budget.shrink import filled, upper
from tidegauge.judge.budget.variation import Strays, correlation_time

_SURE = 4.0


@dataclass(frozen=True, eq=False)
class Scores:
    """The base scores as they are measured, of the judged features; cells padded."""

    values: Floats
    """[features, cells, bases]: with mean 0 and variance 1 under the law."""
    rows: Floats
    """[features, bases]: the reference rows that each rests on."""
    law: Floats
    """[features, cells]"""

    @property
    def rare(self) -> Flags:
        return self.rows < RARE - 1e-6

    @classmethod
    def of(cls, words: Dictionary, law: Floats, n: Floats) -> Self:
        cells = words.cells
        counts = law * (n + 0.5 * cells.sizes)[cells.feature] - 0.5
        p = cells.padded(law)
        features, wide = p.shape
        values = np.zeros((features, wide, wide + 2))
        for at, score in enumerate((words.location, words.scale)):
            values[:, :, at] = cells.padded(score)
        places = np.arange(wide)
        values[:, places, places + 2] = 1.0
        # An event's score is centred on all real cells, a tilt's on those with an order.
        real = cells.padded(np.ones(len(law)))[:, :, None]
        ordered = cells.padded(cells.has_order.astype(np.float64))[:, :, None]
        inside = np.repeat(real, wide + 2, axis=2)
        inside[:, :, :2] = ordered
        weight = p[:, :, None] * inside
        share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
        values = (values - (share * values).sum(axis=1, keepdims=True)) * inside
        sd = np.sqrt((share * values**2).sum(axis=1, keepdims=True))
        values = values / np.where(sd > 1e-12, sd, 1.0)
        values[:, :, 2:] *= real.transpose(0, 2, 1)
        rows = np.concatenate(
            [
                np.where(words.has_order, 1e9, 0.0)[:, None].repeat(2, axis=1),
                cells.padded(counts),
            ],
            axis=1,
        )
        return cls(values, rows, p)


@dataclass(frozen=True, eq=False)
class Allowed:
    """A variation as it is measured: [features, bases], cells padded."""

    clusters: Floats
    wander: Floats
    bend: Floats
    blocks: Floats
    hourly: Floats
    daily: Floats


def allowed(
    strays: Strays,
    scores: Scores,
    words: Dictionary,
    n: Floats,
    lengths: tuple[int, ...],
    settings: Settings,
) -> Allowed:
    slots = len(n)
    checks = np.maximum((n > 0).sum(axis=0), 2)[:, None]
    mean_rows = n.mean(axis=0)[:, None]
    rare = scores.rare
    # Independent looks at the wander: two weeks of one that lasts half a day are only 28.
    looks = np.maximum(slots / correlation_time(strays, slots), 4.0)
    wander = np.where(strays.wanders, strays.neighbours, 0.0)
    clusters = np.maximum(1.0, strays.raw - wander * mean_rows * slots / checks)
    clusters = np.where(clusters < 1 + 3 * np.sqrt(2 / checks), 1.0, clusters)
    wander = upper(wander, looks, strays.wanders)
    effects: list[Floats] = []
    for place, length in enumerate(lengths):
        count = slots // length
        effect, variance = strays.block_effect[place], strays.block_variance[place]
        clear = effect > clusters * (1 + _SURE * np.sqrt(2 / count))
        if count >= 8 and length <= settings.checks_a_day / 4 + 1:
            block_rows = _block_rows(n, length)[:, None]
            excess = np.maximum(variance - clusters / np.maximum(block_rows, 1e-9), 0)
            more = upper(excess, np.minimum(count, looks), clear)
            wander = np.where(clear, np.maximum(wander, more), wander)
        # Is there more than the rows' own noise at this length at all?
        typical = np.where(rare, 1, effect).mean(axis=0)
        is_more = (typical > 1 + 1.645 * np.sqrt(2 / (count * len(effect)))) | clear
        freedom = np.broadcast_to(np.minimum(count, looks), effect.shape)
        found = np.where(is_more, upper(effect, freedom, is_more & ~rare), 1.0)
        found = np.maximum(found, clusters)
        # A longer block is no less noisy for its rows.
        effects.append(np.maximum(found, effects[-1]) if effects else found)
    hourly = strays.block_variance[0]
    hours = max(1.0, settings.checks_a_day / 24)
    clusters = filled(clusters, rare)
    wander = np.where(rare, 0.0, wander)
    hourly = np.where(rare, clusters / np.maximum(mean_rows * hours, 1), hourly)
    effects = [filled(effect, rare) for effect in effects]
    deviations = np.sqrt(wander)
    reach, slope, bend = _implied(scores, words, settings.excursion * deviations)
    blocks = np.array([_spread(effect, clusters, slope) for effect in effects])
    day = min(range(len(lengths)), key=lambda at: abs(lengths[at] - settings.checks_a_day))
    return Allowed(
        clusters=clusters,
        wander=np.maximum(settings.excursion * deviations, reach),
        bend=bend,
        blocks=blocks,
        hourly=hourly,
        daily=blocks[day] / np.maximum(mean_rows * settings.checks_a_day, 1e-9),
    )


def _block_rows(n: Floats, length: int) -> Floats:
    count = len(n) // length
    return n[: count * length].sum(axis=0) / count


def _implied(scores: Scores, words: Dictionary, excursion: Floats) -> tuple[Floats, Floats, Floats]:
    """A location or scale that wanders moves every cell a little, too little to be measured
    there: how far each base score goes with them at most, how much a unit of each is, and how
    far the first is beyond what the second says."""
    features, _, bases = scores.values.shape
    reach = np.zeros((features, bases))
    slope = np.zeros((2, features, bases))
    bend = np.zeros((features, bases))
    for feature in np.flatnonzero(words.has_order):
        p, values = scores.law[feature], scores.values[feature]
        for at in (0, 1):
            tilt = values[:, at]
            slope[at, feature] = np.einsum("k,kb->b", p * tilt, values)
            for sign in (1, -1) if excursion[feature, at] > 0 else ():
                q = p * np.exp(np.clip(sign * excursion[feature, at] * tilt, -8, 8))
                moved = np.einsum("k,kb->b", q, values) / q.sum()
                reach[feature] = np.maximum(reach[feature], np.abs(moved))
                beyond = np.abs(moved - slope[at, feature] * moved[at])
                bend[feature] = np.maximum(bend[feature], beyond)
    return reach, slope, bend


def _spread(effect: Floats, clusters: Floats, slope: Floats) -> Floats:
    """The blocks' noise of location and scale, taken over to every base score."""
    for at in (0, 1):
        excess = np.maximum(effect[:, [at]] - clusters[:, [at]], 0)
        effect = np.maximum(effect, clusters + slope[at] ** 2 * excess)
    return effect


def reach(scores: Scores, words: Dictionary, excursion: Floats) -> Floats:
    """How far each base score goes with excursions of location and scale at most."""
    return _implied(scores, words, excursion)[0]


def flattened(found: Allowed, cells: Cells) -> Variation:
    return Variation(
        **{name: flat(getattr(found, name), cells) for name in Variation.__annotations__}
    )


def flat(values: Floats, cells: Cells) -> Singles:
    """[..., features, bases] as a rule keeps its base scores."""
    events = values[..., 2:][..., cells.feature, cells.column]
    return single(np.concatenate([values[..., 0], values[..., 1], events], axis=-1))
