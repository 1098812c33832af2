"""Slots of a past, read one after another: what has to be learned for them is learned once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from tidegauge.monitor.reading import Found, Memory
from tidegauge.monitor.view import View


class Replay(Protocol):
    def read(self, views: Iterable[View]) -> Iterator[Found]:
        """Of the next slots, in order."""
        ...

    def fork(self) -> "Replay":
        """Another that goes on from here."""
        ...


@dataclass(frozen=True)
class Stateless:
    """Nothing is remembered from slot to slot."""

    readings: Callable[[Iterable[View]], Iterator[Found]]

    def read(self, views: Iterable[View]) -> Iterator[Found]:
        return self.readings(views)

    def fork(self) -> "Stateless":
        return self


@dataclass(frozen=True)
class Remembered:
    """As the judge has it: what one slot leaves behind is there for the next."""

    judge: Callable[[View, Memory], Found]
    memory: Memory = field(default_factory=Memory)

    def read(self, views: Iterable[View]) -> Iterator[Found]:
        for view in views:
            yield self.judge(view, self.memory)

    def fork(self) -> "Remembered":
        return replace(self, memory=replace(self.memory))
