"""Watch whether a model errs more often than it did: a sequential detector on its labels.

Labels are taken once each, in the order of their predictions, behind a watermark: a span is fed
when most of its labels have had the time to come, and what comes later still counts for
performance.  After an alarm the detector takes what is now for usual; the alarm itself is over when
errors are nearer to what they were before than to what they became.

How much error rates stray by themselves, over the day and from day to day, is learned from the two
weeks that begin with the reference; evidence counts for so much less.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

from pydantic import AliasChoices, BeforeValidator, Field, PlainSerializer

from tidegauge.judge.streams import GLR, KINDS, StreamDetector, StreamMethod
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Share
from tidegauge.monitor.course import Alarm, Course
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.located import located, sentence
from tidegauge.monitor.past import DAYS
from tidegauge.monitor.reading import Found, Memory, nothing
from tidegauge.monitor.replay import Remembered, Replay
from tidegauge.monitor.view import View
from tidegauge.outcome.wrong import Usual, Wrong, strayed, wrong_of
from tidegauge.performance import decode
from tidegauge.series.outcome import all_of
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, ceil, floor

_BACK: Final = 30 * DAY * SECOND
"""So far back it begins, at the most."""
_PAST: Final = 20_000
"""Labels of the reference that a detector learns from."""
_LONGEST: Final = 90 * DAY
_MONTH: Final = 30


def _method(told: object) -> object:
    """ "adwin", or {kind: adwin, delta: 0.002}."""
    if isinstance(told, str):
        told = {"kind": told}
    if not isinstance(told, dict):
        return told
    kind = told.get("kind")
    if kind not in KINDS:
        raise ValueError(f"no detector {kind!r}: there are {', '.join(sorted(KINDS))}")
    make: Any = KINDS[kind]
    try:
        return make(**told)
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from None


def _document(method: StreamMethod | None) -> dict[str, Any] | None:
    """With its kind, though that is what it would be anyway."""
    return asdict(method) if method else None


class Concept(Base):
    """Errors that have become more frequent, one label after the other."""

    kind: Literal["concept"] = "concept"
    detector: Annotated[
        StreamMethod | None,
        BeforeValidator(_method),
        PlainSerializer(_document),
        Field(
            description="How errors are watched: glr, adwin, ddm, page_hinkley, ... by name, or"
            " with its settings.  Unsaid: glr, with the run length that the budget allows.",
        ),
    ] = None
    one_false_alarm_in_months: Annotated[
        float,
        Field(ge=1, le=100_000, description="Of one model: the budget, where no detector is said."),
    ] = 100
    tolerance: Annotated[
        Share,
        Field(le=10, description="A change of the error rate by so large a share never alarms."),
    ] = 0.1
    wait: Annotated[
        Duration | None,
        Field(
            ge=0,
            le=_LONGEST,
            description="So long labels are waited for; unsaid: until 95 of 100 have come.",
        ),
    ] = None
    every: Annotated[Duration, Field(description="How often labels are taken.")] = FIVE_MINUTES
    min_rows: Annotated[
        int,
        Field(
            ge=1,
            validation_alias=AliasChoices("min_rows", "min_samples"),
            description="Fewer labels say nothing yet.",
        ),
    ] = 30
    for_count: Annotated[int, Field(ge=1, le=1000)] = 1
    is_restated: ClassVar[bool] = False

    def judge(self, view: View, memory: Memory) -> Found:
        late = view.lateness if self.wait is None else float(self.wait)
        if late is None:
            return nothing("not_applicable", f"no label of {view.subject.model.name} has come yet")
        upto = view.slot - round(late * SECOND)
        past = _Past.of(view, upto)
        if upto < past.stop:
            return nothing("insufficient_data", "labels of the time of the reference are awaited")
        about = self._about(view, past)
        course = Course.of(memory, about) or self._begun(view, past, upto, about)
        course.go(view, upto)
        course.into(memory)
        return self._found(view, course)

    def read(self, view: View) -> Found:
        return self.judge(view, Memory())

    def replay(self, view: View) -> Replay:
        del view
        return Remembered(self.judge)

    def _about(self, view: View, past: "_Past") -> str:
        """What makes it begin anew: another past, another version, other settings."""
        # Numbers are given as versions are met.
        latest = max((each.id for each in view.subject.series if not each.segment), default=0)
        detector = asdict(self.detector) if self.detector else self.one_false_alarm_in_months
        told = [past.start, past.stop, view.version or latest, detector, self.tolerance]
        return json.dumps(told, sort_keys=True)

    def _begun(self, view: View, past: "_Past", upto: int, about: str) -> Course:
        """It learns from a past that is good, and begins after it."""
        if not past.stop:
            start = floor(upto - _BACK, HOUR)
            return Course(about, start, StreamDetector(self._method(view)), self.tolerance)
        days = view.outcomes(DAY, past.start, past.stop)
        usual = Usual.of(all_of(decode(each.body) for each in days))
        by_size = [_by_time(view, past, size, usual) for size in (HOUR, DAY)]
        stray = max(map(strayed, by_size)) if past.is_whole else None
        values = [float(x) for wrong in by_size[0] for x in wrong.values()]
        return Course(
            about,
            past.stop,
            StreamDetector(self._method(view, stray), past=values[-_PAST:]),
            self.tolerance,
            usual,
        )

    def _method(self, view: View, stray: float | None = None) -> StreamMethod:
        if self.detector is not None:
            return self.detector
        days = view.outcomes(DAY, floor(view.slot - _BACK, DAY), view.slot)
        told = sum(each.labelled for each in days) / max(len({each.start for each in days}), 1)
        run_length = max(told * _MONTH * self.one_false_alarm_in_months, GLR().run_length)
        return GLR(run_length=run_length, together=stray)

    def _found(self, view: View, course: Course) -> Found:
        detector = course.detector
        detail: dict[str, Any] = {
            "metric": "wrong_rate",
            "detector": detector.kind,
            "status": detector.status,
            "error_rate": detector.error_rate,
            "threshold": detector.threshold,
            "samples": detector.samples,
            "until": course.upto,
        }
        alarm = course.alarm
        if alarm is not None:
            n, wrong = course.recent
            detail |= {"status": "drift", "since": alarm.since, "opened": alarm.opened}
            detail |= {"before": alarm.before, "after": alarm.after}
            reason = _words(alarm)
            where = located(view, alarm.since, course.upto)
            if where and alarm.after > (alarm.before or 0.0):
                detail["where"] = where
                reason = f"{reason}; {sentence(where[0])}"
            return Found(
                status="breach",
                severity=self.severity or "critical",
                value=wrong / n if n else alarm.after,
                n=n,
                reason=reason,
                detail=detail,
            )
        rate = detector.error_rate
        if rate is None or detector.samples < self.min_rows:
            reason = f"{detector.samples} labels since it began, and {self.min_rows} are wanted"
            return nothing("insufficient_data", reason, detector.samples)
        return Found(status="ok", value=rate, n=detector.samples, detail=detail)


class _Past(NamedTuple):
    """The time that is taken for good; nothing where no reference says so."""

    start: int
    stop: int
    is_whole: bool = False
    """It is long enough to tell how errors stray by themselves."""

    @classmethod
    def of(cls, view: View, upto: int) -> "_Past":
        baseline = view.subject.baseline
        if baseline is None or baseline.own_time is None:
            return cls(0, 0)
        first, last = baseline.own_time
        start = floor(first, HOUR)
        whole = start + DAYS * DAY * SECOND
        if upto >= whole:
            return cls(start, whole, is_whole=True)
        return cls(start, ceil(last, HOUR))


def _by_time(view: View, past: _Past, size: int, usual: Usual | None) -> list[Wrong]:
    """What was wrong in each hour or day of a past; days that it holds in part are left out."""
    held: dict[int, list[bytes]] = {}
    for each in view.outcomes(size, ceil(past.start, size), floor(past.stop, size)):
        held.setdefault(each.start, []).append(each.body)
    found = (wrong_of(all_of(map(decode, bodies)), usual) for _at, bodies in sorted(held.items()))
    return [each for each in found if each is not None and each.n]


def _words(alarm: Alarm) -> str:
    after = f"{100 * alarm.after:.3g} %"
    if alarm.before is None:
        return f"errors have become more frequent: {after} of labels"
    side = "risen" if alarm.after > alarm.before else "fallen"
    return f"errors have {side} from {100 * alarm.before:.3g} % to {after} of labels"
