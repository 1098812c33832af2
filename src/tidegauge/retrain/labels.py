"""Which labelled predictions a candidate learns from, and which it is held against.

By time alone: the newest are kept back, so that nothing of what a candidate is judged by was there
when it learned.  As many as tell two models apart are enough: what has just come is what there is
to learn from after a drift, and so of that the most is left to be learned from, too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import outcomes, series
from tidegauge.catalog.outcomes import Count
from tidegauge.outcome.measure import DELAY
from tidegauge.performance import Delays, decode
from tidegauge.window import DAY, HOUR, SECOND, floor

HELD_OUT: Final = 0.2
_ENOUGH: Final = 5_000
"""Labels that tell models apart which differ by a hundredth."""
_FEWEST: Final = 200
_LONGEST: Final = 90 * DAY * SECOND


@dataclass(frozen=True, kw_only=True)
class Split:
    start: int
    cut: int
    """What is before is learned from, what is after is held out."""
    stop: int
    train: int
    """Labels."""
    holdout: int


def counted(connection: Connection, model: int, since: int, at: int) -> list[Count]:
    """How many labels there are of predictions since then, in the order of time.

    They are counted as rows, whatever each stands for: a candidate learns from rows.
    """
    start, stop = floor(max(since, at - _LONGEST), HOUR), floor(at, HOUR) + HOUR * SECOND
    own = list(series.whole(connection, [model]))
    hours = outcomes.counts(connection, own, HOUR, start, stop)
    # Of what is older only its days are told apart any more.
    first = floor(hours[0].start if hours else stop, DAY)
    days = outcomes.counts(connection, own, DAY, start, first)
    rows = _rows_of_one(connection, own, floor(start, DAY), stop)
    found = [
        each._replace(labelled=max(round(each.labelled * rows[each.series, _day(each)]), 1))
        for each in (*days, *hours)
    ]
    return sorted(found, key=lambda each: each.start)


def _rows_of_one(
    connection: Connection, own: Sequence[int], start: int, stop: int
) -> Mapping[tuple[int, int], float]:
    """By series and day, how many rows there are for each label that counts: one, but where what
    is logged was sampled, and has a weight."""
    found: dict[tuple[int, int], float] = defaultdict(lambda: 1.0)
    for each in outcomes.between(connection, own, DAY, start, stop):
        # Each row has a delay, and none has a weight.
        delays = decode(each.body).get(DELAY)
        if isinstance(delays, Delays) and each.labelled:
            found[each.series, each.start] = min(delays.n / each.labelled, 1.0)
    return found


def _day(each: Count) -> int:
    return floor(each.start, DAY)


def split(counts: Sequence[Count], at: int, since: int | None = None) -> Split | None:
    """The newest share of what came since a drift, or of all; None where that leaves nothing to
    learn from."""
    total = sum(each.labelled for each in counts)
    recent = sum(each.labelled for each in counts if since is None or each.start >= since)
    wanted = min(max(HELD_OUT * recent, _FEWEST), _ENOUGH, HELD_OUT * total)
    held, cut = 0, at
    for each in reversed(counts):
        if held >= wanted:
            break
        held, cut = held + each.labelled, each.start
    if not counts or held == total:
        return None
    # Of several versions one span is there once for each.
    before = [each for each in counts if each.start < cut]
    return Split(
        start=before[0].start,
        cut=cut,
        stop=at,
        train=sum(each.labelled for each in before),
        holdout=total - sum(each.labelled for each in before),
    )
