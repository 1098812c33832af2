"""Facts about the quality of what came, counted by model and hour until the next commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tidegauge.log import Clock
from tidegauge.window import HOUR, MINUTE, SECOND, floor

Code = Literal[
    "new-feature",
    "duplicate",
    "conflict",
    "skewed",
    "too-late",
    "not-counted",
    "too-many-values",
    "not-explained",
]
DETAILS: Final[dict[Code, str]] = {
    "new-feature": "came without being in the schema: it is kept, and not watched",
    "duplicate": "a prediction with this id came before: counted once",
    "conflict": "a prediction with this id came before, and said something else: the first counts",
    "skewed": "told a time after its receipt: the sender's clock is wrong; counted by receipt",
    "too-late": "came more than a day after it happened: kept, and not counted into windows",
    "not-counted": "kept, and could not be counted",
    "too-many-values": "more values than are watched by themselves: the others are one",
    "not-explained": "the predictor that is registered for the model failed",
}


def off(clock: Clock) -> str:
    """In words, how wrong a sender's clock is."""
    seconds = abs(clock.ahead) // SECOND
    size = (
        f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"
        if seconds >= HOUR
        else (f"{seconds // MINUTE} min {seconds % MINUTE} s")
    )
    side = "ahead" if clock.ahead > 0 else "behind"
    return f"the clock of this sender is {size} {side}: its rows are counted by receipt"


class What(NamedTuple):
    model: int
    code: Code
    subject: str
    """A column, a sender, or ""."""
    start: int


@dataclass
class Tally:
    rows: int
    first_at: int
    last_at: int
    detail: str


class Signals:
    def __init__(self) -> None:
        self._met: dict[What, Tally] = {}

    def add(
        self, model: int, code: Code, rows: int, at: int, *, subject: str = "", detail: str = ""
    ) -> None:
        if rows <= 0:
            return
        what = What(model, code, subject, floor(at, HOUR))
        tally = self._met.get(what)
        if tally is None:
            self._met[what] = Tally(rows, at, at, detail or DETAILS[code])
            return
        tally.rows += rows
        tally.first_at, tally.last_at = min(tally.first_at, at), max(tally.last_at, at)

    def __iter__(self) -> Iterator[tuple[What, Tally]]:
        return iter(self._met.items())

    def forget(self, model: int) -> None:
        self._met = {what: tally for what, tally in self._met.items() if what.model != model}

    def clear(self) -> None:
        self._met.clear()
