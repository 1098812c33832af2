"""A test for rises, made one for falls, or for both: fewer errors are more of what is right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tidegauge.arrays import Floats
from tidegauge.judge.streams.settings import Direction
from tidegauge.judge.streams.state import Change, Level, Packed, State


def sided(direction: Direction, start: Callable[[], State]) -> State:
    if direction == "up":
        return start()
    return _Sided(start, start() if direction == "both" else None, start())


@dataclass(slots=True)
class _Sided(State):
    start: Callable[[], State]
    up: State | None
    down: State
    rose: bool = False

    def update(self, x: float) -> Level:
        fell = self.down.update(1.0 - x)
        rose = self.up.update(x) if self.up else Level.QUIET
        self.rose = rose is Level.DRIFT
        return max(fell, rose)

    def update_many(self, values: Floats) -> tuple[int, Level]:
        taken, rose = self.up.update_many(values) if self.up else (len(values), Level.QUIET)
        fewer, fell = self.down.update_many(1.0 - values[:taken])
        # Where errors fell first, `up` has gone too far, but after this alarm it starts anew.
        self.rose = fewer == taken and rose is Level.DRIFT
        return fewer, fell if fewer < taken else max(fell, rose)

    def rearmed(self) -> tuple[State, Change | None]:
        if self.up and self.rose:
            up, change = self.up.rearmed()
            return _Sided(self.start, up, self.start()), change
        down, change = self.down.rearmed()
        if change:
            change = Change(1.0 - change.before, 1.0 - change.after, change.since)
        return _Sided(self.start, self.start() if self.up else None, down), change

    def learn(self, values: list[float]) -> State:
        down = self.down.learn([1.0 - x for x in values])
        return _Sided(self.start, self.up.learn(values) if self.up else None, down)

    def packed(self) -> Packed:
        return {"up": self.up and self.up.packed(), "down": self.down.packed()}

    def restored(self, values: Packed) -> Self:
        self.down = self.down.restored(values["down"])
        if self.up:
            self.up = self.up.restored(values["up"])
        return self
