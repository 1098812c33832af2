"""Watch whether a model decides by the same things as before.

It is a breach only where the change of a feature that counts is large, and so sure that asking
every hour for a hundred months would find one in an unchanged model about once: the chance of each
look is a look's part of that, and shared out among all features.  The order of what counts is not
asked by itself, as its chance is drawn too few times to be as sure; it makes graver what is found.
"""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AliasChoices, Field

from tidegauge.explain import FeatureShift, Limits, Shift
from tidegauge.explain.compare import Finding
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Share
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.severity import Severity, worst
from tidegauge.monitor.view import View
from tidegauge.series import explanation
from tidegauge.series.explanation import Explanation as Looked
from tidegauge.series.reasons import words_of
from tidegauge.window import DAY, HOUR, SECOND, floor

_NAMED: Final = 20
_GRAVE: Final[dict[Finding, Severity]] = {
    "sign": "high",
    "gone": "high",
    "importance": "medium",
    "new": "medium",
    "magnitude": "low",
    "distribution": "low",
}
_ORDER: Final = 0.005
"""How seldom chance alone may bring an order as far from what it was."""


class Explanation(Base):
    """What each feature adds to the answers, against the reference or the span before."""

    kind: Literal["explanation"] = "explanation"
    output: Annotated[
        str | None,
        Field(max_length=128, description="Unsaid: the one with the most explanations."),
    ] = None
    important: Annotated[
        Share,
        Field(
            le=1,
            description="A feature counts that is so large a part of all that is added, now or"
            " before.",
        ),
    ] = 0.05
    importance: Annotated[
        Share, Field(le=1, description="A change of that part which is none.")
    ] = 0.05
    magnitude: Annotated[
        float,
        Field(ge=1, le=1000, description="What it adds may be so many times as large, or small."),
    ] = 1.5
    distance: Annotated[
        Share,
        Field(le=1, description="Jensen-Shannon's, of what it adds, that is no change."),
    ] = 0.2
    one_false_alarm_in_months: Annotated[
        float, Field(ge=1, le=100_000, description="Of one model: the budget.")
    ] = 100
    window: Annotated[Duration, Field(description="The span that a reading is of.")] = DAY
    every: Annotated[Duration, Field(description="How often.")] = HOUR
    min_rows: Annotated[
        int,
        Field(
            ge=10,
            validation_alias=AliasChoices("min_rows", "min_samples"),
            description="Fewer explanations, now or before, say nothing.",
        ),
    ] = 200
    for_count: Annotated[int, Field(ge=1, le=1000)] = 1
    is_restated: ClassVar[bool] = False

    def read(self, view: View) -> Found:
        stop = floor(view.slot, HOUR)
        both = explanation.look(
            view.connection,
            view.reach,
            view.subject,
            stop - self.window * SECOND,
            stop,
            version=view.version,
        )
        if not both.now.measured and not both.before.measured:
            why = f"nobody logs why {view.subject.model.name} answers as it does"
            return nothing("not_applicable", why)
        known = {*both.now.measured, *both.before.measured}
        if self.output is not None and self.output not in known:
            return nothing("no_data", f"the output {self.output!r} is not explained")
        looked = explanation.explained(both, self.output, self._limits)
        n = int(looked.shift.n_now)
        if looked.shift.moved is None:
            return nothing("insufficient_data" if n else "no_data", self._too_few(looked), n)
        return self._found(looked, n)

    @property
    def _limits(self) -> Limits:
        looks = 30 * DAY / self.every
        return Limits(
            importance=self.importance,
            magnitude=self.magnitude,
            distance=self.distance,
            fewest=self.min_rows,
            # Half of a comparison's level is the order's, which is not asked here.
            level=2 / self.one_false_alarm_in_months / looks,
        )

    def _too_few(self, looked: Looked) -> str:
        shift = looked.shift
        return (
            f"{shift.n_now:g} explanations now and {shift.n_before:g} before"
            f" ({looked.both.compared_with}), and {self.min_rows} of each are wanted"
        )

    def _found(self, looked: Looked, n: int) -> Found:
        shift = looked.shift
        moved = [each for each in shift.features if each.findings and self._counts(each)]
        is_reordered = _is_reordered(shift)
        now, before = looked.both.now, looked.both.before
        detail: dict[str, Any] = {
            "metric": "ndcg",
            "output": looked.output,
            "computed": now.computed and {"rows": now.computed.rows, "of": now.computed.of},
            "since": now.start,
            "until": now.stop,
            "compared_with": looked.both.compared_with,
            "before": {"since": before.start, "until": before.stop, "n": shift.n_before},
            "ndcg_p_value": shift.ndcg_p_value,
            "order_moved": is_reordered,
            "judged": sum(map(self._counts, shift.features)),
            "moved": len(moved),
        }
        if not moved:
            return Found(status="ok", value=shift.ndcg, n=n, detail=detail)
        graves: list[Severity] = [_GRAVE[each] for one in moved for each in one.findings]
        if is_reordered:
            graves.append("high")
        detail["features"] = [_told(each) for each in moved[:_NAMED]]
        more = f", and {len(moved) - 1} more" if len(moved) > 1 else ""
        return Found(
            status="breach",
            severity=self.severity or worst(graves),
            value=shift.ndcg,
            n=n,
            reason=f"{moved[0].feature}: {words_of(moved[0])}{more}",
            detail=detail,
        )

    def _counts(self, each: FeatureShift) -> bool:
        return importance_of(each) >= self.important


def importance_of(each: FeatureShift) -> float:
    """Now or before, whichever is more."""
    known = (each.importance_now, each.importance_before)
    return max((figure.value for figure in known if figure), default=0.0)


def _is_reordered(shift: Shift) -> bool:
    return (
        shift.ndcg is not None
        and shift.ndcg_p_value is not None
        and shift.ndcg < Limits().ndcg
        and shift.ndcg_p_value <= _ORDER
    )


def _told(each: FeatureShift) -> dict[str, Any]:
    change = each.importance_change
    return {
        "column": f"features.{each.feature}",
        "what": words_of(each),
        "findings": list(each.findings),
        "importance": each.importance_now.value if each.importance_now else None,
        "importance_before": each.importance_before.value if each.importance_before else None,
        "rank": each.rank_now,
        "rank_before": each.rank_before,
        "effects": {
            "importance": {"value": change.value, "lower": change.low, "upper": change.high}
            if change
            else {}
        },
    }
