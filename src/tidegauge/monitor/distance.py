"""Watch columns by classical methods: how far a window is from the reference, by fixed limits.

They are here for those who want them; the kind `drift` keeps a budget of false alarms, and these do
not: `tidegauge monitors backtest` says how many they bring.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Annotated, Final, Literal

from pydantic import AliasChoices, Field, field_validator, model_validator

from tidegauge.drift import MixMethods, OrderedMethods
from tidegauge.errors import InputError
from tidegauge.monitor.against import Against, AnyAgainst
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Finite, Share
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.part import Part
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.replay import Replay, Stateless
from tidegauge.monitor.severity import Severity, worst
from tidegauge.monitor.view import View, profile_of
from tidegauge.profile.codec import Tallies
from tidegauge.profile.codec import decode_tallies as unpack
from tidegauge.series.drift import Line, Point, limits_of, lines, method_of
from tidegauge.series.memory import Memory
from tidegauge.series.seen import Seen
from tidegauge.window import DAY

_SEVERITIES: Final[dict[str, Severity]] = {"warning": "medium", "critical": "high"}
_NAMED: Final = 20
_AT_ONCE: Final = 50
"""Slots of a past that are measured together."""
_TALLIES: Final = 200
"""Windows that are held unpacked while a past is read: slots one after another share most."""


class Method(Part):
    method: str
    warning: Annotated[Finite | None, Field(description="Else the usual limit.")] = None
    critical: Finite | None = None

    @field_validator("method")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            return method_of(name).kind
        except InputError as error:
            raise ValueError(str(error)) from None

    def level(self, point: Point) -> Severity | None:
        """How far a point is beyond the limits, chance left out."""
        if point.value is None or point.status == "insufficient_data":
            return None
        usual = limits_of(self.method)
        if self.warning is None and self.critical is None:
            return _SEVERITIES.get(point.status)
        far = abs(point.value - method_of(self.method).unmoved)
        if far >= (self.critical if self.critical is not None else usual.critical):
            return "high"
        return "medium" if far >= (self.warning or usual.warning) else None


class Distance(Base):
    """How far columns are from the reference by PSI, KS, KL and the like; some must agree."""

    kind: Literal["distance"] = "distance"
    columns: Annotated[
        list[str] | None,
        Field(
            validation_alias=AliasChoices("columns", "feature", "features"),
            description="All that are judged where none is named.",
        ),
    ] = None
    methods: Annotated[
        list[Method],
        Field(
            default_factory=lambda: [Method(method=each) for each in ("psi", "ks", "kl")],
            min_length=1,
            max_length=10,
            description="PSI, KS and KL where none is named.",
        ),
    ]
    agree: Annotated[int, Field(ge=1, description="So many methods must say so.")] = 2
    share: Annotated[
        Share | None, Field(le=1, description="So many of the columns must drift; else any.")
    ] = None
    against: Annotated[
        AnyAgainst,
        Field(
            validation_alias=AliasChoices("against", "compare_to"),
            description="The reference, or rows that came before: 'last 30 d', 'same hour', ...",
        ),
    ] = Against("reference")
    window: Annotated[Duration, Field(description="The span that a reading is of.")] = DAY
    min_rows: Annotated[
        int, Field(ge=1, validation_alias=AliasChoices("min_rows", "min_samples"))
    ] = 500

    @model_validator(mode="after")
    def _can_agree(self) -> "Distance":
        if self.agree > len(self.methods):
            raise ValueError(f"{self.agree} of {len(self.methods)} methods cannot agree")
        if self.against.kind == "training":
            raise ValueError(
                "what was measured in training are numbers, and no rows to compare with"
            )
        return self

    def read(self, view: View) -> Found:
        (found,) = self._read([view])
        return found

    def replay(self, view: View) -> Replay:
        """Many slots are measured at once."""
        del view
        tallies: Memory[bytes, Tallies] = Memory(_TALLIES)

        def readings(views: Iterable[View]) -> Iterator[Found]:
            waiting = iter(views)
            while some := list(islice(waiting, _AT_ONCE)):
                yield from self._read(some, lambda data: tallies.get(data, partial(unpack, data)))

        return Stateless(readings)

    def _read(
        self, views: Sequence[View], unpacked: Callable[[bytes], Tallies] = unpack
    ) -> list[Found]:
        """Of one model's slots."""
        if self.against.kind != "reference":
            return [self._against_rows(view, unpacked) for view in views]
        some = [self._window(view) for view in views]
        steps = [each for each in some if isinstance(each, Seen)]
        if not steps:
            return [each for each in some if isinstance(each, Found)]
        reference = views[0].reference
        assert reference is not None  # noqa: S101 - else there would be no step
        rows = [each.comparable for each in steps]
        measured = lines(reference, rows, self._methods, self._named(views[0]), unpacked)
        places = iter(range(len(steps)))
        return [
            each
            if isinstance(each, Found)
            else self._judged(measured, next(places), sum(w.rows for w in each.comparable))
            for each in some
        ]

    def _against_rows(self, view: View, unpacked: Callable[[bytes], Tallies]) -> Found:
        """Each slot has rows of its own to be compared with."""
        now, reference = self._window(view), view.reference
        if isinstance(now, Found) or reference is None:
            return now if isinstance(now, Found) else _no_reference(view)
        before = profile_of(view.spans(self.against, self.window), reference)
        if before is None or before.rows < self.min_rows:
            reason = f"there is nothing to compare with yet ({self.against})"
            return nothing("insufficient_data", reason, now.rows)
        measured = lines(before, [now.comparable], self._methods, self._named(view), unpacked)
        return self._judged(measured, 0, sum(each.rows for each in now.comparable))

    @property
    def _methods(self) -> list[OrderedMethods | MixMethods]:
        return [method_of(each.method) for each in self.methods]

    def _named(self, view: View) -> list[str] | None:
        if self.columns is None:
            return None
        return [view.subject.column(each) for each in self.columns]

    def _window(self, view: View) -> Seen | Found:
        """What is measured; or why nothing is."""
        if view.reference is None:
            return _no_reference(view)
        now = view.window(self.window)
        if not now.rows:
            return nothing("no_data", "no rows in the window")
        rows = sum(each.rows for each in now.comparable)
        if rows < self.min_rows:
            reason = f"{rows} rows can be compared, and {self.min_rows} are wanted"
            return nothing("insufficient_data", reason, rows)
        return now

    def _judged(self, found: Sequence[Line], place: int, rows: int) -> Found:
        levels: dict[str, dict[str, Severity]] = {}
        values: dict[str, dict[str, float]] = {}
        by_name = {each.method: each for each in self.methods}
        for line in found:
            point = line.points[place]
            if point.value is not None:
                values.setdefault(line.feature, {})[line.metric] = point.value
            level = by_name[line.metric].level(point)
            if level is not None:
                before = levels.setdefault(line.feature, {}).get(line.metric, level)
                levels[line.feature][line.metric] = worst([before, level]) or level
        moved = {name: own for name, own in levels.items() if len(own) >= self.agree}
        judged = len({line.feature for line in found})
        share = len(moved) / judged if judged else 0.0
        order = sorted(moved, key=lambda name: -max(map(abs, values[name].values())))
        detail = {
            "columns": {name: values[name] for name in order[:_NAMED]},
            "drifted": len(moved),
            "judged": judged,
        }
        if not moved or (self.share is not None and share < self.share):
            return Found(status="ok", value=share, n=rows, detail=detail)
        severity = worst(level for own in moved.values() for level in own.values()) or "medium"
        named = ", ".join(order[:3]) + (f" and {len(order) - 3} more" if len(order) > 3 else "")
        return Found(
            status="breach",
            severity=self.severity or severity,
            value=share,
            n=rows,
            reason=f"{named} moved by {self.agree} or more of {len(self.methods)} methods",
            detail=detail,
        )


def _no_reference(view: View) -> Found:
    return nothing("not_applicable", f"{view.subject.model.name} has no reference yet")
