"""What a number is compared with, in words: "reference", "training", "7 d ago", "same hour", ...

>>> against_of("7 days ago")
Against(kind='ago', seconds=604800)
>>> against_of("last 30 d")
Against(kind='last', seconds=2592000)
>>> str(against_of("Previous Version"))
'previous version'
"""

from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from tidegauge.monitor.duration import seconds_of, text_of
from tidegauge.window import DAY, MINUTE

_WORDS: Final = ("reference", "training", "previous window", "previous version", "same hour")
WEEKS: Final = 4
"""Weeks whose same hour makes a baseline."""


class Against(NamedTuple):
    kind: Literal[
        "reference", "training", "previous window", "previous version", "same hour", "ago", "last"
    ]
    seconds: int = 0

    def __str__(self) -> str:
        if self.kind == "ago":
            return f"{text_of(self.seconds)} ago"
        return f"last {text_of(self.seconds)}" if self.kind == "last" else self.kind


def against_of(told: object) -> Against:
    if isinstance(told, Against):
        return told
    text = " ".join(str(told).lower().replace("_", " ").split())
    for word in _WORDS:
        if text == word:
            return Against(word)  # pyright: ignore[reportArgumentType] - it is one of them
    if text.endswith(" ago"):
        return Against("ago", _span(text.removesuffix(" ago")))
    if text.startswith("last "):
        return Against("last", _span(text.removeprefix("last ")))
    raise ValueError(
        f"{told!r} is nothing to compare with: write {', '.join(map(repr, _WORDS))}, '7 d ago' or"
        " 'last 30 d'"
    )


def _span(text: str) -> int:
    seconds = seconds_of(text)
    if not MINUTE <= seconds <= 90 * DAY or seconds % MINUTE:
        raise ValueError(f"{text!r}: compare with whole minutes, up to 90 days")
    return seconds


_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "examples": [*_WORDS, "7 d ago", "last 30 d"],
    "description": "What the number is compared with.",
}
AnyAgainst = Annotated[
    Against, BeforeValidator(against_of), PlainSerializer(str), WithJsonSchema(_SCHEMA)
]
