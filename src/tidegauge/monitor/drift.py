"""Watch whether rows have moved, within a budget of false alarms: the rule of `judge.budget`.

It looks every minute, at all columns together, and remembers from minute to minute.  While an
alarm is open each reading says how far what came since is from what was; it closes after six hours
without it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import AliasChoices, Field

from tidegauge.arrays import Floats
from tidegauge.judge.budget import Look, Rule, Settings, State, detectable, update
from tidegauge.monitor.base import Base
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.duration import Duration, text_of
from tidegauge.monitor.evidence import evidence
from tidegauge.monitor.hourly import open_alarm
from tidegauge.monitor.kept import Kept, Open
from tidegauge.monitor.parted import sentence
from tidegauge.monitor.past import (
    DAYS,
    cold_rule,
    hours_of_week,
    learned,
    learned_within,
    rows_before,
    span_of,
)
from tidegauge.monitor.reading import Found, Memory, nothing
from tidegauge.monitor.replay import Replay, Stateless
from tidegauge.monitor.view import View
from tidegauge.profile.codec import decode_tallies
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor

_ANEW: Final = 10
"""A tenth of the time since: so long what was told of an open alarm holds."""
_OVER: Final = 6
"""Hours without it end an alarm."""
_GROWN: Final = 1.01
"""So many times the rows of a past make it another one."""
_NO_COLUMN: Final = nothing("not_applicable", "no column is judged")


class Drift(Base):
    """All columns together, at most one false alarm in so many months."""

    kind: Literal["drift"] = "drift"
    columns: Annotated[
        list[str] | None,
        Field(
            validation_alias=AliasChoices("columns", "features"),
            description="All features and outputs where none is named.",
        ),
    ] = None
    one_false_alarm_in_months: Annotated[
        float,
        Field(ge=1, le=100_000, description="Of one model: the budget.  More months, fewer."),
    ] = 100
    tolerance: Annotated[
        float,
        Field(ge=0, le=1, description="A PSI that never alarms, however many rows there are."),
    ] = 0.001
    window: Annotated[Duration, Field(description="The span that a reading adds.")] = MINUTE
    min_rows: Annotated[int, Field(ge=1)] = 1
    for_count: Annotated[int, Field(ge=1, le=1000)] = 1

    def judge(self, view: View, memory: Memory) -> Found:
        if view.subject.baseline is None:
            return self._no_reference(view)
        watched = view.watched(self.columns)
        if not watched.facets:
            return _NO_COLUMN
        kept = self._kept(view, watched, memory)
        found = self.check(view, watched, kept)
        kept.into(memory)
        if found.status == "ok" and found.n and _is_on_the_hour(view.slot):
            told = _detectable(kept.rule, found.n, view.slot)
            found = replace(found, detail={**found.detail, "detectable": told})
        return found

    def replay(self, view: View) -> Replay:
        """The rule is learned as it is live, and the rows of the reference are not judged."""
        baseline = view.subject.baseline
        watched = view.watched(self.columns) if baseline else None
        if baseline is None or watched is None or not watched.facets:
            why = _NO_COLUMN if baseline else self._no_reference(view)
            return Stateless(lambda views: (why for _each in views))
        taught = learned(view, watched, self.settings)
        hourly = taught.hourly if self.every == HOUR else None
        return _Course(
            self,
            watched,
            first=baseline.last_at or 0,
            ripe=span_of(view)[1],
            learned=hourly or taught.rule,
            kept=_begun(cold_rule(view, watched, self.settings)),
        )

    @property
    def settings(self) -> Settings:
        return Settings(
            checks_a_month=30 * DAY // self.every,
            alpha=1 / self.one_false_alarm_in_months,
            psi_tolerance=self.tolerance,
        )

    def check(self, view: View, watched: Watched, kept: Kept) -> Found:
        """One more, after those that are kept."""
        counts = self._latest(view, watched)
        kept.state, look = update(kept.rule, kept.state, counts, _hour(view.slot))
        if look.is_alarm and kept.open is None:
            kept.open = self._opened(view, kept, look)
        if look.is_alarm:
            # The next change is found from here on.
            kept.state = State.start(kept.rule)
        return self._found(view, watched, kept, look, int(counts.sum(axis=1).max(initial=0)))

    def _kept(self, view: View, watched: Watched, memory: Memory) -> Kept:
        kept = self._kept_or_begun(view, watched, memory)
        if self.every < HOUR and _may_learn_minutes(view, kept, self.every):
            wider = learned_within(view, watched, kept.rule)
            if wider is not None:
                kept = kept.with_minutes(wider, memory)
        return kept

    def _kept_or_begun(self, view: View, watched: Watched, memory: Memory) -> Kept:
        baseline = view.subject.baseline
        assert baseline is not None  # noqa: S101 - the caller has looked
        about = f"{baseline.id} {self.one_false_alarm_in_months} {self.tolerance} {self.every}"
        about += f" {','.join(facet.column for facet in watched.facets)}"
        kept = Kept.of(memory)
        if kept is not None and kept.about != about:
            kept = None
        if kept is not None and not (
            _may_learn(view, kept, self.every) or _has_grown(view, kept, self.every)
        ):
            return kept
        taught = learned(view, watched, self.settings)
        if kept is not None and taught.hourly is None:
            return kept
        past = rows_before(view, view.slot)
        begun = Kept.begin(about, taught.rule, memory, slot=view.slot, past=past)
        if taught.hourly is not None:
            # What happened before it could judge is not news, but it may not be over.
            begun.open = open_alarm(view, watched, taught.hourly, span_of(view)[1])
        return begun

    def _no_reference(self, view: View) -> Found:
        return nothing("not_applicable", f"{view.subject.model.name} has no reference yet")

    def _latest(self, view: View, watched: Watched) -> Floats:
        counts = np.zeros(watched.cells.real.shape)
        for window in view.window(self.every).comparable:
            if window.profile is not None:
                counts += watched.counts(decode_tallies(window.profile))
        return counts

    def _opened(self, view: View, kept: Kept, look: Look) -> Open:
        first = min(each.since for each in look.named)
        back = (kept.state.checks - first) * self.every * SECOND
        return Open(view.slot, view.slot - back, look.named)

    def _found(self, view: View, watched: Watched, kept: Kept, look: Look, rows: int) -> Found:
        detail: dict[str, Any] = {
            "evidence": round(look.evidence, 4),
            "limit": round(look.limit, 4),
            "learned": kept.rule.learned,
        }
        if kept.open is None:
            if look.status == "insufficient_data":
                status = "insufficient_data" if rows else "no_data"
                return nothing(status, "no rows that can be judged came in the window", rows)
            reason = "" if kept.rule.learned else _learning(view)
            share = look.evidence / look.limit if math.isfinite(look.limit) else 0.0
            return Found(status="ok", value=max(share, 0.0), n=rows, reason=reason, detail=detail)
        return self._breach(view, watched, kept, detail)

    def _breach(self, view: View, watched: Watched, kept: Kept, detail: dict[str, Any]) -> Found:
        alarm = kept.open
        assert alarm is not None  # noqa: S101 - the caller has looked
        # What is long ago weighs less and less: it is looked at anew ever more seldom.
        if not alarm.told or view.slot - alarm.told_at >= (view.slot - alarm.since) // _ANEW:
            told = evidence(view, watched, kept.rule, alarm)
            if told is None:
                kept.open = None
                why = f"{_OVER} hours without it"
                return Found(status="ok", value=0.0, reason=why, detail=detail)
            alarm = kept.open = replace(alarm, told=told, told_at=view.slot)
        told = dict(alarm.told)
        detail |= {
            "since": alarm.since,
            "opened": alarm.opened,
            "features": told["features"],
            "drifted": len(alarm.named),
            "judged": len(watched.facets),
        }
        first, *others = told["features"]
        more = f", and {len(others)} more" if others else ""
        # What an older version remembers has none.
        where = told.get("where", ())
        if where:
            detail["where"] = where
            own = [each for each in where if each["column"] == first["column"]]
            more += f"; {sentence(own[0])}" if own else ""
        return Found(
            status="breach",
            severity=self.severity or told["severity"],
            value=first["effects"].get("psi", {}).get("value"),
            n=told["rows"],
            reason=f"{first['column']}: {first['what']}{more}",
            detail=detail,
        )


@dataclass
class _Course:
    """The rule on a past: at first by the reference alone, and later by what it has learned."""

    monitor: Drift
    watched: Watched
    first: int
    """Where the rows of the reference end."""
    ripe: int
    """Where the two weeks end that are learned from."""
    learned: Rule
    kept: Kept

    def read(self, views: Iterable[View]) -> Iterator[Found]:
        for view in views:
            if view.slot > self.ripe and self.kept.rule is not self.learned:
                self.kept = _begun(self.learned)
            if view.slot <= self.first:
                yield nothing("not_applicable", "these rows are the reference's own")
            else:
                yield self.monitor.check(view, self.watched, self.kept)

    def fork(self) -> "_Course":
        return replace(self, kept=replace(self.kept))


def _begun(rule: Rule) -> Kept:
    return Kept("", rule, State.start(rule))


def _detectable(rule: Rule, rows: int, slot: int) -> dict[str, Any] | None:
    """The smallest shift that an hour of such checks would show, of the usual column."""
    if not rows:
        return None
    checks = max(round(rule.settings.checks_a_day / 24), 1)
    found = detectable(rule, float(rows), checks, _hour(slot))
    told = sorted(each.distance for each in found if each.distance is not None)
    if not told:
        return None
    return {"within": text_of(HOUR), "psi": round(told[len(told) // 2] ** 2, 6)}


def _hour(slot: int) -> int:
    """Of the week, of the time before a slot's end."""
    return int(hours_of_week(floor(slot - 1, HOUR), 1, HOUR)[0])


