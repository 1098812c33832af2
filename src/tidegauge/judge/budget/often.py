"""A rule that is asked at another pace than its past was counted in."""

from dataclasses import replace

import numpy as np

from tidegauge.judge.budget.cells import Singles, single
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.settings import Settings


def asked_more_often(slow: Rule, settings: Settings) -> Rule:
    """The rule of hours, for checks of minutes.

    How hours and days stray is the same however often one looks, and what comes together within
    an hour bounds what comes together within a minute of it.
    """
    each, lengths = slow.variation, settings.blocks
    known = [_hours(length, slow.settings) for length in slow.lengths]
    by_hours = {hours: each.blocks[i] for i, hours in enumerate(known)}
    blocks: list[Singles] = []
    kept: list[int] = []
    for length in lengths:
        hours = _hours(length, settings)
        if hours < known[0]:
            # The hour's own noise is not kept with its wander; a longer block has no less.
            blocks.append(each.blocks[0])
            kept.append(length)
        elif hours in by_hours:
            blocks.append(by_hours[hours])
            kept.append(length)
    variation = replace(each, blocks=single(np.array(blocks)))
    made = replace(slow, settings=settings, lengths=tuple(kept), variation=variation)
    return made.bound_again()


def _hours(length: int, settings: Settings) -> int:
    return round(length / (settings.checks_a_day / 24))
