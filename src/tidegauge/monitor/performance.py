"""Watch how good a model is, as far as the truth is known.

A reading is of the last span whose labels have had the time to come, and it is a breach only where
the whole interval is beyond what is allowed: few labels say little, and nobody is told too early.
Where that span is no breach, the estimate of the rows after it is asked as well.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AliasChoices, Field, model_validator

from tidegauge.monitor.against import Against
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.estimated import believed, newest
from tidegauge.monitor.located import located, sentence
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.severity import RANK
from tidegauge.monitor.view import View
from tidegauge.performance import Figure
from tidegauge.series.outcome import MAIN, Point, is_better_less
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, floor

"""What a model is judged by where nothing is named: the first that there is."""
_SHARES: Final = ("accuracy", "ndcg", "exact_match")
"""Of these, what lies between 0 and 1."""
_NEITHER: Final = ("bias", "prevalence", "mean_true", "mean_predicted")
"""What is worse in both directions."""
_SILENT: Final = ("no_data", "insufficient_data", "not_applicable")
_LONGEST: Final = 90 * DAY


class Performance(Base):
    """A figure of the predictions whose truth is known, by limits or against what it was."""

    kind: Literal["performance"] = "performance"
    metric: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=300,
            description="As GET /models/{id}/performance names it: accuracy, f1, roc_auc, mae,"
            f" 'recall of fraud', ... Unsaid: the first of {', '.join(MAIN)} that there is.",
        ),
    ] = None
    conditions: Annotated[
        list[Condition],
        Field(
            default_factory=lambda: [
                Condition(absolute_change=0.05, severity="medium"),
                Condition(change=0.1, severity="medium"),
                Condition(change=0.2, severity="high"),
                Condition(change=0.5, severity="critical"),
            ],
            min_length=1,
            max_length=20,
            validation_alias=AliasChoices("conditions", "when"),
            description="What is compared is so with the baseline: what its makers measured in"
            " training, else the reference: the labels of its file, or of its time. `both`"
            " directions is what is worse.",
        ),
    ]
    wait: Annotated[
        Duration | None,
        Field(
            ge=0,
            le=_LONGEST,
            description="So long labels are waited for; unsaid: until 95 of 100 have come.",
        ),
    ] = None
    estimates: Annotated[
        bool,
        Field(
            description="Until labels are ripe, estimates stand in for them: a breach that only"
            " an estimate tells is `high` at most."
        ),
    ] = True
    window: Annotated[Duration, Field(description="The span that a reading is of.")] = 7 * DAY
    every: Annotated[Duration, Field(description="How often.")] = HOUR
    min_rows: Annotated[
        int,
        Field(
            ge=1,
            validation_alias=AliasChoices("min_rows", "min_samples"),
            description="Fewer labels say nothing: the reading is `insufficient_data`.",
        ),
    ] = 10
    for_count: Annotated[int, Field(ge=1, le=1000)] = 1
    is_restated: ClassVar[bool] = False

    @model_validator(mode="after")
    def _fits(self) -> "Performance":
        if self.window % FIVE_MINUTES:
            raise ValueError("outcomes are counted in five minutes: the window must be whole ones")
        return self

    def read(self, view: View) -> Found:
        late = view.lateness if self.wait is None else float(self.wait)
        if late is None:
            why = f"no label of {view.subject.model.name} has come yet"
            none = nothing("not_applicable", why)
            # There may be an estimate all the same: of the labels of an uploaded reference.
            begun = view.slot - self.window * SECOND
            return (self._estimated(view, begun, none) if self.estimates else None) or none
        stop = floor(view.slot - round(late * SECOND), FIVE_MINUTES)
        now = view.outcome(stop - self.window * SECOND, stop)
        figure = self._named(now.figures(view.subject.model.positive))
        if figure is None or figure[1].n < self.min_rows:
            ripe = self._too_few(now, figure)
        else:
            ripe = _Judged(self, view, now, *figure).found()
        if ripe.status == "breach" or not self.estimates:
            return ripe
        return self._estimated(view, stop, ripe) or ripe

    def _estimated(self, view: View, stop: int, ripe: Found) -> Found | None:
        """Of the rows after the ripe ones: a breach, or what is told where these tell nothing."""
        found = newest(view, stop, self.window)
        if found is None or not found.estimated.is_supported:
            return None
        figure = self._named(found.estimated.figures)
        if (
            figure is None
            or figure[1].n < self.min_rows
            or not believed(view, figure[0]).is_trusted
        ):
            return None
        read = _Judged(self, view, found.point, *figure).found()
        if read.status != "breach" and ripe.status not in _SILENT:
            return None
        detail = {**(read.detail or {}), "is_estimate": True}
        if read.status != "breach":
            return replace(read, detail=detail)
        severity = self.severity or min(read.severity or "high", "high", key=RANK.__getitem__)
        reason = f"estimated before labels: {read.reason}"
        return replace(read, detail=detail, severity=severity, reason=reason)

    def _named(self, told: Mapping[str, Figure]) -> tuple[str, Figure] | None:
        for name in MAIN if self.metric is None else (self.metric,):
            if name in told:
                return name, told[name]
        return None

    def _too_few(self, now: Point, found: tuple[str, Figure] | None) -> Found:
        if not now.labelled:
            reason = f"of the {now.predictions:,} predictions of the window no truth is known"
            return nothing("insufficient_data" if now.predictions else "no_data", reason)
        if found is None:
            what = self.metric or "how good it is"
            return nothing("insufficient_data", f"the labels that came do not tell {what}")
        name, figure = found
        reason = f"{figure.n:g} labels tell {name}, and {self.min_rows} are wanted"
        return nothing("insufficient_data", reason, int(figure.n))


@dataclass(frozen=True)
class _Judged:
    """One figure, against each condition."""

    monitor: Performance
    view: View
    now: Point
    name: str
    figure: Figure

    def found(self) -> Found:
        befores: dict[Against, Figure | None] = {}
        told: list[tuple[Condition, str, Figure | None]] = []
        for condition in map(self._towards_worse, self._meant()):
            before = None
            if condition.is_relative:
                against = condition.against or Against("reference")
                if against not in befores:
                    befores[against] = self._before(against)
                before = befores[against]
            why = self._why(condition, before)
            if why is not None:
                told.append((condition, why, before))
        detail = self._detail(befores)
        n, value = int(self.figure.n), self.figure.value
        if not told:
            if befores and not any(befores.values()) and self._is_all_relative():
                words = ", ".join(map(str, befores))
                reason = f"there is nothing to compare with yet ({words})"
                return Found(
                    status="insufficient_data", value=value, n=n, reason=reason, detail=detail
                )
            return Found(status="ok", value=value, n=n, detail=detail)
        condition, why, before = max(told, key=lambda each: RANK[each[0].severity])
        if before is not None and before.value:
            share = (value - before.value) / abs(before.value)
            detail["degradation_pct"] = round(100 * abs(share), 4)
        where = located(self.view, self.now.start, self.now.stop)
        if where:
            detail["where"] = where
            why = f"{why}; {sentence(where[0])}"
        return Found(
            status="breach",
            severity=self.monitor.severity or condition.severity,
            value=value,
            n=n,
            reason=f"{self.name}: {why}",
            detail=detail,
        )

    def _meant(self) -> list[Condition]:
        """Without those that are for shares, where it is none and nobody named it."""
        is_share = self.monitor.metric is not None or self.name in _SHARES
        return [
            each for each in self.monitor.conditions if is_share or each.absolute_change is None
        ]

    def _is_all_relative(self) -> bool:
        return all(each.is_relative for each in self._meant())

    def _towards_worse(self, condition: Condition) -> Condition:
        if condition.direction != "both" or self.name in _NEITHER:
            return condition
        side = "up" if is_better_less(self.name) else "down"
        return condition.model_copy(update={"direction": side})

    def _why(self, condition: Condition, before: Figure | None) -> str | None:
        """None too where chance, or what bins leave open, may have taken it there."""
        if not condition.is_relative:
            low, high = _ends(self.figure)
            end = high if condition.min is not None else low
            if condition.judge(end, None) is None:
                return None
            return condition.judge(self.figure.value, None)

        def by_chance(value: float, allowed: float) -> bool:
            own = _half(self.figure, allowed)
            other = _half(before, value) if before else 0.0
            return abs(value - allowed) <= math.hypot(own, other)

        name = str(condition.against or "reference")
        return condition.judge(self.figure.value, before.value if before else None, name, by_chance)

    def _before(self, against: Against) -> Figure | None:
        if against.kind in {"training", "reference"}:
            trained = self.view.trained(self.name)
            if trained is not None:
                return Figure(trained)
        point = self._point(against)
        found = point.figures(self.view.subject.model.positive, [self.name]) if point else {}
        figure = found.get(self.name)
        return None if figure is None or figure.n < self.monitor.min_rows else figure

    def _point(self, against: Against) -> Point | None:
        view, start, stop = self.view, self.now.start, self.now.stop
        if against.kind == "training":
            return None
        if against.kind == "reference":
            return view.of_baseline
        if against.kind == "previous version":
            version = view.previous_version
            return view.outcome(start, stop, version) if version is not None else None
        size, back = stop - start, against.seconds * SECOND
        if against.kind == "previous window":
            return view.outcome(start - size, start)
        if against.kind == "ago":
            return view.outcome(start - back, stop - back)
        if against.kind == "last":
            return view.outcome(start - back, start)
        week = 7 * DAY * SECOND
        return view.outcome(start - week, stop - week)

    def _detail(self, befores: Mapping[Against, Figure | None]) -> dict[str, Any]:
        now = self.now
        detail: dict[str, Any] = {
            "metric": self.name,
            "low": self.figure.low,
            "high": self.figure.high,
            "since": now.start,
            "until": now.stop,
            "predictions": now.predictions,
            "labelled": now.labelled,
            "coverage": now.coverage,
            "revision": now.revision,
        }
        if befores:
            detail["baselines"] = {
                str(against): figure.value if figure else None
                for against, figure in befores.items()
            }
        return detail


def _ends(figure: Figure) -> tuple[float, float]:
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    return low - figure.bound, high + figure.bound


def _half(figure: Figure, towards: float) -> float:
    """How far its true value may be on one side."""
    low, high = _ends(figure)
    return figure.value - low if towards < figure.value else high - figure.value