def _may_learn(view: View, kept: Kept, every: int) -> bool:
    """Whether it is time to make the rule of the model's own past."""
    is_ripe = not kept.rule.learned and view.slot >= span_of(view)[1]
    return is_ripe and _is_its_turn(view, every)


def _has_grown(view: View, kept: Kept, every: int) -> bool:
    """Whether it began before its past was there: a history that is loaded, or counted again by a
    new reference, comes in pieces.  It is asked ever more seldom, for about an hour."""
    if not kept.rule.learned:
        return False
    age = (view.slot - kept.begun) // (every * SECOND)
    is_asked = 0 < age <= max(HOUR // every, 1) and age.bit_count() == 1
    return is_asked and rows_before(view, kept.begun) > _GROWN * kept.past


def _may_learn_minutes(view: View, kept: Kept, every: int) -> bool:
    """What an open alarm is about is not natural."""
    is_ripe = kept.rule.learned and not kept.knows_minutes and kept.open is None
    return is_ripe and (kept.state.checks == 0 or _is_its_turn(view, every))


def _is_its_turn(view: View, every: int) -> bool:
    """Each model has a check of the hour for it, so that a thousand do not all take the same."""
    check = view.slot // (every * SECOND)
    return (check - view.subject.model.id) % max(HOUR // every, 1) == 0


def _is_on_the_hour(slot: int) -> bool:
    return slot % (HOUR * SECOND) == 0


def _learning(view: View) -> str:
    _start, stop = span_of(view)
    days = max(stop - view.slot, 0) / (DAY * SECOND)
    return (
        f"still learning how much is natural ({DAYS} days, {days:.1f} to go): only large changes"
        " alarm until then"
    )
