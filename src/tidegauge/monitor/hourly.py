"""The decision rule on hours that are over: what it would have said, had somebody asked it."""

from collections.abc import Iterator
from typing import Final

from tidegauge.arrays import Floats
from tidegauge.judge.budget import Rule, State, is_over, update
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.kept import Open
from tidegauge.monitor.past import hours_of_week, stacked
from tidegauge.monitor.view import View
from tidegauge.window import DAY, HOUR, SECOND, floor

LONGEST: Final = 7 * DAY
"""Of the past before a first look, in which a change may have begun."""
_HOUR: Final = HOUR * SECOND
_OVER: Final = 6


def open_alarm(view: View, watched: Watched, rule: Rule, after: int) -> Open | None:
    """The alarm that would be open by now, of a rule that is asked each hour."""
    stop = floor(view.slot, HOUR)
    start = max(after, stop - LONGEST * SECOND)
    found: Open | None = None
    if start < stop:
        counts = stacked(view, watched, start, stop, HOUR)
        *_, found = alarms(rule, watched, counts, start)
    return found


def alarms(rule: Rule, watched: Watched, counts: Floats, start: int) -> Iterator[Open | None]:
    """After each hour, the alarm that is open."""
    hours = hours_of_week(start, len(counts), HOUR)
    state, found = State.start(rule), None
    for at in range(len(counts)):
        slot = start + (at + 1) * _HOUR
        state, look = update(rule, state, counts[at], int(hours[at]))
        if look.is_alarm:
            if found is None:
                first = min(each.since for each in look.named)
                found = Open(slot, slot - (state.checks - first) * _HOUR, look.named)
            state = State.start(rule)
        elif found is not None and at >= _OVER:
            past = slice(at + 1 - _OVER, at + 1)
            if is_over(rule, found.named, counts[past], hours[past], watched.gone):
                found = None
        yield found
