"""A rule from what is known: a reference alone, or a past that shows how the data varies.

The past is counts a check, with the hour of the week of each.  It is replayed at the end: while
the rule that it taught would come close to an alarm on it, more variation is allowed for.
"""

from dataclasses import replace

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.judge.budget.cells import Cells, Held, Places, single
from tidegauge.judge.budget.learn import learned, reference_law
from tidegauge.judge.budget.rule import Rule, Variation
from tidegauge.judge.budget.season import SEASONS, Turns
from tidegauge.judge.budget.settings import Settings
from tidegauge.judge.budget.state import State
from tidegauge.judge.budget.update import update

LEAST_DAYS = 7
LEAST_CHECKS = 24
"""Of past below which nothing is taken to be known of how the data varies."""
NEAR = 0.2
"""An audit may come as near as one replay in five would by chance."""
STEP = 1.4
FARTHEST = 50.0


def cold(reference: Held, cells: Cells, settings: Settings, *, independent: bool = False) -> Rule:
    """A rule from the reference's counts [features, cells] alone.

    Nothing is known of how the data varies, so only large changes can alarm; unless the rows
    are known to be `independent` draws of one law.
    """
    cells = _with_rows(reference, cells)
    rows, law = reference_law(cells.flat(reference), cells)
    features, bases = len(rows), 2 * len(rows) + len(law)
    lengths = settings.blocks
    none = np.zeros(bases, np.float32)
    rule = Rule(
        settings=settings,
        cells=cells,
        rows=single(rows),
        law=single(law),
        turns=Turns.none(features),
        variation=Variation(
            clusters=none + 1,
            wander=none,
            bend=none,
            blocks=np.ones((len(lengths), bases), np.float32),
            hourly=none,
            daily=none,
        ),
        lengths=lengths,
        tolerance=settings.psi_tolerance if independent else settings.cold_psi_tolerance,
        learned=independent,
        bound=np.zeros(len(law), np.float32),
    )
    return rule.bound_again()


def fit(
    past: Counts | Floats,
    hour_of_week: Places,
    cells: Cells,
    settings: Settings,
    reference: Held | None = None,
) -> Rule:
    """A rule from a past [slots, features, cells] and the hour of the week of each slot.

    Slots without rows belong to it.  Without a reference of its own the past is the reference.
    A past of less than a week, or of few checks, teaches nothing: the rule is `cold`.
    """
    whole = past.sum(axis=0, dtype=np.float64)
    if len(past) < max(LEAST_DAYS * settings.checks_a_day, LEAST_CHECKS):
        return cold(whole if reference is None else reference, cells, settings)
    known = _with_rows(whole, cells)
    if not len(known.judged):
        return cold(whole if reference is None else reference, cells, settings)
    rule = learned(past, hour_of_week, known, settings)
    rule = _audited(rule, past, hour_of_week)
    return rule if reference is None else _anchored(rule, reference)


def _with_rows(reference: Held, cells: Cells) -> Cells:
    """Only the features that the reference has rows of."""
    empty = (np.where(cells.real, reference, 0).sum(axis=1) <= 0)[:, None]
    return Cells(cells.real & ~empty, cells.ordered & cells.real & ~empty)


def _audited(rule: Rule, past: Held, hour_of_week: Places) -> Rule:
    near = float(np.log(len(past) / NEAR))
    scale = 1.0
    audited = rule
    while _nearest(audited, past, hour_of_week, near) > near and scale <= FARTHEST:
        scale *= STEP
        audited = rule.scaled(scale)
    return audited


def _nearest(rule: Rule, past: Held, hour_of_week: Places, near: float) -> float:
    """The most evidence that the past itself gives, or the first beyond `near`."""
    state, most = State.start(rule), -np.inf
    for counts, hour in zip(past, hour_of_week, strict=True):
        state, look = update(rule, state, counts, int(hour))
        most = max(most, look.evidence)
        if most > near:
            break
    return most


def _anchored(rule: Rule, reference: Held) -> Rule:
    """The same variation and the same turns of the day, about another reference."""
    cells = _with_rows(reference, rule.cells)
    kept = np.isin(rule.cells.judged, cells.judged)
    kept_cells = kept[rule.cells.feature]
    bases = np.concatenate([kept, kept, kept_cells])
    rows, law = reference_law(cells.flat(reference), cells)
    turns, seasonal = rule.turns, rule.turns.seasonal[kept]
    before = np.array([rule.law_at(season) for season in range(SEASONS)])
    turned = before[:, kept_cells] / rule.shares(rule.law)[kept_cells] * law
    turned /= cells.total(turned)[:, cells.feature]
    each = rule.variation
    anchored = replace(
        rule,
        cells=cells,
        rows=single(rows),
        law=single(law),
        turns=replace(
            turns,
            seasonal=seasonal,
            profiles=single(turned[:, seasonal[cells.feature]]),
            inverse_rows=turns.inverse_rows[:, kept[turns.seasonal]],
        ),
        variation=Variation(
            **{name: getattr(each, name)[..., bases] for name in Variation.__annotations__}
        ),
        bound=np.zeros(len(law), np.float32),
    )
    return anchored.bound_again()
