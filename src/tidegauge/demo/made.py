"""What a demo model makes: calls in order of time, and what becomes known of them later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np

from tidegauge.arrays import Counts, Floats

Columns = Mapping[str, Any]
"""Record columns by name: `features.amount`, `prediction_label`; numpy or Arrow."""
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Late:
    """What becomes known of each call, and when; NEVER if it does not."""

    due: Counts
    columns: Columns


@dataclass(frozen=True)
class Made:
    at: Counts
    columns: Columns
    labels: Late | None = None
    feedback: Late | None = None


@dataclass(frozen=True)
class Fault:
    """Something that is planted in the rows, and how it shows."""

    model_id: str
    start: int
    what: str
    finds: str
    """What a person should find."""


class Model(Protocol):
    """A made-up model in production, as a pure function of chance and time."""

    model_id: ClassVar[str]
    task: ClassVar[str]
    positive: ClassVar[str | None]
    """The class of two that it looks for."""
    about: ClassVar[str]
    segment: ClassVar[str]
    """The tag whose values are watched by themselves, if one is."""
    prefix: ClassVar[str]
    """Of its prediction ids."""
    per_day: ClassVar[float]
    """Draws in a mean day, before thinning; a draw is a call, or a list of them."""
    calls: ClassVar[int]
    """In each draw."""
    latest: ClassVar[int]
    """The longest that anything of a call becomes known after it."""

    @property
    def seed(self) -> int: ...

    @property
    def now(self) -> int:
        """The faults are where they are relative to this."""
        ...

    @property
    def faults(self) -> tuple[Fault, ...]: ...

    def busy(self, at: Counts) -> Floats:
        """The traffic at each moment: 1 is the mean of a week."""
        ...

    def made(self, chance: np.random.Generator, at: Counts) -> Made: ...


@dataclass(frozen=True)
class Seeded:
    """What all of them are made of."""

    calls: ClassVar[int] = 1

    seed: int = 1
    now: int = field(kw_only=True)
