"""What hours do not show: how a law strays within the hour, and what a job does for minutes.

The rule's profile and its days stay; two days of short checks only add to how far a check may
stray.  They are measured about that profile, and what an hour apart is alike in them belongs to
the hours, which have measured it over more days.  Then the rule is asked about these checks as
they came, and of features that would come near to an alarm more is allowed for.
"""

from dataclasses import dataclass, replace

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.allowed import Scores, flat, reach
from tidegauge.judge.budget.cells import Held, Places, single
from tidegauge.judge.budget.fit import FARTHEST, NEAR, STEP
from tidegauge.judge.budget.learn import check_means
from tidegauge.judge.budget.often import asked_more_often
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.season import SEASONS, season_of
from tidegauge.judge.budget.settings import Settings
from tidegauge.judge.budget.shrink import upper
from tidegauge.judge.budget.state import State
from tidegauge.judge.budget.update import update
from tidegauge.judge.budget.variation import autocovariance

_SURE = 4.0
_NIGHTS = 15
"""What two days hold once or twice comes so much more often in a month, and some nights are worse:
the audit leaves room for them."""
_CLEAR = 5.0
"""Standard errors beyond which a check is off by more than its own rows explain: some hundred
thousand are looked at."""


@dataclass(frozen=True, eq=False)
class _Within:
    """Of each judged feature and base score, cells padded."""

    clusters: Floats
    wander: Floats
    """The variance of the law within an hour."""
    farthest: Floats
    """How far a check went, on the first day and again on the second."""


def within(rule: Rule, past: Held, hour_of_week: Places, settings: Settings) -> Rule:
    """The rule, with what a past [slots, features, cells] of short checks shows; `settings` tell
    how often they came."""
    if not len(rule.cells.judged):
        return rule
    found = _measured(rule, past, hour_of_week, settings)
    return _audited(_widened(rule, found), past, hour_of_week, settings)


def _widened(rule: Rule, found: _Within) -> Rule:
    words, each = rule.dictionary, rule.variation
    excursion = rule.settings.excursion * np.sqrt(found.wander)
    scores = _scores(rule)
    # The law strays within its hour as well as with it.
    excursion = np.maximum(excursion, reach(scores, words, excursion))
    both = np.hypot(each.wander, flat(excursion, rule.cells))
    job = np.maximum(found.farthest, reach(scores, words, found.farthest))
    variation = replace(
        each,
        clusters=single(np.maximum(each.clusters, flat(found.clusters, rule.cells))),
        wander=single(np.maximum(both, flat(job, rule.cells))),
    )
    return replace(rule, variation=variation).bound_again()


def _scores(rule: Rule) -> Scores:
    return Scores.of(rule.dictionary, rule.shares(rule.law), rule.rows.astype(np.float64))


def _measured(rule: Rule, past: Held, hour_of_week: Places, settings: Settings) -> _Within:
    cells, scores = rule.cells, _scores(rule)
    season = season_of(hour_of_week)
    laws = np.array([cells.padded(rule.law_at(each)) for each in range(SEASONS)])
    together = _padded(rule.variation.clusters.astype(np.float64), rule)
    parts: list[_Within] = []
    for feature, place in enumerate(cells.judged.tolist()):
        own = np.where(cells.real[place], past[:, place], 0).astype(np.float64)
        rows = own.sum(axis=1)
        score = scores.values[feature]
        expected = np.einsum("hk,kb->hb", laws[:, feature], score)[season]
        x = check_means(own, rows, scores, feature, expected) - expected
        error = _error(rows, np.maximum(together[feature], 1.0), np.abs(score).max(axis=0))
        expected_rows = _expected_rows(rows, scores, feature)
        parts.append(_of_feature(x, rows, error, expected_rows, settings))
    found = (np.stack([getattr(each, name) for each in parts]) for name in _Within.__annotations__)
    clusters, wander, farthest = found
    looks = max(len(past) * 24 / settings.checks_a_day, 4.0)
    freedom = np.full(wander.shape, looks)
    return _Within(clusters, upper(wander, freedom, wander > 0), farthest)


def _expected_rows(rows: Floats, scores: Scores, feature: int) -> Floats:
    """Of each base score, in a check: what a rare event does in few cannot be measured."""
    a_check = rows.sum() / max(int((rows > 0).sum()), 1)
    p = scores.law[feature]
    return a_check * np.concatenate([np.ones(2), p * (1 - p)])


