"""What a sequential detector remembers between two labels, and what it says of each."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Self

from tidegauge.arrays import Floats

Packed = dict[str, Any]
NOT_WRITTEN = {"written": False}
"""The metadata of a field that can be found again."""


class Level(IntEnum):
    QUIET = 0
    WARNING = 1
    DRIFT = 2


@dataclass(frozen=True)
class Change:
    """What an alarm is about, as far as the detector can tell."""

    before: float
    """The rate of errors, or the mean loss, that was usual."""
    after: float
    since: int
    """Labels since the change; some methods cannot place it, and say how many `after` is of."""


class State(ABC):
    """A dataclass whose fields, beside `settings` and `NOT_WRITTEN`, are what is written."""

    @abstractmethod
    def update(self, x: float) -> Level:
        """`x` is from 0, right, to 1, wrong."""

    @abstractmethod
    def rearmed(self) -> tuple["State", Change | None]:
        """After an alarm: the state to go on from, and what has changed."""

    def update_many(self, values: Floats) -> tuple[int, Level]:
        """As `update` with each in turn, up to the first that alarms: how many were taken, and the
        level after the last."""
        level = Level.QUIET
        for at, x in enumerate(values.tolist(), start=1):
            level = self.update(x)
            if level is Level.DRIFT:
                return at, level
        return len(values), level

    def learn(self, values: list[float]) -> "State":
        """The state after labels of the past, on which nobody is to be alarmed."""
        state: State = self
        for x in values:
            if state.update(x) is Level.DRIFT:
                state, _ = state.rearmed()
        return state

    @property
    def threshold(self) -> float | None:
        """The rate of errors, all since the last alarm together, from which it alarms; most
        judge something else, and have none."""
        return None

    def packed(self) -> Packed:
        return {name: getattr(self, name) for name in _names(self)}

    def restored(self, values: Packed) -> Self:
        """From what was packed, into a state at its start."""
        if set(values) != set(_names(self)):
            raise KeyError(f"{sorted(values)} instead of {_names(self)}")
        for name, value in values.items():
            setattr(self, name, value)
        return self


def _names(state: State) -> list[str]:
    return [
        field.name
        for field in fields(state)  # pyright: ignore[reportArgumentType] - each is a dataclass
        if field.name != "settings" and field.metadata.get("written", True)
    ]
