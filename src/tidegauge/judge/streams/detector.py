"""A sequential detector: it takes one label after another and says when errors have become more."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Literal, Self, SupportsFloat

import numpy as np
import numpy.typing as npt

from tidegauge.arrays import Floats
from tidegauge.errors import InputError, UnreadableError
from tidegauge.judge.streams.glr import GLR
from tidegauge.judge.streams.likeness import running
from tidegauge.judge.streams.packed import pack, unpack
from tidegauge.judge.streams.state import Change, Level, State
from tidegauge.judge.streams.union import KINDS, StreamMethod

_STATUS: dict[Level, Literal["normal", "warning", "drift"]] = {
    Level.QUIET: "normal",
    Level.WARNING: "warning",
    Level.DRIFT: "drift",
}


class StreamDetector:
    """Watches one number a label: 1 is an error and 0 is none, or a loss in between.

    >>> detector = StreamDetector(past=[0, 0, 0, 0, 1] * 200)
    >>> for at, error in enumerate([0, 0, 0, 0, 1] * 100 + [0, 1] * 100):
    ...     detector.update(error)
    ...     if detector.drift_detected:
    ...         print(f"{at}: {detector.change.before:.2f} to {detector.change.after:.2f}")
    557: 0.20 to 0.48

    After an alarm it is armed again: what came before the change counts no more.
    """

    def __init__(
        self, method: StreamMethod | None = None, *, past: npt.ArrayLike | Iterable[float] = ()
    ) -> None:
        """`past` are labels that are known to be good, such as the validation set's, in order."""
        self.method: StreamMethod = method or GLR()
        self.change: Change | None = None
        """At an alarm, what it is about; else None.  Not every method can tell."""
        self.samples = 0
        """Labels since the last alarm, that of the alarm included."""
        self._total = 0.0
        self._level = Level.QUIET
        self._state: State = self.method.start()
        values = _checked(past)
        if len(values):
            self._state = self._state.learn(values.tolist())

    def update(self, x: SupportsFloat) -> None:
        """Take the next label, by the time of its prediction."""
        try:
            value = float(x)
        except (TypeError, ValueError):
            raise _refused(x) from None
        if not 0.0 <= value <= 1.0:
            raise _refused(x)
        self._start_anew_after_an_alarm()
        self._level = self._state.update(value)
        self._total += value
        self._count(1)

    def update_many(self, values: npt.ArrayLike | Iterable[float]) -> list[int]:
        """As `update` with each in turn, and quicker; the places of those that alarmed.

        All are checked first: where one is refused, none is taken.
        """
        return [place for place, _change in self.alarms_of(values)]

    def alarms_of(self, values: npt.ArrayLike | Iterable[float]) -> list[tuple[int, Change | None]]:
        """As `update_many`, with what each alarm is about."""
        rest, alarms, at = _checked(values), list[tuple[int, Change | None]](), 0
        while len(rest):
            self._start_anew_after_an_alarm()
            taken, self._level = self._state.update_many(rest)
            self._total = float(running(self._total, rest[:taken])[-1])
            self._count(taken)
            rest, at = rest[taken:], at + taken
            if self._level is Level.DRIFT:
                alarms.append((at - 1, self.change))
        return alarms

    def _start_anew_after_an_alarm(self) -> None:
        if self._level is Level.DRIFT:
            self.samples, self._total, self.change = 0, 0.0, None

    def _count(self, taken: int) -> None:
        self.samples += taken
        if self._level is Level.DRIFT:
            self._state, self.change = self._state.rearmed()

    @property
    def kind(self) -> str:
        return self.method.kind

    @property
    def drift_detected(self) -> bool:
        """Did the last label bring an alarm?"""
        return self._level is Level.DRIFT

    @property
    def warning_detected(self) -> bool:
        """Did the last label bring a warning?  Only some methods warn."""
        return self._level is Level.WARNING

    @property
    def status(self) -> Literal["normal", "warning", "drift"]:
        return _STATUS[self._level]

    @property
    def error_rate(self) -> float | None:
        """Of the labels since the last alarm; None before the first."""
        return self._total / self.samples if self.samples else None

    @property
    def threshold(self) -> float | None:
        """The error rate from which it alarms, for a method that judges this rate: DDM."""
        return self._state.threshold

    def encode(self) -> bytes:
        """All of it, to go on from after a restart."""
        return pack(
            {
                "method": asdict(self.method),
                "level": int(self._level),
                "change": self.change and asdict(self.change),
                "samples": self.samples,
                "total": self._total,
                "state": self._state.packed(),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The detector again: from here on, bit for bit what it would have been."""
        found = unpack(data)
        try:
            detector = cls(KINDS[found["method"]["kind"]](**found["method"]))
            detector._level = Level(found["level"])
            detector.change = found["change"] and Change(**found["change"])
            detector.samples, detector._total = found["samples"], found["total"]
            detector._state = detector._state.restored(found["state"])
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableError(
                f"this sequential detector is of another version, start again: {error}"
            ) from error
        return detector


def _checked(values: npt.ArrayLike | Iterable[float]) -> Floats:
    given = values if hasattr(values, "__array__") or hasattr(values, "__len__") else [*values]  # pyright: ignore[reportGeneralTypeIssues]
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("a sequential detector takes numbers from 0 to 1, one a label") from None
    if array.ndim != 1:
        raise InputError(f"labels come one after another; these have {array.ndim} dimensions")
    wrong = ~((array >= 0) & (array <= 1))
    if wrong.any():
        at = int(wrong.argmax())
        raise _refused(array[at], f", at place {at},")
    return array


def _refused(x: object, place: str = "") -> InputError:
    return InputError(
        f"a sequential detector takes numbers from 0, right, to 1, wrong; {x!r}{place} is none: "
        "divide a loss by its largest value, and leave out what has no label"
    )
