"""How much a channel is told: so many notices in a sliding window; what is more joins a digest.

A channel's cap is a limit on all of them, a suppression rule one on those that it is of.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from tidegauge.alert.matchers import Matcher
from tidegauge.alert.notice import Family
from tidegauge.monitor.severity import Severity

_SECOND: Final = 1_000_000


class About(NamedTuple):
    """What a notice is of, as far as it decides which limits are held against it."""

    model: str
    family: Family | None
    severity: Severity


class Sent(NamedTuple):
    at: int
    is_exempt: bool
    is_critical_open: bool
    about: About


class Limit(NamedTuple):
    most: int
    window_s: int
    family: Family | None = None
    severity: Severity | None = None
    model: Matcher | None = None
    each_model: bool = False

    def is_of(self, about: About) -> bool:
        return (
            self.family in (None, about.family)
            and self.severity in (None, about.severity)
            and (self.model is None or self.model.matches(about.model))
        )

    def counted_as(self, about: About) -> str:
        """What is counted apart."""
        return about.model if self.each_model else ""


def is_full(limits: Iterable[Limit], sent: Iterable[Sent], about: About, at: int) -> bool:
    """Whether one of them is against one notice more."""
    counted = [each for each in sent if not each.is_exempt]
    for limit in limits:
        if limit.is_of(about):
            there = _inside(limit, counted, at).get(limit.counted_as(about), [])
            if len(there) >= limit.most:
                return True
    return False


def room_at(limits: Iterable[Limit], sent: Iterable[Sent], held: Iterable[About], at: int) -> int:
    """When none of them is against any of what is held."""
    counted = [each for each in sent if not each.is_exempt]
    waiting = set(held)
    found = at
    for limit in limits:
        inside = _inside(limit, counted, at)
        for name in {limit.counted_as(about) for about in waiting if limit.is_of(about)}:
            there = inside.get(name, [])
            if len(there) >= limit.most:
                # So many have to leave the window that the newest leave room for one.
                leaves = sorted(there)[len(there) - limit.most]
                found = max(found, leaves + limit.window_s * _SECOND)
    return found


def _inside(limit: Limit, sent: Iterable[Sent], at: int) -> dict[str, list[int]]:
    """When those that count were sent."""
    since = at - limit.window_s * _SECOND
    found: dict[str, list[int]] = {}
    for each in sent:
        if each.at > since and limit.is_of(each.about):
            found.setdefault(limit.counted_as(each.about), []).append(each.at)
    return found
