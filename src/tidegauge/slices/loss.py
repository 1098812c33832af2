"""Where errors became more than elsewhere, or are more than elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tidegauge.arrays import Flags, Floats
from tidegauge.slices.condition import Condition
from tidegauge.slices.levels import Levels
from tidegauge.slices.search import Confirmed, Search


@dataclass(frozen=True, kw_only=True)
class Worse:
    """Of the half of the rows that it was confirmed on."""

    conditions: tuple[Condition, ...]
    n_before: float | None
    """None where there is no time before: then its rate is held against that of all others."""
    n_now: float
    part_before: float | None
    """Of the rows."""
    part_now: float
    rate_before: float | None
    rate_now: float
    rate_others: float
    """Now."""
    share: float | None
    """Of the change of the error rate of all, or of all errors: what is its own, and would not be
    there if it were as it was, or as the others are."""
    p_value: float


def worse(
    columns: Sequence[Levels],
    wrong: Flags,
    is_now: Flags | None = None,
    weights: Floats | None = None,
    *,
    most: int = 5,
    go_on: Callable[[], bool] = lambda: True,
) -> list[Worse]:
    """What tells most first."""
    search = Search(columns, wrong, is_now, weights, go_on=go_on)
    return [_worse(each) for each in search.run(most)]


def _worse(each: Confirmed) -> Worse:
    inside, every = each.inside[-1], each.every[-1]
    n, n_all = float(inside.sum()), float(every.sum())
    rate, rate_all = float(inside[1] / n), float(every[1] / n_all)
    others = (float(every[1]) - float(inside[1])) / max(n_all - n, 1.0)
    before = rate_before = part_before = None
    if len(each.inside) > 1:
        was, was_all = each.inside[0], each.every[0]
        before = float(was.sum())
        part_before = before / float(was_all.sum())
        rate_before = float(was[1] / before)
        usual = float(was_all[1] / was_all.sum())
        change = rate_all - usual
        # By its own rate, and by being more of the traffic (Kitagawa, 1955).
        within = n / n_all * (rate - rate_before)
        mix = (n / n_all - part_before) * (rate_before - usual)
        share = (within + mix) / change if change > 0 else None
    else:
        share = n * (rate - others) / float(every[1])
    return Worse(
        conditions=each.conditions,
        n_before=before,
        n_now=n,
        part_before=part_before,
        part_now=n / n_all,
        rate_before=rate_before,
        rate_now=rate,
        rate_others=others,
        share=share,
        p_value=each.p_value,
    )
