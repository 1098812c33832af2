"""Watch whether rows have moved, within a budget of false alarms: the rule of `judge.budget`.

It looks every minute, at all columns together, and remembers from minute to minute.  While an
alarm is open each reading says how far what came since is from what was; it closes after six hours
without it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import AliasChoices, Field

from tidegauge.arrays import Counts
from tidegauge.judge.budget import (
    Look,
    Named,
    Rule,
    Settings,
    State,
    detectable,
    effects,
    is_over,
    pooled,
    severity,
    update,
)
from tidegauge.judge.budget.severity import Severity as Level
from tidegauge.judge.effects import Effects
from tidegauge.monitor.base import Base
from tidegauge.monitor.cells import Watched
from tidegauge.monitor.duration import Duration, text_of
from tidegauge.monitor.kept import Kept, Open
from tidegauge.monitor.past import DAYS, hours_of_week, learned, read, span_of
from tidegauge.monitor.reading import Found, Memory, nothing
from tidegauge.monitor.replay import open_alarm
from tidegauge.monitor.severity import Severity, worst
from tidegauge.monitor.view import View
from tidegauge.profile.codec import decode_tallies
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor

_SEVERITIES: Final[dict[str, Severity]] = {"info": "low", "warning": "medium", "critical": "high"}
_NAMED: Final = 20
_LONGEST: Final = 7 * DAY
"""Of what came since a change began, that is taken together."""
_ANEW: Final = 10
"""A tenth of the time since: so long what was told of an open alarm holds."""
_OVER: Final = 6
"""Hours without it end an alarm."""


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
            return nothing("not_applicable", f"{view.subject.model.name} has no reference yet")
        watched = view.watched(self.columns)
        if not watched.facets:
            return nothing("not_applicable", "no column is judged")
        kept = self._kept(view, watched, memory)
        counts = self._latest(view, watched)
        kept.state, look = update(kept.rule, kept.state, counts, _hour(view.slot))
        if look.is_alarm and kept.open is None:
            kept.open = self._opened(view, kept, look)
        if look.is_alarm:
            # The next change is found from here on.
            kept.state = State.start(kept.rule)
        found = self._found(view, watched, kept, look, int(counts.sum(axis=1).max(initial=0)))
        kept.into(memory)
        return found

    def _kept(self, view: View, watched: Watched, memory: Memory) -> Kept:
        baseline = view.subject.baseline
        assert baseline is not None  # noqa: S101 - the caller has looked
        about = f"{baseline.id} {self.one_false_alarm_in_months} {self.tolerance} {self.every}"
        about += f" {','.join(facet.column for facet in watched.facets)}"
        kept = Kept.of(memory)
        if kept is not None and kept.about == about and not _may_learn(view, kept):
            return kept
        settings = Settings(
            checks_a_month=30 * DAY // self.every,
            alpha=1 / self.one_false_alarm_in_months,
            psi_tolerance=self.tolerance,
        )
        taught = learned(view, watched, settings)
        if kept is not None and kept.about == about and taught.hourly is None:
            return kept
        begun = Kept.begun(about, taught.rule, memory)
        if taught.hourly is not None:
            # What happened before it could judge is not news, but it may not be over.
            begun.open = open_alarm(view, watched, taught.hourly, span_of(view)[1])
        return begun

    def _latest(self, view: View, watched: Watched) -> Counts:
        counts = np.zeros(watched.cells.real.shape, dtype=np.int64)
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
            if _on_the_hour(view.slot):
                detail["detectable"] = _detectable(kept.rule, rows, view.slot)
            share = look.evidence / look.limit if math.isfinite(look.limit) else 0.0
            return Found(status="ok", value=max(share, 0.0), n=rows, reason=reason, detail=detail)
        return self._breach(view, watched, kept, detail)

    def _breach(self, view: View, watched: Watched, kept: Kept, detail: dict[str, Any]) -> Found:
        alarm = kept.open
        assert alarm is not None  # noqa: S101 - the caller has looked
        # What is long ago weighs less and less: it is looked at anew ever more seldom.
        if not alarm.told or view.slot - alarm.told_at >= (view.slot - alarm.since) // _ANEW:
            told = self._since(view, watched, kept, alarm)
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
        return Found(
            status="breach",
            severity=self.severity or told["severity"],
            value=first["effects"].get("psi", {}).get("value"),
            n=told["rows"],
            reason=f"{first['column']}: {first['what']}{more}",
            detail=detail,
        )

    def _since(
        self, view: View, watched: Watched, kept: Kept, alarm: Open
    ) -> dict[str, Any] | None:
        """How far what came since a change is from what was; None where that is over."""
        start = max(alarm.since, view.slot - _LONGEST * SECOND)
        first, counts = _by_hour(view, watched, start)
        hours = hours_of_week(first, len(counts), HOUR)
        # By the hour, as the windows are.
        hourly = replace(kept.rule, settings=replace(kept.rule.settings, checks_a_month=30 * 24))
        past = counts[: (view.slot - first) // (HOUR * SECOND)]
        if is_over(hourly, alarm.named, past, hours, watched.gone):
            return None
        pool = pooled(kept.rule, counts, hours)
        levels = severity(kept.rule, pool, watched.gone)
        found = effects(kept.rule, pool, watched.gone)
        return {
            "severity": worst(_SEVERITIES[levels[each.feature]] for each in alarm.named) or "low",
            "rows": int(counts.sum(axis=(0, 2)).max(initial=0)),
            "features": [
                _told(view, watched, kept.rule, each, levels, found)
                for each in alarm.named[:_NAMED]
            ],
        }


def _told(
    view: View,
    watched: Watched,
    rule: Rule,
    each: Named,
    levels: Sequence[Level],
    found: Sequence[Effects],
) -> dict[str, Any]:
    facet = watched.facets[each.feature]
    place = int(np.flatnonzero(rule.cells.judged == each.feature)[0])
    return {
        "column": facet.column,
        "facet": facet.title if facet.name else "",
        "what": _words(view, watched, each),
        "evidence": round(each.evidence, 3),
        "severity": _SEVERITIES[levels[each.feature]],
        "effects": {
            effect.name: {
                "value": _plain(effect.value[place]),
                "lower": _plain(effect.lower[place]),
                "upper": _plain(effect.upper[place]),
            }
            for effect in found
        },
    }


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


def _by_hour(view: View, watched: Watched, start: int) -> tuple[int, Counts]:
    """[hours, features, cells] from a moment on, and the first hour."""
    hour = HOUR * SECOND
    first = floor(start, HOUR)
    counts = np.zeros(
        ((view.slot - first + hour - 1) // hour, *watched.cells.real.shape), dtype=np.int64
    )
    for span in view.reach.spans(*view.reach.whole(start, view.slot), HOUR):
        for window in read(view, span.start, span.stop, span.resolution):
            if window.profile is not None and first <= window.start < view.slot:
                own = watched.counts(decode_tallies(window.profile))
                counts[(window.start - first) // hour] += own
    return first, counts


def _hour(slot: int) -> int:
    """Of the week, of the time before a slot's end."""
    return int(hours_of_week(floor(slot - 1, HOUR), 1, HOUR)[0])


def _may_learn(view: View, kept: Kept) -> bool:
    """Whether it is time to make the rule of the model's own past; each model has a minute of
    the hour for it, so that a thousand do not all take the same."""
    minute = view.slot // (MINUTE * SECOND)
    is_ripe = not kept.rule.learned and view.slot >= span_of(view)[1]
    return is_ripe and (minute - view.subject.model.id) % (HOUR // MINUTE) == 0


def _on_the_hour(slot: int) -> bool:
    return slot % (HOUR * SECOND) == 0


def _learning(view: View) -> str:
    _start, stop = span_of(view)
    days = max(stop - view.slot, 0) / (DAY * SECOND)
    return (
        f"still learning how much is natural ({DAYS} days, {days:.1f} to go): only large changes"
        " alarm until then"
    )


def _words(view: View, watched: Watched, each: Named) -> str:
    arm = each.arm
    side = "more" if arm.rises else "less"
    if arm.kind == "location":
        return "higher values" if arm.rises else "lower values"
    if arm.kind == "scale":
        return "wider spread" if arm.rises else "narrower spread"
    if arm.cell is not None and view.reference is not None:
        return f"{side} of {watched.title(view.reference.layout, each.feature, arm.cell)}"
    return "another shape"


def _plain(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