def _padded(values: Floats, rule: Rule) -> Floats:
    """Of each base score: [features, bases], as they are measured."""
    features = len(rule.cells.judged)
    tilts = values[: 2 * features].reshape(2, features).T
    return np.concatenate([tilts, rule.cells.padded(values[2 * features :])], axis=1)


def _error(rows: Floats, clusters: Floats, largest: Floats) -> Floats:
    """How far a check may be off by its rows alone (Bernstein)."""
    n = np.maximum(rows, 1)[:, None] / clusters
    return _CLEAR / np.sqrt(n) + _CLEAR**2 * largest / (3 * n)


def _of_feature(
    x: Floats, rows: Floats, error: Floats, expected: Floats, settings: Settings
) -> _Within:
    n = rows[:, None]
    filled = max(int((rows > 0).sum()), 2)
    hour = max(round(settings.checks_a_day / 24), 2)
    is_known = expected >= 1
    farthest = _farthest(x, rows, error)
    # What is allowed to be as far as it was makes no check noisier.
    calm = np.where((np.abs(x) > error) & (farthest > 0), 0.0, x)
    clusters = (calm * calm * n).sum(axis=0) / filled
    # Where calls come once in a quarter, only checks farther apart can share anything.
    shared = np.maximum(autocovariance(calm, n, 1), autocovariance(calm, n, hour))
    clusters -= np.maximum(shared, 0.0) * rows.sum() / filled
    chance = np.sqrt((2 + 1 / np.maximum(expected, 1.0)) / filled)
    clusters = np.where(is_known & (clusters > 1 + _SURE * chance), clusters, 1.0)
    raw = (x * x * n).sum(axis=0) / filled
    strays = autocovariance(x, n, 1) - np.maximum(autocovariance(x, n, hour), 0.0)
    weight = np.sqrt(rows[1:] * rows[:-1]).sum()
    by_chance = np.sqrt(2) * np.maximum(raw, 1) * np.sqrt(filled) / max(weight, 1)
    wander = np.where(is_known & (strays > _SURE * by_chance), strays, 0.0)
    return _Within(clusters, wander, farthest)


def _farthest(x: Floats, rows: Floats, error: Floats) -> Floats:
    """The farthest that a check was off in both halves, in the same direction; zero where its
    rows may explain it."""
    halves = len(x) // 2
    found = np.zeros(x.shape[1])
    for sign in (1.0, -1.0):
        off = sign * x
        is_clear = (off > error) & (rows > 0)[:, None]
        far = np.where(is_clear, _whole(off) + error, 0.0)
        first, second = far[:halves].max(axis=0), far[halves:].max(axis=0)
        both = (first > 0) & (second > 0)
        found = np.maximum(found, np.where(both, np.maximum(first, second), 0.0))
    return found


def _whole(off: Floats) -> Floats:
    """What is over before two checks are may lie in two of them, a part in each."""
    found = off.copy()
    pairs = off[1:-2] + off[2:-1] - off[:-3] - off[3:]
    found[1:-2] = np.maximum(found[1:-2], pairs)
    found[2:-1] = np.maximum(found[2:-1], pairs)
    return found


def _audited(rule: Rule, past: Held, hour_of_week: Places, settings: Settings) -> Rule:
    scale = np.ones(len(rule.cells.judged))
    audited = rule
    while (near := _near(asked_more_often(audited, settings), past, hour_of_week)).any():
        scale[near] *= STEP
        if scale.max() > FARTHEST:
            break
        audited = rule.scaled(scale[rule.dictionary.base_feature])
    return audited


def _near(rule: Rule, past: Held, hour_of_week: Places) -> Flags:
    """The judged features that bring the past itself near to an alarm, where it comes near."""
    state, limit = State.start(rule), float(np.log(len(past) / NEAR / _NIGHTS))
    judged = rule.cells.judged
    for counts, hour in zip(past, hour_of_week, strict=True):
        state, look = update(rule, state, counts, int(hour))
        if look.evidence > limit:
            return look.features[judged] >= limit - np.log(len(judged))
    return np.zeros(len(judged), dtype=bool)
