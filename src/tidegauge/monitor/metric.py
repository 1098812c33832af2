"""Watch one number: latency, errors, traffic, a column's quality, confidence, or one of yours."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

from pydantic import AliasChoices, Field, field_validator, model_validator

from tidegauge.monitor.against import Against
from tidegauge.monitor.base import Base
from tidegauge.monitor.chance import Chance, Together
from tidegauge.monitor.condition import Condition, Explained
from tidegauge.monitor.judged import Number, judged
from tidegauge.monitor.measures import (
    COUNTED,
    NOTHING,
    OF_COLUMN,
    OF_TRAFFIC,
    OUTPUTS,
    Measured,
    of_column,
    of_output,
)
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.view import View, profile_of, traffic_of
from tidegauge.profile.traffic import Traffic
from tidegauge.schema import near
from tidegauge.series.seen import Seen
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, floor

OWN: Final = "metric:"
"""Before the name of a number that the user logs."""
_PASTS: Final = ((FIVE_MINUTES, 2), (HOUR, 14))
"""Windows that tell how rows come together, and the days of them that are asked."""
_ENOUGH: Final = 100
"""Triples of the finer windows beyond which the longer ones are not asked."""
_MOST_AT_ONCE: Final = 10.0
NAMES: Final = [*OF_TRAFFIC, *OF_COLUMN, *OUTPUTS]


class Metric(Base):
    """One number of a window, by limits or by how far it is from a baseline."""

    kind: Literal["metric"] = "metric"
    metric: Annotated[
        str,
        Field(
            description="Of calls: "
            + ", ".join(OF_TRAFFIC)
            + ". Of a column: "
            + ", ".join(OF_COLUMN)
            + ". Of outputs: "
            + ", ".join(OUTPUTS)
            + f". Your own: '{OWN}NAME', its mean."
        ),
    ]
    column: Annotated[str | None, Field(validation_alias=AliasChoices("column", "feature"))] = None
    conditions: Annotated[
        list[Condition],
        Field(min_length=1, max_length=20, validation_alias=AliasChoices("conditions", "when")),
    ]

    @field_validator("metric")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in NAMES and not (name.startswith(OWN) and len(name) > len(OWN)):
            raise ValueError(f"no metric {name!r}{near(name, NAMES)}")
        return name

    @model_validator(mode="after")
    def _fits(self) -> "Metric":
        if (self.metric in OF_COLUMN) != (self.column is not None):
            needs = "needs a column" if self.column is None else "is of no column"
            raise ValueError(f"{self.metric} {needs}")
        if not self._has_reference:
            for condition in self.conditions:
                if condition.against is not None and condition.against.kind == "reference":
                    raise ValueError(
                        f"{self.metric} has no reference: compare with 'last 7 d', '7 d ago' or"
                        " 'same hour'"
                    )
        return self

    @property
    def _has_reference(self) -> bool:
        return self.metric in OF_COLUMN or self.metric in OUTPUTS

    def read(self, view: View) -> Found:
        now = view.window(self.window)
        measured = self._of(view, [now])
        if measured is None:
            return nothing("not_applicable", f"{view.subject.model.name} has no reference yet")
        return self.judged(
            measured,
            now.rows,
            lambda against: self._before(view, against),
            lambda: self._together(view),
        )

    def judged(
        self,
        measured: Measured,
        rows: int,
        before: Callable[[Against], float | None],
        together: Callable[[], Together] = Together,
    ) -> Found:
        """What a number comes to, wherever it is from; `before` tells what it is compared with,
        `together` how much wider than independent rows it swings."""
        if measured.value is None or not math.isfinite(measured.value):
            status = "no_data" if not rows else "insufficient_data"
            return nothing(status, f"nothing in the window tells {self._title}", measured.n)
        if measured.n < self.min_rows and self.metric not in COUNTED:
            reason = f"{measured.n} rows tell {self._title}, and {self.min_rows} are wanted"
            return nothing("insufficient_data", reason, measured.n)
        return judged(
            self.conditions,
            Number(self._title, measured.value, measured.n),
            before,
            usual=self._usual,
            by_chance=_by_chance(measured, together),
            severity=self.severity,
        )

    @property
    def _title(self) -> str:
        return f"{self.metric} of {self.column}" if self.column else self.metric

    @property
    def _usual(self) -> Against:
        return Against("reference") if self._has_reference else Against("last", 7 * DAY)

    def _before(self, view: View, against: Against) -> float | None:
        if against.kind == "reference":
            return self._of_profile(view, None).value
        if against.kind == "training":
            return view.trained(self._title.removeprefix(OWN))
        if self.metric in OF_TRAFFIC:
            found = OF_TRAFFIC[self.metric](*self._lasting(*view.traffic(against, self.window)))
        else:
            found = self._of(view, view.spans(against, self.window))
        return None if found is None or found.n < self.min_rows else found.value

    def _together(self, view: View) -> Together:
        """What the windows before this one say; asked once a day."""
        return view.shared.together.get(
            (*view.part, self._title, floor(view.slot, DAY)), lambda: self._told_together(view)
        )

    def _told_together(self, view: View) -> Together:
        stop = view.slot - self.window * SECOND
        own, calls = Together(), Together()
        for resolution, days in _PASTS:
            past = view.each(stop - days * DAY * SECOND, stop, resolution)
            found = Together.of([self._swing(view, each) for each in past])
            own = max(own, found, key=lambda each: each.told)
            if own.told >= _ENOUGH:
                return own
            found = Together.of([_calls(each) for each in past])
            calls = max(calls, found, key=lambda each: each.told)
        if own.is_known:
            return own
        # What has never happened may happen to all that come at once, as far as anyone knows.
        return Together(min(calls.effect, _MOST_AT_ONCE))

    def _swing(self, view: View, seen: Seen) -> tuple[float, Chance | None] | None:
        """Of one window of the past."""
        if self.metric in COUNTED and not seen.windows:
            return 0.0, None
        found = self._of(view, [seen]) if seen.windows else None
        if found is None or found.value is None or found.chance is None:
            return None
        return found.value, found.chance

    def _of(self, view: View, spans: Sequence[Seen]) -> Measured | None:
        """None where it needs a reference that is not there."""
        if self.metric in OF_TRAFFIC:
            return OF_TRAFFIC[self.metric](*self._lasting(*traffic_of(list(spans))))
        if self.metric.startswith(OWN):
            return self._own(view, spans)
        return None if view.reference is None else self._of_profile(view, spans)

    def _lasting(self, traffic: Traffic, seconds: float) -> tuple[Traffic, float]:
        """A window without a row is a window all the same."""
        return traffic, seconds or float(self.window)

    def _of_profile(self, view: View, spans: Sequence[Seen] | None) -> Measured:
        """Of some spans, or of the reference itself."""
        reference = view.reference
        if reference is None:
            return NOTHING
        profile = reference if spans is None else profile_of(list(spans), reference)
        if profile is None:
            return NOTHING
        if self.metric in OUTPUTS:
            return of_output(profile, self.metric)
        assert self.column is not None  # noqa: S101 - the validator has seen to it
        return of_column(profile, self.metric, view.subject.column(self.column))

    def _own(self, view: View, spans: Sequence[Seen]) -> Measured:
        found = [
            each
            for span in spans
            for each in view.numbers(self.metric.removeprefix(OWN), span.start, span.stop)
        ]
        n = sum(each.n for each in found)
        return Measured(sum(each.total for each in found) / n, n) if n else NOTHING


def _by_chance(measured: Measured, together: Callable[[], Together]) -> Explained | None:
    chance = measured.chance
    if chance is None:
        return None

    def explained(value: float, true: float) -> bool:
        # The past is asked only by what would be told.
        return chance.explains(value, true) or chance.wider(together()).explains(value, true)

    return explained


def _calls(seen: Seen) -> tuple[float, Chance | None]:
    found = OF_TRAFFIC["predictions"](*traffic_of([seen]))
    return found.value or 0.0, found.chance if seen.windows else None
