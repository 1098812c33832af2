"""How bad a reading is.

>>> severity_of("Warning"), severity_of("critical"), worst(["low", "high"])
('medium', 'critical', 'high')
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator

Severity = Literal["low", "medium", "high", "critical"]
RANK: Final[dict[Severity, int]] = {"low": 10, "medium": 20, "high": 30, "critical": 40}
_ALIASES: Final[dict[str, Severity]] = {
    "info": "low",
    "warning": "medium",
    "error": "high",
    **{name: name for name in RANK},
}


def severity_of(told: object) -> object:
    """By its name or an alias, in any case; what is none is for the caller to refuse."""
    return _ALIASES.get(told.lower(), told) if isinstance(told, str) else told


def worst(some: Iterable[Severity]) -> Severity | None:
    return max(some, key=RANK.__getitem__, default=None)


AnySeverity = Annotated[Severity, BeforeValidator(severity_of)]
