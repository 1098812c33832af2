"""What all settings of sequential detectors have, and the checks that they share.

Settings are frozen dataclasses, so that a monitors' file can hold them; `start` makes the state
that changes with each label.
"""

from typing import ClassVar, Literal, Protocol

from tidegauge.errors import InputError
from tidegauge.judge.streams.state import State

Direction = Literal["up", "down", "both"]
"""Alarm when errors rise, when they fall, or both."""


class Settings(Protocol):
    @property
    def kind(self) -> str:
        """The name in files and results."""
        ...

    title: ClassVar[str]
    warns: ClassVar[bool]
    """Does it warn before it alarms?"""

    def start(self) -> State: ...


def need_shares(settings: Settings, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if not 0 < value < 1:
            raise InputError(f"{settings.kind}: {name} is {value}; it must lie between 0 and 1")


def need_at_least(settings: Settings, least: float, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if not value >= least:
            raise InputError(f"{settings.kind}: {name} is {value}; it must be {least} at least")


def need_order(settings: Settings, less: str, more: str) -> None:
    low, high = getattr(settings, less), getattr(settings, more)
    if low > high:
        raise InputError(f"{settings.kind}: {less} is {low}; it must not exceed {more}, {high}")
